"""Columns: the records of a batch become Arrow columns, checked and converted as a whole.

A value converts only when its text is exactly of its type's form: one regular expression per
type says what that is (RE2, so the time is linear in the text), and what matches converts by
Arrow's own parsers. The empty field is null. No value is rejected alone: a row is, with every
reason there is, each as ``column:rule``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract import Column, Contract, ContractError, Rules
from processor.framing import Batch
from processor.refusal import FileRefusedError

_NO_TEXT = pa.scalar(None, pa.string())
_INT64 = (-(2**63), 2**63 - 1)
_INSTANTS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))

# The Gregorian calendar, years 0001 to 9999: the days of each month, and 29 February in years
# divisible by 4, but by 400 when by 100.
_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_DAY = (
    "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_LEAP_YEAR = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DATE = f"(?:{_YEAR}-{_DAY}|{_LEAP_YEAR}-02-29)"
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"

Predicate = Callable[[pa.Array], pa.BooleanArray]


class Form(NamedTuple):
    """What a type's texts look like, and what they become."""

    pattern: str | None
    type: pa.DataType
    convert: Callable[[pa.StringArray], pa.Array]


class CheckedColumn(NamedTuple):
    """A column of a batch: its texts, and its values of the contract's type; null where not."""

    text: pa.StringArray
    values: pa.Array


@dataclass(frozen=True)
class CheckedBatch:
    """What the checks found in a batch.

    Attributes:
        columns: by name; they hold the rows that have as many fields as the header.
        clean: which of those rows keep the contract; None when all do.
        rejects: for each other row its index in the batch and its reasons, in order.
    """

    columns: dict[str, CheckedColumn]
    clean: pa.BooleanArray | None
    rejects: dict[int, list[str]]

    def select(self, array: pa.Array) -> pa.Array:
        """Return the clean rows of a column's texts or values."""
        return array if self.clean is None else array.filter(self.clean)


class RowCheck:
    """The checks of a contract, for files with one header."""

    def __init__(self, contract: Contract, header: Sequence[str]) -> None:
        """Prepare the checks of each column.

        Raises:
            FileRefusedError: the header is not one of this contract.
        """
        self._width = len(header)
        self._positions = _positions(contract, header)
        self._checks = [ColumnCheck(column) for column in contract.columns]

    def check(self, batch: Batch) -> CheckedBatch:
        """Check and convert the rows of a batch."""
        rejects = {index: [reason] for index, reason in batch.faults.items()}
        rows: Sequence[list[str]] = batch.rows
        indices: Sequence[int] = range(len(rows))
        if rejects or set(map(len, rows)) != {self._width}:
            for index, row in enumerate(rows):
                if index not in rejects and len(row) != self._width:
                    rejects[index] = ["row:field-count" if row else "row:blank"]
            indices = [index for index in indices if index not in rejects]
            rows = [rows[index] for index in indices]
        fields = list(chain.from_iterable(rows))

        columns = {}
        bad: pa.BooleanArray | None = None
        for check in self._checks:
            position = self._positions.get(check.name)
            if position is None:
                text = pa.nulls(len(rows), pa.string())
            else:
                text = _nullified(pa.array(fields[position :: self._width], pa.string()))
            columns[check.name], failures = check.check(text)
            for reason, mask in failures:
                bad = mask if bad is None else pc.or_(bad, mask)
                for place in pc.indices_nonzero(mask).to_pylist():
                    rejects.setdefault(indices[place], []).append(reason)
        return CheckedBatch(columns, None if bad is None else pc.invert(bad), rejects)


class ColumnCheck:
    """The checks of one column."""

    def __init__(self, column: Column) -> None:
        """Prepare the type's form and the rules, in the order their reasons are given."""
        self.name = column.name
        self._required = column.required
        self._form = form(column)
        self._form_reason = f"{column.name}:{column.type}"
        self._rules = [
            (f"{column.name}:{name}", holds)
            for name, holds in _predicates(column.rules, self._form)
        ]

    def check(
        self, text: pa.StringArray
    ) -> tuple[CheckedColumn, list[tuple[str, pa.BooleanArray]]]:
        """Return the column converted, and the failed rows of each check that any row fails."""
        failures = []
        if self._required and text.null_count:
            failures.append((f"{self.name}:required", text.is_null()))
        values = _converted(text, self._form)
        if values.null_count > text.null_count:
            failures.append((self._form_reason, pc.and_(values.is_null(), text.is_valid())))
        for reason, holds in self._rules:
            held = holds(values)
            if held.false_count:
                failed = pc.and_kleene(pc.invert(held), values.is_valid())
                if failed.true_count:
                    failures.append((reason, failed))
        return CheckedColumn(text, values), failures


def form(column: Column) -> Form:
    """Return the form of a column's type."""
    match column.type:
        case "integer":
            return Form("0|-?[1-9][0-9]{0,18}", pa.int64(), _to_integers)
        case "decimal":
            whole = column.precision - column.scale
            pattern = f"-?(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole else "-?0"
            if column.scale:
                pattern += f"(?:[.][0-9]{{1,{column.scale}}})?"
            type_ = pa.decimal128(column.precision, column.scale)
            return Form(pattern, type_, partial(pc.cast, target_type=type_))
        case "double":
            pattern = "-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?"
            return Form(pattern, pa.float64(), _to_doubles)
        case "boolean":
            return Form("true|false", pa.bool_(), partial(pc.equal, "true"))
        case "date":
            return Form(_DATE, pa.date32(), partial(pc.cast, target_type=pa.date32()))
        case "timestamp":
            pattern = f"{_DATE}T{_TIME}:[0-5][0-9](?:[.][0-9]{{1,6}})?(?:Z|[+-]{_TIME})"
            return Form(pattern, pa.timestamp("us", "UTC"), _to_timestamps)
        case _:  # string
            return Form(None, pa.string(), lambda text: text)


def _positions(contract: Contract, header: Sequence[str]) -> dict[str, int]:
    """Return where in the header each column of the contract stands."""
    required = {column.name: column.required for column in contract.columns}
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        if name not in required:
            raise FileRefusedError("header:unknown-column", line=1, column=position + 1)
        if name in positions:
            raise FileRefusedError(
                "header:duplicate-column", line=1, column=position + 1, name=name
            )
        positions[name] = position
    for name in required:
        if required[name] and name not in positions:
            raise FileRefusedError("header:missing-column", line=1, name=name)
    return positions


def _predicates(rules: Rules, form_: Form) -> Iterator[tuple[str, Predicate]]:
    """Yield the rules that are set: the name of each and what tells where it holds."""
    if rules.pattern is not None:
        pattern = f"^(?:{rules.pattern})$"
        yield "pattern", partial(pc.match_substring_regex, pattern=pattern)
    if rules.enum is not None:
        yield "enum", partial(pc.is_in, value_set=_constants(rules.enum, form_))
    # The rule's own value stands on the left: least <= value.
    for name, length, compare in (
        ("min-length", rules.min_length, pc.less_equal),
        ("max-length", rules.max_length, pc.greater_equal),
    ):
        if length is not None:
            yield name, partial(_compare_length, compare, length)
    for name, bound, compare in (
        ("minimum", rules.minimum, pc.less_equal),
        ("exclusive-minimum", rules.exclusive_minimum, pc.less),
        ("maximum", rules.maximum, pc.greater_equal),
        ("exclusive-maximum", rules.exclusive_maximum, pc.greater),
    ):
        if bound is not None:
            yield name, partial(compare, _constants([bound], form_)[0])


def _compare_length(
    compare: Callable[..., pa.BooleanArray], length: int, values: pa.StringArray
) -> pa.BooleanArray:
    return compare(length, pc.utf8_length(values))


def _constants(texts: Sequence[str], form_: Form) -> pa.Array:
    """Convert texts of the contract; a bound that became null would let everything pass."""
    values = _converted(pa.array(texts, pa.string()), form_)
    if values.null_count:
        raise ContractError(f"not all of {list(texts)} are texts of type {form_.type}")
    return values


def _nullified(text: pa.StringArray) -> pa.StringArray:
    """Make the empty fields null."""
    filled = pc.not_equal(text, "")
    return pc.if_else(filled, text, _NO_TEXT) if filled.false_count else text


def _converted(text: pa.StringArray, form_: Form) -> pa.Array:
    """Convert the texts that are of the form; the others become null."""
    if form_.pattern is not None:
        fits = pc.match_substring_regex(text, pattern=f"^(?:{form_.pattern})$")
        if fits.false_count:
            text = pc.if_else(fits, text, _NO_TEXT)
    return form_.convert(text)


def _to_integers(text: pa.StringArray) -> pa.Int64Array:
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:  # nineteen digits, and more than 64 bits hold
        wide = text.cast(pa.decimal128(19, 0))
        return _within(wide, _INT64).cast(pa.int64())


def _to_doubles(text: pa.StringArray) -> pa.DoubleArray:
    values = text.cast(pa.float64())
    return pc.if_else(pc.is_finite(values), values, pa.scalar(None, pa.float64()))


def _to_timestamps(text: pa.StringArray) -> pa.TimestampArray:
    # An offset can carry the instant out of the years that a date may have.
    return _within(text.cast(pa.timestamp("us", "UTC")), _INSTANTS)


def _within(values: pa.Array, bounds: tuple[object, object]) -> pa.Array:
    """Make the values outside the bounds null."""
    low, high = (pa.scalar(bound, values.type) for bound in bounds)
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.if_else(inside, values, pa.scalar(None, values.type))
