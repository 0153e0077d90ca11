"""Batches: what every reader yields (consecutive records of a file), and what it reads from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa

from processor.reasons import Stated

# The longest record in bytes, with its line ends; the same for a run of empty lines.
RECORD_LIMIT = 1 << 20
BLOCK_SIZE = RECORD_LIMIT  # no larger: then only the first line of a block can be too long
BATCH_ROWS = 1 << 14
BATCH_FIELDS = 1 << 20
COLUMN_LIMIT = 1 << 12
ROWS = pa.list_(pa.string())


def batch_rows(columns: int) -> int:
    """Return how many rows a batch may have, given the columns of the file or its contract."""
    return max(1, min(BATCH_ROWS, BATCH_FIELDS // columns))


class Stream(Protocol):
    """What readers need of a body: bytes, at most so many at a time, none at the end."""

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
        lines: the physical lines of all records, with their line ends.
        faults: the index of each record that could not be read, and its reason.
    """

    first_row: int
    rows: pa.ListArray
    ends: Sequence[int]
    before: int
    lines: list[str]
    faults: dict[int, Stated] = field(default_factory=dict)

    def line(self, index: int) -> int | None:
        """Return the line of the file that record ``index`` starts on; None without lines."""
        return self.before + self._start(index) + 1

    def raw(self, index: int) -> str:
        """Return the text of record ``index`` as it is in the file, without its line end."""
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
        dropped_columns: names that are not in the header and were left out so far.
        localized: whether numbers are written in the notation of the contract's CSV files.
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
