"""Framing: which lines of a CSV file are one record, and which fields it has.

Most lines are whole: whatever comes before them, a record that begins on one ends on it. All of
them are split at once, and no Python object is made for a line without quotes. The others are read
one by one, because such a record may have many lines; a whole line that is part of one is left
out. Then all records are put in the order of the file, without copying a field.
"""

import csv
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from processor import batches
from processor.arrow import marked, places
from processor.batches import Lines, rows_of
from processor.contract.model import Csv
from processor.readers.escaping import Escaping, StrayQuoteError, UnknownEscapeError
from processor.readers.line_buffer import LineBuffer
from processor.readers.lines import FOREIGN, find_foreign
from processor.readers.quoting import Fields, MalformedError, Quoting
from processor.reasons import FileRefusedError, Reason, Stated

# The csv module has one limit for the whole process, and its default is below ours.
csv.field_size_limit(batches.RECORD_LIMIT)

_NOTHING = pa.scalar(None, pa.int32())
_Found = TypeVar("_Found")


class Framed(NamedTuple):
    """The records that begin in the first lines of a buffer.

    Attributes:
        rows: the fields of each, of type ROWS; null where there are none.
        ends: for each record, how many lines of the buffer have been used when it ends.
        faults: the index of each record that could not be read, and its reason.
        refusal: why the record after them, and so the rest, cannot be framed; None if unknown.
    """

    rows: pa.ListViewArray
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
    1     ``2,"one"``    is whole, so the csv module reads it, with all others that are
    2     ``3,"two``     is not, so the csv module reads it alone, and takes line 3 too
    3     ``lines"``     is not, but is part of line 2's record: it is skipped
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
        self._quoting = Quoting(dialect)

    def _frame(self, buffer: LineBuffer, most: int) -> Framed:
        texts = buffer.lines[:most].without_ends()
        found, others = self._quoting.split(texts)
        read, longer = self._read_quoted(buffer, others) if others else ({}, {})
        stray = [place for place, fields in read.items() if fields is None]
        faults: dict[int, Stated] = dict.fromkeys(stray, Reason.ROW_STRAY_QUOTE)
        return _merged(buffer, texts, [*found, _listed(read, len(texts))], longer, faults)

    def _read_quoted(
        self, buffer: LineBuffer, others: Iterable[int]
    ) -> tuple[dict[int, list[str] | None], dict[int, int]]:
        """Read the records that begin on other lines with quotes.

        Returns the fields of each by its first line, None if a quote is stray; and the ends of
        those with several lines.
        """
        quote = self._quoting.quote
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        cursor = _Cursor(buffer.lines)
        reader = self._quoting.reader(iter(cursor))
        end = 0
        for place in others:
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
                sound = self._is_sound(buffer.lines, place, end)
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

    def _is_sound(self, lines: Lines, begin: int, end: int) -> bool:
        """Tell whether the record between two indexes has no stray quote and is not too long."""
        short = lines.size(begin, end) <= batches.RECORD_LIMIT
        return short and self._quoting.is_whole(lines.text(begin, end))


class EscapedFraming(Framing):
    """The framing of a dialect with an escape: see :mod:`processor.readers.escaping`."""

    def __init__(self, dialect: Csv) -> None:
        """Prepare."""
        self._escaping = Escaping(dialect)

    def _frame(self, buffer: LineBuffer, most: int) -> Framed:
        texts = buffer.lines[:most].without_ends()
        plain, special = self._escaping.split(texts)
        found: dict[int, list[str] | None] = {}
        longer: dict[int, int] = {}
        faults: dict[int, Stated] = {}
        end = 0
        for place in special:
            if place < end:
                continue
            end, fields = _measured(buffer, place, self._escaping.measure)
            try:
                found[place] = self._escaping.read(fields)
            except StrayQuoteError:
                found[place], faults[place] = None, Reason.ROW_STRAY_QUOTE
            except UnknownEscapeError:
                found[place], faults[place] = None, Reason.ROW_UNKNOWN_ESCAPE
            if end - place > 1:
                longer[place] = end
        return _merged(buffer, texts, [plain, _listed(found, len(texts))], longer, faults)


class _Cursor:
    """Lines from a position on. Their reader may set the position between two records.

    A reader of the csv module takes the lines of one record and no more, so afterwards the
    position is where that record ends. One reader for all records is faster than one for each.
    """

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.place = 0

    def __iter__(self) -> Iterator[str]:
        text, count = self._lines.text, len(self._lines)
        while (place := self.place) < count:
            self.place = place + 1
            yield text(place, place + 1)


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


def _listed(found: dict[int, list[str] | None], count: int) -> Fields:
    """Return the fields of records that have any, by the line that each begins on."""
    read = {place: fields for place, fields in found.items() if fields is not None}
    return Fields(marked(read, count), pa.array(list(read.values()), pa.list_(pa.string())))


def _merged(
    buffer: LineBuffer,
    texts: pa.StringArray,
    found: Sequence[Fields],
    longer: dict[int, int],
    faults: dict[int, Stated],
) -> Framed:
    """Return the records that begin on some lines in the order of the file.

    ``longer`` has the ends of records with several lines by the lines they begin on, and
    ``faults`` the reasons. A record has no fields if it has a fault, or if none were ``found``.
    """
    count = len(texts)
    end = max([count, *longer.values()])
    foreign = find_foreign(texts)
    foreign += [count + place for place in find_foreign(buffer.lines[count:end].without_ends())]
    order, before = pa.nulls(count, pa.int32()), -1
    for is_of, of_these in found:
        numbers = pc.cumulative_sum(is_of.cast(pa.int32()), start=before)
        order = pc.if_else(is_of, numbers, order)
        before += len(of_these)
    starts: Sequence[int] = range(count)
    if longer:
        within = (range(begin + 1, min(count, stop)) for begin, stop in longer.items())
        begins = pc.invert(marked(chain.from_iterable(within), count))
        starts, order = places(begins), order.filter(begins)
    reasons = {bisect_right(starts, place) - 1: reason for place, reason in faults.items()}
    reasons |= {bisect_right(starts, place) - 1: FOREIGN for place in foreign}
    if reasons:
        order = pc.if_else(marked(reasons, len(order)), _NOTHING, order)
    first, *others = [one.rows for one in found if one.rows] or [found[0].rows]
    rows = rows_of(pa.concat_arrays([first, *others]) if others else first).take(order)
    return Framed(rows, [*starts[1:], end], reasons)
