"""Framing: a stream of bytes becomes records, each with its ordinal, line number and raw text.

CSV as in RFC 4180, or with what the contract says instead of commas, double quotes and a header;
UTF-8 with or without byte order mark, which :mod:`processor.readers.encodings` makes of others.
Lines may end in LF, CRLF or CR, mixed.
No record can vanish: every physical line belongs to exactly one record, or the file is refused.
Only empty lines at the end of the file are none.

A batch is what a block of lines holds: memory is bounded by the block, whatever the file.
"""

import csv
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, compress

import pyarrow as pa
import pyarrow.compute as pc

from processor import batches
from processor.batches import COLUMN_LIMIT, ROWS, Batch, Stream, batch_rows
from processor.contract.model import RFC_4180, Csv
from processor.contract.vocabulary import ESCAPE
from processor.readers.escaping import Escaping, StrayQuoteError, UnknownEscapeError
from processor.readers.lines import FOREIGN, blocks, find_foreign, without_blank_end
from processor.readers.quoting import MalformedError, Quoting
from processor.reasons import FileRefusedError, Reason, Stated

# The same faults, of the record that is the header.
_OF_HEADER: Mapping[Stated, Reason] = {
    Reason.ROW_STRAY_QUOTE: Reason.HEADER_STRAY_QUOTE,
    Reason.ROW_UNKNOWN_ESCAPE: Reason.HEADER_UNKNOWN_ESCAPE,
    Reason.ROW_CONTROL_CHARACTER: Reason.HEADER_CONTROL_CHARACTER,
}

# The limit of the csv module is one for the whole process, and its default less than ours.
csv.field_size_limit(batches.RECORD_LIMIT)


# The first line by which Excel is told the delimiter.
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)
_NO_TEXT = pa.scalar(None, pa.string())


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
                raise FileRefusedError(
                    Reason.FILE_SHORTER_THAN_PREAMBLE, line=self._framed_lines + 1
                )
            separator = _SEPARATOR.fullmatch(self._lines[0])
            if not self._framed_lines and separator and separator[1] != self._delimiter:
                raise FileRefusedError(Reason.FILE_OTHER_DELIMITER, line=1)
            skipped = self._lines[: count - self._framed_lines]
            del self._lines[: len(skipped)]
            self._framed_lines += len(skipped)

    def _read_header(self) -> list[str]:
        line = self._framed_lines + 1
        record = self._next_batch(1)
        self.rows_read = 0
        if record is None:
            raise FileRefusedError(Reason.FILE_EMPTY, line=line)
        if record.faults:
            raise FileRefusedError(_OF_HEADER[record.faults[0]], line=line)
        names: list[str] | None = record.rows[0].as_py()
        if names is None:
            raise FileRefusedError(Reason.HEADER_BLANK, line=line)
        limit = max(COLUMN_LIMIT, self._columns)
        if len(names) > limit:
            raise FileRefusedError(Reason.FILE_TOO_MANY_COLUMNS, line=line, limit=limit)
        return names

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the rest cannot be framed.
        """
        most = batch_rows(max(len(self.header), self._columns))
        while batch := self._next_batch(most):
            yield replace(batch, rows=_emptied(batch.rows, self._nulls)) if self._nulls else batch

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

    def _frame(self, begin: list[str]) -> tuple[pa.ListArray, Sequence[int], dict[int, Stated]]:
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
        faults: dict[int, Stated] = {
            bisect_right(starts, place) - 1: Reason.ROW_STRAY_QUOTE for place in stray
        }
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
        return _size(text) <= batches.RECORD_LIMIT and self._quoting.is_whole(text)

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
            raise FileRefusedError(Reason.RECORD_MALFORMED, line=line) from None
        return place + count, is_stray

    def _lines_from(self, place: int, line: int) -> Iterator[str]:
        """Yield the lines at hand from a place, and then those of further blocks, which join.

        The record on this ``line`` of the file is refused when it has become too long.
        """
        size = 0
        while place < len(self._lines) or self._join():
            size += _size(self._lines[place])
            if size > batches.RECORD_LIMIT:
                raise FileRefusedError(Reason.RECORD_TOO_LONG, line=line)
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

    def _frame(self, begin: list[str]) -> tuple[pa.ListArray, Sequence[int], dict[int, Stated]]:
        """Return the records that begin in these lines, where each ends, and their faults."""
        count = len(begin)
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        reasons: dict[int, Stated] = {}
        end = more = 0
        for place in self._escaping.find(begin):
            if place < end:
                continue
            end, fields = self._measure_escaped(place, place - more)
            try:
                found[place] = self._escaping.read(fields)
            except StrayQuoteError:
                found[place], reasons[place] = None, Reason.ROW_STRAY_QUOTE
            except UnknownEscapeError:
                found[place], reasons[place] = None, Reason.ROW_UNKNOWN_ESCAPE
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
            raise FileRefusedError(Reason.RECORD_MALFORMED, line=line) from None
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
