"""Large files: what takes the most memory of all that the processor accepts, or nearly does.

Delete a file of them once another takes as much memory in the same part of the processor.
"""

import csv
import itertools
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import data

MB = 1_000_000
MIB = 1 << 20
SAMPLE_MB = 20
FIELDS = len(data.HEADER)
HEADER = ",".join(data.HEADER).encode() + b"\n"


class LargeFile(NamedTuple):
    """A file to be made, and what becomes of it.

    Attributes:
        megabytes: how much content, 10^6 bytes.
        write: writes a number of bytes of content, or a little more.
        outcome: ``clean`` rows, ``rejected`` rows only, ``both``, or the reason of a refusal.
    """

    name: str
    megabytes: int
    write: Callable[[IO[bytes], int], None]
    outcome: str
    dataset: str = "people"


@cache
def _sample() -> bytes:
    """Return the benchmark's rows, without their header."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        data.write(path, SAMPLE_MB)
        return path.read_bytes().removeprefix(HEADER)


def _fill(file: IO[bytes], size: int, pieces: Iterable[bytes]) -> None:
    """Write pieces until there is enough."""
    for piece in pieces:
        if file.tell() >= size:
            return
        file.write(piece)


def _repeated(record: bytes) -> Callable[[IO[bytes], int], None]:
    """Return what writes the same record again and again, below the header."""

    def write(file: IO[bytes], size: int) -> None:
        file.write(HEADER)
        many = max(1, MIB // len(record))
        _fill(file, size, itertools.repeat(record * many))

    return write


def _people(file: IO[bytes], size: int) -> None:
    file.write(HEADER)
    _fill(file, size, itertools.repeat(_sample()))


def _rejects(file: IO[bytes], size: int) -> None:
    file.write(HEADER)
    _fill(file, size, itertools.repeat(_sample().replace(b"\nC", b"\nX").replace(b"C", b"X", 1)))


def _visits(file: IO[bytes], size: int) -> None:
    file.write(b"visit_id,ward\n")
    numbers = itertools.count()
    blocks = iter(lambda: list(itertools.islice(numbers, 9_000)), [])
    _fill(file, size, ("".join(f"{n},{n // 9}\n" for n in block).encode() for block in blocks))


def _rows() -> Iterator[list[str]]:
    """Yield the good rows of the sample as fields."""
    lines = _sample().decode().splitlines(keepends=True)
    return (row for row in csv.reader(lines) if len(row) == FIELDS)


def _json_lines(file: IO[bytes], size: int) -> None:
    lines = [json.dumps(dict(zip(data.HEADER, row, strict=True))) + "\n" for row in _rows()]
    _fill(file, size, itertools.repeat("".join(lines).encode()))


def _keys(file: IO[bytes], size: int) -> None:
    """Write objects of a MiB, as many keys as fit."""
    members = ",".join(f'"{number}":0' for number in range(98_000))
    _fill(file, size, itertools.repeat(f"{{{members}}}\n".encode()))


def _window(file: IO[bytes], size: int) -> None:
    """Write CSV as zstd that wants a window of 8 MiB, the largest that is read.

    RFC 8878: a frame without checksum, and raw blocks of at most 128 KiB.
    """
    file.write(bytes.fromhex("28b52ffd 00 68"))
    content = HEADER + _sample()
    while file.tell() < size:
        for begin in range(0, len(content), 1 << 17):
            block = content[begin : begin + (1 << 17)]
            file.write((len(block) << 3).to_bytes(3, "little") + block)
        content = content.removeprefix(HEADER)
    file.write(b"\1\0\0")


def _zstd(file: IO[bytes], size: int) -> None:
    with pa.CompressedOutputStream(pa.PythonFile(file, "w"), "zstd") as packed:
        packed.write(HEADER)
        sample = _sample()
        for _ in range(0, size, len(sample)):
            packed.write(sample)


def _one_row_group(file: IO[bytes], size: int) -> None:
    _parquet(file, size)


def _large_pages(file: IO[bytes], size: int) -> None:
    _parquet(file, size, use_dictionary=False, data_page_size=1 << 30, write_batch_size=1 << 30)


def _wide(file: IO[bytes], size: int) -> None:
    """Write rows of 4,096 columns, most of them empty: nearly no bytes, but many fields."""
    width = 4096
    rows = range(size // width + 1)
    nothing = pa.nulls(len(rows), pa.string())
    columns: dict[str, object] = {"visit_id": rows, "ward": [row % 9 for row in rows]}
    pq.write_table(pa.table(columns | {str(n): nothing for n in range(2, width)}), file)


def _parquet(file: IO[bytes], size: int, **options: object) -> None:
    """Write one row group of this many bytes."""
    columns = zip(data.HEADER, map(list, zip(*_rows(), strict=True)), strict=True)
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns})
    many = pa.concat_tables([table] * -(-size // table.nbytes))
    pq.write_table(many, file, row_group_size=many.num_rows, **options)


_LONG = MIB - 200
FILES = (
    LargeFile("CSV", 8000, _people, "both"),
    LargeFile("CSV in zstd", 1000, _zstd, "both"),
    LargeFile("zstd with a window of 8 MiB", 500, _window, "both"),
    LargeFile("a GB of rejects", 1000, _rejects, "rejected"),
    LargeFile("empty lines", 10, _repeated(b"\n"), "file:too-many-blank-lines"),
    LargeFile("lines of a MiB", 500, _repeated(b"x" * _LONG + b"\n"), "rejected"),
    LargeFile("rows of a million fields", 200, _repeated(b"," * _LONG + b"\n"), "rejected"),
    LargeFile(
        "a million line ends in quotes", 100, _repeated(b'"' + b"\n" * _LONG + b'"\n'), "rejected"
    ),
    LargeFile("characters of six in JSON", 200, _repeated(b"\1" * _LONG + b"\n"), "rejected"),
    LargeFile("a unique column, and classes", 100, _visits, "clean", "visits"),
    LargeFile("JSON Lines", 500, _json_lines, "both"),
    LargeFile("JSON of 98,000 keys a line", 100, _keys, "rejected"),
    LargeFile("Parquet of one row group", 2000, _one_row_group, "both"),
    LargeFile("Parquet of 4,096 columns", 100, _wide, "clean", "visits"),
    LargeFile("Parquet of pages of 200 MB", 1000, _large_pages, "file:needs-too-much-memory"),
)
