"""The numbers of a report."""

from datetime import datetime, timedelta

import pytest

from pipeline.lateness import NEVER
from pipeline.records import Record
from pipeline.report.figures import MOST_BARS, Anonymity, Bar, BrokenRule, Figures, figures_of
from tests.unit.pipeline.account import MOMENT, REFUSED, broken, record

ALLOWED = {"customers": timedelta(days=1)}


def only(*records: Record) -> Figures:
    """The figures of the only dataset."""
    (found,) = figures_of(records, ALLOWED, MOMENT)
    return found


def test_each_dataset_has_its_own() -> None:
    found = figures_of([record("b/"), record(""), record("b/"), record("a/")], {}, MOMENT)
    assert [(one.name, one.files) for one in found] == [("", 1), ("a", 1), ("b", 2)]
    assert figures_of([], {}, MOMENT) == []


def test_rows_are_summed() -> None:
    found = only(record(), record(**REFUSED))
    assert (found.files, found.refused) == (2, 1)
    assert (found.read, found.clean, found.rejected) == (20, 9, 11)
    assert found.share == pytest.approx(0.55)
    none = {"read": 0, "clean": 0, "rejected": 0}
    assert only(record(rows=none)).share == 0


def test_rows_that_were_erased_are_of_all_rows() -> None:
    found = only(record(rows={"read": 10, "clean": 5, "rejected": 1, "erased": 4}))
    assert (found.read, found.erased, found.share) == (10, 4, 0.1)


def test_rows_are_of_their_days_and_no_day_is_left_out() -> None:
    found = only(record(), record(), record(days=2))
    assert found.bars == [
        Bar("2026-03-01", 18, 2),
        Bar("2026-03-02", 0, 0),
        Bar("2026-03-03", 9, 1),
    ]
    assert found.bars[0].read == 20


@pytest.mark.parametrize(
    ("days", "first", "number"),
    [
        (MOST_BARS - 1, "2026-03-01", MOST_BARS),
        (MOST_BARS, "2026-02-23", 10),
        (7 * 50, "2026-02-23", 51),
        (7 * 70, "2026-03-01", 17),
    ],
)
def test_long_times_have_bars_of_weeks_and_months(days: int, first: str, number: int) -> None:
    found = only(record(), record(days=days))
    assert (found.bars[0].label, len(found.bars)) == (first, number)
    assert sum(one.read for one in found.bars) == 20


def test_a_very_long_time_ends_today() -> None:
    found = only(record(), record(days=366 * 10))
    assert len(found.bars) == MOST_BARS
    assert found.bars[-1].read == 10


def test_the_reasons_of_most_rows_come_first() -> None:
    many = {f"column_{number}:required": number for number in range(1, 15)}
    found = only(
        record(rejected_by_reason=many),
        record(**{**REFUSED, "rejected_by_reason": {}}),
        record(rejected_by_reason={"column_14:required": 6}),
    )
    assert len(found.causes) == 10
    assert found.causes[0].advice.reason == "column_14:required"
    assert (found.causes[0].rows, found.causes[0].files) == (20, 2)
    assert found.causes[0].advice.remedies["producer"] == "Supply the value."
    rejected_file = only(record(**{**REFUSED, "rejected_by_reason": {}})).causes
    assert [(one.advice.reason, one.rows, one.files) for one in rejected_file] == [
        ("file:rejected-share", 0, 1)
    ]


def test_a_dataset_is_late_by_its_last_processed_file() -> None:
    found = figures_of([record(), record(days=2, **REFUSED)], ALLOWED, MOMENT + timedelta(days=3))[
        0
    ]
    assert found.last == MOMENT
    assert found.late == timedelta(days=2)
    assert only(record(**REFUSED)).late == NEVER
    assert only(record()).late is None


@pytest.mark.parametrize(
    ("since", "late"),
    [
        (None, NEVER),
        (MOMENT - timedelta(days=3), timedelta(days=2)),
        (MOMENT - timedelta(hours=3), None),
    ],
)
def test_a_dataset_without_a_file_is_late(since: datetime | None, late: timedelta | None) -> None:
    (found,) = figures_of([], ALLOWED, MOMENT, since)
    assert (found.name, found.files, found.bars, found.late) == ("customers", 0, [], late)


def test_broken_rules_are_counted_by_files() -> None:
    assert only(record(quality=[broken(passed=True)])).broken_rules == []
    found = only(
        record(quality=[broken("b"), broken("c", passed=True)]),
        record(quality=[broken("a"), broken("b", severity="error", condition="exactly 1")]),
        record(quality=[broken("b", passed=True), broken("c", severity="info")]),
    )
    assert found.broken_rules == [
        BrokenRule("b", "error", "exactly 1", 2),
        BrokenRule("a", "warning", "at least 1,000 rows", 1),
        BrokenRule("c", "info", "at least 1,000 rows", 1),
    ]


def test_anonymity_is_that_of_the_worst_file() -> None:
    assert only(record()).anonymity is None
    measured = {"required": 5, "classes": 1, "rows_below": 0, "counted": "subjects"}
    files = [record(anonymity={**measured, "k": k}) for k in (7, 4, None)]
    assert only(*files).anonymity == Anonymity(4, 5, 3, 1, "subjects")
    assert only(record(anonymity={"k": None, "required": 3})).anonymity == Anonymity(
        None, 3, 1, 0, "rows"
    )
