"""Demands: what rules of quality ask of files, whatever the rules are called."""

from dataclasses import replace
from typing import NamedTuple

from processor.contract.quality import QualityRule


class _Range(NamedTuple):
    """The numbers that a rule admits; a bound has 1 or -1 if it is not admitted itself."""

    low: tuple[float, int]
    high: tuple[float, int]


def implies(old: QualityRule, new: QualityRule) -> bool:
    """Tell whether each file that passes a rule certainly passes another; false if in doubt."""
    if old.severity != "error" or _subject(old) != _subject(new):
        return False
    if (old.operator, old.bounds) == (new.operator, new.bounds):
        return True
    was, is_ = _range(old), _range(new)
    if new.operator == "mustNotBe" and was:
        (bound,) = new.bounds
        return (bound, 0) < was.low or (bound, 0) > was.high
    return bool(was and is_ and is_.low <= was.low and was.high <= is_.high)


def _subject(rule: QualityRule) -> QualityRule:
    """Return what a rule counts."""
    return replace(
        rule,
        name="",
        severity="error",
        operator="mustBe",
        bounds=(0,),
        columns=tuple(sorted(rule.columns)),
        missing=tuple(sorted(rule.missing)),
        valid=None if rule.valid is None else tuple(sorted(rule.valid)),
    )


def _range(rule: QualityRule) -> _Range | None:
    """Return the numbers that a rule admits; None if they are not all between two bounds.

    There are no parts of rows, so that more than 0 is at least 1.
    """
    low, high = (0.0, 0), (float("inf") if rule.unit == "rows" else 100.0, 0)
    first, last = rule.bounds[0], rule.bounds[-1]
    whole = rule.unit == "rows"
    above, below = ((first + 1, 0), (last - 1, 0)) if whole else ((first, 1), (last, -1))
    return {
        "mustBe": _Range((first, 0), (first, 0)),
        "mustBeGreaterThan": _Range(above, high),
        "mustBeGreaterOrEqualTo": _Range((first, 0), high),
        "mustBeLessThan": _Range(low, below),
        "mustBeLessOrEqualTo": _Range(low, (first, 0)),
        "mustBeBetween": _Range(above, below),
    }.get(rule.operator)
