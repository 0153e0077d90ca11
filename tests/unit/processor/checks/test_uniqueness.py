"""A repeated value is found exactly, whether it is in memory or on disk."""

import sqlite3
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.checks import uniqueness
from processor.checks.uniqueness import Seen
from tests.unit.processor.examples import EXAMPLES

BATCHES = st.lists(
    st.lists(st.none() | st.sampled_from(["", "a", "b", "\0"]) | st.integers(0, 30).map(str))
)


@pytest.fixture(name="connections")
def record_connections(monkeypatch: pytest.MonkeyPatch) -> list[sqlite3.Connection]:
    """Return the connections to a database, in the order in which they are opened."""
    opened: list[sqlite3.Connection] = []

    def connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opened.append(sqlite3.connect(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(uniqueness, "sqlite3", SimpleNamespace(connect=connect))
    return opened


@EXAMPLES
@given(BATCHES, st.sampled_from([1, 2, 7, 1000]))
def test_the_second_is_distinguished_from_the_first(
    monkeypatch: pytest.MonkeyPatch, batches: list[list[str | None]], limit: int
) -> None:
    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", limit)
    seen = Seen()
    before: set[str] = set()
    for batch in batches:
        repeated = seen.repeated(pa.array(batch, pa.string())).to_pylist()
        for value, found in zip(batch, repeated, strict=True):
            assert found == (value in before)
            if value is not None:
                before.add(value)


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        (pa.int64(), [1, -1, 2**62]),
        (pa.decimal128(5, 2), [Decimal("1.5"), Decimal("-1.5"), Decimal("0")]),
        (pa.date32(), [date(1, 1, 1), date(2000, 2, 29)]),
        (
            pa.timestamp("us", "UTC"),
            [datetime(1, 1, 1, tzinfo=UTC), datetime(2000, 1, 1, 0, 0, 0, 1, tzinfo=UTC)],
        ),
        (pa.time64("us"), [time(), time(23, 59, 59, 999999)]),
    ],
    ids=str,
)
def test_values_of_any_type_are_distinguished(type_: pa.DataType, values: list[Any]) -> None:
    repeated = Seen().repeated(pa.array([*values, None, *values, None], type_))
    count = len(values)
    assert repeated.to_pylist() == [False] * (count + 1) + [True] * count + [False]


def test_few_values_need_no_database_and_many_little_memory(
    monkeypatch: pytest.MonkeyPatch, connections: list[sqlite3.Connection]
) -> None:
    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 1000)
    tracemalloc.start()
    try:
        seen = Seen()
        for start in range(0, 999, 111):
            seen.repeated(pa.array(range(start, start + 111)))
        assert not connections
        assert not any(
            seen.repeated(pa.array(range(start, start + 100))).true_count
            for start in range(1000, 9000, 100)
        )
        held, _ = tracemalloc.get_traced_memory()
        assert held < 200_000  # bytes; all values would take five times as many
    finally:
        tracemalloc.stop()
    assert len(connections) == 1
    assert seen.repeated(pa.array([5, 4321, 9001])).to_pylist() == [True, True, False]


@pytest.mark.parametrize("end", [Seen.close, id], ids=["closed", "collected"])
def test_another_thread_than_the_one_that_checks_can_free_the_disk(
    monkeypatch: pytest.MonkeyPatch,
    connections: list[sqlite3.Connection],
    end: Callable[[Seen], object],
) -> None:
    def check() -> Seen:
        seen = Seen()
        seen.repeated(pa.array(range(10)))
        return seen

    monkeypatch.setattr(uniqueness, "MEMORY_LIMIT", 5)
    with ThreadPoolExecutor(1) as executor:
        end(executor.submit(check).result())
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connections[0].execute("SELECT 1")
