"""Batches: what every reader yields (consecutive records of a file), and what it reads from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self, overload

import pyarrow as pa
import pyarrow.compute as pc

from processor.reasons import Stated

# The longest record in bytes, with its line ends; the same for a run of empty lines.
RECORD_LIMIT = 1 << 20
BLOCK_SIZE = RECORD_LIMIT  # no larger: then only the first line of a block can be too long
BATCH_ROWS = 1 << 14
BATCH_FIELDS = 1 << 20
COLUMN_LIMIT = 1 << 12
ROWS = pa.list_view(pa.string())  # to leave one out, or to change their order, copies no field


def batch_rows(columns: int) -> int:
    """Return how many rows a batch may have, given the columns of the file or its contract."""
    return max(1, min(BATCH_ROWS, BATCH_FIELDS // columns))


class Lines(Sequence[str]):
    """Physical lines with their line ends: no object is made for a line before it is asked for."""

    def __init__(self, encoded: pa.StringArray) -> None:
        """Take them in UTF-8; none is null."""
        self._encoded = encoded
        _, begins, content = encoded.buffers()
        self._begins = memoryview(begins or b"").cast("i")[encoded.offset :]
        self._content = memoryview(content or b"")

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._encoded)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> str | Self:
        """Return the text of a line, or some of the lines, of which none is copied."""
        if isinstance(place, slice):
            return type(self)(self._encoded[place])
        place = range(len(self))[place]
        return self.text(place, place + 1)

    def __iter__(self) -> Iterator[str]:
        """Yield the text of each."""
        return map(self.text, range(len(self)), range(1, len(self) + 1))

    def __add__(self, others: Self) -> Self:
        """Return these lines and others after them."""
        return type(self)(pa.concat_arrays([self._encoded, others._encoded]))

    def text(self, begin: int, end: int) -> str:
        """Return the text of the lines between two indexes."""
        return str(self._content[self._begins[begin] : self._begins[end]], "utf-8")

    def size(self, begin: int, end: int) -> int:
        """Return how many bytes that text has."""
        return self._begins[end] - self._begins[begin]

    def without_ends(self) -> pa.StringArray:
        """Return the lines without their line ends."""
        return pc.ascii_rtrim(self._encoded, "\r\n")

    def are(self, texts: pa.StringArray) -> pa.BooleanArray:
        """Tell which lines are one of these texts."""
        return pc.is_in(self._encoded, value_set=texts)


NO_LINES = Lines(pa.array([], pa.string()))


def rows_of(lists: pa.ListArray) -> pa.ListViewArray:
    """Return lists of fields as rows, without copying a field."""
    sizes = pc.fill_null(pc.list_value_length(lists), 0)
    mask = lists.is_null() if lists.null_count else None
    return pa.ListViewArray.from_arrays(lists.offsets[:-1], sizes, lists.values, mask=mask)


class Stream(Protocol):
    """What readers need of a body: bytes, at most a given number at a time, none at the end."""

    def read(self, amount: int, /) -> bytes:
        """Return up to ``amount`` bytes; only an empty result means the end."""


@dataclass(frozen=True)
class Batch:
    """Consecutive records of a file.

    Attributes:
        first_row: ordinal of the first record; data rows count from 1.
        rows: the fields of each record, of type ROWS; null where there are none.
        ends: for each record the line of ``lines`` that it ends on, from 1.
        before: how many physical lines of the file come before the batch.
        lines: the physical lines of all records.
        faults: the index of each record that could not be read, and its reason.
    """

    first_row: int
    rows: pa.ListViewArray
    ends: Sequence[int]
    before: int
    lines: Lines
    faults: dict[int, Stated] = field(default_factory=dict)

    def line(self, index: int) -> int | None:
        """Return the line of the file that record ``index`` starts on; None without lines."""
        return self.before + self._start(index) + 1

    def raw(self, index: int) -> str:
        """Return the text of record ``index`` as it is in the file, without its line end."""
        text = self.lines.text(self._start(index), self.ends[index])
        return text.removesuffix("\n").removesuffix("\r")

    def _start(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


class Records(Protocol):
    """The records of a file, whatever its format.

    Attributes:
        header: the names of the fields.
        rows_read: data rows framed so far.
        dropped_columns: names that are not in the header and were left out so far.
        localized: whether numbers and days are in the notation of the contract's CSV files.
        limits_memory: whether the process may take little more memory while rows are read, so
            that no thread may take any meanwhile.
    """

    header: list[str]
    rows_read: int
    localized: bool
    limits_memory: bool

    @property
    def dropped_columns(self) -> int:
        """They are counted while the rows are read."""

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches; raise FileRefusedError if the rest cannot be framed.

        ``rows_read`` then counts what has been framed, in a batch that was yielded or not.
        """
