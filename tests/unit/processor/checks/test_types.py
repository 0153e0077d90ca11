"""A text is a value of its type exactly or not at all."""

from tests.unit.processor.checked import assert_as_judged, check
from tests.unit.processor.examples import column


def test_every_day_of_the_calendar_and_no_other_is_a_date() -> None:
    days = [
        f"{year:04}-{month:02}-{day:02}"
        for year in [*range(12), 99, 100, 200, 400, 1600, 1700, 1900, 1999, 2000, 2024, 2100, 9999]
        for month in range(14)
        for day in range(33)
    ]
    assert_as_judged(column("c", "date"), days)


def test_one_bad_value_costs_the_others_nothing() -> None:
    texts = ["9223372036854775808", "1", "x", "", "-9223372036854775808"]
    assert check(column("c", "integer"), texts) == [
        (None, ["c:integer"]),
        (1, []),
        (None, ["c:integer"]),
        (None, []),
        (-(2**63), []),
    ]


def test_json_that_is_too_deep_is_rejected_and_not_a_crash() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert check(column("c", "array"), [deep]) == [(None, ["c:array"])]
