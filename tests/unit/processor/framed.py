"""What framing yields of a file, in the form of the reference implementation."""

from collections.abc import Callable

from processor.readers.csv import CsvRecords
from processor.reasons import FileRefusedError
from tests.unit.processor import oracle
from tests.unit.processor.examples import fields

Framed = tuple[list[oracle.Record], tuple[str, int | None, int] | None]
"""The records, and why the file is refused: the reason, the line, and the rows read by then."""


def frame(open_records: Callable[[], CsvRecords]) -> Framed:
    """Return what the records of a file are, and its refusal; opening them may refuse it too."""
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
