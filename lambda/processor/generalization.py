"""Generalization: every value of a class becomes the least value of it, of the same type.

A day becomes the first of its month or year, an instant the begin of its hour, day, month or
year in UTC, a number the multiple of the width that is not above it, a text its first characters.
"""

from collections.abc import Callable
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from processor.columns import form, retyped, units
from processor.contract import Column, ContractError, Generalize

_LEAST = -(2**63)


def generalization(column: Column) -> Callable[[pa.Array], pa.Array]:
    """Return what generalizes the values of a column whose method is ``generalize``.

    Raises:
        ContractError: the method lacks the option that the column's type goes by.
    """
    match column.type, column.deidentify:
        case "date", Generalize(to=str(unit)):
            return partial(pc.floor_temporal, unit=unit)
        case "timestamp", Generalize(to=str(unit)):
            return partial(_floor_instants, unit=unit)
        case "integer", Generalize(width=str(width)):
            return partial(_floor, width=int(width), least=_LEAST)
        case "decimal", Generalize(width=str(width)):
            step = pa.scalar(width).cast(form(column).type)
            return partial(_floor_decimals, width=units(pa.array([step]))[0].as_py())
        case "string", Generalize(prefix=int(length)):
            return partial(pc.utf8_slice_codeunits, start=0, stop=length)
        case _:
            raise ContractError(f"column {column.name}: {column.deidentify} of {column.type}")


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
