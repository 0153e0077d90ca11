"""Outputs: the clean rows as Parquet and the rejected ones as JSON Lines.

Both are written to a file while the rows go by, and what is written is a function of the rows,
byte for byte.
"""

import gzip
import io
import json
from collections import Counter
from typing import IO, Self

import pyarrow as pa
import pyarrow.parquet as pq

from processor.framing import Batch
from processor.order import arrange
from processor.refusal import FileRefusedError

# A row group is written when it has so many rows, or so many bytes in Arrow's form.
ROW_GROUP_ROWS = 1 << 17
ROW_GROUP_BYTES = 1 << 25
_COLUMN_BYTES = 1 << 10  # that a column of a batch takes, whatever it holds
# A column of a row group takes about as much in the footer, which is in memory until the end.
CHUNK_LIMIT = 1 << 16

# Rejected rows of few characters are the dearest of bytes, of which gzip makes next to none.
SHORT = 16  # characters
SHORT_LIMIT = 1 << 20  # rows

_json = json.JSONEncoder().encode  # of a text, three times as fast as json.dumps


class CleanRows:
    """Writes the Parquet file of the rows that keep the contract; complete when exited."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        """Begin the file."""
        self._schema = schema
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
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
        self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        """Add the rows of a batch.

        Raises:
            FileRefusedError: there are so many columns, and rows, that the footer grows too large.
        """
        if not batch.num_rows:
            return
        self._pending.append(batch)
        self._rows += batch.num_rows
        self._bytes += batch.nbytes + _COLUMN_BYTES * batch.num_columns
        if self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES:
            self._chunks += batch.num_columns
            if self._chunks > CHUNK_LIMIT:
                raise FileRefusedError("file:needs-too-much-memory", limit=CHUNK_LIMIT)
            self._write_row_group()

    def _write_row_group(self) -> None:
        table = pa.Table.from_batches(self._pending, self._schema)
        self._pending.clear()
        table = arrange(table)
        self._writer.write_table(table, row_group_size=table.num_rows)
        self._rows = self._bytes = 0


def count_rows(file: IO[bytes]) -> int:
    """Return how many rows a Parquet file says it has."""
    file.seek(0)
    return int(pq.read_metadata(file).num_rows)


class RejectedRows:
    """Writes the gzipped JSON Lines of what does not keep the contract; complete when exited.

    A line is ``{"row", "line", "reasons", "raw"}`` for a rejected row, or for a refused object
    ``{"reason", "line", "source"}``. The text is ASCII: nothing in it ends a line for anybody.

    Attributes:
        rows: how many rows were written.
        by_reason: how many rows have each reason.
    """

    def __init__(self, file: IO[bytes]) -> None:
        """Begin the file."""
        # The quickest level: a file whose rows are all bad must be done in the same time.
        packed = gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0)
        self._lines = io.BufferedWriter(packed, 1 << 16)
        self.rows = 0
        self.by_reason: Counter[str] = Counter()
        self._short = 0  # rows

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Complete the file."""
        self._lines.close()

    def write(self, batch: Batch, rejects: dict[int, list[str]]) -> None:
        """Write the rejected rows of a batch: their indices in it, and their reasons.

        Raises:
            FileRefusedError: so many of all rejected rows are short that this is no file of rows.
        """
        told = {}
        for known, count in Counter(map(tuple, rejects.values())).items():
            told[known] = ", ".join(map(_json, known))
            for reason in known:
                self.by_reason[reason] += count
        for index in sorted(rejects):
            row, line = batch.first_row + index, batch.line(index)
            reasons = told[tuple(rejects[index])]
            text = batch.raw(index)
            self._short += len(text) < SHORT
            raw = _json(text)
            place = f'"row": {row}, "line": {"null" if line is None else line}'
            self._lines.write(f'{{{place}, "reasons": [{reasons}], "raw": {raw}}}\n'.encode())
        self.rows += len(rejects)
        if self._short > SHORT_LIMIT:
            raise FileRefusedError("file:too-many-short-rejects", limit=SHORT_LIMIT)

    def refuse(self, refusal: FileRefusedError, source: dict[str, str]) -> None:
        """Write why the object was refused, and where it stays: ``key`` and ``version_id``."""
        record = {"reason": refusal.reason, "line": refusal.line, "source": source}
        self._lines.write((json.dumps(record) + "\n").encode())
