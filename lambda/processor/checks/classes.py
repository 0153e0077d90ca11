"""Classes: how many rows, or subjects, share the values of some columns.

Each batch is counted as a whole. When there are too many counts to hold, they are sorted and
written to a temporary file as a run. At the end all runs are merged, a part of each at a time.
Memory is bounded, whatever the number of classes, and the answer is exact.
"""

from collections.abc import Iterator, Sequence
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from processor.limits.deadline import Deadline

# The number of counts held in memory, and of those read from a run at once.
RUN_ROWS, RUN_BYTES = 1 << 18, 1 << 24
PART_ROWS, PART_BYTES = 1 << 12, 1 << 17

NOBODY = b""
_KEYS = ["class", "subject"]
_PAIRS = pa.schema([("class", pa.binary()), ("subject", pa.binary()), ("rows", pa.int64())])


class Pairs:
    """How many rows each class has of each subject."""

    def __init__(self, file: IO[bytes], deadline: Deadline) -> None:
        """Begin with no counts and an empty file."""
        self._file = file
        self._deadline = deadline
        self._held: list[pa.Table] = []
        self._runs: list[list[tuple[int, int]]] = []  # start and bytes of each part

    def add(self, classes: pa.Array, subjects: pa.Array) -> None:
        """Count rows: the class of each, and its subject, or ``NOBODY``."""
        rows = pa.repeat(pa.scalar(1, pa.int64()), len(classes))
        self._held.append(_counted([pa.table([classes, subjects, rows], _PAIRS)]))
        if _is_full(self._held, 1):
            self._held = [_counted(self._held)]
            if _is_full(self._held, 2):
                self._store()

    def sorted(self) -> Iterator[tuple[pa.Table, bytes | None]]:
        """Yield the counts, and the last class among them, which may continue; None at the end.

        Later counts never belong to a smaller class.
        """
        if self._runs:
            self._store()
            yield from self._merged()
        yield _counted(self._held), None

    def _store(self) -> None:
        """Write the counts held in memory as a run."""
        self._deadline.check()
        table = _counted(self._held).sort_by([(key, "ascending") for key in _KEYS])
        self._held = []
        rows = max(1, min(PART_ROWS, PART_BYTES * len(table) // max(table.nbytes, 1)))
        run = []
        for batch in table.combine_chunks().to_batches(rows):
            part = batch.serialize()
            run.append((self._file.tell(), self._file.write(part)))
        self._runs.append(run)

    def _merged(self) -> Iterator[tuple[pa.Table, bytes]]:
        heads = list(filter(None, map(self._next, map(iter, self._runs))))
        while heads:
            self._deadline.check()
            bound = min(head.key(-1) for head in heads)
            taken = [head.take(bound) for head in heads if head.key(0) <= bound]
            yield _counted(taken), bound[0]
            following = (head if len(head.rows) else self._next(head.run) for head in heads)
            heads = list(filter(None, following))

    def _next(self, run: Iterator[tuple[int, int]]) -> "_Head | None":
        """Return the next part of a run."""
        found = next(run, None)
        if found is None:
            return None
        begin, size = found
        self._file.seek(begin)
        batch = pa.ipc.read_record_batch(pa.py_buffer(self._file.read(size)), _PAIRS)
        return _Head(pa.Table.from_batches([batch]), run)


class _Head:
    """The part of a run that has been read but not yet counted."""

    def __init__(self, rows: pa.Table, run: Iterator[tuple[int, int]]) -> None:
        self.rows = rows
        self.run = run

    def key(self, place: int) -> tuple[bytes, bytes]:
        """Return the class and the subject at a place."""
        class_, subject = (self.rows.column(key)[place].as_py() for key in _KEYS)
        return class_, subject

    def take(self, bound: tuple[bytes, bytes]) -> pa.Table:
        """Return the rows up to a key, and keep the others."""
        classes, subjects = (self.rows.column(key) for key in _KEYS)
        within = pc.and_(pc.equal(classes, bound[0]), pc.less_equal(subjects, bound[1]))
        count = pc.sum(pc.or_(pc.less(classes, bound[0]), within)).as_py()
        taken = self.rows.slice(0, count)
        self.rows = self.rows.slice(count)
        return taken


def _is_full(tables: Sequence[pa.Table], times: int) -> bool:
    rows, size = sum(map(len, tables)), sum(table.nbytes for table in tables)
    return rows * times > RUN_ROWS or size * times > RUN_BYTES


def _counted(tables: Sequence[pa.Table]) -> pa.Table:
    """Return the rows of each class and subject, once."""
    table = pa.concat_tables([_PAIRS.empty_table(), *tables])
    counted = table.group_by(_KEYS, use_threads=False).aggregate([("rows", "sum")])
    return counted.rename_columns(_PAIRS.names)
