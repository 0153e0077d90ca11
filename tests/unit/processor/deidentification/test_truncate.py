"""Truncate leaves the first characters of a text, and nothing of a short one."""

from tests.unit.processor.deidentified import PLAIN, compare
from tests.unit.processor.examples import column


def test_the_output_is_what_the_reference_implementation_says() -> None:
    compare(column("c", method="truncate", options={"length": 3}), PLAIN)
