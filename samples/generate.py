"""Write the sample files: invented people, whose data cannot be anybody's.

E-mail addresses end in example.com, .org or .net (RFC 2606), telephone numbers are +1 … 555 01xx,
national ids begin with 000, which no authority ever issued, card numbers begin with 9999 and fail
the Luhn check, IBANs are of the country XX, which does not exist, with 00 for check digits.

``customers.csv`` has 10,000 rows. 9,900 keep their contract, with everything that a CSV file may
contain: quotes, commas and line breaks within fields, letters of many scripts, empty optional
fields. 100 rows break it on purpose, with these numbers of reasons:

     10  email:required
     10  email:pattern
     10  birth_date:date
      5  birth_date:maximum
      4  birth_date:minimum
      9  country:enum
      8  loyalty_points:integer
      8  credit_limit:decimal
      7  row:field-count (too few fields)
      7  row:field-count (too many fields)
      6  full_name:max-length
      6  marketing_consent:boolean
      5  signup_at:timestamp
      5  country:enum, loyalty_points:integer

``payments.csv`` has 2,000 rows, and all of them keep their contract.
"""

import argparse
import csv
import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import TypeVar

CUSTOMERS = 10_000
PAYMENTS = 2_000

FIRST_NAMES = (
    *("Ada", "Anaïs", "Björn", "Chloé", "Daan", "Elif", "Frida", "Giulia", "Håkon", "Ines"),
    *("Jürgen", "Kāvya", "Łukasz", "Małgorzata", "Noël", "Øystein", "Pía", "Quentin", "Renée"),
    *("Søren", "Tomás", "Ülkü", "Věra", "Wojciech", "Xénia", "Yusuf", "Zoë", "Ελένη", "Иван"),
    *("Anne Marie", "Jean-Luc", "小明", "花子", "محمد"),
)
# Every family name is a word for "sample" or "nobody" in some language.
LAST_NAMES = (
    *("Beispiel", "Example", "Exemple", "Esempio", "Ejemplo", "Eksempel", "Exempel", "Voorbeeld"),
    *("Mustermann", "Musterfrau", "Sample-Specimen", "O'Placeholder", "Przykładowa", "Przykład"),
    *("Nemo", "Niemand", "Nessuno", "Personne", "Örnek", "Παράδειγμα", "Пример", "例", "مثال"),
)
NICKNAMES = ("Test", "Demo", "Mock")
STREETS = ("Example Street", "Musterstraße", "Rue de l'Exemple", "Via dell'Esempio", "Överallt")
POSTCODES = {  # a digit for every #
    "AT": "####",
    "CH": "####",
    "DE": "#####",
    "DK": "####",
    "ES": "#####",
    "FR": "#####",
    "GB": "ZZ# #ZZ",
    "IT": "#####",
    "NL": "#### ZZ",
    "NO": "####",
    "PL": "##-###",
    "SE": "### ##",
}
AREA_CODES = ("202", "212", "303", "404", "512", "617", "702", "808")
MERCHANTS = (
    *("Example Books, Ltd.", 'Café "Zum Beispiel"', "Muster & Söhne", "Sample Air", "Nil"),
    *("Żabka Przykładowa", "Tienda Ejemplo, S.L.", "Placeholder\nOnline Shop", "Demo-Apotheke"),
)
CURRENCIES = ("CHF", "DKK", "EUR", "EUR", "EUR", "GBP", "NOK", "PLN", "SEK")

Row = dict[str, str]  # values by column
T = TypeVar("T")


class Chance:
    """Choices that are the same on every machine and with every version of Python."""

    def __init__(self, seed: str) -> None:
        """Begin the sequence of choices that ``seed`` determines."""
        self._seed = seed
        self._drawn = 0

    def below(self, end: int) -> int:
        """A number from 0 up to, and not including, ``end``."""
        self._drawn += 1
        digest = hashlib.sha256(f"{self._seed}/{self._drawn}".encode()).digest()
        return int.from_bytes(digest[:8]) % end

    def pick(self, options: Sequence[T]) -> T:
        """One of the options."""
        return options[self.below(len(options))]

    def happens(self, percent: int) -> bool:
        """True in this many of a hundred cases."""
        return self.below(100) < percent

    def digits(self, count: int) -> str:
        """This many decimal digits."""
        return f"{self.below(10**count):0{count}}"

    def day(self, first: date, last: date) -> date:
        """A day, both ends included."""
        return first + timedelta(self.below((last - first).days + 1))

    def instant(self, first: date, last: date) -> str:
        """An instant in ISO 8601, with Z or an offset, with or without a fraction."""
        day = self.day(first, last)
        hours = self.pick((0, 0, 1, 2, -5))
        zone = timezone(timedelta(hours=hours)) if hours else UTC
        instant = datetime(day.year, day.month, day.day, tzinfo=zone)
        instant += timedelta(seconds=self.below(86_400))
        if self.happens(20):
            instant += timedelta(milliseconds=self.below(1000))
        return instant.isoformat().replace("+00:00", "Z")


def customer_id(number: int) -> str:
    """The customer's number, in the contract's form."""
    return f"C{10_000_000 + number * 37}"


def name(chance: Chance) -> str:
    """A name; one in fifty has a nickname in double quotes."""
    nickname = f' "{chance.pick(NICKNAMES)}"' if chance.happens(2) else ""
    return f"{chance.pick(FIRST_NAMES)}{nickname} {chance.pick(LAST_NAMES)}"


def address(chance: Chance) -> str:
    """A street address of one line or two, or none."""
    if chance.happens(5):
        return ""
    separator = "\n" if chance.happens(10) else ", "
    return f"{chance.pick(STREETS)} {1 + chance.below(200)}{separator}Flat {chance.below(40)}"


def postcode(chance: Chance, country: str) -> str:
    """A postcode in the country's form."""
    return "".join(chance.digits(1) if sign == "#" else sign for sign in POSTCODES[country])


def optional(chance: Chance, percent: int, value: str) -> str:
    """The value in this many of a hundred cases, otherwise an empty field."""
    return value if chance.happens(percent) else ""


def customer(chance: Chance, number: int) -> Row:
    """A customer who keeps the contract, by column."""
    country = chance.pick(tuple(POSTCODES))
    top_level_domain = chance.pick(("com", "org", "net"))
    telephone = f"+1{chance.pick(AREA_CODES)}55501{chance.digits(2)}"
    limit = f"{chance.below(500) * 50}{chance.pick(('', '.5', '.00', '.25'))}"
    return {
        "customer_id": customer_id(number),
        "full_name": name(chance),
        "email": f"customer.{number}+{chance.digits(3)}@mail.example.{top_level_domain}",
        "phone": optional(chance, 85, telephone),
        "birth_date": chance.day(date(1930, 1, 1), date(2007, 12, 31)).isoformat(),
        "national_id": optional(chance, 60, f"000-{chance.digits(2)}-{chance.digits(4)}"),
        "address": address(chance),
        "postcode": postcode(chance, country),
        "country": country,
        "signup_at": chance.instant(date(2015, 1, 2), date(2026, 6, 30)),
        "marketing_consent": chance.pick(("true", "false")),
        "loyalty_points": optional(chance, 70, str(chance.below(250_000))),
        "credit_limit": optional(chance, 80, limit),
    }


# The number of rows, and the change to a good one. Each line is a line of the table above.
MISTAKES: tuple[tuple[int, Callable[[Row], Row]], ...] = (
    (10, lambda row: row | {"email": ""}),
    (10, lambda row: row | {"email": row["email"].replace("@", " at ")}),
    (10, lambda row: row | {"birth_date": f"{row['birth_date'][:4]}-02-30"}),
    (5, lambda row: row | {"birth_date": f"2199{row['birth_date'][4:]}"}),
    (4, lambda row: row | {"birth_date": f"1850{row['birth_date'][4:]}"}),
    (9, lambda row: row | {"country": "XX"}),
    (8, lambda row: row | {"loyalty_points": "1200.0"}),
    (8, lambda row: row | {"credit_limit": "1250.125"}),
    (7, lambda row: dict([*row.items()][:-2])),
    (7, lambda row: row | {"surplus": "surplus"}),
    (6, lambda row: row | {"full_name": " ".join([row["full_name"]] * 20)}),
    (6, lambda row: row | {"marketing_consent": "yes"}),
    (5, lambda row: row | {"signup_at": "2024-03-31T02:30:00"}),
    (5, lambda row: row | {"country": "Atlantis", "loyalty_points": "12.5"}),
)


def customers() -> Iterator[Row]:
    """The rows of ``customers.csv``; the mistakes are spread over the file."""
    chance = Chance("customers")
    mistakes = [mistake for count, mistake in MISTAKES for _ in range(count)]
    places: dict[int, Callable[[Row], Row]] = {}
    while mistakes:
        number = chance.below(CUSTOMERS)
        if number not in places:
            places[number] = mistakes.pop()
    for number in range(CUSTOMERS):
        row = customer(chance, number)
        yield places[number](row) if number in places else row


def card_number(chance: Chance) -> str:
    """Sixteen digits that are not a card's: the last is not the check digit of ISO/IEC 7812."""
    digits = f"9999{chance.digits(11)}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    total = sum(product - 9 if product > 9 else product for product in doubled)
    return f"{digits}{(11 - total % 10) % 10}"


def payment(chance: Chance, number: int) -> Row:
    """A payment that keeps the contract, by column."""
    status = chance.pick(
        ("authorised", "captured", "captured", "captured", "declined", "refunded")
    )
    booked_on = chance.day(date(2026, 1, 1), date(2026, 6, 30))
    iban = f"XX00TEST{chance.digits(14)}"
    return {
        "payment_id": f"P{2_600_000_000 + number}",
        "customer_id": customer_id(chance.below(CUSTOMERS)),
        "amount": f"{chance.below(2000)}.{1 + chance.below(99):02}",
        "currency": chance.pick(CURRENCIES),
        "card_number": card_number(chance),
        "iban": optional(chance, 70, iban),
        "merchant": chance.pick(MERCHANTS),
        "status": status,
        "booked_on": booked_on.isoformat() if status in ("captured", "refunded") else "",
        "created_at": chance.instant(booked_on - timedelta(3), booked_on),
    }


def payments() -> Iterator[Row]:
    """The rows of ``payments.csv``."""
    chance = Chance("payments")
    for number in range(PAYMENTS):
        yield payment(chance, number)


def write(file: Path, rows: Iterator[Row]) -> None:
    """Write the rows under a header; the first row has every column."""
    first = next(rows)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(first)
        writer.writerows(row.values() for row in chain([first], rows))


def main() -> None:
    """Write the files into the folder that the command line names."""
    summary, *_ = (__doc__ or "").split("\n")
    parser = argparse.ArgumentParser(description=summary)
    here = Path(__file__).parent
    parser.add_argument("--directory", type=Path, default=here, help="default: %(default)s")
    directory = parser.parse_args().directory
    write(directory / "customers.csv", customers())
    write(directory / "payments.csv", payments())


if __name__ == "__main__":
    main()
