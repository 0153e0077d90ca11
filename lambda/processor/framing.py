"""Framing: a stream of bytes becomes records, each with its ordinal, line number and raw text.

CSV as in RFC 4180, or with what the contract says instead of commas, double quotes and a header;
UTF-8 with or without byte order mark. Lines may end in LF, CRLF or CR, mixed. A quote inside an
unquoted field is a plain character.
No record can vanish: every physical line belongs to exactly one record, or the file is refused.

What is read is cut at line ends into blocks, so that what a file becomes depends on its bytes
alone and not on how the network delivered them. A batch is what a block holds: memory is bounded
by the block, whatever the file.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract import RFC_4180, Csv
from processor.refusal import FileRefusedError

# A record's longest length: a physical line in bytes, a record of several lines in characters.
RECORD_LIMIT = 1 << 20
BLOCK_SIZE = RECORD_LIMIT  # not more: then only the first line of a block can be too long
BATCH_ROWS = 1 << 14
BATCH_FIELDS = 1 << 20

ROWS = pa.list_(pa.string())

# The limit of the csv module is one for the whole process, and its default less than ours.
csv.field_size_limit(RECORD_LIMIT)


_LINE_END = re.compile(rb"\r\n|\r|\n")


def batch_rows(columns: int) -> int:
    """Return how many rows a batch may have, by the columns of the file or of its contract."""
    return max(1, min(BATCH_ROWS, BATCH_FIELDS // columns))


class Stream(Protocol):
    """What framing needs of a body: bytes, at most so many at a time, none at the end."""

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes; fewer do not mean the end, none do."""


@dataclass(frozen=True)
class Batch:
    """Consecutive records of a file.

    Attributes:
        first_row: ordinal of the first record; data rows count from 1.
        rows: the fields of each record, of type ROWS; null where there are none.
        ends: for each record the line it ends on, from 1, of ``lines``.
        before: how many physical lines of the file come before.
        lines: the physical lines of all records, with their line ends.
        faults: for each record that could not be read its index and its reason to be rejected.
    """

    first_row: int
    rows: pa.ListArray
    ends: Sequence[int]
    before: int
    lines: list[str]
    faults: dict[int, str] = field(default_factory=dict)

    def line(self, index: int) -> int | None:
        """Return the line of the file that record ``index`` starts on; None without lines."""
        return self.before + self._start(index) + 1

    def raw(self, index: int) -> str:
        """Return the text of record ``index`` as it stood in the file, without its line end."""
        text = "".join(self.lines[self._start(index) : self.ends[index]])
        return text.removesuffix("\n").removesuffix("\r")

    def _start(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


class Records(Protocol):
    """The records of a file, whatever its format.

    Attributes:
        header: the names of the fields.
        rows_read: data rows framed so far.
        dropped_columns: names, not of the header, that were left out so far.
    """

    header: list[str]
    rows_read: int

    @property
    def dropped_columns(self) -> int:
        """They are counted while the rows go by."""

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; raise FileRefusedError if the rest cannot be framed."""


class CsvRecords:
    """The records of a CSV stream: ``header`` first, then the data by iteration, in batches.

    Attributes:
        header: the fields of the first record, or the columns where that is no header.
        rows_read: data rows framed so far.
        dropped_columns: none; those that the contract does not name are in the header.
    """

    dropped_columns = 0

    def __init__(
        self, stream: Stream, dialect: Csv = RFC_4180, columns: Sequence[str] = ()
    ) -> None:
        """Read the header, if there is one in this dialect.

        Raises:
            FileRefusedError: it is missing, or cannot be framed.
        """
        self._dialect = dialect
        self._columns = len(columns)
        self._blocks = blocks(stream)
        self._lines: list[str] = []  # read, and not yet framed
        self._framed_lines = 0
        self._record_start = 0  # in those lines, of the quoted record being framed
        self.rows_read = 0
        self.header = list(columns)
        if dialect.header:
            header = self._next_batch(1)
            names = header.rows[0].as_py() if header else None
            if not names:
                raise FileRefusedError("file:empty", line=1)
            self.header = names
            self.rows_read = 0

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the rest cannot be framed.
        """
        try:
            most = batch_rows(max(len(self.header), self._columns))
            while batch := self._next_batch(most):
                yield batch
        except FileRefusedError as refusal:
            refusal.rows_read = self.rows_read
            raise

    def _next_batch(self, most: int) -> Batch | None:
        """Frame the next records: at most so many, and only those that begin in one block."""
        if not self._lines:
            self._lines = next(self._blocks, [])
        begin = self._lines[:most]
        if not begin:
            return None
        first_row, before = self.rows_read + 1, self._framed_lines
        ends: list[int] = []
        try:
            rows = self._frame(begin, ends)
        finally:
            self.rows_read += len(ends)
        lines = self._lines[: ends[-1]]
        self._lines = self._lines[len(lines) :]
        self._framed_lines += len(lines)
        return Batch(first_row, rows, ends, before, lines)

    def _frame(self, begin: list[str], ends: list[int]) -> pa.ListArray:
        """Return the records that begin in these lines, and add where each ends to ``ends``.

        Most lines have no quote: Arrow splits them, all at once. The csv module reads the others.
        """
        delimiter, quote = self._dialect.delimiter, self._dialect.quote
        lines = iter(begin)
        held: list[str] = []
        joined = _held_first(held, chain(lines, self._continuation(len(begin))))
        reader = csv.reader(joined, delimiter=delimiter, quotechar=quote or '"', strict=True)
        plain: list[str | None] = []
        quoted: dict[int, list[str]] = {}
        end = split = 0
        try:
            for line in lines:
                if quote and quote in line:
                    held.append(line)
                    self._record_start = end
                    quoted[len(plain)] = next(reader)
                    plain.append(None)
                    end = split + reader.line_num
                    if end - self._record_start > 1:  # a single line has been measured
                        self._check_length(end)
                else:
                    plain.append(line.rstrip("\r\n") or None)
                    split += 1
                    end += 1
                ends.append(end)
        except csv.Error:
            self._check_length(split + reader.line_num)
            malformed = self._framed_lines + self._record_start + 1
            raise FileRefusedError("record:malformed", line=malformed) from None
        rows = pc.split_pattern(pa.array(plain, pa.string()), delimiter)
        return _replaced(rows, quoted) if quoted else rows

    def _continuation(self, first: int) -> Iterator[str]:
        """Yield the lines at hand from ``first`` and then those of further blocks, which join."""
        yield from self._lines[first:]
        self._check_length(len(self._lines))
        for lines in self._blocks:
            self._lines = self._lines + lines
            yield from lines
            self._check_length(len(self._lines))

    def _check_length(self, end: int) -> None:
        """Refuse the record that takes the lines up to ``end``, or more, if it is too long."""
        lines = self._lines[self._record_start : end]
        if sum(len(line.encode()) for line in lines) > RECORD_LIMIT:
            line = self._framed_lines + self._record_start + 1
            raise FileRefusedError("record:too-long", line=line)


def _replaced(rows: pa.ListArray, others: dict[int, list[str]]) -> pa.ListArray:
    """Return the rows with others at these places."""
    order = list(range(len(rows)))
    for number, place in enumerate(others, len(rows)):
        order[place] = number
    both = pa.concat_arrays([rows, pa.array(list(others.values()), ROWS)])
    return both.take(pa.array(order, pa.int32()))


def _held_first(held: list[str], lines: Iterator[str]) -> Iterator[str]:
    """Yield what is held, whenever something is, and otherwise the next of the lines."""
    return iter(lambda: held.pop() if held else next(lines, ""), "")


def blocks(stream: Stream) -> Iterator[list[str]]:
    """Yield the physical lines of a stream, with their line ends, block by block; never none.

    Raises:
        FileRefusedError: a line is too long or not UTF-8; all lines before it have been yielded.
    """
    block = without_mark(_read(stream))
    rest = b""
    line = 1
    while block:
        following = _read(stream)
        data = rest + block
        first_end = _LINE_END.search(data)
        if (first_end.end() if first_end else len(data)) > RECORD_LIMIT:
            raise FileRefusedError("record:too-long", line=line)
        cut = _complete(data) if following else len(data)
        lines, sound = _decode(data[:cut])
        if lines:
            yield lines
        line += len(lines)
        if not sound:
            raise FileRefusedError("encoding:not-utf-8", line=line)
        rest = data[cut:]
        block = following


def _read(stream: Stream) -> bytes:
    """Read one block, however small the pieces are that the stream hands out."""
    pieces = []
    missing = BLOCK_SIZE
    while missing and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def without_mark(data: bytes) -> bytes:
    """Take the byte order mark off the beginning of a file; that of UTF-16 is refused."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefusedError("encoding:utf-16", line=1)
    return data.removeprefix(codecs.BOM_UTF8)


def _complete(data: bytes) -> int:
    """Return where the last line ends that is surely complete; a final CR may be half a CRLF."""
    return 1 + max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1))


def _decode(data: bytes) -> tuple[list[str], bool]:
    """Return the lines, and whether that was all: if not, those before the first bad byte."""
    lines: list[str] = []
    try:
        lines.extend(map(bytes.decode, data.splitlines(keepends=True)))
    except UnicodeDecodeError:
        return lines, False
    return lines, True
