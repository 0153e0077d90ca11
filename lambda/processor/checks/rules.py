"""Rules: what a contract requires of a value beyond its type."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import units
from processor.checks.string_formats import STRING_FORMATS
from processor.checks.types import ColumnType, converted
from processor.contract.column import Rules
from processor.contract.model import ContractError
from processor.reasons import Reason

Predicate = Callable[[pa.Array], pa.BooleanArray]


def predicates(rules: Rules, type_: ColumnType) -> Iterator[tuple[Reason, Predicate]]:
    """Yield the rules that are set: the reason for a failure, and what tests a value."""
    if rules.pattern is not None:
        pattern = f"^(?:{rules.pattern})$"
        yield Reason.COLUMN_PATTERN, partial(pc.match_substring_regex, pattern=pattern)
    if rules.format is not None:
        yield (
            Reason.COLUMN_FORMAT,
            partial(pc.match_substring_regex, pattern=f"^(?:{STRING_FORMATS[rules.format]})$"),
        )
    if rules.enum is not None:
        yield Reason.COLUMN_ENUM, partial(pc.is_in, value_set=_constants(rules.enum, type_))
    # The rule's own value is on the left: least <= value.
    for reason, length, compare in (
        (Reason.COLUMN_MIN_LENGTH, rules.min_length, pc.less_equal),
        (Reason.COLUMN_MAX_LENGTH, rules.max_length, pc.greater_equal),
    ):
        if length is not None:
            yield reason, partial(_compare_length, compare, length)
    for reason, bound, compare in (
        (Reason.COLUMN_MINIMUM, rules.minimum, pc.less_equal),
        (Reason.COLUMN_EXCLUSIVE_MINIMUM, rules.exclusive_minimum, pc.less),
        (Reason.COLUMN_MAXIMUM, rules.maximum, pc.greater_equal),
        (Reason.COLUMN_EXCLUSIVE_MAXIMUM, rules.exclusive_maximum, pc.greater),
    ):
        if bound is not None:
            yield reason, partial(compare, _constants([bound], type_)[0])
    if rules.multiple_of is not None:
        divisor = _as_integers(_constants([rules.multiple_of], type_))[0]
        yield Reason.COLUMN_MULTIPLE_OF, partial(_is_multiple, divisor)


def _compare_length(
    compare: Callable[..., pa.BooleanArray], length: int, values: pa.StringArray
) -> pa.BooleanArray:
    return compare(length, pc.utf8_length(values))


def _is_multiple(divisor: pa.Scalar, values: pa.Array) -> pa.BooleanArray:
    numbers = _as_integers(values)
    return pc.equal(pc.multiply(pc.divide(numbers, divisor), divisor), numbers)


def _as_integers(values: pa.Array) -> pa.Int64Array:
    return units(values) if pa.types.is_decimal(values.type) else values


def _constants(texts: Sequence[str], type_: ColumnType) -> pa.Array:
    """Convert texts of the contract, strictly: a bound that became null would allow everything."""
    values = converted(pa.array(texts, pa.string()), type_)
    if values.null_count:
        raise ContractError(f"not all of {list(texts)} are texts of type {type_.type}")
    return values
