"""Parquet: the rows of a file as texts, batch by batch, so that the same checks apply to them.

The metadata is not trusted. The file is read page by page, and the kernel limits the memory for
that. Only columns of the contract are read, and dropped columns only if their type has a text.
:mod:`processor.readers.parquet_values` says which text each value has.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.batches import COLUMN_LIMIT, NO_LINES, RECORD_LIMIT, Batch, batch_rows, rows_of
from processor.checks.header import positions
from processor.contract.model import Contract
from processor.limits.memory import Allowance
from processor.readers.parquet_values import Texts, kind_of, texts_of
from processor.reasons import FileRefusedError, Reason, Stated

MAGIC = b"PAR1"
ENCRYPTED = b"PARE"  # the mark of files whose footer is encrypted too
# Binary data follows, such as the length of the encrypted part; otherwise this is text.
BEGIN = re.compile(rb"PAR[1E](?![\t\r\n -~])|PARE...\0", re.DOTALL)
BATCH_ROWS = 1 << 12
BATCH_BYTES = 1 << 22  # of text
MEMORY_LIMIT = 160 << 20  # bytes that reading may take; writers write pages of about one MiB
FOOTER_LIMIT = 1 << 23  # bytes; in memory the metadata takes some tens of times as many

_DAMAGED = Reason.FILE_DAMAGED_PARQUET
_ERRORS = (pa.ArrowException, OSError, ValueError)
# What Arrow says when the file is undamaged, but it cannot read it. VARIANT is the only group that
# it does not know: https://parquet.apache.org/docs/file-format/types/logicaltypes/
_CAUSES: dict[str, Stated] = {
    "ecrypt": Reason.FILE_ENCRYPTED_PARQUET,
    "Undefined cannot be applied to group": Reason.HEADER_COLUMN_TYPE.about("variant"),
}


@dataclass(frozen=True)
class ParquetBatch(Batch):
    """Rows without lines; the raw form of each is a JSON object.

    Attributes:
        names: the names of the fields.
    """

    names: tuple[str, ...] = ()

    def line(self, index: int) -> None:
        """Return None: there are no lines."""
        del index

    def raw(self, index: int) -> str:
        """Return the texts of a row by name; null is a value without a text."""
        return json.dumps(dict(zip(self.names, self.rows[index].as_py(), strict=True)))


class ParquetRecords:
    """The rows of a Parquet file.

    Attributes:
        header: the names of its columns that are in the contract, or one other if none is.
        rows_read: rows read so far.
        dropped_columns: how many columns are not in the header.
        localized: false.
        limits_memory: true.
    """

    localized = False
    limits_memory = True

    def __init__(self, file: IO[bytes], contract: Contract) -> None:
        """Read the metadata.

        Raises:
            FileRefusedError: it cannot be read, needs too much memory, or does not fit the
                contract.
        """
        self._allowance = Allowance(MEMORY_LIMIT)
        self.rows_read = 0
        _check_footer(file)
        with self._reading():
            self._file = _opened(file, "s")
            names: list[str] = self._file.schema_arrow.names
        if not names:
            raise FileRefusedError(Reason.FILE_EMPTY)
        if self._file.metadata.num_columns > COLUMN_LIMIT:
            raise FileRefusedError(Reason.FILE_TOO_MANY_COLUMNS, limit=COLUMN_LIMIT)
        found = positions(contract, names)
        self.header = [names[place] for place in found.values()] or names[:1]
        self.dropped_columns = len(names) - len(self.header)
        self._texts = self._conversions(contract, found)
        with self._reading():
            self._batch_rows = self._fitting_rows(max(len(self.header), len(contract.columns)))
            self._nanoseconds = _Nanoseconds(file, self._int96(), self._batch_rows)

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the file is not what its metadata says, needs too much memory, or has
                a row that is too long.
        """
        batches = self._file.iter_batches(
            self._batch_rows, columns=list(self._texts), use_threads=False
        )
        while columns := self._read(batches):
            yield from self._cut(columns)
        if self.rows_read != self._file.metadata.num_rows:
            raise FileRefusedError(_DAMAGED)

    def _leaves(self) -> dict[str, pq.ColumnSchema]:
        """Return the columns that are not nested, by name."""
        schema = self._file.metadata.schema
        leaves = map(schema.column, range(len(schema)))
        return {leaf.name: leaf for leaf in leaves if leaf.path == leaf.name}

    def _conversions(self, contract: Contract, found: dict[str, int]) -> dict[str, Texts]:
        """Return the function that makes the texts of each column that has texts."""
        conversions = {}
        leaves = self._leaves()
        measured = {name for rule in contract.quality for name in rule.columns}
        for column in contract.columns:
            if column.name not in found:
                continue
            index = found[column.name]
            type_ = self._file.schema_arrow.field(index).type
            leaf = leaves.get(column.label)
            texts = leaf and texts_of(column, type_, leaf, self._file.metadata.created_by)
            if texts:
                conversions[column.label] = texts
            elif not column.dropped or column.name in measured:
                reason = Reason.HEADER_COLUMN_TYPE.about(kind_of(type_, leaf))
                raise FileRefusedError(reason, column=index + 1, name=column.name)
        return conversions

    def _int96(self) -> list[str]:
        """Return which of the columns to read have 96-bit values."""
        leaves = self._leaves()
        return [name for name in self._texts if leaves[name].physical_type == "INT96"]

    def _fitting_rows(self, width: int) -> int:
        """Return how many rows to read at once, from the size that the metadata states."""
        rows = min(BATCH_ROWS, batch_rows(width))
        metadata = self._file.metadata
        # Not by column: pyarrow aborts the process if the metadata of one is encrypted or missing.
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            if group.num_rows > 0:
                fitting = BATCH_BYTES * group.num_rows // max(group.total_byte_size, 1)
                rows = max(1, min(rows, fitting))
        return rows

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Limit the memory, and refuse the file if reading fails."""
        try:
            with self._allowance.enforced():
                yield
        except MemoryError:
            raise FileRefusedError(Reason.FILE_NEEDS_TOO_MUCH_MEMORY, limit=MEMORY_LIMIT) from None
        except _ERRORS as error:
            found = [reason for said, reason in _CAUSES.items() if said in str(error)]
            raise FileRefusedError(found[0] if found else _DAMAGED) from None

    def _read(self, batches: Iterator[pa.RecordBatch]) -> list[pa.StringArray]:
        """Return the texts of the next rows by column; no columns at the end."""
        with self._reading():
            rows = next(batches, None)
            if rows is None:
                return []
            more = self._nanoseconds.take(rows.num_rows)
            return [
                self._texts[name](rows.column(name), more.get(name))
                if name in self._texts
                else pa.nulls(rows.num_rows, pa.string())
                for name in self.header
            ]

    def _cut(self, columns: list[pa.StringArray]) -> Iterator[Batch]:
        """Cut rows, whose number was an estimate, into batches of the allowed bytes."""
        lengths = [pc.binary_length(column).cast(pa.int64()).fill_null(0) for column in columns]
        begin = size = 0
        for row, length in enumerate(reduce(pc.add, lengths).to_pylist()):
            if length > RECORD_LIMIT:
                raise FileRefusedError(Reason.RECORD_TOO_LONG)
            if size + length > BATCH_BYTES:
                yield self._batch([column[begin:row] for column in columns])
                begin, size = row, 0
            size += length
        yield self._batch([column[begin:] for column in columns])

    def _batch(self, columns: list[pa.StringArray]) -> Batch:
        rows = transposed(columns)
        before = self.rows_read
        self.rows_read += len(rows)
        return ParquetBatch(before + 1, rows, (), 0, NO_LINES, names=tuple(self.header))


class _Nanoseconds:
    """Reads 96-bit columns a second time, as nanoseconds modulo 64 bits."""

    def __init__(self, file: IO[bytes], names: list[str], size: int) -> None:
        """Start reading them, if there are any."""
        self._held: pa.Table | None = None
        if names:
            again = _opened(file, "ns")
            self._held = again.schema_arrow.empty_table().select(names)
            self._batches = again.iter_batches(size, columns=names, use_threads=False)

    def take(self, rows: int) -> dict[str, pa.Array]:
        """Return the next rows by column."""
        if self._held is None:
            return {}
        names = self._held.column_names
        while self._held.num_rows < rows:  # the next batch may have fewer
            more = pa.Table.from_batches([next(self._batches)]).select(names)
            self._held = pa.concat_tables([self._held, more])
        found = self._held.slice(0, rows).combine_chunks()
        self._held = self._held.slice(rows)
        return {name: found.column(name).chunk(0) for name in names}


def _opened(file: IO[bytes], unit: str) -> pq.ParquetFile:
    """Open a file; 96-bit instants are read in this unit."""
    return pq.ParquetFile(
        file,
        buffer_size=1 << 20,
        pre_buffer=False,
        coerce_int96_timestamp_unit=unit,
        page_checksum_verification=True,
    )


def _check_footer(file: IO[bytes]) -> None:
    """Refuse a file without the two marks, or with metadata too large for the memory."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 8, 0))
    end = file.read(8)
    file.seek(0)
    if size < 12 or end[4:] not in (MAGIC, ENCRYPTED):
        raise FileRefusedError(_DAMAGED)
    if end[4:] == ENCRYPTED:
        raise FileRefusedError(Reason.FILE_ENCRYPTED_PARQUET)
    if int.from_bytes(end[:4], "little") > FOOTER_LIMIT:
        raise FileRefusedError(Reason.FILE_PARQUET_FOOTER_TOO_LARGE, limit=FOOTER_LIMIT)


def transposed(columns: list[pa.StringArray]) -> pa.ListViewArray:
    """Return columns of equal length as rows."""
    width, length = len(columns), len(columns[0])
    order = [row + first for row in range(length) for first in range(0, width * length, length)]
    fields = pa.concat_arrays(columns).take(pa.array(order, pa.int32()))
    ends = pa.array(range(0, width * length + 1, width), pa.int32())
    return rows_of(pa.ListArray.from_arrays(ends, fields))
