"""Parquet: batches of bounded size, and values as their texts."""

import io
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import batches
from processor.batches import RECORD_LIMIT
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.readers import parquet
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from processor.transformation import Outputs, Transformation
from tests.parquet import read_parquet
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import (
    column,
    fields,
    make_contract,
)
from tests.unit.processor.formats import (
    as_file,
    parquet_of,
)
from tests.unit.processor.outcomes import LIMIT

ID = make_contract(*map(column, ["id", "more", "a", "b", "c"]))
EAST = timezone(timedelta(hours=2))
MOMENT = datetime(2026, 3, 1, 12, 30, 0, 120000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected", "reason"),
    [
        (pa.array([MOMENT], pa.timestamp("us", "UTC")), MOMENT, ""),
        (pa.array([MOMENT.astimezone(EAST)], pa.timestamp("ms", "Europe/Athens")), MOMENT, ""),
        (pa.array([MOMENT], pa.timestamp("ns", "UTC")), MOMENT, ""),
        (pa.array([1], pa.timestamp("ns", "UTC")), None, "at:timestamp"),
        (pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("us")), None, "at:timezone"),
        (pa.array([1.5]), None, "at:timestamp"),
    ],
    ids=["us", "another zone", "ns", "a nanosecond", "no zone", "a number"],
)
def test_a_time_of_parquet_is_the_instant_it_says_or_rejected(
    values: pa.Array, expected: datetime | None, reason: str
) -> None:
    contract = make_contract(column("at", "timestamp"))
    file, clean, rejected = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"at": values}), file)
    file.seek(0)
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(contract, keys, LIMIT)
    account = transformation.run(file, "a", Outputs(clean, rejected))
    account.check()
    assert read_parquet(clean)["at"].to_pylist() == ([expected] if expected else [])
    assert account.by_reason == ({reason: 1} if reason else {})


def test_a_row_of_parquet_may_be_as_long_as_a_record_of_text() -> None:
    longest = RECORD_LIMIT
    with open_records(parquet_of(["x" * longest]), "a", ID, LIMIT) as records:
        assert [len(batch.rows) for batch in records] == [1]
    with (
        open_records(parquet_of(["x", "x" * (longest + 1)]), "a", ID, LIMIT) as records,
        pytest.raises(FileRefusedError, match="record:too-long"),
    ):
        list(records)


@given(st.lists(st.integers(0, 5), min_size=1), st.integers(1, 9))
def test_parquet_comes_in_batches_of_bounded_size(lengths: list[int], most: int) -> None:
    values = ["é" * length for length in lengths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "BATCH_BYTES", 2 * most)
        with open_records(parquet_of(values), "a", ID, LIMIT) as records:
            found = list(records)
    assert [row[0] for batch in found for row in fields(batch)] == values
    sizes = [[2 * len(row[0]) for row in fields(batch)] for batch in found]
    assert all(sum(batch) <= 2 * most or len(batch) == 1 for batch in sizes)
    assert [batch.first_row for batch in found] == [
        1 + sum(map(len, sizes[:index])) for index in range(len(sizes))
    ]


def test_parquet_of_many_columns_comes_in_batches_of_few_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "BATCH_FIELDS", 15)
    rows = [[str(10 * row + column) for column in range(2)] for row in range(7)]
    table = pa.table([list(column) for column in zip(*rows, strict=True)], ["id", "more"])
    with open_records(as_file(table), "a", ID, LIMIT) as records:
        found = [fields(batch) for batch in records]
    assert found == [rows[:3], rows[3:6], rows[6:]]  # five columns by contract


def test_a_row_group_without_rows_does_not_slow_the_others_down() -> None:
    file = io.BytesIO()
    rows = pa.table({"id": ["P1"] * 100})
    with pq.ParquetWriter(file, rows.schema) as writer:
        for table in (rows, rows[:0], rows):
            writer.write_table(table)
    assert pq.read_metadata(file).num_row_groups == 3
    file.seek(0)
    with open_records(file, "a", ID, LIMIT) as records:
        assert [len(batch.rows) for batch in records] == [200]


DECIMALS = ["0", "0.00000001", "-0.00000001", "-0.5", "12.1", "-9999.99999999", "1000"]


@pytest.mark.parametrize("scale", [0, 2, 6, 7, 8, 20])
@pytest.mark.parametrize("make", [pa.decimal128, pa.decimal256])
def test_a_decimal_of_parquet_is_written_in_full(make: Any, scale: int) -> None:
    step = Decimal(1).scaleb(-scale)
    values = [Decimal(text).quantize(step) + 0 for text in DECIMALS]  # no -0
    column_ = pa.array([*values, None], make(30, scale))
    for found in (column_, column_.dictionary_encode()):
        with open_records(parquet_of(found), "a", ID, LIMIT) as records:
            [batch] = records
        assert fields(batch) == [*([f"{value:f}"] for value in values), [""]]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (pa.time32("s"), time(1, 2, 3)),
        (pa.time32("ms"), time(1, 2, 3, 4000)),
        (pa.time64("us"), time(1, 2, 3, 4567)),
        (pa.time64("ns"), time(1, 2, 3, 4567)),
    ],
    ids=str,
)
def test_a_time_of_day_of_parquet_is_what_it_says(type_: pa.DataType, expected: time) -> None:
    contract = make_contract(column("id", "time"))
    file = parquet_of(pa.array([expected], type_))
    clean, rejected = io.BytesIO(), io.BytesIO()
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(contract, keys, LIMIT)
    transformation.run(file, "a", Outputs(clean, rejected)).check()
    assert read_parquet(clean)["id"].to_pylist() == [expected.isoformat("microseconds")]


def test_a_rejected_row_of_parquet_has_nothing_of_columns_that_are_dropped() -> None:
    agreed = replace(ID, unknown_columns="drop")
    table = pa.table([["x"], ["P1"], ["y"]], names=["other", "id", "other"])
    with open_records(as_file(table), "a", agreed, LIMIT) as records:
        [batch] = records
    assert batch.raw(0) == '{"id": "P1"}'
    assert records.dropped_columns == 2


def test_parquet_that_says_it_has_more_rows_than_it_has_is_damaged() -> None:
    data = parquet_of(["x"] * 77, store_schema=False).getvalue()
    said, lie = bytes.fromhex("169a01"), bytes.fromhex("169c01")  # 77 and 78, as Thrift has them
    file = io.BytesIO(data.replace(said, lie, 1))
    assert pq.read_metadata(file).num_rows == 78
    file.seek(0)
    with (
        open_records(file, "a", ID, LIMIT) as records,
        pytest.raises(FileRefusedError, match="file:damaged-parquet"),
    ):
        list(records)
    assert records.rows_read == 77
