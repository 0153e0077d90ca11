"""What is checked of each run of a large file, and what the page says of them."""

from dataclasses import replace
from typing import Any

import pytest

from benchmarks import scale
from benchmarks.control_group import Limit
from benchmarks.large_files import FILES
from benchmarks.measurement import MeasurementError
from benchmarks.scale import GOAL, Run, page


def test_a_limit_that_does_not_hold_is_noticed() -> None:
    with pytest.raises(MeasurementError, match="does not hold"):
        scale.check_limit(Limit("none", ("env",)))


RUN = Run(FILES[0], 8 * 10**9, 3, 2, 1, None, 300.2, 250.1, 200 << 20)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"clean": 1}, "rows were lost"),
        ({"rejected": 0}, "clean, not both"),
        ({"refusal": "file:empty"}, "file:empty, not both"),
        ({"peak": GOAL}, "took 400 MiB"),
    ],
)
def test_what_should_not_be_is_noticed(changes: dict[str, Any], expected: str) -> None:
    RUN.check()
    with pytest.raises(MeasurementError, match=f"CSV: .*{expected}|CSV: {expected}"):
        replace(RUN, **changes).check()


def test_the_page_says_what_was_measured_and_under_which_limit() -> None:
    refused = replace(RUN, file=FILES[-1], refusal="file:needs-too-much-memory", clean=0)
    text = page([RUN, refused], Limit("control group", ()))
    assert "hard limit of 512 MiB (control group)" in text
    assert "| CSV | 8,000 | 3 | 2 | 1 | 250 | 300 | 200 |" in text
    assert f"| {FILES[-1].name}: `file:needs-too-much-memory` |" in text
