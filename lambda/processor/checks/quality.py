"""Quality: the metrics of a whole file, and whether its contract's rules admit them.

``rowCount`` is of all rows that were read. The other metrics are of the file as it was delivered,
before any row is rejected: of every row whose fields are known, which is all but those rejected as
a whole (``row:…``). A percentage is of these rows; of no rows it is 0.

``nullValues``: the field is empty, as for ``required``.
``missingValues``: it is, or its text is one of those that the rule lists.
``invalidValues``: it is not empty, and not one of the valid values, or not of the pattern. A value
that is not of the column's type is none of the valid ones.
``duplicateValues``: an earlier row has an equal value, as for ``unique``, or equal values in all
columns of the rule. A row without a value in one of them has no equal.

Only numbers are kept, and for duplicates hashes under a key that is forgotten with the file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial, reduce

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import joined
from processor.checks.columns import CheckedColumn
from processor.checks.rules import predicates
from processor.checks.types import column_type, matches
from processor.checks.uniqueness import Seen
from processor.contract.column import Column, Rules
from processor.contract.model import Contract
from processor.contract.quality import QualityRule
from processor.reasons import Measured

# Which rows of a batch count, given its columns by name.
Counted = Callable[[Mapping[str, CheckedColumn]], pa.BooleanArray]


class QualityCheck:
    """The quality rules of a contract, for one file."""

    def __init__(self, contract: Contract) -> None:
        """Begin with no rows."""
        self._rules = contract.quality
        self._columns = {column.name: column for column in contract.columns}
        self._seen: list[Seen] = []
        self._sharing = sum(rule.metric == "duplicateValues" for rule in self._rules)
        self._counted = {
            rule.name: self._prepare(rule) for rule in self._rules if rule.metric != "rowCount"
        }
        self._counts = dict.fromkeys(self._counted, 0)
        self._rows = 0

    def close(self) -> None:
        """Forget the values seen; this frees their disk space."""
        for seen in self._seen:
            seen.close()

    def add(self, columns: Mapping[str, CheckedColumn]) -> None:
        """Count the rows of a batch."""
        self._rows += len(next(iter(columns.values())).values)
        for name, counted in self._counted.items():
            self._counts[name] += counted(columns).true_count

    def measure(self, rows_read: int) -> Iterator[Measured]:
        """Yield what each rule finds in the file; it had this many rows."""
        for rule in self._rules:
            count, rows = self._counts.get(rule.name, rows_read), self._rows
            percent = rule.unit == "percent"
            number = Fraction(100 * count, rows or 1) if percent else Fraction(count)
            yield Measured(
                rule=rule.name,
                metric=rule.metric,
                columns=rule.columns,
                measured=float(number) if percent else count,
                rows=rows_read if rule.metric == "rowCount" else rows,
                condition=rule.condition,
                passed=rule.admits(number),
                severity=rule.severity,
            )

    def _prepare(self, rule: QualityRule) -> Counted:
        if rule.metric == "duplicateValues":
            self._seen.append(seen := Seen(self._sharing))
            return partial(_repeated, seen, rule.columns)
        (name,) = rule.columns
        if rule.metric == "invalidValues":
            return _invalid(self._columns[name], rule)
        return partial(_missing, name, pa.array(rule.missing, pa.string()))


def _missing(
    name: str, texts: pa.StringArray, columns: Mapping[str, CheckedColumn]
) -> pa.BooleanArray:
    column = columns[name]
    if not texts:
        return column.empty
    return pc.or_(column.empty, pc.is_in(column.given, value_set=texts))


def _invalid(column: Column, rule: QualityRule) -> Counted:
    tests = [held for _, held in predicates(Rules(enum=rule.valid), column_type(column))]

    def counted(columns: Mapping[str, CheckedColumn]) -> pa.BooleanArray:
        checked = columns[column.name]
        valid = [held(checked.values) for held in tests]
        if rule.pattern is not None:
            valid.append(pc.fill_null(matches(checked.given, rule.pattern), False))
        return pc.and_not(pc.invert(reduce(pc.and_, valid)), checked.empty)

    return counted


def _repeated(
    seen: Seen, names: Sequence[str], columns: Mapping[str, CheckedColumn]
) -> pa.BooleanArray:
    values = [columns[name].compared for name in names]
    return seen.repeated(values[0] if len(values) == 1 else joined(values))
