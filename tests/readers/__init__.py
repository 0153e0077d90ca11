"""The readers: tools that consumers open the processor's Parquet with, each in a program.

``python -m tests.readers.<tool> FOLDER`` reads the Parquet files of a folder together, and prints
what the tool found, as JSON: its types, and how often it found each row.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

Row = tuple[str | None, ...]


class Found(NamedTuple):
    """What a tool read.

    Attributes:
        types: the tool's own words for the type of each column.
        rows: the values of each row, in the order of ``types``.
    """

    types: Mapping[str, str]
    rows: Iterable[Iterable[object]]


def text(value: object) -> str | None:
    """A value in the one form in which tools are compared; a double to its last bit."""
    match value:
        case None:
            return None
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return str(value)


def main(read: Callable[[Path], Found]) -> None:
    """Read the folder that the command line names, and print what was found."""
    found = read(Path(sys.argv[1]))
    rows = Counter(tuple(map(text, row)) for row in found.rows)
    print(json.dumps({"types": found.types, "rows": list(rows.items())}))
