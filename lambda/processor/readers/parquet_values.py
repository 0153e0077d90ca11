"""Values of Parquet: gives each the text that it would have in CSV, so that the same checks apply.

The text is exact, or there is none: an infinite number, or an instant outside the years 1 to 9999,
becomes null, while a missing value becomes the empty text. Numbers are written without an
exponent, except floating-point ones so large that integers of their size are inexact: those could
be mistaken for identifiers. Zeros beyond the contract's scale, the sign of zero, and midnight in a
date are left out.
"""

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.arrow import retyped, within
from processor.contract.column import Column

# Makes the texts of values. 96-bit values come as seconds, and their nanoseconds separately.
Texts = Callable[[Any, Any], pa.StringArray]

_NO_TEXT = pa.scalar(None, pa.string())
_PLAIN_SCALE = 6  # up to which Arrow writes decimals without an exponent
_PLAIN_LEAST = 1e-38  # of numbers written without one: no decimal has more digits
# From here on not every integer is representable: 2 to the power of the significand's digits.
_GAPS = {16: 1 << 11, 32: 1 << 24, 64: 1 << 53}
_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400  # seconds
_DAYS = (-719_162, 2_932_896)  # from year 1 to 9999, in Parquet's days
_INT64 = (-(2**63), 2**63 - 1)
# Until version 21, Arrow marks every TIME as UTC, although its own type has no zone.
# https://github.com/apache/arrow/pull/47316
_UNAWARE = re.compile(r"parquet-cpp-arrow version (?:1?[0-9]|2[01])\.")
# Types of bytes that may hold text: Impala and Hive do not mark their strings as text.
_TEXTUAL = ("None", "String", "Enum", "JSON")
_UUID_PARTS = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))


def texts_of(
    column: Column, type_: pa.DataType, leaf: pq.ColumnSchema, created_by: str | None
) -> Texts | None:
    """Return the function that makes the texts of a column; None if its type has none.

    ``type_`` is its type in Arrow, and ``leaf`` its column in Parquet.
    """
    stored = _stored(type_)
    make = _conversion(column, stored, _logical(leaf), created_by or "")
    if isinstance(type_, pa.UuidType):  # Arrow 20 writes it as plain bytes
        make = _uuids
    return make and partial(_texts, make, stored)


def kind_of(type_: pa.DataType, leaf: pq.ColumnSchema | None) -> str:
    """Return the name of a type without texts: Arrow's, or Parquet's for plain bytes."""
    logical = str(_logical(leaf)["Type"]).lower() if leaf else "none"
    arrows = str(_stored(type_)).partition("<")[0].partition("[")[0].replace("_", "-")
    return arrows if logical == "none" or not arrows.endswith("binary") else logical


def _logical(leaf: pq.ColumnSchema) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(leaf.logical_type.to_json())
    return found


def _stored(type_: pa.DataType) -> pa.DataType:
    """Return the storage type, without dictionary or extension."""
    if isinstance(type_, pa.UuidType | pa.JsonType):
        return type_.storage_type
    return type_.value_type if pa.types.is_dictionary(type_) else type_


def _conversion(
    column: Column, type_: pa.DataType, logical: dict[str, Any], created_by: str
) -> Texts | None:
    types = pa.types
    scale = column.scale if column.type in ("integer", "decimal") else None
    kind = logical["Type"]
    if types.is_floating(type_):
        return partial(_floats, scale=scale)
    if types.is_decimal(type_):
        return partial(_decimals, scale=scale)
    if types.is_timestamp(type_):
        return partial(_timestamps, day=column.type == "date")
    if types.is_time(type_):
        utc = logical.get("isAdjustedToUTC") and not _UNAWARE.match(created_by)
        return partial(_times, zone="Z" if utc else "")
    if types.is_date32(type_):
        return _dates
    if types.is_binary(type_) or types.is_large_binary(type_):
        return _decoded if kind in _TEXTUAL else None
    if types.is_fixed_size_binary(type_):
        return _uuids if kind == "UUID" else None
    others = (types.is_string, types.is_large_string, types.is_integer, types.is_boolean)
    return _written if any(is_kind(type_) for is_kind in (*others, types.is_null)) else None


def _texts(make: Texts, stored: pa.DataType, values: Any, nanoseconds: Any) -> pa.StringArray:
    """Return the texts; null if a value has none, and empty if there is no value."""
    # Nothing else checks that strings are UTF-8. A time outside the day does not damage the file.
    values.validate(full=not pa.types.is_time(stored))
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    if values.type != stored:
        values = values.cast(stored)
    return pc.if_else(values.is_valid(), make(values, nanoseconds), "")


def _written(values: Any, _: Any) -> pa.StringArray:
    return values.cast(pa.string())


def _decoded(values: Any, _: Any) -> pa.StringArray:
    """Return bytes as texts if they are UTF-8."""
    try:
        return values.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_decoded_one(value) for value in values.to_pylist()], pa.string())


def _decoded_one(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _uuids(values: Any, _: Any) -> pa.StringArray:
    begin, end = (16 * place for place in (values.offset, values.offset + len(values)))
    digits = pa.py_buffer(memoryview(values.buffers()[1])[begin:end].hex().encode())
    whole = pa.Array.from_buffers(pa.binary(32), len(values), [None, digits])
    parts = [pc.binary_slice(whole, *part).cast(pa.string()) for part in _UUID_PARTS]
    return pc.binary_join_element_wise(*parts, "-")


def _floats(values: Any, _: Any, scale: int | None) -> pa.StringArray:
    """Return the shortest text that reads back as the same number; NaN and infinity have none."""
    gap = _GAPS[values.type.bit_width]
    if pa.types.is_float16(values.type):
        values = values.cast(pa.float32())
    finite = pc.fill_null(pc.is_finite(values), False)
    values = pc.if_else(finite, values, pa.scalar(None, values.type))
    texts = values.cast(pa.string())
    size = pc.abs(values)
    large = pc.greater_equal(size, gap)
    # Arrow writes an exponent from 1e10 up, and below 1e-6.
    other = pc.xor(pc.match_substring(texts, "e"), large)
    other = pc.fill_null(pc.and_(other, pc.greater_equal(size, _PLAIN_LEAST)), False)
    if other.true_count:
        whole = pc.and_not(pc.equal(values, pc.trunc(values)), large)
        integers = pc.if_else(whole, values, pa.scalar(0, values.type)).cast(pa.int64())
        texts = pc.if_else(pc.and_(other, whole), integers.cast(pa.string()), texts)
        rare = pc.fill_null(pc.and_not(other, whole), False)
        spelt = zip(texts.filter(rare).to_pylist(), large.filter(rare).to_pylist(), strict=True)
        found = [format(Decimal(text), "e" if is_large else "f") for text, is_large in spelt]
        texts = pc.replace_with_mask(texts, rare, pa.array(found, pa.string()))
    return texts if scale is None else pc.replace_substring_regex(texts, "^-0$", "0")


def _decimals(values: Any, _: Any, scale: int | None) -> pa.StringArray:
    """Return decimals in full."""
    has = values.type.scale
    texts = values.cast(pa.string()) if has <= _PLAIN_SCALE else _plain_decimals(values)
    if scale is None or scale >= has:
        return texts
    kept = f"[.][0-9]{{{scale}}}" if scale else ""
    return pc.replace_substring_regex(texts, f"({kept}){'' if scale else '[.]'}0+$", r"\1")


def _plain_decimals(values: Any) -> pa.StringArray:
    precision, scale = values.type.precision, values.type.scale
    wide = values.cast(pa.decimal256(precision, scale))
    digits = retyped(wide, pa.decimal256(precision, 0)).cast(pa.string())
    padded = pc.replace_substring_regex(digits, "^(-?)", rf"\1{'0' * scale}")
    point = f"^(-?)0*([0-9]+)([0-9]{{{scale}}})$"
    return pc.replace_substring_regex(padded, point, r"\1\2.\3")


def _dates(values: Any, _: Any) -> pa.StringArray:
    return within(values.view(pa.int32()), _DAYS).view(values.type).cast(pa.string())


def _times(values: Any, _: Any, zone: str) -> pa.StringArray:
    count = pa.int32() if values.type.bit_width == 32 else pa.int64()
    day = (0, _DAY * _SECOND[values.type.unit] - 1)
    texts = within(values.view(count), day).view(values.type).cast(pa.string())
    return _zoned(_in_microseconds(texts), zone)


def _timestamps(values: Any, nanoseconds: Any, day: bool) -> pa.StringArray:
    unit, second = values.type.unit, _SECOND[values.type.unit]
    counts = values.view(pa.int64())
    least, most = _DAYS[0] * _DAY * second, (_DAYS[1] + 1) * _DAY * second - 1
    inside = within(counts, (max(least, _INT64[0]), min(most, _INT64[1])))
    texts = pc.replace_substring(inside.view(pa.timestamp(unit)).cast(pa.string()), " ", "T")
    if nanoseconds is not None:  # modulo 64 bits, which is enough for the fraction
        beyond = pc.subtract(nanoseconds.view(pa.int64()), pc.multiply(counts, _SECOND["ns"]))
        fraction = pc.utf8_lpad(beyond.cast(pa.string()), 9, "0")
        texts = pc.binary_join_element_wise(texts, fraction, ".")
    texts = _in_microseconds(texts)
    if values.type.tz is not None:  # the instant is stored in UTC, whatever the zone
        return _zoned(texts, "Z")
    return pc.replace_substring_regex(texts, "T00:00:00([.]0+)?$", "") if day else texts


def _zoned(texts: pa.StringArray, zone: str) -> pa.StringArray:
    return pc.binary_join_element_wise(texts, zone, "") if zone else texts


def _in_microseconds(texts: pa.StringArray) -> pa.StringArray:
    """Reduce times to the digits that the contract's types have, if nothing is lost."""
    return pc.replace_substring_regex(texts, "([.][0-9]{6})000$", r"\1")
