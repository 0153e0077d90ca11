"""Write a file as a shop exports its orders from Excel: what the tutorial begins with.

Semicolons, windows-1252, line ends of Windows, decimal commas, days as DD.MM.YYYY, names of
columns with spaces, empty cells. The people are as invented as those of ``generate.py``.

January's file has 50,000 rows, of which 11 are wrong: seven were damaged, one has the total, and
three are empty. In February, the first orders come from Norway.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path

from samples.generate import FIRST_NAMES, LAST_NAMES, Chance, optional, postcode

ROWS = 50_000
CUSTOMERS = 8_000
ENCODING = "windows-1252"
NAMES = [
    [name for name in names if name.encode(ENCODING, "ignore").decode(ENCODING) == name]
    for names in (FIRST_NAMES, LAST_NAMES)
]
COLUMNS = (
    *("Order no.", "Order date", "Customer no.", "Customer name", "E-mail", "Phone"),
    *("Date of birth", "Postcode", "Country", "Item", "Quantity", "Unit price", "Paid", "Comment"),
)
COUNTRIES = ("AT", "CH", "DE", "DE", "DE", "FR", "NL")
ITEMS = ("Desk lamp", "Garden chair", "Café table, round", "Bücherregal", "Tray", 'Screen 27"')
COMMENTS = ("please call first", "Leave it with the neighbour", "gift; no invoice", "2nd floor")
WRONG = {
    1_200: (11, "#REF!"),
    1_201: (11, "#REF!"),
    20_000: (11, "#REF!"),
    9_000: (1, "31.02.2026"),
    33_333: (1, "00.01.1900"),
    4_000: (13, "ring twice;or knock"),
    41_000: (13, "blue;not green"),
}
"""By the number of the row: the place of a field, and what is there; a semicolon is not quoted."""


@cache
def customer(number: int) -> Sequence[str]:
    """What orders say of a customer, from the number to the country without Norway."""
    chance = Chance(f"shop/{number}")
    first, last = (chance.pick(names) for names in NAMES)
    country = chance.pick(COUNTRIES)
    born = chance.day(date(1940, 1, 1), date(2007, 12, 31))
    return [
        f"K{100_000 + number * 7}",
        f"{first} {last}",
        optional(chance, 90, f"kunde.{number}@mail.example.com"),
        optional(chance, 70, f"0043 555 01{chance.digits(2)}"),
        optional(chance, 80, f"{born:%d.%m.%Y}"),
        postcode(chance, country),
        country,
    ]


def money(cents: int) -> str:
    """An amount as Excel shows it in much of Europe."""
    return f"{cents / 100:,.2f}".translate(str.maketrans(",.", ".,"))


def orders(month: int) -> Iterator[list[str]]:
    """The rows of a month, without mistakes."""
    chance = Chance(f"orders/{month}")
    for number in range(ROWS):
        person = [*customer(chance.below(CUSTOMERS))]
        if month > 1 and chance.below(200) == 0:
            person[-2:] = [postcode(chance, "NO"), "NO"]
        yield [
            f"A{month}{1_000_000 + number}",
            f"{1 + chance.below(28):02}.{month:02}.2026",
            *person,
            chance.pick(ITEMS),
            str(1 + chance.below(chance.pick((2, 5, 40)))),
            money(199 + chance.below(chance.pick((4_000, 300_000)))),
            chance.pick(("TRUE", "TRUE", "TRUE", "FALSE")),
            optional(chance, 10, chance.pick(COMMENTS)),
        ]


def january() -> Iterator[list[str]]:
    """The rows of January, with what is wrong in them."""
    for number, row in zip(range(1, ROWS - 3), orders(1), strict=False):
        if number in WRONG:
            place, text = WRONG[number]
            row[place : place + 1] = text.split(";")
        yield row
    yield ["Total", *[""] * 10, money(1_234_567_890), "", ""]
    yield from [[""] * len(COLUMNS)] * 3


def main() -> None:
    """Write the file that the command line names."""
    summary, *_ = (__doc__ or "").split("\n")
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("file", type=Path)
    parser.add_argument("--month", type=int, choices=(1, 2), default=1)
    given = parser.parse_args()
    with given.file.open("w", encoding=ENCODING, newline="") as stream:
        writer = csv.writer(stream, delimiter=";")
        writer.writerow(COLUMNS)
        writer.writerows(january() if given.month == 1 else orders(given.month))


if __name__ == "__main__":
    main()
