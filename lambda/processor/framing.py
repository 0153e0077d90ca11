"""Framing: a stream of bytes becomes records, each with its ordinal, line number and raw text.

CSV as in RFC 4180, or with what the contract says instead of commas, double quotes and a header;
UTF-8 with or without byte order mark, which :mod:`processor.encodings` makes of others. Lines may
end in LF, CRLF or CR, mixed.
No record can vanish: every physical line belongs to exactly one record, or the file is refused.
Only empty lines at the end of the file are none.

What is read is cut at line ends into blocks, so that what a file becomes depends on its bytes
alone and not on how the network delivered them. A batch is what a block holds: memory is bounded
by the block, whatever the file.
"""

import codecs
import csv
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, compress
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract import ESCAPE, RFC_4180, Csv
from processor.escaping import Escaping, StrayQuoteError, UnknownEscapeError
from processor.quoting import MalformedError, Quoting
from processor.refusal import FileRefusedError

# A record's longest length in bytes, with its line ends; and that of a run of empty lines.
RECORD_LIMIT = 1 << 20
BLOCK_SIZE = RECORD_LIMIT  # not more: then only the first line of a block can be too long
BATCH_ROWS = 1 << 14
BATCH_FIELDS = 1 << 20
COLUMN_LIMIT = 1 << 12

ROWS = pa.list_(pa.string())

STRAY_QUOTE = "row:stray-quote"
UNKNOWN_ESCAPE = "row:unknown-escape"
FOREIGN = "row:control-character"
# What text does not have: control characters but tab and line ends, and the escapes of HZ (RFC
# 1843), which has none.
FOREIGN_TEXT = r"[\x00-\x08\x0b\x0c\x0e-\x1f]|~\{(?:[!-w][!-~])+~\}"

# The limit of the csv module is one for the whole process, and its default less than ours.
csv.field_size_limit(RECORD_LIMIT)


_LINE_END = re.compile(rb"\r\n|\r|\n")
# The first line by which Excel is told the delimiter.
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_LINE_ENDS = ("\n", "\r\n", "\r")
_NO_TEXT = pa.scalar(None, pa.string())


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
        start, end = self._start(index), self.ends[index]
        text = self.lines[start] if end - start == 1 else "".join(self.lines[start:end])
        return text.removesuffix("\n").removesuffix("\r")

    def _start(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


class Records(Protocol):
    """The records of a file, whatever its format.

    Attributes:
        header: the names of the fields.
        rows_read: data rows framed so far.
        dropped_columns: names, not of the header, that were left out so far.
        localized: whether numbers are written as the contract's CSV files have them.
    """

    header: list[str]
    rows_read: int
    localized: bool

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
        localized: yes.
    """

    dropped_columns = 0
    localized = True

    def __init__(
        self, stream: Stream, dialect: Csv = RFC_4180, columns: Sequence[str] = ()
    ) -> None:
        """Read the header, if there is one in this dialect.

        Raises:
            FileRefusedError: it is missing, or cannot be framed.
        """
        self._delimiter = dialect.delimiter
        self._quoting = Quoting(dialect)
        self._nulls = dialect.nulls
        self._columns = len(columns)
        self._blocks = blocks(stream, dialect.encoding)
        self._lines: list[str] = []  # read, and not yet framed
        self._next = 0  # of those lines
        self._framed_lines = 0
        self.rows_read = 0
        if dialect.preamble_lines:
            self._skip(dialect.preamble_lines)
        self.header = self._read_header() if dialect.header else list(columns)
        if len(self.header) > 1:  # in a file of one column an empty line may be an empty field
            rest = chain([self._lines], self._blocks)
            self._blocks = without_blank_end(rest, self._framed_lines + 1)
            self._lines = []

    def _skip(self, count: int) -> None:
        """Pass over the lines before the table; what Excel reads there must not contradict."""
        while self._framed_lines < count:
            self._lines = next(self._blocks, [])
            if not self._lines:
                raise FileRefusedError("file:shorter-than-preamble", line=self._framed_lines + 1)
            separator = _SEPARATOR.fullmatch(self._lines[0])
            if not self._framed_lines and separator and separator[1] != self._delimiter:
                raise FileRefusedError("file:other-delimiter", line=1)
            skipped = self._lines[: count - self._framed_lines]
            del self._lines[: len(skipped)]
            self._framed_lines += len(skipped)

    def _read_header(self) -> list[str]:
        line = self._framed_lines + 1
        record = self._next_batch(1)
        self.rows_read = 0
        if record is None:
            raise FileRefusedError("file:empty", line=line)
        if record.faults:
            raise FileRefusedError(record.faults[0].replace("row:", "header:"), line=line)
        names: list[str] | None = record.rows[0].as_py()
        if names is None:
            raise FileRefusedError("header:blank", line=line)
        limit = max(COLUMN_LIMIT, self._columns)
        if len(names) > limit:
            raise FileRefusedError("file:too-many-columns", line=line, limit=limit)
        return names

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the rest cannot be framed.
        """
        try:
            most = batch_rows(max(len(self.header), self._columns))
            while batch := self._next_batch(most):
                yield (
                    replace(batch, rows=_emptied(batch.rows, self._nulls))
                    if self._nulls
                    else batch
                )
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
        rows, ends, faults = self._frame(begin)
        self.rows_read += len(ends)
        lines = self._lines[: ends[-1]]
        del self._lines[: len(lines)]
        self._framed_lines += len(lines)
        return Batch(first_row, rows, ends, before, lines, faults)

    def _frame(self, begin: list[str]) -> tuple[pa.ListArray, Sequence[int], dict[int, str]]:
        """Return the records that begin in these lines, where each ends, and their faults.

        Most lines have no quote: Arrow splits them, all at once. The csv module reads the others.
        """
        count = len(begin)
        texts = _without_ends(begin)
        plain = pc.not_equal(texts, "")
        foreign = find_foreign(texts)
        quoted: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        if quote := self._quoting.quote:
            with_quote = [quote in line for line in begin]
            if True in with_quote:
                quoted, longer = self._read_quoted(compress(range(count), with_quote))
                plain = pc.and_not(plain, pa.array(with_quote))
        if plain.false_count:
            texts = pc.if_else(plain, texts, _NO_TEXT)
        rows = pc.split_pattern(texts, self._delimiter)
        if not quoted and not foreign:
            return rows, range(1, count + 1), {}
        starts = _starts(longer, count)
        end = max([count, *longer.values()])
        foreign += [count + place for place in find_foreign(_without_ends(self._lines[count:end]))]
        stray = [place for place, fields in quoted.items() if fields is None]
        faults = {bisect_right(starts, place) - 1: STRAY_QUOTE for place in stray}
        faults |= {bisect_right(starts, place) - 1: FOREIGN for place in foreign}
        return _replaced(rows, quoted, starts, faults), [*starts[1:], end], faults

    def _read_quoted(
        self, places: Iterable[int]
    ) -> tuple[dict[int, list[str] | None], dict[int, int]]:
        """Read the records with quotes, of the lines that have some.

        Returns the fields of each by its first line, None if a quote is stray; and where those of
        several lines end.
        """
        quote = self._quoting.quote
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        reader = self._reader()
        end = more = 0
        for place in places:
            if place < end:
                continue
            self._next = place
            try:
                fields = next(reader)
                end = self._next
                # A stray quote stands in a field.
                if end - place == 1 and quote not in "".join(fields):
                    found[place] = fields
                    continue
                sound = self._is_sound(self._lines[place:end])
            except csv.Error:  # or it goes on in the next block
                reader = self._reader()
                sound = False
            if not sound:
                try:
                    end, is_stray = self._measure(place)
                except FileRefusedError:
                    self.rows_read += place - more
                    raise
                fields = [] if is_stray else next(self._quoting.reader(self._lines[place:end]))
            found[place] = fields or None
            if end - place > 1:
                longer[place] = end
                more += end - place - 1
        return found, longer

    def _reader(self) -> Iterator[list[str]]:
        return self._quoting.reader(self._at_hand())

    def _is_sound(self, lines: list[str]) -> bool:
        """Tell whether a record has no stray quote and is not too long."""
        text = "".join(lines)
        return _size(text) <= RECORD_LIMIT and self._quoting.is_whole(text)

    def _at_hand(self) -> Iterator[str]:
        """Yield the lines that have been read, from the next one on."""
        while self._next < len(self._lines):
            self._next += 1
            yield self._lines[self._next - 1]

    def _measure(self, place: int) -> tuple[int, bool]:
        """Return where a record ends, and whether it has a stray quote."""
        line = self._framed_lines + place + 1
        try:
            count, is_stray = self._quoting.measure(self._lines_from(place, line))
        except MalformedError:
            raise FileRefusedError("record:malformed", line=line) from None
        return place + count, is_stray

    def _lines_from(self, place: int, line: int) -> Iterator[str]:
        """Yield the lines at hand from a place, and then those of further blocks, which join.

        The record on this ``line`` of the file is refused when it has become too long.
        """
        size = 0
        while place < len(self._lines) or self._join():
            size += _size(self._lines[place])
            if size > RECORD_LIMIT:
                raise FileRefusedError("record:too-long", line=line)
            yield self._lines[place]
            place += 1

    def _join(self) -> bool:
        """Add the lines of the next block, if there is one."""
        lines = next(self._blocks, [])
        self._lines += lines
        return bool(lines)


class EscapedRecords(CsvRecords):
    """The records of a CSV stream in a dialect with an escape."""

    def __init__(
        self, stream: Stream, dialect: Csv = RFC_4180, columns: Sequence[str] = ()
    ) -> None:
        """Read the header, if there is one in this dialect.

        Raises:
            FileRefusedError: it is missing, or cannot be framed.
        """
        self._escaping = Escaping(dialect)
        nulls = tuple(marker for marker in dialect.nulls if ESCAPE not in marker)
        super().__init__(stream, replace(dialect, nulls=nulls), columns)

    def _frame(self, begin: list[str]) -> tuple[pa.ListArray, Sequence[int], dict[int, str]]:
        """Return the records that begin in these lines, where each ends, and their faults."""
        count = len(begin)
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        reasons: dict[int, str] = {}
        end = more = 0
        for place in self._escaping.find(begin):
            if place < end:
                continue
            end, fields = self._measure_escaped(place, place - more)
            try:
                found[place] = self._escaping.read(fields)
            except StrayQuoteError:
                found[place], reasons[place] = None, STRAY_QUOTE
            except UnknownEscapeError:
                found[place], reasons[place] = None, UNKNOWN_ESCAPE
            if end - place > 1:
                longer[place] = end
                more += end - place - 1
        end = max(count, end)
        starts = _starts(longer, count)
        texts = _without_ends(self._lines[:end])
        reasons |= dict.fromkeys(find_foreign(texts), FOREIGN)
        # Each record has its own reason at its begin, and any control character's replaces that.
        faults = {bisect_right(starts, place) - 1: reason for place, reason in reasons.items()}
        texts = texts[:count]
        texts = pc.if_else(pc.not_equal(texts, ""), texts, _NO_TEXT)
        rows = pc.split_pattern(texts, self._delimiter)
        return _replaced(rows, found, starts, faults), [*starts[1:], end], faults

    def _measure_escaped(self, place: int, rows: int) -> tuple[int, list[tuple[str, bool]]]:
        """Return where a record ends and its fields; there are so many ``rows`` before it."""
        line = self._framed_lines + place + 1
        try:
            count, fields = self._escaping.measure(self._lines_from(place, line))
        except MalformedError:
            self.rows_read += rows
            raise FileRefusedError("record:malformed", line=line) from None
        except FileRefusedError:
            self.rows_read += rows
            raise
        return place + count, fields


def _replaced(
    rows: pa.ListArray,
    quoted: dict[int, list[str] | None],
    starts: Sequence[int],
    faults: Iterable[int],
) -> pa.ListArray:
    """Return the records that begin on these lines: rows by line, or others; none for a fault."""
    order: list[int | None] = list(range(len(rows)))
    for number, place in enumerate(quoted, len(rows)):
        order[place] = number
    order = [order[start] for start in starts]
    for index in faults:
        order[index] = None
    both = pa.concat_arrays([rows, pa.array(list(quoted.values()), ROWS)])
    return both.take(pa.array(order, pa.int32()))


def _starts(longer: dict[int, int], count: int) -> Sequence[int]:
    """Return the lines, of so many, on which a record begins."""
    if not longer:
        return range(count)
    starts: list[int] = []
    after = 0
    for place, end in longer.items():
        starts += range(after, place + 1)
        after = end
    return [*starts, *range(after, count)]


def _emptied(rows: pa.ListArray, nulls: Sequence[str]) -> pa.ListArray:
    """Return rows in which each field that is one of ``nulls`` is empty."""
    fields = rows.values
    marked = pc.is_in(fields, value_set=pa.array(nulls, pa.string()))
    emptied = pc.if_else(marked, "", fields)
    return pa.ListArray.from_arrays(rows.offsets, emptied, mask=rows.is_null())


def _size(line: str) -> int:
    return len(line) if line.isascii() else len(line.encode())


def _without_ends(lines: list[str]) -> pa.StringArray:
    """Return the lines without their line ends."""
    return pc.utf8_rtrim(pa.array(lines, pa.string()), characters="\r\n")


def find_foreign(texts: pa.StringArray) -> list[int]:
    """Return the places of texts that are not what somebody meant by UTF-8.

    Encodings of seven bits, such as ISO-2022-JP and HZ, are UTF-8 to whom reads them so.
    """
    content = texts.buffers()[2]
    if content is None or not content.size:
        return []
    codes = pa.Array.from_buffers(pa.uint8(), content.size, [None, content])
    if pc.min(codes).as_py() >= ord(" ") and b"~{" not in content.to_pybytes():
        return []
    found = pc.match_substring_regex(texts, FOREIGN_TEXT)
    places: list[int] = pc.indices_nonzero(found).to_pylist()
    return places


def blocks(stream: Stream, encoding: str = "utf-8") -> Iterator[list[str]]:
    """Yield the physical lines of a stream, with their line ends, block by block; never none.

    The stream is UTF-8 by now, if it could be, whatever its ``encoding`` was.

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
        line += len(lines)
        if lines:
            yield lines
        if not sound:
            raise FileRefusedError(f"encoding:not-{encoding}", line=line)
        rest = data[cut:]
        block = following


def without_blank_end(lists: Iterable[list[str]], line: int = 1) -> Iterator[list[str]]:
    """Yield lists of lines, from this ``line`` of the file on, without the empty ones at its end.

    Raises:
        FileRefusedError: there are more empty lines in a row than can be held back until it shows
            whether they are the end.
    """
    held: list[str] = []
    try:
        for lines in lists:
            lines = held + lines
            held = []
            begin = 0
            while begin < len(lines) and lines[begin] in _LINE_ENDS:
                begin += 1
            if sum(map(len, lines[:begin])) > RECORD_LIMIT:
                raise FileRefusedError("file:too-many-blank-lines", line=line, limit=RECORD_LIMIT)
            end = len(lines)
            while end > begin and lines[end - 1] in _LINE_ENDS:
                end -= 1
            if begin == end:
                held = lines
            else:
                line += end
                held = lines[end:]
                yield lines[:end]
    except FileRefusedError:
        if held:
            yield held
        raise


def _read(stream: Stream) -> bytes:
    """Read one block, however small the pieces are that the stream hands out."""
    pieces = []
    missing = BLOCK_SIZE
    while missing and (piece := stream.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def without_mark(data: bytes) -> bytes:
    """Take the byte order mark off the beginning of a file."""
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
