"""Display: tables and JSON on standard output, progress and remarks on standard error.

Everything in a table may come from somebody else, so it is made safe for a terminal here.
"""

import io
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from pipeline.moments import written
from pipeline.text import plain

_PIPED = 10_000  # columns: a program that reads a table wants no line broken

Cell = str | int | float | datetime | None


def adapt(stream: IO[str], encoding: str | None = None) -> None:
    """Let a stream escape what its encoding lacks, and change that to ``encoding`` if given."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def show_json(document: Any) -> None:
    """Print a document as JSON, in ASCII: no character of it means anything to a terminal."""
    sys.stdout.write(_as_ascii(document, indent=2) + "\n")


def show_json_rows(document: Mapping[str, Any], name: str, rows: Iterable[Any]) -> None:
    """Print a document and, as its last member, an array of any length: a line for each element.

    No element is kept once it is printed.
    """
    members = [f"  {_as_ascii(key)}: {_as_ascii(value)},\n" for key, value in document.items()]
    sys.stdout.write("".join(["{\n", *members, f"  {_as_ascii(name)}: ["]))
    separator = "\n"
    for row in rows:
        sys.stdout.write(f"{separator}    {_as_ascii(row)}")
        separator = ",\n"
    sys.stdout.write("\n  ]\n}\n")


def _as_ascii(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, default=_as_json).replace("\x7f", "\\u007f")


def _as_json(value: object) -> str:
    if isinstance(value, datetime):
        return written(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def show_text(text: str = "", style: str = "") -> None:
    """Print a paragraph."""
    _console(sys.stdout).print(Text(_lines(text), style))


def show_table(headings: Sequence[str], rows: Sequence[Sequence[Cell]], title: str = "") -> None:
    """Print a table; columns of numbers are aligned to the right."""
    table = Table(title=Text(title, "bold") if title else None, title_justify="left")
    for index, heading in enumerate(headings):
        numbers = any(isinstance(row[index], int | float) for row in rows)
        table.add_column(heading, justify="right" if numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(cell)) for cell in row))
    _console(sys.stdout).print(table)


def without_unused(
    heading: str, headings: Sequence[str], rows: Sequence[Sequence[Cell]]
) -> tuple[Sequence[str], Sequence[Sequence[Cell]]]:
    """Return a table without a column, unless a row has anything there but 0."""
    unused = headings.index(heading)
    if any(row[unused] for row in rows):
        return headings, rows
    others = [index for index in range(len(headings)) if index != unused]
    return [headings[index] for index in others], [
        [row[index] for index in others] for row in rows
    ]


def _cell(value: Cell) -> str:
    match value:
        case None:
            return ""
        case datetime():
            return written(value)
        case int():
            return f"{value:,}"
        case float():
            return f"{value:.1%}"
        case _:
            return plain(value)


def _lines(text: str) -> str:
    return "\n".join(map(plain, text.split("\n")))


def _console(stream: IO[str]) -> Console:
    width = None if stream.isatty() else _PIPED
    return Console(file=stream, width=width, highlight=False, markup=False, emoji=False)


def remark(text: str) -> None:
    """Print a sentence to standard error."""
    sys.stderr.write(_lines(text) + "\n")


class Waiting:
    """What a command is waiting for, and how much of it is done."""

    def __init__(self, progress: Progress, what: str) -> None:
        """Begin."""
        self._progress = progress
        self._what = what
        self._task = progress.add_task(plain(what))

    def done(self, number: int) -> None:
        """Show how many are done."""
        self._progress.update(self._task, description=f"{plain(self._what)}: {number:,}")


@contextmanager
def waiting(what: str) -> Iterator[Waiting]:
    """Show on standard error, if that is a terminal, that a command waits."""
    console = Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield Waiting(progress, what)
