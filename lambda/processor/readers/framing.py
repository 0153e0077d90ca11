"""Framing: which lines of a CSV file are one record, and which fields it has.

Most lines have no quote and no escape: each is a record, and Arrow splits all of them at once. The
others are read one by one, because such a record may have many lines. Both kinds are then merged
in the order of the file.
"""

import csv
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from processor import batches
from processor.batches import ROWS
from processor.contract.model import Csv
from processor.readers.escaping import Escaping, StrayQuoteError, UnknownEscapeError
from processor.readers.line_buffer import LineBuffer, size_of
from processor.readers.lines import FOREIGN, find_foreign
from processor.readers.quoting import MalformedError, Quoting
from processor.reasons import FileRefusedError, Reason, Stated

# The csv module has one limit for the whole process, and its default is below ours.
csv.field_size_limit(batches.RECORD_LIMIT)

_NO_TEXT = pa.scalar(None, pa.string())
_Found = TypeVar("_Found")


class Framed(NamedTuple):
    """The records that begin in the first lines of a buffer.

    Attributes:
        rows: the fields of each, of type ROWS; null where there are none.
        ends: for each record, how many lines of the buffer have been used when it ends.
        faults: the index of each record that could not be read, and its reason.
        refusal: why the record after them, and so the rest, cannot be framed; None if unknown.
    """

    rows: pa.ListArray
    ends: Sequence[int]
    faults: dict[int, Stated]
    refusal: FileRefusedError | None = None


class Framing(ABC):
    """How a dialect separates records."""

    def frame(self, buffer: LineBuffer, most: int) -> Framed:
        """Return the records that begin in the buffer's first ``most`` lines.

        The buffer is not empty. Lines may be added to it until the last record ends.

        Raises:
            FileRefusedError: the first record cannot be framed.
        """
        try:
            return self._frame(buffer, most)
        except _UnframedError as error:
            if not error.place:
                raise error.refusal from None
            return self._frame(buffer, error.place)._replace(refusal=error.refusal)

    @abstractmethod
    def _frame(self, buffer: LineBuffer, most: int) -> Framed:
        """Return the records, or raise _UnframedError for any of them."""


class QuotedFraming(Framing):
    r"""The framing of a dialect with quotes, or with delimiters only.

    An example: the buffer has the five lines on the left, and more may follow in other blocks.

    ====  =============  ==================================================================
    line  text           what becomes of it
    ====  =============  ==================================================================
    0     ``1,plain``    has no quote, so Arrow splits it
    1     ``2,"one"``    has a quote, so the csv module reads it, and takes no other line
    2     ``3,"two``     has a quote, so the csv module reads it, and takes line 3 too
    3     ``lines"``     has a quote, but is part of line 2's record: it is skipped
    4     ``4,a "b"``    has a quote that is left in a field: it is stray
    ====  =============  ==================================================================

    The records begin on the lines 0, 1, 2 and 4, so ``ends`` is ``[1, 2, 4, 5]``. ``rows`` is
    ``[["1", "plain"], ["2", "one"], ["3", "two\nlines"], None]``, and ``faults`` says why the
    last has no fields: ``{3: row:stray-quote}``.

    If line 4 were ``4,"b``, it would continue: the csv module would reach the end of the lines,
    and :meth:`Quoting.measure` would look for the closing quote in the next blocks. If there were
    none, the first three records would be returned, with the refusal of the fourth.
    """

    def __init__(self, dialect: Csv) -> None:
        """Prepare."""
        self._delimiter = dialect.delimiter
        self._quoting = Quoting(dialect)

    def _frame(self, buffer: LineBuffer, most: int) -> Framed:
        lines = buffer.lines[:most]
        count = len(lines)
        texts = _without_ends(lines)
        plain = pc.not_equal(texts, "")
        foreign = find_foreign(texts)
        quoted: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        if quote := self._quoting.quote:
            with_quote = [quote in line for line in lines]
            if True in with_quote:
                quoted, longer = self._read_quoted(buffer, compress(range(count), with_quote))
                plain = pc.and_not(plain, pa.array(with_quote))
        if plain.false_count:
            texts = pc.if_else(plain, texts, _NO_TEXT)
        rows = pc.split_pattern(texts, self._delimiter)
        if not quoted and not foreign:
            return Framed(rows, range(1, count + 1), {})
        starts = _starts(longer, count)
        end = max([count, *longer.values()])
        foreign += [
            count + place for place in find_foreign(_without_ends(buffer.lines[count:end]))
        ]
        stray = [place for place, fields in quoted.items() if fields is None]
        faults: dict[int, Stated] = {
            bisect_right(starts, place) - 1: Reason.ROW_STRAY_QUOTE for place in stray
        }
        faults |= {bisect_right(starts, place) - 1: FOREIGN for place in foreign}
        return Framed(_replaced(rows, quoted, starts, faults), [*starts[1:], end], faults)

    def _read_quoted(
        self, buffer: LineBuffer, places: Iterable[int]
    ) -> tuple[dict[int, list[str] | None], dict[int, int]]:
        """Read the records with quotes, given the lines that have quotes.

        Returns the fields of each by its first line, None if a quote is stray; and the ends of
        those with several lines.
        """
        quote = self._quoting.quote
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        cursor = _Cursor(buffer.lines)
        reader = self._quoting.reader(iter(cursor))
        end = 0
        for place in places:
            if place < end:
                continue
            cursor.place = place
            try:
                fields = next(reader)
                end = cursor.place
                # A stray quote is part of a field.
                if end - place == 1 and quote not in "".join(fields):
                    found[place] = fields
                    continue
                sound = self._is_sound(buffer.lines[place:end])
            except csv.Error:  # or it continues in the next block
                reader = self._quoting.reader(iter(cursor))
                sound = False
            if not sound:
                end, is_stray = _measured(buffer, place, self._quoting.measure)
                fields = [] if is_stray else next(self._quoting.reader(buffer.lines[place:end]))
            found[place] = fields or None
            if end - place > 1:
                longer[place] = end
        return found, longer

    def _is_sound(self, lines: list[str]) -> bool:
        """Tell whether a record has no stray quote and is not too long."""
        text = "".join(lines)
        return size_of(text) <= batches.RECORD_LIMIT and self._quoting.is_whole(text)


class EscapedFraming(Framing):
    """The framing of a dialect with an escape: see :mod:`processor.readers.escaping`."""

    def __init__(self, dialect: Csv) -> None:
        """Prepare."""
        self._delimiter = dialect.delimiter
        self._escaping = Escaping(dialect)

    def _frame(self, buffer: LineBuffer, most: int) -> Framed:
        lines = buffer.lines[:most]
        count = len(lines)
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        reasons: dict[int, Stated] = {}
        end = 0
        for place in self._escaping.find(lines):
            if place < end:
                continue
            end, fields = _measured(buffer, place, self._escaping.measure)
            try:
                found[place] = self._escaping.read(fields)
            except StrayQuoteError:
                found[place], reasons[place] = None, Reason.ROW_STRAY_QUOTE
            except UnknownEscapeError:
                found[place], reasons[place] = None, Reason.ROW_UNKNOWN_ESCAPE
            if end - place > 1:
                longer[place] = end
        end = max(count, end)
        starts = _starts(longer, count)
        texts = _without_ends(buffer.lines[:end])
        reasons |= dict.fromkeys(find_foreign(texts), FOREIGN)
        # Where a record begins, its own reason yields to that of any control character.
        faults = {bisect_right(starts, place) - 1: reason for place, reason in reasons.items()}
        texts = texts[:count]
        texts = pc.if_else(pc.not_equal(texts, ""), texts, _NO_TEXT)
        rows = pc.split_pattern(texts, self._delimiter)
        return Framed(_replaced(rows, found, starts, faults), [*starts[1:], end], faults)


class _Cursor:
    """Lines from a position on. Their reader may set the position between two records.

    A reader of the csv module takes the lines of one record and no more, so afterwards the
    position is where that record ends. One reader for all records is faster than one for each.
    """

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self.place = 0

    def __iter__(self) -> Iterator[str]:
        while self.place < len(self._lines):
            self.place += 1
            yield self._lines[self.place - 1]


class _UnframedError(Exception):
    """The record at a position cannot be framed, and so neither can the rest."""

    def __init__(self, place: int, refusal: FileRefusedError) -> None:
        super().__init__(place)
        self.place = place
        self.refusal = refusal


def _measured(
    buffer: LineBuffer, place: int, measure: Callable[[Iterable[str]], tuple[int, _Found]]
) -> tuple[int, _Found]:
    """Return where the record at a position ends, and what else was measured."""
    try:
        count, found = measure(buffer.record(place))
    except MalformedError:
        line = buffer.before + place + 1
        refusal = FileRefusedError(Reason.RECORD_MALFORMED, line=line)
        raise _UnframedError(place, refusal) from None
    except FileRefusedError as refusal:
        raise _UnframedError(place, refusal) from None
    return place + count, found


def _replaced(
    rows: pa.ListArray,
    quoted: dict[int, list[str] | None],
    starts: Sequence[int],
    faults: Iterable[int],
) -> pa.ListArray:
    """Return the records on these lines, from ``quoted`` or else ``rows``; null for a fault."""
    order: list[int | None] = list(range(len(rows)))
    for number, place in enumerate(quoted, len(rows)):
        order[place] = number
    order = [order[start] for start in starts]
    for index in faults:
        order[index] = None
    both = pa.concat_arrays([rows, pa.array(list(quoted.values()), ROWS)])
    return both.take(pa.array(order, pa.int32()))


def _starts(longer: dict[int, int], count: int) -> Sequence[int]:
    """Return which of ``count`` lines begin a record."""
    if not longer:
        return range(count)
    starts: list[int] = []
    after = 0
    for place, end in longer.items():
        starts += range(after, place + 1)
        after = end
    return [*starts, *range(after, count)]


def _without_ends(lines: list[str]) -> pa.StringArray:
    """Return the lines without their line ends."""
    return pc.utf8_rtrim(pa.array(lines, pa.string()), characters="\r\n")
