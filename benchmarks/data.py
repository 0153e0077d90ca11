"""The data: people who do not exist, eleven columns, one row in a hundred bad.

``python -m benchmarks.data FILE MEGABYTES`` writes such a file. One row in twenty has a quoted
comma, one in a hundred an address of two lines.

Delete it once no benchmark reads these people.
"""

import argparse
import random
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

HEADER = (
    *("customer_id", "full_name", "email", "phone", "national_id", "birth_date", "address"),
    *("country", "signup_at", "loyalty_points", "credit_limit"),
)
COUNTRIES = ("AT", "CH", "DE", "ES", "FR", "IT", "NL", "PL", "SE")
NAMES = ("Ada Beispiel", "Björn Exempel", "Chloé Exemple", "Иван Пример", "Pía Ejemplo")
BAD_EVERY = 100
FLUSH_ROWS = 1_000

Row = list[str]


def _with(position: int, value: str) -> Callable[[Row], Row]:
    return lambda row: [*row[:position], value, *row[position + 1 :]]


# What is done to a bad row, in turn. What an engine could only reject by counting fields is left
# out but for missing fields: not all of them have an option to notice a field too many.
MISTAKES: tuple[Callable[[Row], Row], ...] = (
    _with(0, "C123"),
    _with(1, "long " * 20),
    _with(2, ""),
    _with(2, "ada at example.com"),
    _with(5, "2001-02-29"),
    _with(5, "1850-01-01"),
    _with(5, "2199-12-31"),
    _with(7, "XX"),
    _with(8, "2024-03-31 02:30:00"),
    _with(9, "12.0"),
    _with(9, "1_000"),
    _with(10, "1250.125"),
    lambda row: row[:-2],
)


def rows() -> Iterator[Row]:
    """Yield rows without end, the same ones every time; every hundredth is bad."""
    draw = random.Random(1).randrange  # noqa: S311
    mistakes = 0
    number = 0
    while True:
        number += 1
        bits = draw(10**18)
        row = [
            f"C{number:08}",
            f'"Beispiel, Jürgen {number % 97}"' if number % 20 == 0 else NAMES[number % 5],
            f"customer.{number}.{bits % 1000}@mail.example.com",
            f"+1202{bits % 10**9:09}",
            f"{bits % 1000:03}-{bits // 10**5 % 100:02}-{bits // 10**9 % 9999:04}",
            f"{1930 + bits % 78}-{1 + bits % 12:02}-{1 + bits // 7 % 28:02}",
            f"Example Street {bits % 200}",
            COUNTRIES[bits % 9],
            f"20{15 + bits % 11}-0{1 + bits % 9}-{1 + bits // 3 % 28:02}"
            f"T{bits % 24:02}:{bits // 5 % 60:02}:{bits // 11 % 60:02}Z",
            str(bits // 10**12 % 250_000) if bits % 3 else "",
            f"{bits // 10**9 % 5000}.{bits // 17 % 100:02}",
        ]
        if number % 100 == 50:
            row[6] = f'"{row[6]}\nFlat {number % 40}"'
        if number % BAD_EVERY == 0:
            row = MISTAKES[mistakes % len(MISTAKES)](row)
            mistakes += 1
        yield row


def write(path: Path, megabytes: float) -> None:
    """Write a file of at least this many MB (1 MB is 10^6 bytes), and at least 1,000 rows."""
    people = rows()
    with path.open("wb") as file:
        file.write(",".join(HEADER).encode() + b"\n")
        while file.tell() < megabytes * 1e6:
            lines = (",".join(row) + "\n" for row in islice(people, FLUSH_ROWS))
            file.write("".join(lines).encode())


def main() -> None:
    """Write the file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("megabytes", type=float)
    options = parser.parse_args()
    write(options.file, options.megabytes)


if __name__ == "__main__":
    main()
