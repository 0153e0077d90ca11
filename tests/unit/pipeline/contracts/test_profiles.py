"""Profiles of values."""

import tracemalloc

import pyarrow as pa
import pytest

from pipeline.contracts.profiles import MOST_VALUES, NOTATIONS, Profile
from processor.contract.model import Csv


def profile(*texts: str | None) -> Profile:
    """The profile of a column, each text in a batch of its own."""
    found = Profile(NOTATIONS)
    for text in texts:
        found.add(pa.array([text], pa.string()), 0)
    return found


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands"),
    [
        (("1.5", "2"), ".", ""),
        (("1,5", "2"), ",", ""),
        (("1.234,5", "2"), ",", "."),
        (("1,234.5", "2"), ".", ","),
        (("1\u202f234,5",), ",", "\u202f"),
        (("1'234.5",), ".", "'"),
    ],
)
def test_the_first_notation_of_all_numbers(
    texts: tuple[str, ...], decimal: str, thousands: str
) -> None:
    first = next(iter(profile(*texts).numbers))
    assert (first.decimal, first.thousands) == (decimal, thousands)


def test_numbers_are_measured() -> None:
    numbers = profile("-12.345", "1234.5", None, "0").numbers[Csv()]
    assert (numbers.whole, numbers.scale, numbers.negative) == (4, 3, True)
    assert (numbers.integers, numbers.fixed, numbers.doubles) == (False, True, True)


@pytest.mark.parametrize("texts", [("1", "x"), ("007",), (f"1{'0' * 400}",), ("1_000",)])
def test_what_is_no_number_has_no_notation(texts: tuple[str, ...]) -> None:
    assert not profile(*texts).numbers


def test_markers_are_counted_and_have_no_type() -> None:
    found = profile("2024-01-31", "NULL", None)
    assert (found.values, found.missing, found.markers["NULL"]) == (2, 1, 1)
    assert found.days == {"YYYY-MM-DD": 0}
    assert not found.moments
    assert found.years == (2024, 2024)
    assert found.typed
    assert not profile("NULL").typed


def test_a_profile_is_bounded() -> None:
    found = Profile(NOTATIONS)
    tracemalloc.start()
    for begin in range(0, 40_000, 10_000):
        found.add(pa.array([f"{n:020}x" for n in range(begin, begin + 10_000)]), 0)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.distinct is None
    assert most < 4_000_000
    few = Profile(NOTATIONS)
    few.add(pa.array(map(str, range(MOST_VALUES))), 0)
    assert few.distinct
    few.add(pa.array([str(MOST_VALUES)]), 0)
    assert few.distinct is None


def test_a_batch_may_have_nothing_but_wrong_values() -> None:
    days, numbers = Profile(NOTATIONS), Profile(NOTATIONS)
    for found, value in ((days, "2024-01-31"), (numbers, "7")):
        found.add(pa.array([value] * 999), 0)
        found.add(pa.array(["#REF!"]), 0)
    assert (days.days, days.years) == ({"YYYY-MM-DD": 1}, (2024, 2024))
    assert (numbers.numbers[Csv()].wrong, numbers.numbers[Csv()].integers) == (1, True)
    for found in (days, numbers):
        found.add(pa.array(["#REF!"]), 0)
        assert not found.typed
