"""Keep leaves the value, and of a time its text."""

from typing import Any

import pytest
from hypothesis import strategies as st

from tests.unit.processor.deidentified import PLAIN, compare
from tests.unit.processor.examples import column

VALUES: list[tuple[dict[str, Any], st.SearchStrategy[str]]] = [
    (column("c"), PLAIN),
    (column("c", "integer"), st.integers(-(2**63), 2**63 - 1).map(str)),
    (column("c", "date"), st.dates().map(str)),
    (column("c", "time"), st.times().map(lambda time: time.isoformat("microseconds"))),
    (column("c", "array"), st.lists(st.integers(0, 9)).map(str)),
]


@pytest.mark.parametrize(("rules", "values"), VALUES, ids=[rules["type"] for rules, _ in VALUES])
def test_the_output_is_what_the_reference_implementation_says(
    rules: dict[str, Any], values: st.SearchStrategy[str]
) -> None:
    compare(rules, values)
