"""Generalization: every value of a class becomes the least value of it, of the same type.

A day becomes the first of its month or year, an instant the begin of its hour, day, month or
year in UTC, a number the multiple of the width that is not above it, a text its first characters.
"""

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import retyped, units
from processor.checks.types import column_type
from processor.contract.model import Column, Generalize
from processor.contract.parsing import ContractError

_LEAST = -(2**63)

PADDING = "".join(
    [
        " \t\r\n\f\v.,;:_#*/\\-",
        "\u00a0\u00ad\u2028\u2029\u202f\u205f\u2060\u3000\ufeff",
        *map(chr, range(0x2000, 0x2010)),
    ]
)
"""What fills a text up and means nothing. With it, a text could be long enough for what is left
of it to be all of it."""


def generalization(column: Column) -> Callable[[pa.Array], pa.Array]:
    """Return what generalizes the values of a column whose method is ``generalize``.

    Raises:
        ContractError: the method lacks the option that the column's type goes by.
    """
    match column.type, column.deidentify:
        case "date", Generalize(to=str() as unit):
            return partial(pc.floor_temporal, unit=unit)
        case "timestamp", Generalize(to=str() as unit):
            return partial(_floor_instants, unit=unit)
        case "integer", Generalize(width=str() as width):
            return partial(_floor, width=int(width), least=_LEAST)
        case "decimal", Generalize(width=str() as width):
            step = pa.scalar(width).cast(column_type(column).type)
            return partial(_floor_decimals, width=units(pa.array([step]))[0].as_py())
        case "string", Generalize(prefix=int() as length):
            return partial(shorten, length=length)
        case _:
            raise ContractError(f"column {column.name}: {column.deidentify} of {column.type}")


def shorten(text: pa.StringArray, length: int) -> pa.StringArray:
    """Leave the first ``length`` characters of each text; null stays null.

    A text with fewer than twice as many between its padding becomes empty: more than half of it
    would be left.
    """
    start = pc.utf8_slice_codeunits(text, 0, length)
    return pc.if_else(has_between(text, PADDING, 2 * length), start, "")


def has_between(text: pa.StringArray, padding: str, count: int) -> pa.BooleanArray:
    """Tell which texts have so many characters once the padding at both ends is gone."""
    return pc.greater_equal(pc.utf8_length(pc.utf8_trim(text, characters=padding)), count)


def _floor_instants(values: pa.TimestampArray, unit: str) -> pa.TimestampArray:
    # Without a zone, which is UTC: no database of zones is asked.
    return pc.floor_temporal(values.view(pa.timestamp("us")), unit=unit).view(values.type)


def _floor(values: pa.Int64Array, width: int, least: int) -> pa.Int64Array:
    """Round down to multiples of ``width``; the lowest class begins with the least value."""
    quotient = pc.divide(values, width)  # towards zero
    floor = pc.multiply(quotient, width)
    below = pc.subtract(floor, width)
    floor = pc.if_else(pc.greater(floor, values), below, floor)
    beyond = pc.or_(pc.less(floor, least), pc.greater(floor, values))  # or around the corner
    return pc.if_else(beyond, least, floor)


def _floor_decimals(values: pa.Decimal128Array, width: int) -> pa.Decimal128Array:
    least = -(10**values.type.precision) + 1
    floor = _floor(units(values), width, least)
    wide = floor.cast(pa.decimal128(19, 0))
    return retyped(wide.cast(pa.decimal128(values.type.precision, 0)), values.type)
