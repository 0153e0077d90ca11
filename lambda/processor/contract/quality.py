"""A quality rule: what a metric of a whole file must be.

https://bitol-io.github.io/open-data-contract-standard/latest/data-quality
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple, get_args

Metric = Literal["rowCount", "nullValues", "missingValues", "invalidValues", "duplicateValues"]
Unit = Literal["rows", "percent"]
Severity = Literal["error", "warning", "info"]


class Operator(NamedTuple):
    """How a number is compared with one or two bounds, and how that is said."""

    words: str
    holds: Callable[..., bool]
    bounds: int = 1


# The standard calls mustBeBetween equivalent to mustBeGreaterThan and mustBeLessThan.
OPERATORS: Mapping[str, Operator] = {
    "mustBe": Operator("exactly {}", lambda number, bound: number == bound),
    "mustNotBe": Operator("not {}", lambda number, bound: number != bound),
    "mustBeGreaterThan": Operator("more than {}", lambda number, bound: number > bound),
    "mustBeGreaterOrEqualTo": Operator("at least {}", lambda number, bound: number >= bound),
    "mustBeLessThan": Operator("less than {}", lambda number, bound: number < bound),
    "mustBeLessOrEqualTo": Operator("at most {}", lambda number, bound: number <= bound),
    "mustBeBetween": Operator(
        "more than {} and less than {}", lambda number, low, high: low < number < high, 2
    ),
    "mustNotBeBetween": Operator(
        "at most {} or at least {}", lambda number, low, high: not low < number < high, 2
    ),
}


@dataclass(frozen=True, kw_only=True)
class QualityRule:
    """What a metric of a whole file must be.

    Attributes:
        name: different from that of every other rule of the contract; printable ASCII.
        metric: what is counted, see :mod:`processor.checks.quality`.
        columns: the columns that it is about; none for ``rowCount``, several only for
            ``duplicateValues``.
        operator: one of OPERATORS.
        bounds: what the measured number is compared with, in the unit.
        unit: of the bounds: rows, or percent of the rows.
        severity: what a file that breaks the rule gets: an ``error`` refuses it, a ``warning`` is
            counted, and an ``info`` is only in its manifest.
        missing: texts that count as missing, besides the empty field.
        valid: the valid values, as texts of the column's type; None if all are.
        pattern: of a valid value's text, in RE2.
    """

    name: str
    metric: Metric
    columns: tuple[str, ...] = ()
    operator: str
    bounds: tuple[float, ...]
    unit: Unit = "rows"
    severity: Severity = "error"
    missing: tuple[str, ...] = ()
    valid: tuple[str, ...] | None = None
    pattern: str | None = None

    def __post_init__(self) -> None:
        """Make sure that the rule is known, so that it is enforced as it was meant.

        Raises:
            ValueError: it is not.
        """
        for value, known in (
            (self.metric, get_args(Metric)),
            (self.unit, get_args(Unit)),
            (self.severity, get_args(Severity)),
            (self.operator, OPERATORS),
        ):
            if value not in known:
                raise ValueError(f"{value!r} of the quality rule {self.name!r} is unknown")
        if len(self.bounds) != OPERATORS[self.operator].bounds:
            raise ValueError(f"the bounds of the quality rule {self.name!r} are too few or many")

    def admits(self, number: Fraction) -> bool:
        """Tell whether a measured number is as it must be; the bounds are taken as written."""
        bounds = (Fraction(str(bound)) for bound in self.bounds)
        return OPERATORS[self.operator].holds(number, *bounds)

    @property
    def condition(self) -> str:
        """What the number must be, in words."""
        numbers = OPERATORS[self.operator].words.format(*(f"{one:,}" for one in self.bounds))
        return f"{numbers} {self.unit}"
