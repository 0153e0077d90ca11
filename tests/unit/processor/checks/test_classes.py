"""Classes are counted exactly, in bounded memory and time."""

import io
from collections import Counter
from itertools import count

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.checks import classes
from processor.checks.classes import NOBODY, Pairs
from processor.checks.policies import measure
from processor.limits.deadline import NEVER, Deadline
from processor.reasons import Anonymity, FileRefusedError
from tests.unit.processor.examples import EXAMPLES

CLASSES = st.lists(
    st.tuples(
        st.sampled_from(["", "a", "a\0", "b", "é", "\U0001f600", None]),
        st.integers(0, 2),
        st.sampled_from(["A", "B", "", None]),
    ),
    max_size=60,
)


@EXAMPLES
@given(rows=CLASSES, held=st.integers(1, 20), part=st.integers(1, 4), by_subject=st.booleans())
def test_classes_that_go_to_the_disk_are_counted_exactly(
    monkeypatch: pytest.MonkeyPatch,
    rows: list[tuple[str | None, int, str | None]],
    held: int,
    part: int,
    *,
    by_subject: bool,
) -> None:
    monkeypatch.setattr(classes, "RUN_ROWS", held)
    monkeypatch.setattr(classes, "PART_ROWS", part)
    table = pa.table(
        {
            "x": pa.array([row[0] for row in rows], pa.string()),
            "y": pa.array([row[1] for row in rows], pa.int64()),
            "who": pa.array([row[2] for row in rows], pa.string()),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=7)
    sizes = Counter(row[:2] for row in rows)
    people = {of: len({row[2] for row in rows if row[:2] == of} - {None}) for of in sizes}
    members = people if by_subject else sizes
    below = sum(sizes[of] for of, count in members.items() if count < 3)
    counted = "subjects" if by_subject else "rows"
    expected = Anonymity(min(members.values(), default=None), 3, len(sizes), below, counted)
    assert measure(file, ["x", "y"], 3, "who" if by_subject else None) == expected


@pytest.mark.parametrize("limit", ["RUN_ROWS", "RUN_BYTES"])
def test_many_classes_take_little_memory(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(classes, limit, 1 << 12)
    file = io.BytesIO()
    pairs = Pairs(file, NEVER)
    before = pa.total_allocated_bytes()
    for begin in range(0, 50_000, 500):
        texts = pa.array([b"%d" % number for number in range(begin, begin + 500)])
        pairs.add(texts, pa.repeat(pa.scalar(NOBODY, pa.binary()), 500))
        assert pa.total_allocated_bytes() - before < 1 << 18
    assert sum(len(counted) for counted, _ in pairs.sorted()) == 50_000
    assert file.tell() > 100_000


def test_few_classes_need_no_disk_however_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classes, "RUN_ROWS", 25)
    file = io.BytesIO()
    pairs = Pairs(file, NEVER)
    texts = pa.array([b"%d" % number for number in range(10)] * 7)
    for _ in range(20):
        pairs.add(texts, pa.repeat(pa.scalar(NOBODY, pa.binary()), len(texts)))
    assert not file.getvalue()
    [(counted, last)] = pairs.sorted()
    assert counted.column("rows").to_pylist() == [140] * 10
    assert last is None


def test_the_deadline_holds_while_classes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever check of the clock is too late."""
    monkeypatch.setattr(classes, "RUN_ROWS", 1000)
    monkeypatch.setattr(classes, "PART_ROWS", 500)
    file = io.BytesIO()
    pq.write_table(pa.table({"n": list(range(4000))}), file, row_group_size=1000)

    def measured(in_time: int) -> int:
        looks = count()
        late = Deadline(in_time - 0.5, clock=lambda: next(looks))
        measure(file, ["n"], 2, deadline=late)
        return next(looks)

    enough = measured(1000)
    assert enough > 10  # a batch, two runs, eight parts
    for in_time in range(enough):
        with pytest.raises(FileRefusedError, match="object:takes-too-long"):
            measured(in_time)
