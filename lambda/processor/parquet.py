"""Parquet: the rows of a file as texts, batch by batch, so that the contract judges them alike.

What the metadata say is not believed: they can lie. The file is read page by page, and what that
takes is bounded by the kernel. Values become the text that the contract's types have; one that has
none there, such as a time without a zone, is rejected.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.columns import retyped
from processor.framing import RECORD_LIMIT, Batch, batch_rows
from processor.memory import Allowance
from processor.refusal import FileRefusedError

MAGIC = b"PAR1"
BEGIN = re.compile(rb"PAR1(?![\t\r\n -~])")  # what follows is binary, or else this is text
BATCH_ROWS = 1 << 12
BATCH_BYTES = 1 << 22  # of text
MEMORY_LIMIT = 160 << 20  # bytes that reading may take; writers make pages of about one MiB
FOOTER_LIMIT = 1 << 23  # bytes; the metadata unfold to some tens of times as many
COLUMN_LIMIT = 1 << 12
LONGEST_SCALE = 6  # of decimals that Arrow never writes with an exponent

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
        # Not by a dict: what is dropped may have one name twice.
        fields = zip(map(json.dumps, self.names), self.rows[index].as_py(), strict=True)
        members = ", ".join(f"{name}: {json.dumps(text)}" for name, text in fields)
        return f"{{{members}}}"


class ParquetRecords:
    """The rows of a Parquet file.

    Attributes:
        header: the names of its columns.
        rows_read: rows read so far.
        dropped_columns: none; those that the contract does not name are in the header.
    """

    dropped_columns = 0

    def __init__(self, file: IO[bytes], columns: int = 1) -> None:
        """Read the metadata; the contract has so many ``columns``.

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
        self._batch_rows = min(BATCH_ROWS, batch_rows(max(len(self.header), columns)))
        for group in map(metadata.row_group, range(metadata.num_row_groups)):
            if group.num_rows > 0:
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
        pa.types.is_time,
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
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    type_ = column.type
    if pa.types.is_timestamp(type_):
        naive = column.cast(pa.timestamp(type_.unit))
        texts = pc.replace_substring(naive.cast(pa.string()), " ", "T")
        if type_.tz is not None:  # the instant is stored in UTC, whatever the zone is called
            texts = pc.binary_join_element_wise(texts, "Z", "")
        return _in_microseconds(texts) if type_.unit == "ns" else texts
    if pa.types.is_decimal(type_) and type_.scale > LONGEST_SCALE:
        return _plain_decimals(column)
    texts = column.cast(pa.string())
    return _in_microseconds(texts) if type_ == pa.time64("ns") else texts


def _in_microseconds(texts: pa.StringArray) -> pa.StringArray:
    """Leave as many digits as a time of the contract has, if nothing is lost by it."""
    return pc.replace_substring_regex(texts, "([.][0-9]{6})000(Z?)$", r"\1\2")


def _plain_decimals(column: Any) -> pa.StringArray:
    """Return decimals written in full."""
    precision, scale = column.type.precision, column.type.scale
    wide = column.cast(pa.decimal256(precision, scale))
    digits = retyped(wide, pa.decimal256(precision, 0)).cast(pa.string())
    padded = pc.replace_substring_regex(digits, "^(-?)", rf"\1{'0' * scale}")
    point = f"^(-?)0*([0-9]+)([0-9]{{{scale}}})$"
    return pc.replace_substring_regex(padded, point, r"\1\2.\3")
