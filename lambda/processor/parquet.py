"""Parquet: the rows of a file as texts, batch by batch, so that the contract judges them alike.

What the metadata say is not believed: they can lie. The file is read page by page, and what that
takes is bounded by the kernel. Values become the text that the contract's types have; one that has
none there, such as a time without a zone, is rejected.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.framing import RECORD_LIMIT, Batch
from processor.memory import Allowance
from processor.refusal import FileRefusedError

MAGIC = b"PAR1"
BATCH_ROWS = 1 << 12
BATCH_FIELDS = 1 << 19
BATCH_BYTES = 1 << 22  # of text
MEMORY_LIMIT = 160 << 20  # bytes that reading may take; writers make pages of about one MiB
FOOTER_LIMIT = 1 << 23  # bytes; the metadata unfold to some tens of times as many
COLUMN_LIMIT = 1 << 12

_DAMAGED = "file:damaged-parquet"
_ERRORS = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True)
class ParquetBatch(Batch):
    """Rows that stand on no line; their raw form is one JSON object.

    Attributes:
        names: of the fields.
    """

    names: tuple[str, ...] = ()

    def line(self, index: int) -> None:
        """Return None: there are no lines."""
        del index

    def raw(self, index: int) -> str:
        """Return the texts of a row by name."""
        return json.dumps(dict(zip(self.names, self.rows[index].as_py(), strict=True)))


class ParquetRecords:
    """The rows of a Parquet file.

    Attributes:
        header: the names of its columns.
        rows_read: rows read so far.
        dropped_columns: none; those that the contract does not name are in the header.
    """

    dropped_columns = 0

    def __init__(self, file: IO[bytes]) -> None:
        """Read the metadata.

        Raises:
            FileRefusedError: they cannot be read, or ask for too much memory.
        """
        self._allowance = Allowance(MEMORY_LIMIT)
        self.rows_read = 0
        _check_footer(file)
        with self._reading():
            self._file = pq.ParquetFile(
                file, buffer_size=1 << 20, pre_buffer=False, page_checksum_verification=True
            )
            self.header: list[str] = self._file.schema_arrow.names
        metadata = self._file.metadata
        if not self.header:
            raise FileRefusedError("file:empty")
        if metadata.num_columns > COLUMN_LIMIT:
            raise FileRefusedError("file:too-many-columns", limit=COLUMN_LIMIT)
        for index, field in enumerate(self._file.schema_arrow, 1):
            if not _has_text(field.type):
                raise FileRefusedError("header:column-type", column=index)
        self._batch_rows = min(BATCH_ROWS, BATCH_FIELDS // len(self.header))
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            fitting = BATCH_BYTES * group.num_rows // max(group.total_byte_size, 1)
            self._batch_rows = max(1, min(self._batch_rows, fitting))

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the file is not what its metadata say, asks for too much memory, or
                has a row that is too long.
        """
        batches = self._file.iter_batches(self._batch_rows, use_threads=False)
        while columns := self._read(batches):
            yield from self._cut(columns)
        if self.rows_read != self._file.metadata.num_rows:
            raise FileRefusedError(_DAMAGED, rows_read=self.rows_read)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Bound the memory, and refuse the file when reading fails."""
        try:
            with self._allowance.enforced():
                yield
        except MemoryError:
            reason = "file:needs-too-much-memory"
            rows = self.rows_read
            raise FileRefusedError(reason, limit=MEMORY_LIMIT, rows_read=rows) from None
        except _ERRORS:
            raise FileRefusedError(_DAMAGED, rows_read=self.rows_read) from None

    def _read(self, batches: Iterator[pa.RecordBatch]) -> list[pa.StringArray]:
        """Return the texts of the next rows by column; no column is the end."""
        with self._reading():
            rows = next(batches, None)
            return [] if rows is None else [_texts(column) for column in rows.columns]

    def _cut(self, columns: list[pa.StringArray]) -> Iterator[Batch]:
        """Yield rows of as many bytes as a batch may have: their number was guessed."""
        lengths = [pc.binary_length(column).cast(pa.int64()).fill_null(0) for column in columns]
        begin = size = 0
        for row, length in enumerate(reduce(pc.add, lengths).to_pylist()):
            if length > RECORD_LIMIT:
                raise FileRefusedError("record:too-long", rows_read=self.rows_read)
            if size + length > BATCH_BYTES:
                yield self._batch([column[begin:row] for column in columns])
                begin, size = row, 0
            size += length
        yield self._batch([column[begin:] for column in columns])

    def _batch(self, columns: list[pa.StringArray]) -> Batch:
        rows = _transposed([column.fill_null("") for column in columns])
        before = self.rows_read
        self.rows_read += len(rows)
        return ParquetBatch(before + 1, rows, (), 0, [], names=tuple(self.header))


def _check_footer(file: IO[bytes]) -> None:
    """Refuse a file without the two marks, or whose metadata are too large to unfold."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 8, 0))
    end = file.read(8)
    file.seek(0)
    if size < 12 or end[4:] != MAGIC:
        raise FileRefusedError(_DAMAGED)
    if int.from_bytes(end[:4], "little") > FOOTER_LIMIT:
        raise FileRefusedError("file:parquet-footer-too-large", limit=FOOTER_LIMIT)


def _has_text(type_: pa.DataType) -> bool:
    """Whether values of a type have a form in contracts."""
    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    kinds = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_decimal,
        pa.types.is_boolean,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_null,
    )
    return any(is_kind(type_) for is_kind in kinds)


def _transposed(columns: list[pa.StringArray]) -> pa.ListArray:
    """Return columns of equal length as rows."""
    width, length = len(columns), len(columns[0])
    order = [row + first for row in range(length) for first in range(0, width * length, length)]
    fields = pa.concat_arrays(columns).take(pa.array(order, pa.int32()))
    ends = pa.array(range(0, width * length + 1, width), pa.int32())
    return pa.ListArray.from_arrays(ends, fields)


def _texts(column: Any) -> pa.StringArray:
    """Return the values as texts."""
    column.validate(full=True)  # strings are UTF-8 only if somebody looks
    type_ = column.type
    if pa.types.is_timestamp(type_):
        naive = column.cast(pa.timestamp(type_.unit))
        texts = pc.replace_substring(naive.cast(pa.string()), " ", "T")
        if type_.tz is not None:  # the instant is stored in UTC, whatever the zone is called
            texts = pc.binary_join_element_wise(texts, "Z", "")
        if type_.unit == "ns":  # as many digits as a timestamp has, if nothing is lost by it
            texts = pc.replace_substring_regex(texts, "([.][0-9]{6})000(Z?)$", r"\1\2")
        return texts
    return column.cast(pa.string())
