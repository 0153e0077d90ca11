"""What Arrow lacks, against Python."""

from datetime import date, time
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.arrow import MAX_DIGITS, hex_digits, plain, units, within
from tests.unit.processor.examples import EXAMPLES


@EXAMPLES
@given(st.lists(st.binary(min_size=4, max_size=4)))
def test_bytes_become_their_digits(values: list[bytes]) -> None:
    array = pa.array(values, pa.binary(4))
    assert hex_digits(array).to_pylist() == [value.hex() for value in values]


@EXAMPLES
@given(st.lists(st.none() | st.integers(1 - 10**MAX_DIGITS, 10**MAX_DIGITS - 1)))
def test_a_decimal_is_counted_in_units_of_its_last_digit(counts: list[int | None]) -> None:
    values = [None if count is None else Decimal(count).scaleb(-7) for count in counts]
    assert units(pa.array(values, pa.decimal128(MAX_DIGITS, 7))).to_pylist() == counts


def test_what_is_out_of_bounds_is_null() -> None:
    values = pa.array([None, 1, 2, 3, 4])
    assert within(values, (2, 3)).to_pylist() == [None, None, 2, 3, None]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([date(1970, 1, 2), None]), [1, None]),
        (pa.array([time(0, 0, 1)], pa.time64("us")), [1_000_000]),
        (pa.array([1], pa.timestamp("us", "Europe/Athens")), [1]),
        (pa.array(["x"]), ["x"]),
    ],
    ids=["days", "times", "instants", "texts"],
)
def test_dates_and_times_are_integers(values: pa.Array, expected: list[Any]) -> None:
    assert plain(values).to_pylist() == expected
