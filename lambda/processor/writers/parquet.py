"""Parquet: writes the clean rows.

They are written while the rows are read, and the bytes depend only on the rows.
"""

from collections.abc import Collection
from concurrent.futures import Executor, Future
from typing import IO, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.reasons import FileRefusedError, Reason
from processor.writers.order import arrange

# A row group is written when it has this many rows, or this many bytes in Arrow.
ROW_GROUP_ROWS = 1 << 17
ROW_GROUP_BYTES = 1 << 25
_COLUMN_BYTES = 1 << 10  # the overhead of a column of a batch
# Each column of a row group takes about as much in the footer, which stays in memory to the end.
CHUNK_LIMIT = 1 << 16
# The first rows tell which columns have a dictionary: those whose values come four times or more.
# To build one in vain takes a third of the time of writing.
_SAMPLE = 1 << 14  # rows
_REPEATS = 4


class CleanRows:
    """Writes the Parquet file of the clean rows; complete when exited."""

    def __init__(
        self,
        file: IO[bytes],
        schema: pa.Schema,
        tokens: Collection[str] = (),
        executor: Executor | None = None,
    ) -> None:
        """Begin the file; an ``executor`` writes one row group while the next is collected.

        No statistics are written of ``tokens``: they are random, so every row group has all.
        """
        self._file = file
        self._schema = schema
        self._tokens = frozenset(tokens)
        self._executor = executor
        self._written: Future[None] | None = None
        self._writer: pq.ParquetWriter | None = None
        self._pending: list[pa.RecordBatch] = []
        self._rows = 0
        self._bytes = 0
        self._chunks = 0

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Complete the file."""
        if self._rows:
            self._write_row_group()
        self._wait()
        (self._writer or self._begin(self._schema.empty_table())).close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch.

        Raises:
            FileRefusedError: the columns and rows are so many that the footer grows too large.
        """
        if not batch.num_rows:
            return
        self._pending.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes + _COLUMN_BYTES * batch.num_columns
        if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
            self._chunks += batch.num_columns
            if self._chunks > CHUNK_LIMIT:
                raise FileRefusedError(Reason.FILE_TOO_MANY_COLUMN_CHUNKS, limit=CHUNK_LIMIT)
            self._write_row_group()

    def _write_row_group(self) -> None:
        batches, self._pending = self._pending, []
        self._rows = self._bytes = 0
        if self._executor:
            self._wait()
            self._written = self._executor.submit(self._write_batches, batches)
        else:
            self._write_batches(batches)

    def _wait(self) -> None:
        """Wait for the row group that is being written, or raise what that has raised."""
        if self._written:
            self._written.result()

    def _write_batches(self, batches: list[pa.RecordBatch]) -> None:
        table = pa.Table.from_batches(batches, self._schema)
        batches.clear()
        table = arrange(table)
        self._writer = self._writer or self._begin(table)
        self._writer.write_table(table, row_group_size=table.num_rows)

    def _begin(self, table: pa.Table) -> pq.ParquetWriter:
        """Begin the file, whose first rows are these.

        They are arranged: how a column is encoded does not show the order of the source.

        What its columns are encoded in, plain or by a dictionary, is what every reader knows.
        Athena and Redshift Spectrum list no encodings; Athena lists zstd for Parquet.
        https://parquet.apache.org/docs/file-format/implementationstatus/#encodings
        https://docs.aws.amazon.com/athena/latest/ug/compression-support-hive.html
        """
        names = self._schema.names
        sample = table.slice(0, _SAMPLE)
        return pq.ParquetWriter(
            self._file,
            self._schema,
            compression="zstd",
            use_dictionary=[name for name in names if _has_few_values(sample[name])],
            write_statistics=[name for name in names if name not in self._tokens],
        )


def _has_few_values(column: pa.ChunkedArray) -> bool:
    return bool(pc.count_distinct(column).as_py() * _REPEATS <= len(column))


def count_rows(file: IO[bytes]) -> int:
    """Return how many rows a Parquet file says it has."""
    file.seek(0)
    return int(pq.read_metadata(file).num_rows)
