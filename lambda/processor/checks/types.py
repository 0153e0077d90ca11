"""Types: what the texts of a column's type look like, and what values they become.

A value converts only if its text has exactly the form of its type. The form is one regular
expression per type (RE2, so the time is linear in the text); Arrow's own parsers convert what
matches.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import within
from processor.checks.string_formats import DATE, DATE_TIME, LOCAL_DATE_TIME, TIME, ZONE
from processor.contract.column import Column
from processor.reasons import Reason

_NO_TEXT = pa.scalar(None, pa.string())
_INT64 = (-(2**63), 2**63 - 1)
_INSTANTS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class ColumnType(NamedTuple):
    """What a type's texts look like, and what values they become.

    ``reason`` is given for all other texts. ``otherwise`` is for texts that fail only because a
    time zone is missing or must not be there. ``form`` describes the texts to people, for types
    whose values a contract may contain.
    """

    reason: Reason
    pattern: str | None
    type: pa.DataType
    convert: Callable[[pa.StringArray], pa.Array]
    otherwise: str | None = None
    form: str = ""


def column_type(column: Column) -> ColumnType:
    """Return the form of a column's type."""
    if column.type != "decimal":
        return _TYPES[column.type] if column.timezone else _LOCAL_TIMESTAMP
    whole = column.precision - column.scale
    pattern = f"-?(?:0|[1-9][0-9]{{0,{whole - 1}}})" if whole else "-?0"
    if column.scale:
        pattern += f"(?:[.][0-9]{{1,{column.scale}}})?"
    type_ = pa.decimal128(column.precision, column.scale)
    form = "a decimal within the column's precision and scale, such as 0 or -7.5"
    convert = partial(pc.cast, target_type=type_)
    return ColumnType(Reason.COLUMN_DECIMAL, pattern, type_, convert, form=form)


def converted(text: pa.StringArray, type_: ColumnType) -> pa.Array:
    """Convert the texts that are of the form; the others become null."""
    if type_.pattern is not None:
        fits = matches(text, type_.pattern)
        if fits.false_count:
            text = pc.if_else(fits, text, _NO_TEXT)
    return type_.convert(text)


def value_of(text: str, column: Column) -> Any:
    """Return the value of a text in a contract; None if it is not of the type."""
    return converted(pa.array([text], pa.string()), column_type(column))[0].as_py()


def is_step(text: str, column: Column) -> bool:
    """Tell whether a text is a number of the column's type above 0, so that it has multiples."""
    value = value_of(text, column)
    return value is not None and value > 0


def matches(text: pa.StringArray, pattern: str) -> pa.BooleanArray:
    """Tell which texts match a pattern as a whole."""
    return pc.match_substring_regex(text, pattern=f"^(?:{pattern})$")


def _to_integers(text: pa.StringArray) -> pa.Int64Array:
    try:
        return text.cast(pa.int64())
    except pa.ArrowInvalid:  # nineteen digits may need more than 64 bits
        wide = text.cast(pa.decimal128(19, 0))
        return within(wide, _INT64).cast(pa.int64())


def _to_doubles(text: pa.StringArray) -> pa.DoubleArray:
    values = text.cast(pa.float64())
    fits = pc.is_finite(values)
    zero = pc.equal(values, 0)
    if zero.true_count:  # a tiny number would become zero
        fits = pc.and_not(fits, pc.and_(zero, pc.match_substring_regex(text, "^-?[0.]*[1-9]")))
    return pc.if_else(fits, values, pa.scalar(None, pa.float64()))


def _to_timestamps(text: pa.StringArray) -> pa.TimestampArray:
    # An offset can move the instant out of the years that a date may have.
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
    """Tell whether all parsers read a text as the same JSON: no NaN, no repeated key, not deep."""
    try:
        # Numbers stay texts: none is too long to parse, and none is changed.
        document = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse,
            object_pairs_hook=_unambiguous,
        )
        if "\\u" in text:  # perhaps half a surrogate pair, which UTF-8 cannot encode
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


_TYPES = {
    "string": ColumnType(Reason.COLUMN_STRING, None, pa.string(), lambda text: text),
    "integer": ColumnType(
        Reason.COLUMN_INTEGER,
        "0|-?[1-9][0-9]{0,18}",
        pa.int64(),
        _to_integers,
        form="an integer of 64 bits, such as 0 or -7",
    ),
    "double": ColumnType(
        Reason.COLUMN_DOUBLE,
        "-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?",
        pa.float64(),
        _to_doubles,
        form="a finite number, such as 0, -7.5 or 1.0e-3",
    ),
    "boolean": ColumnType(
        Reason.COLUMN_BOOLEAN, "true|false", pa.bool_(), partial(pc.equal, "true")
    ),
    "date": ColumnType(
        Reason.COLUMN_DATE,
        DATE,
        pa.date32(),
        partial(pc.cast, target_type=pa.date32()),
        form='a day that exists, such as "2026-01-31"',
    ),
    "timestamp": ColumnType(
        Reason.COLUMN_TIMESTAMP,
        DATE_TIME,
        pa.timestamp("us", "UTC"),
        _to_timestamps,
        LOCAL_DATE_TIME,
        form='ISO 8601 with Z or an offset, such as "2026-01-31T08:30:00Z"',
    ),
    "time": ColumnType(
        Reason.COLUMN_TIME,
        TIME,
        pa.time64("us"),
        _to_times,
        f"{TIME}{ZONE}",
        form='a time of day, such as "08:30:00"',
    ),
    "array": ColumnType(Reason.COLUMN_ARRAY, None, pa.string(), partial(_json_of, kind=list)),
    "object": ColumnType(Reason.COLUMN_OBJECT, None, pa.string(), partial(_json_of, kind=dict)),
}


_LOCAL_TIMESTAMP = ColumnType(
    Reason.COLUMN_TIMESTAMP,
    LOCAL_DATE_TIME,
    pa.timestamp("us", "UTC"),
    _to_instants_of_utc,
    DATE_TIME,
    form='ISO 8601 without a zone, such as "2026-01-31T08:30:00"',
)
