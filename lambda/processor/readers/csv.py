"""CSV: turns a stream of bytes into records, each with its ordinal, line number and raw text.

The CSV of RFC 4180, or of the contract's dialect. The text is UTF-8, with or without a byte order
mark; :mod:`processor.readers.encodings` converts other encodings. Lines may end in LF, CRLF or CR,
mixed. No record can vanish: every physical line belongs to exactly one record, or the file is
refused. Only empty lines at the end of the file are not records.

A batch has the records of one block of lines, so memory is bounded by the block, whatever the
file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from processor.batches import COLUMN_LIMIT, Batch, Stream, batch_rows
from processor.contract.model import RFC_4180, Csv
from processor.readers.framing import EscapedFraming, QuotedFraming
from processor.readers.line_buffer import LineBuffer
from processor.readers.lines import blocks
from processor.reasons import FileRefusedError, Reason, Stated

# The same faults when the record is the header.
_OF_HEADER: Mapping[Stated, Reason] = {
    Reason.ROW_STRAY_QUOTE: Reason.HEADER_STRAY_QUOTE,
    Reason.ROW_UNKNOWN_ESCAPE: Reason.HEADER_UNKNOWN_ESCAPE,
    Reason.ROW_CONTROL_CHARACTER: Reason.HEADER_CONTROL_CHARACTER,
}

# The first line that names the delimiter for Excel.
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*', re.IGNORECASE)


class CsvRecords:
    """The records of a CSV stream: first ``header``, then batches of data by iteration.

    Attributes:
        header: the fields of the first record, or the contract's columns if there is no header.
        rows_read: data rows framed so far.
        dropped_columns: 0; columns that the contract does not name are in the header.
        localized: true.
        limits_memory: false.
    """

    dropped_columns = 0
    localized = True
    limits_memory = False

    def __init__(
        self, stream: Stream, dialect: Csv = RFC_4180, columns: Sequence[str] = ()
    ) -> None:
        """Read the header, if the dialect has one.

        Raises:
            FileRefusedError: it is missing, or cannot be framed.
        """
        self._delimiter = dialect.delimiter
        self._nulls = [
            null for null in dialect.nulls if not dialect.escape or dialect.escape not in null
        ]
        self._columns = len(columns)
        self._buffer = LineBuffer(blocks(stream, dialect.encoding))
        self._framing = EscapedFraming(dialect) if dialect.escape else QuotedFraming(dialect)
        self._refusal: FileRefusedError | None = None
        self.rows_read = 0
        self._skip(dialect.preamble_lines)
        self.header = self._read_header() if dialect.header else list(columns)
        if len(self.header) > 1:  # in a file of one column an empty line may be an empty field
            self._buffer.end_before_blank_lines()

    def _skip(self, count: int) -> None:
        """Skip the lines before the table; a delimiter that they name must be the dialect's."""
        buffer = self._buffer
        while buffer.before < count:
            if not buffer.fill():
                raise FileRefusedError(Reason.FILE_SHORTER_THAN_PREAMBLE, line=buffer.before + 1)
            separator = _SEPARATOR.fullmatch(buffer.lines[0])
            if not buffer.before and separator and separator[1] != self._delimiter:
                raise FileRefusedError(Reason.FILE_OTHER_DELIMITER, line=1)
            buffer.take(count - buffer.before)

    def _read_header(self) -> list[str]:
        line = self._buffer.before + 1
        record = self._next_batch(1)
        self.rows_read = 0
        if record is None:
            raise FileRefusedError(Reason.FILE_EMPTY, line=line)
        if record.faults:
            raise FileRefusedError(_OF_HEADER[record.faults[0]], line=line)
        names: list[str] | None = record.rows[0].as_py()
        if names is None:
            raise FileRefusedError(Reason.HEADER_BLANK, line=line)
        limit = max(COLUMN_LIMIT, self._columns)
        if len(names) > limit:
            raise FileRefusedError(Reason.FILE_TOO_MANY_COLUMNS, line=line, limit=limit)
        return names

    def __iter__(self) -> Iterator[Batch]:
        """Yield the batches.

        Raises:
            FileRefusedError: the rest cannot be framed.
        """
        most = batch_rows(max(len(self.header), self._columns))
        while batch := self._next_batch(most):
            yield replace(batch, rows=_emptied(batch.rows, self._nulls)) if self._nulls else batch

    def _next_batch(self, most: int) -> Batch | None:
        """Frame the next records: no more than fit a batch, and all from one block."""
        if self._refusal:
            raise self._refusal
        if not self._buffer.fill():
            return None
        rows, ends, faults, self._refusal = self._framing.frame(self._buffer, most)
        first_row, before = self.rows_read + 1, self._buffer.before
        self.rows_read += len(ends)
        return Batch(first_row, rows, ends, before, self._buffer.take(ends[-1]), faults)


def _emptied(rows: pa.ListViewArray, nulls: Sequence[str]) -> pa.ListViewArray:
    """Return the rows with each field that is one of ``nulls`` made empty."""
    fields = rows.values
    marked = pc.is_in(fields, value_set=pa.array(nulls, pa.string()))
    emptied = pc.if_else(marked, "", fields)
    return pa.ListViewArray.from_arrays(rows.offsets, rows.sizes, emptied, mask=rows.is_null())
