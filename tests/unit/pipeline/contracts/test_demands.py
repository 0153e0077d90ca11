"""What rules of quality ask of files, compared."""

from typing import Any

import pytest

from pipeline.contracts.demands import implies
from processor.contract.quality import QualityRule


def rule(operator: str, *bounds: float, **more: Any) -> QualityRule:
    """A rule about null values."""
    given: dict[str, Any] = {"name": operator, "metric": "nullValues", "columns": ("x",)}
    return QualityRule(**given | more, operator=operator, bounds=bounds)


@pytest.mark.parametrize(
    ("old", "new", "implied"),
    [
        (rule("mustBeLessThan", 5), rule("mustBeLessThan", 10), True),
        (rule("mustBeLessThan", 10), rule("mustBeLessThan", 5), False),
        (rule("mustBeLessThan", 5), rule("mustBeLessOrEqualTo", 4), True),
        (rule("mustBeLessThan", 5), rule("mustBeLessOrEqualTo", 3), False),
        (rule("mustBe", 3), rule("mustBeBetween", 2, 4), True),
        (rule("mustBe", 3), rule("mustBeBetween", 3, 5), False),
        (rule("mustBeGreaterThan", 0), rule("mustBeGreaterOrEqualTo", 1), True),
        (rule("mustBeGreaterThan", 0), rule("mustNotBe", 0), True),
        (rule("mustBeGreaterThan", 0), rule("mustNotBe", 1), False),
        (rule("mustBeLessThan", 3), rule("mustNotBe", 3), True),
        (rule("mustNotBe", 3), rule("mustBeLessThan", 3), False),
        (rule("mustNotBe", 3), rule("mustNotBe", 4), False),
        (rule("mustNotBe", 3), rule("mustNotBe", 3, name="other"), True),
        (rule("mustNotBeBetween", 1, 5), rule("mustNotBeBetween", 1, 5, name="n"), True),
        (
            rule("mustBeLessThan", 5, unit="percent"),
            rule("mustBeLessOrEqualTo", 4, unit="percent"),
            False,
        ),
        (
            rule("mustBeLessThan", 5, unit="percent"),
            rule("mustBeLessOrEqualTo", 5, unit="percent"),
            True,
        ),
        (rule("mustBe", 1), rule("mustBe", 1, unit="percent"), False),
        (rule("mustBe", 1), rule("mustBe", 1, columns=("y",)), False),
        (rule("mustBe", 1, severity="warning"), rule("mustBe", 1), False),
        (rule("mustBe", 1, valid=("a", "b")), rule("mustBe", 1, valid=("b", "a")), True),
    ],
)
def test_a_demand_may_follow_from_another(
    old: QualityRule, new: QualityRule, implied: bool
) -> None:
    assert implies(old, new) == implied
