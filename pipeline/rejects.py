"""Rejects: rejected rows as quarantine has them, and as a table that a producer can correct."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import IO, Any, Self

from pipeline.catalogue import advice
from pipeline.outcomes import PipelineError
from pipeline.text import is_formula, plain

BEFORE = ("row", "line", "reasons", "what to do")
"""The columns before those of the file."""

MOST_NAMES = 1_000
"""Each row takes a cell for each name that any row has, and a producer can invent names."""

# Of a file that is not gzip, is cut, or is damaged.
_UNREADABLE = (gzip.BadGzipFile, EOFError, zlib.error)

# Without it, Excel does not read UTF-8.
BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"

# csv.field_size_limit is 131,072 characters, and a record of the pipeline may have a MiB.
csv.field_size_limit(1 << 21)


@dataclass(frozen=True)
class Reject:
    """A rejected row.

    Attributes:
        row: its ordinal in the file, from 1.
        line: the line that it began on, from 1; None in files without lines.
        reasons: why.
        raw: its text in the file, without its line end.
    """

    row: int
    line: int | None
    reasons: tuple[str, ...]
    raw: str

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Read a line of quarantine.

        Raises:
            KeyError, TypeError, ValueError: it is not the line of a row.
        """
        given = json.loads(line)
        return cls(given["row"], given["line"], tuple(given["reasons"]), given["raw"])

    @property
    def advice(self) -> str:
        """What its reasons mean, and what its producer can do."""
        known = map(advice, self.reasons)
        said = (f"{one.means} {one.remedies.get('producer', '')}".strip() for one in known)
        return " ".join(dict.fromkeys(said))

    @property
    def named(self) -> dict[str, str] | None:
        """Its fields by name, if its text is a JSON object, as in files other than CSV."""
        try:
            # Numbers as they are written: read as a float, 1.10 and a long amount would change.
            exact = json.loads(self.raw, object_pairs_hook=_object, parse_float=str, parse_int=str)
            given = json.loads(self.raw)
        except (RecursionError, ValueError):
            return None
        if not isinstance(given, dict):
            return None
        return {
            name: text if isinstance(text, str) else _as_text(given[name])
            for name, text in exact.items()
        }

    def fields(self, delimiter: str) -> list[str]:
        """Return its fields, or its whole text if it cannot be split into any."""
        try:
            (fields,) = csv.reader(
                io.StringIO(self.raw, newline=""), delimiter=delimiter, strict=True
            )
        except (ValueError, csv.Error):
            return [self.raw]
        return fields


def read_rejects(file: IO[bytes], key: str) -> Iterator[Reject]:
    """Yield the rows of an object in quarantine.

    Raises:
        PipelineError: it has none, because the file was refused as a whole, or cannot be read.
    """
    try:
        with gzip.open(file) as lines:
            for line in lines:
                yield Reject.parse(line)
    except (*_UNREADABLE, KeyError, RecursionError, TypeError, ValueError) as error:
        raise PipelineError(
            f"{key} has no rows that can be read: {type(error).__name__}"
        ) from None


@dataclass(frozen=True)
class Layout:
    """How rows become cells.

    Attributes:
        names: the names of their fields, if they are JSON objects; else none.
        width: how many columns they take. The last one has the text of rows that are not objects,
            or have names beyond the first ``MOST_NAMES``.
        delimiter: what separates the fields of rows that are not.
    """

    names: tuple[str, ...]
    width: int
    delimiter: str

    @classmethod
    def of(cls, rejects: Iterable[Reject], delimiter: str) -> Self:
        """Return the layout of all rows; if any is a JSON object, they should all be."""
        names: dict[str, None] = {}
        most, others = 0, False
        for reject in rejects:
            named = reject.named
            new = [name for name in named or () if name not in names]
            if named is None or len(names) + len(new) > MOST_NAMES:
                others = True
            else:
                names |= dict.fromkeys(new)
            most = max(most, len(reject.fields(delimiter)))
        return cls(tuple(names), len(names) + others if names else most, delimiter)

    @property
    def headings(self) -> list[str]:
        """The headings: quarantine has no header of a CSV file, so its fields have numbers."""
        if not self.names:
            return [f"field {number}" for number in range(1, self.width + 1)]
        return [*self.names, *["text"] * (self.width - len(self.names))]

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.names)

    def cells(self, reject: Reject) -> list[str]:
        """Return the cells of a row."""
        if not self.names:
            return reject.fields(self.delimiter)
        named = reject.named
        if named is None or not self._known.issuperset(named):
            return [*[""] * len(self.names), reject.raw]
        return [named.get(name, "") for name in self.names]


def write_csv(out: IO[str], rejects: Iterable[Reject], layout: Layout) -> None:
    """Write rows as CSV (RFC 4180) that a spreadsheet opens as text, reasons beside each row."""
    out.write(BYTE_ORDER_MARK)
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow(map(cell, (*BEFORE, *layout.headings)))
    for reject in rejects:
        line = "" if reject.line is None else str(reject.line)
        first = str(reject.row), line, ", ".join(reject.reasons), reject.advice
        writer.writerow(map(cell, (*first, *layout.cells(reject))))


def cell(text: str) -> str:
    r"""Return a text as the cell of a spreadsheet that is not a formula.

    An apostrophe comes before a text that begins like a formula.
    Characters that a terminal or a spreadsheet would act on are escaped, but not line ends.
    """
    text = "\n".join(map(plain, text.replace("\r\n", "\n").split("\n")))
    return f"'{text}" if is_formula(text) else text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, unless a key comes twice: one value would be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


def _as_text(value: Any) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)
