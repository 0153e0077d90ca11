"""What Arrow lacks: values under another type, and within bounds."""

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
