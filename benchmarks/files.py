"""Files: the benchmark's rows in every form, and rows of many columns.

Delete it once no benchmark or comparison reads these files.
"""

import csv
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import data

FILE_ROWS = 200_000  # of each file that `make bench` makes of these
WIDTH = 300  # columns of the wide file
_COUNTRY = data.HEADER.index("country")
_ADDRESS = data.HEADER.index("address")
_NUMBERS = {"loyalty_points": pa.int64(), "credit_limit": pa.decimal128(12, 2)}
_TYPES = _NUMBERS | {"birth_date": pa.date32(), "signup_at": pa.timestamp("us", "UTC")}

_WIDE = """\
apiVersion: v3.2.0
kind: DataContract
id: 5a4a6c8e-5a26-4f0f-9d5e-5c1e6a0a8d14
name: Wide
version: 1.0.0
status: active

schema:
  - name: wide
    physicalType: file
    properties:
"""
_PROPERTY = "      - {{name: column_{}, logicalType: {}, classification: internal}}\n"


class BenchmarkFile(NamedTuple):
    """A file to be made.

    Attributes:
        name: what people call it.
        suffix: of its name.
        write: writes a number of rows.
        dataset: that of its contract.
    """

    name: str
    suffix: str
    write: Callable[[Path, int], None]
    dataset: str = "people"


def write_contracts(folder: Path) -> None:
    """Write the contracts of all files, in ODCS: people, and what is wide and not personal."""
    folder.mkdir(parents=True)
    people = Path(__file__).with_name("contracts") / "people.odcs.yaml"
    (folder / people.name).write_text(people.read_text("utf-8"), "utf-8")
    types = ("string", "integer", "integer")
    properties = [_PROPERTY.format(number, types[number % 3]) for number in range(WIDTH)]
    (folder / "wide.odcs.yaml").write_text(_WIDE + "".join(properties), "utf-8")


def _lines(change: Callable[[data.Row], data.Row]) -> Callable[[Path, int], None]:
    """Return what writes the rows as CSV, each of them changed."""

    def write(path: Path, rows: int) -> None:
        lines = (",".join(change(row)) + "\n" for row in islice(data.rows(), rows))
        _write_lines(path, [",".join(data.HEADER) + "\n"], lines)

    return write


def _write_lines(path: Path, *parts: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        for lines in parts:
            file.writelines(lines)


def _without_quotes(row: data.Row) -> data.Row:
    return [re.sub('[",\n]+', " ", field).strip() for field in row]


def _with_quotes(row: data.Row) -> data.Row:
    """Quote all fields but the empty ones, which Polars would no longer take for missing."""
    plain = (field.strip('"') for field in row)
    return [f'"{field}"' if field else "" for field in plain]


def _with_lines(row: data.Row) -> data.Row:
    """Give every third row an address of two lines."""
    address = row[_ADDRESS].strip('"')
    second = "" if zlib.crc32(row[2].encode()) % 3 else "\nFlat 7"
    return [*row[:_ADDRESS], f'"{address}{second}"', *row[_ADDRESS + 1 :]]


def _rejected(row: data.Row) -> data.Row:
    return [*row[:_COUNTRY], "XX", *row[_COUNTRY + 1 :]]


def _records(rows: int) -> Iterator[dict[str, str]]:
    """Yield the rows as objects; a row that has too few fields lacks the last keys."""
    lines = (",".join(row) + "\n" for row in islice(data.rows(), rows))
    return (dict(zip(data.HEADER, row, strict=False)) for row in csv.reader(lines))


def _write_json_lines(path: Path, rows: int) -> None:
    def typed(name: str, text: str) -> object:
        number = name in _NUMBERS and re.fullmatch("[0-9]+([.][0-9]+)?", text)
        return float(text) if number and "." in text else int(text) if number else text or None

    objects = ({name: typed(name, text) for name, text in row.items()} for row in _records(rows))
    _write_lines(path, (json.dumps(fields) + "\n" for fields in objects))


def _write_parquet(path: Path, rows: int) -> None:
    """Write the good rows, with types."""
    good = [row for number, row in enumerate(_records(rows), 1) if number % data.BAD_EVERY]
    texts = pa.Table.from_pylist([{name: row[name] or None for name in row} for row in good])
    types = [(name, _TYPES.get(name, pa.string())) for name in data.HEADER]
    pq.write_table(texts.cast(pa.schema(types)), path)


def _write_wide(path: Path, rows: int) -> None:
    """Write as many fields as the other files have."""
    numbers = range(WIDTH)
    lines = (
        ",".join(str(row * number % 10_007) for number in numbers) + "\n"
        for row in range(1, rows * len(data.HEADER) // WIDTH + 2)
    )
    _write_lines(path, [",".join(f"column_{number}" for number in numbers) + "\n"], lines)


FILES = (
    BenchmarkFile("people", ".csv", _lines(lambda row: row)),
    BenchmarkFile("no quotes", ".csv", _lines(_without_quotes)),
    BenchmarkFile("all quoted", ".csv", _lines(_with_quotes)),
    BenchmarkFile("every third of two lines", ".csv", _lines(_with_lines)),
    BenchmarkFile("all rows bad", ".csv", _lines(_rejected)),
    BenchmarkFile(f"{WIDTH} columns", ".csv", _write_wide, "wide"),
    BenchmarkFile("JSON Lines", ".jsonl", _write_json_lines),
    BenchmarkFile("Parquet", ".parquet", _write_parquet),
)
