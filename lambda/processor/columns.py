"""Columns: the records of a batch become Arrow columns, checked and converted as a whole.

A value converts only when its text is exactly of its type's form: one regular expression per
type says what that is (RE2, so the time is linear in the text), and what matches converts by
Arrow's own parsers. The empty field is null. No value is rejected alone: a row is, with every
reason there is, each as ``column:rule``. A null field is a value that has no text in its format,
such as an infinite number: it is of no type, and only a column that is dropped may hold it.
"""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract import Column, Contract, ContractError, Drop, Hmac, Rules
from processor.formats import DATE, DATE_TIME, FORMATS, LOCAL_DATE_TIME, TIME, ZONE
from processor.framing import Batch
from processor.notation import Notation
from processor.pseudonym import normalize
from processor.refusal import FileRefusedError
from processor.uniqueness import Seen

_NO_TEXT = pa.scalar(None, pa.string())
_MEANT = 256  # characters of a header's name that are compared with a contract's
_INT64 = (-(2**63), 2**63 - 1)
_INSTANTS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))

NOTHING: Mapping[str, Notation] = MappingProxyType({})
Predicate = Callable[[pa.Array], pa.BooleanArray]


class Form(NamedTuple):
    """What a type's texts look like, and what they become.

    ``otherwise`` are the texts that would be of it but for their zone: one too many, or none.
    """

    pattern: str | None
    type: pa.DataType
    convert: Callable[[pa.StringArray], pa.Array]
    otherwise: str | None = None


class CheckedColumn(NamedTuple):
    """A column of a batch: its texts, and its values of the contract's type; null where not.

    Where the contract normalizes the texts for tokens, they are normalized.
    """

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
    """The checks of a contract, for one file.

    Attributes:
        dropped_columns: how many columns of the file the contract does not know.
    """

    def __init__(
        self,
        contract: Contract,
        header: Sequence[str],
        notation: Mapping[str, Notation] = NOTHING,
    ) -> None:
        """Prepare the checks of each column; of some, numbers are in a ``notation`` of their own.

        Raises:
            FileRefusedError: the header is not one of this contract.
        """
        self._width = len(header)
        self._positions = positions(contract, header, contract.csv.preamble_lines + 1)
        self.dropped_columns = len(header) - len(self._positions)
        self._notation = notation
        self._checks = [ColumnCheck(column) for column in contract.columns]

    def close(self) -> None:
        """Forget the file; this frees what it took of the disk."""
        for check in self._checks:
            check.close()

    def check(self, batch: Batch) -> CheckedBatch:
        """Check and convert the rows of a batch."""
        rejects = {index: [reason] for index, reason in batch.faults.items()}
        rows = batch.rows
        indices: Sequence[int] = range(len(rows))
        lengths = pc.list_value_length(rows)
        whole = pc.fill_null(pc.equal(lengths, self._width), False)
        if whole.false_count:
            broken = pc.invert(whole)
            for index, length in zip(
                pc.indices_nonzero(broken).to_pylist(),
                lengths.filter(broken).to_pylist(),
                strict=True,
            ):
                rejects.setdefault(index, ["row:field-count" if length else "row:blank"])
            indices = [index for index in indices if index not in rejects]
            rows = rows.filter(whole)

        columns = {}
        bad: pa.BooleanArray | None = None
        for check in self._checks:
            position = self._positions.get(check.name)
            if position is None:
                field = pa.repeat("", len(rows))
            else:
                field = pc.list_element(rows, position)
                if check.name in self._notation:
                    field = self._notation[check.name].plain(field)
            textless = field.is_null() if field.null_count else None
            columns[check.name], failures = check.check(_nullified(field), textless)
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
        self._dropped = isinstance(column.deidentify, Drop)
        self._form = form(column)
        self._form_reason = f"{column.name}:{column.type}"
        self._rules = [
            (f"{column.name}:{name}", holds)
            for name, holds in _predicates(column.rules, self._form)
        ]
        self._seen = Seen() if column.unique else None
        method = column.deidentify
        self._steps = method.normalize if isinstance(method, Hmac) else ()

    def close(self) -> None:
        """Forget which values there were."""
        if self._seen:
            self._seen.close()

    def check(
        self, text: pa.StringArray, textless: pa.BooleanArray | None = None
    ) -> tuple[CheckedColumn, list[tuple[str, pa.BooleanArray]]]:
        """Return the column converted, and the failed rows of each check that any row fails.

        The form and the rules are about the text as it stands in the file. Who is meant is asked
        of the normalized text: a blank one is null, and two that get one token are not unique. Of
        one with too many marks in a row it cannot be told, so its row is rejected.
        ``textless`` are the nulls that stand for a value without a text.
        """
        failures = []
        known = text
        if self._steps:
            known, unfit = normalize(text, self._steps)
            if known.null_count > text.null_count:
                text = pc.if_else(known.is_valid(), text, _NO_TEXT)
            if unfit is not None:
                failures.append((f"{self.name}:too-many-marks", unfit))
                known = pc.if_else(unfit, _NO_TEXT, known)
        empty = text.is_null()
        if textless is not None:
            empty = pc.and_not(empty, textless)
        if self._required and empty.true_count:
            failures.append((f"{self.name}:required", empty))
        values = _converted(text, self._form)
        if values.null_count > empty.true_count:
            allowed = text.is_null() if self._dropped else empty
            failures += self._unfit(text, pc.and_not(values.is_null(), allowed))
        for reason, holds in self._rules:
            held = holds(values)
            if held.false_count:
                failed = pc.and_kleene(pc.invert(held), values.is_valid())
                if failed.true_count:
                    failures.append((reason, failed))
        if self._seen:
            repeated = self._seen.repeated(known if self._steps else values)
            if repeated.true_count:
                failures.append((f"{self.name}:unique", repeated))
        return CheckedColumn(known, values), failures

    def _unfit(
        self, text: pa.StringArray, unfit: pa.BooleanArray
    ) -> list[tuple[str, pa.BooleanArray]]:
        """Return the reasons of the values that are not of the type, each with its rows."""
        zone = pa.repeat(False, len(text))
        if self._form.otherwise is not None:
            zone = pc.fill_null(_matches(text, self._form.otherwise), False)
        reasons = [
            (self._form_reason, pc.and_not(unfit, zone)),
            (f"{self.name}:timezone", pc.and_(unfit, zone)),
        ]
        return [(reason, mask) for reason, mask in reasons if mask.true_count]


def form(column: Column) -> Form:
    """Return the form of a column's type."""
    if column.type != "decimal":
        return _FORMS[column.type] if column.timezone else _LOCAL_TIMESTAMP
    whole = column.precision - column.scale
    pattern = f"-?(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole else "-?0"
    if column.scale:
        pattern += f"(?:[.][0-9]{{1,{column.scale}}})?"
    type_ = pa.decimal128(column.precision, column.scale)
    return Form(pattern, type_, partial(pc.cast, target_type=type_))


def units(values: pa.Decimal128Array) -> pa.Int64Array:
    """Return decimals of at most 18 digits as integers: how many units of the last digit."""
    return retyped(values, pa.decimal128(values.type.precision, 0)).cast(pa.int64())


def retyped(values: pa.Array, type_: pa.DataType) -> pa.Array:
    """Return the same bits under another type."""
    return pa.Array.from_buffers(
        type_, len(values), values.buffers(), values.null_count, values.offset
    )


def positions(
    contract: Contract, header: Sequence[str], line: int | None = None
) -> dict[str, int]:
    """Return where in the header, which stands on this line, each column of the contract is.

    They go by their names in the contract, whatever a file calls them.

    Raises:
        FileRefusedError: the header is not one of this contract.
    """
    names = {column.label: column.name for column in contract.columns}
    found: dict[str, int] = {}
    for position, label in enumerate(header):
        if label not in names:
            if contract.unknown_columns == "drop":
                continue
            raise FileRefusedError(
                "header:unknown-column",
                line=line,
                column=position + 1,
                name=_meant(label, contract),
                text=label,
            )
        name = names[label]
        if name in found:
            raise FileRefusedError(
                "header:duplicate-column", line=line, column=position + 1, name=name
            )
        found[name] = position
    if not found:
        raise FileRefusedError("header:no-column", line=line, text=", ".join(header))
    for column in contract.columns:
        if column.required and column.name not in found:
            raise FileRefusedError("header:missing-column", line=line, name=column.name)
    return found


def _meant(text: str, contract: Contract) -> str | None:
    """Return the name of the column that was probably meant, by its label or else its name."""
    names = {column.name: column.name for column in contract.columns}
    names |= {column.label: column.name for column in contract.columns}
    folded = {spelt.strip().casefold(): name for spelt, name in names.items()}
    meant = text[:_MEANT].strip().casefold()
    near = difflib.get_close_matches(meant, folded, 1, cutoff=0.8)
    return folded[near[0]] if near else None


def _predicates(rules: Rules, form_: Form) -> Iterator[tuple[str, Predicate]]:
    """Yield the rules that are set: the name of each and what tells where it holds."""
    if rules.pattern is not None:
        pattern = f"^(?:{rules.pattern})$"
        yield "pattern", partial(pc.match_substring_regex, pattern=pattern)
    if rules.format is not None:
        yield "format", partial(pc.match_substring_regex, pattern=f"^(?:{FORMATS[rules.format]})$")
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
    if rules.multiple_of is not None:
        divisor = _as_integers(_constants([rules.multiple_of], form_))[0]
        yield "multiple-of", partial(_is_multiple, divisor)


def _compare_length(
    compare: Callable[..., pa.BooleanArray], length: int, values: pa.StringArray
) -> pa.BooleanArray:
    return compare(length, pc.utf8_length(values))


def _is_multiple(divisor: pa.Scalar, values: pa.Array) -> pa.BooleanArray:
    numbers = _as_integers(values)
    return pc.equal(pc.multiply(pc.divide(numbers, divisor), divisor), numbers)


def _as_integers(values: pa.Array) -> pa.Int64Array:
    return units(values) if pa.types.is_decimal(values.type) else values


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
        fits = _matches(text, form_.pattern)
        if fits.false_count:
            text = pc.if_else(fits, text, _NO_TEXT)
    return form_.convert(text)


def _matches(text: pa.StringArray, pattern: str) -> pa.BooleanArray:
    return pc.match_substring_regex(text, pattern=f"^(?:{pattern})$")


def _to_integers(text: pa.StringArray) -> pa.Int64Array:
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:  # nineteen digits, and more than 64 bits hold
        wide = text.cast(pa.decimal128(19, 0))
        return within(wide, _INT64).cast(pa.int64())


def _to_doubles(text: pa.StringArray) -> pa.DoubleArray:
    values = text.cast(pa.float64())
    fits = pc.is_finite(values)
    zero = pc.equal(values, 0)
    if zero.true_count:  # of another number nothing would be left
        fits = pc.and_not(fits, pc.and_(zero, pc.match_substring_regex(text, "^-?[0.]*[1-9]")))
    return pc.if_else(fits, values, pa.scalar(None, pa.float64()))


def _to_timestamps(text: pa.StringArray) -> pa.TimestampArray:
    # An offset can carry the instant out of the years that a date may have.
    return within(text.cast(pa.timestamp("us", "UTC")), _INSTANTS)


def _to_instants_of_utc(text: pa.StringArray) -> pa.TimestampArray:
    return _to_timestamps(pc.binary_join_element_wise(text, "Z", ""))


def _to_times(text: pa.StringArray) -> pa.Time64Array:
    moments = pc.binary_join_element_wise("1970-01-01T", text, "")  # Arrow casts no text to time
    return moments.cast(pa.timestamp("us")).cast(pa.time64("us"))


def _json_of(text: pa.StringArray, kind: type) -> pa.StringArray:
    """Make null what is not the JSON text of an array (list) or an object (dict)."""
    sound = [found is not None and _is_json(found, kind) for found in text.to_pylist()]
    return pc.if_else(pa.array(sound, pa.bool_()), text, _NO_TEXT)


def _is_json(text: str, kind: type) -> bool:
    """Tell whether a text is JSON as everybody reads it: no NaN, no key twice, not too deep."""
    try:
        # Numbers stay texts: they cannot be too long, and none is changed.
        document = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse,
            object_pairs_hook=_unambiguous,
        )
        if "\\u" in text:  # perhaps half a surrogate pair, which UTF-8 cannot spell
            json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return isinstance(document, kind)


def _refuse(_: str) -> None:
    raise ValueError


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError
    return document


def within(values: pa.Array, bounds: tuple[object, object]) -> pa.Array:
    """Make the values outside the bounds null."""
    low, high = (pa.scalar(bound, values.type) for bound in bounds)
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.if_else(inside, values, pa.scalar(None, values.type))


_FORMS = {
    "string": Form(None, pa.string(), lambda text: text),
    "integer": Form("0|-?[1-9][0-9]{0,18}", pa.int64(), _to_integers),
    "double": Form(
        "-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?", pa.float64(), _to_doubles
    ),
    "boolean": Form("true|false", pa.bool_(), partial(pc.equal, "true")),
    "date": Form(DATE, pa.date32(), partial(pc.cast, target_type=pa.date32())),
    "timestamp": Form(DATE_TIME, pa.timestamp("us", "UTC"), _to_timestamps, LOCAL_DATE_TIME),
    "time": Form(TIME, pa.time64("us"), _to_times, f"{TIME}{ZONE}"),
    "array": Form(None, pa.string(), partial(_json_of, kind=list)),
    "object": Form(None, pa.string(), partial(_json_of, kind=dict)),
}
_LOCAL_TIMESTAMP = Form(LOCAL_DATE_TIME, pa.timestamp("us", "UTC"), _to_instants_of_utc, DATE_TIME)
