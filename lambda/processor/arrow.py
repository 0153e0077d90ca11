"""What Arrow lacks: values under another type, within bounds, and as digits."""

import re
from binascii import hexlify
from collections.abc import Iterable, Sequence
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

MAX_DIGITS = 18  # of a decimal that is counted in units: what 64 bits hold


def units(values: pa.Decimal128Array) -> pa.Int64Array:
    """Return decimals of at most MAX_DIGITS digits as integers, in units of their last digit."""
    return retyped(values, pa.decimal128(values.type.precision, 0)).cast(pa.int64())


def retyped(values: pa.Array, type_: pa.DataType) -> pa.Array:
    """Return the same bits under another type."""
    return pa.Array.from_buffers(
        type_, len(values), values.buffers(), values.null_count, values.offset
    )


def within(values: pa.Array, bounds: tuple[object, object]) -> pa.Array:
    """Make the values outside the bounds null."""
    low, high = (pa.scalar(bound, values.type) for bound in bounds)
    inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
    return pc.if_else(inside, values, pa.scalar(None, values.type))


def plain(values: pa.Array) -> pa.Array:
    """Return dates and times as the integers they are stored as; this needs no time zone."""
    if not pa.types.is_temporal(values.type):
        return values
    return values.view(pa.int32() if values.type.bit_width == 32 else pa.int64())


def joined(columns: Sequence[pa.Array]) -> pa.StringArray:
    """Return a text for each row, equal for equal values; null if one of its values is."""
    texts = [pc.cast(plain(column), pa.string()) for column in columns]
    return pc.binary_join_element_wise(*map(_with_length, texts), "")


def joined_with_nulls(columns: Sequence[pa.Array]) -> pa.StringArray:
    """Return a text for each row, equal for equal values; null equals null."""
    texts = [pc.cast(plain(column), pa.string()) for column in columns]
    filled = (pc.fill_null(_with_length(text), "-") for text in texts)
    return pc.binary_join_element_wise(*filled, "")


def _with_length(text: pa.StringArray) -> pa.StringArray:
    """Return texts that can follow each other without running together."""
    return pc.binary_join_element_wise(pc.cast(pc.binary_length(text), pa.string()), text, ":")


def as_one(content: bytes | pa.Buffer) -> pa.StringArray:
    """Return UTF-8 as an array of one text, without copying it."""
    ends = pa.array([0, len(content)], pa.int32()).buffers()[1]
    return pa.StringArray.from_buffers(1, ends, pa.py_buffer(content))


def content_of(texts: pa.StringArray) -> pa.Buffer:
    """Return the bytes of texts that an operation of Arrow made, one after the other."""
    return texts.buffers()[2] or pa.py_buffer(b"")


def has(content: bytes | pa.Buffer, text: str) -> bool:
    """Tell whether a text occurs in UTF-8; a single character is found far sooner."""
    return bool(pc.match_substring_regex(as_one(content), re.escape(text))[0].as_py())


def ordinals(count: int) -> pa.Int32Array:
    """Return this many numbers, from 0."""
    return pc.indices_nonzero(pa.repeat(True, count)).cast(pa.int32())


def places(mask: pa.BooleanArray) -> Sequence[int]:
    """Return the indexes at which a mask is true; far faster than to_pylist()."""
    found = pc.indices_nonzero(mask)
    return memoryview(found.buffers()[1]).cast("Q")[: len(found)]


def marked(places_: Iterable[int], count: int) -> pa.BooleanArray:
    """Return a mask of this length that is true at these indexes."""
    mask = bytearray(count)
    for place in places_:
        mask[place] = 1
    return pa.Array.from_buffers(pa.uint8(), count, [None, pa.py_buffer(mask)]).cast(pa.bool_())


@cache
def _digits() -> pa.UInt32Array:
    """Return the four digits of every two bytes, by the number that these are in memory."""
    pairs = bytearray(2 << 16)  # the low byte is first, as on every machine that Arrow is for
    pairs[::2] = bytes(range(256)) * 256
    pairs[1::2] = b"".join(bytes([high]) * 256 for high in range(256))
    return pa.Array.from_buffers(pa.uint32(), 1 << 16, [None, pa.py_buffer(hexlify(pairs))])


def hex_digits(values: pa.FixedSizeBinaryArray) -> pa.StringArray:
    """Return the bytes of each value, whose number is even, as two digits each; none is null."""
    width = values.type.byte_width
    pairs = pa.Array.from_buffers(
        pa.uint16(), len(values) * width // 2, [None, values.buffers()[1]]
    )
    digits = _digits().take(pairs).buffers()[1]  # half the time of hexlify()
    whole = pa.Array.from_buffers(pa.binary(2 * width), len(values), [None, digits])
    return whole.cast(pa.binary()).view(pa.string())
