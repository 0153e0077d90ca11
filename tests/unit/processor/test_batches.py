"""Batches have bounded sizes, whatever the file."""

import io

import pytest

from processor import batches
from processor.batches import BATCH_ROWS, BLOCK_SIZE
from processor.readers.csv import CsvRecords
from processor.readers.detection import open_records
from tests.unit.processor.outcomes import CONTRACT, LIMIT


@pytest.mark.no_cover
def test_batches_are_bounded() -> None:
    stream = CsvRecords(io.BytesIO(b"h\n" + b"\n" * 40_000 + b"0123456789abcde\n" * 100_000))
    found = list(stream)
    assert max(len(batch.rows) for batch in found) == BATCH_ROWS
    assert max(sum(map(len, batch.lines)) for batch in found) <= BLOCK_SIZE
    assert stream.rows_read == 140_000


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_wide_contract_makes_batches_of_few_rows(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(batches, "BATCH_FIELDS", 15)
    content = b"id\n" + b"P1\n" * 7 if name == "a.csv" else b'{"id": "P1"}\n' * 7
    with open_records(io.BytesIO(content), name, CONTRACT, LIMIT) as records:
        assert [len(batch.rows) for batch in records] == [3, 3, 1]
        assert records.rows_read == 7
