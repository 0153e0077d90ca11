"""Files to frame, and the result in the form of the reference implementation."""

from collections.abc import Callable

from processor.readers.csv import CsvRecords
from processor.readers.line_buffer import LineBuffer
from processor.reasons import FileRefusedError
from tests.unit.processor import oracle
from tests.unit.processor.examples import fields, make_lines

Framed = tuple[list[oracle.Record], tuple[str, int | None, int] | None]
"""The records, and the refusal, if any: the reason, the line, and the rows read by then."""


def frame(open_records: Callable[[], CsvRecords]) -> Framed:
    """Return the records of a file, and its refusal; opening may also refuse it."""
    found: list[oracle.Record] = []
    records: CsvRecords | None = None
    try:
        records = open_records()
        for batch in records:
            found += [
                oracle.Record(
                    row, batch.line(index), batch.raw(index), batch.faults.get(index, "")
                )
                for index, row in enumerate(fields(batch))
            ]
    except FileRefusedError as refusal:
        return found, (refusal.reason, refusal.line, records.rows_read if records else 0)
    return found, None


def make_buffer(*blocks: list[str]) -> LineBuffer:
    """Return a buffer with the first of these blocks at hand."""
    buffer = LineBuffer(map(make_lines, blocks))
    assert buffer.fill()
    return buffer
