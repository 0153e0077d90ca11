"""The clean rows: complete, countable, and the same bytes for the same rows."""

import io
import weakref
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from processor.writers import parquet
from processor.writers.parquet import CleanRows, count_rows
from tests.parquet import read_parquet
from tests.readers import duckdb, text, values

SCHEMA = pa.schema([pa.field("n", pa.int64(), nullable=False)], {"dataset": "people"})


def batch(*numbers: int) -> pa.RecordBatch:
    """Return rows to write."""
    return pa.record_batch([pa.array(numbers, pa.int64())], schema=SCHEMA)


def write(*batches: pa.RecordBatch) -> io.BytesIO:
    """Return the file written for batches."""
    file = io.BytesIO()
    with CleanRows(file, SCHEMA) as rows:
        for found in batches:
            rows.write(found)
    return file


def test_clean_rows_come_back_with_their_schema() -> None:
    file = write(batch(1, 2), batch(), batch(3))
    assert count_rows(file) == 3
    table = read_parquet(file)
    assert table.schema.equals(SCHEMA, check_metadata=True)
    assert table.column("n").to_pylist() == [1, 2, 3]
    metadata = pq.read_metadata(file)
    assert metadata.num_row_groups == 1
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_no_rows_make_a_file_too() -> None:
    file = write()
    assert count_rows(file) == 0
    assert pq.read_schema(file).names == ["n"]


def test_what_holds_no_row_is_not_kept() -> None:
    nothing = batch()
    kept = weakref.ref(nothing)
    with CleanRows(io.BytesIO(), SCHEMA) as rows:
        rows.write(nothing)
        del nothing
        assert kept() is None


@pytest.mark.parametrize(("limit", "value"), [("ROW_GROUP_ROWS", 4), ("ROW_GROUP_BYTES", 2080)])
def test_row_groups_are_written_as_they_fill(
    monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(parquet, limit, value)
    file = write(*[batch(1, 2)] * 5)
    metadata = pq.read_metadata(file)
    groups = [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)]
    assert groups == [4, 4, 2]


def test_values_that_repeat_have_a_dictionary_and_tokens_no_statistics() -> None:
    rows = 5_000
    columns = {
        "token": [f"{number:032x}" for number in range(rows)],
        "account": [f"{number % 500:032x}" for number in range(rows)],  # tokens that repeat
        "country": [("AT", "CH", None)[number % 3] for number in range(rows)],
        "nothing": pa.nulls(rows, pa.string()),
        "sound": [number % 2 == 0 for number in range(rows)],
        "number": range(rows),
    }
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    file = io.BytesIO()
    with CleanRows(file, table.schema, ["token", "account"]) as clean:
        for found in table.to_batches(max_chunksize=2_000):
            clean.write(found)
    assert read_parquet(file).sort_by("number").equals(table)
    group = pq.read_metadata(file).row_group(0)
    chunks = [group.column(place) for place in range(group.num_columns)]
    dictionaries = [chunk.path_in_schema for chunk in chunks if chunk.has_dictionary_page]
    assert dictionaries == ["account", "country", "nothing"]
    described = [chunk.path_in_schema for chunk in chunks if chunk.is_stats_set]
    assert described == ["country", "nothing", "sound", "number"]
    encodings = {encoding for chunk in chunks for encoding in chunk.encodings}
    assert encodings == {"PLAIN", "RLE", "RLE_DICTIONARY"}


def test_a_required_column_holds_no_null() -> None:
    bad = pa.record_batch([pa.array([None], pa.int64())], schema=SCHEMA)
    with pytest.raises(pa.ArrowInvalid, match="declared non-nullable"):
        write(bad)


def test_the_same_rows_are_the_same_bytes() -> None:
    assert write(batch(1, 2)).getvalue() == write(batch(1, 2)).getvalue()


def test_duckdb_reads_the_same(tmp_path: Path) -> None:
    """It is the one of the tools in `make readers` that is at hand."""
    expected = values.write(tmp_path, 1, 4)
    found = duckdb.read(tmp_path)
    assert found.types == values.types_of("duckdb")
    assert Counter(tuple(map(text, row)) for row in found.rows) == dict.fromkeys(expected, 5)
