"""Generalize: every value becomes the least value of its class, which has the same type.

A day becomes the first of its month or year, an instant the start of its hour, day, month or
year in UTC, a number the multiple of the width that is not above it, a text its first characters.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import MAX_DIGITS, retyped, units
from processor.checks.types import column_type, is_step
from processor.contract.column import Column, Keys, Method, OutputColumn, Written
from processor.contract.model import ContractError
from processor.contract.options import Count, Text
from processor.contract.vocabulary import Type
from processor.deidentification.shortening import shorten, too_short

# The option that each type takes, and the units for a type.
OPTIONS: dict[Type, str] = {
    "string": "prefix",
    "integer": "width",
    "decimal": "width",
    "date": "to",
    "timestamp": "to",
}
UNITS = {"date": ("month", "year"), "timestamp": ("hour", "day", "month", "year")}
_LEAST = -(2**63)


@dataclass(frozen=True, kw_only=True)
class Generalize(
    Written,
    takes=tuple(OPTIONS),
    says={
        "{method: generalize, to: month}": (
            "the first day of the month or `year`; of a timestamp also the start of the `day` or "
            "`hour`, in UTC"
        ),
        "{method: generalize, width: 500}": (
            "the multiple of the width below an integer or a decimal"
        ),
        "{method: generalize, prefix: 2}": (
            "the first characters, as of a postcode; `minLength` must be at least twice as large"
        ),
    },
):
    """The least value of the value's class; one option is set, by the column's type.

    Classes are a calendar unit (``to``), as wide as a number (``width``), or all texts that
    begin alike (``prefix`` characters).
    """

    to: Annotated[str | None, Text()] = None
    width: Annotated[str | None, Text()] = None
    prefix: Annotated[int | None, Count(1)] = None

    def misfit(self, type_: Type) -> str:
        """Return what is wrong with a type without classes."""
        return f"is of type {type_}, which generalize does not take; use drop or keep"

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse what leaves values as they are, and options of other types."""
        kind = column.type
        if kind not in OPTIONS:
            return
        for other, value in vars(self).items():
            if value is not None and other != OPTIONS[kind]:
                what = f"is of type {kind}, which generalize takes by its {OPTIONS[kind]}"
                yield other, f"{what}; remove {other!r}"
        match OPTIONS[kind]:
            case "prefix":
                yield from self._check_prefix(column)
            case "to" if self.to not in UNITS[kind]:
                yield "to", f"has the to {self.to or ''!r}; use one of {', '.join(UNITS[kind])}"
            case "width":
                yield from self._check_width(column)

    def _check_prefix(self, column: Column) -> Iterator[tuple[str, str]]:
        if self.prefix is None:
            yield "prefix", "has the prefix ''; use a whole number from 1"
        for complaint in too_short(column, self.prefix or 0, "leave"):
            yield "prefix", complaint

    def _check_width(self, column: Column) -> Iterator[tuple[str, str]]:
        width = self.width or ""
        if not is_step(width, column):
            form = column_type(column).form
            yield "width", f"has the width {width!r}; write {form}, but more than 0"
        elif Decimal(width) <= Decimal(1).scaleb(-column.scale):
            what = f"has the width {width!r}, which leaves every value as it is"
            yield "width", f"{what}; give it a larger one"
        if column.precision > MAX_DIGITS:
            what = f"has the precision {column.precision}; generalize takes decimals of up to"
            yield "method", f"{what} {MAX_DIGITS} digits"

    def output_type(self, column: Column) -> pa.DataType:
        """Return the column's own type."""
        return column_type(column).type

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what generalizes values.

        Raises:
            ContractError: the option that the column's type takes is missing.
        """
        match column.type, self:
            case "date", Generalize(to=str() as unit):
                make = partial(pc.floor_temporal, unit=unit)
            case "timestamp", Generalize(to=str() as unit):
                make = partial(_floor_instants, unit=unit)
            case "integer", Generalize(width=str() as width):
                make = partial(_floor, width=int(width), least=_LEAST)
            case "decimal", Generalize(width=str() as width):
                step = pa.scalar(width).cast(column_type(column).type)
                make = partial(_floor_decimals, width=units(pa.array([step]))[0].as_py())
            case "string", Generalize(prefix=int() as length):
                make = partial(shorten, length=length)
            case _:
                raise ContractError(f"column {column.name}: {self} of {column.type}")
        return OutputColumn("values", make)

    def hides_as_much_as(self, other: Method) -> bool:
        """Whether its classes are the same, or its prefix is no longer."""
        return (
            isinstance(other, Generalize)
            and (self.to, self.width) == (other.to, other.width)
            and (self.prefix or 0) <= (other.prefix or 0)
        )


def _floor_instants(values: pa.TimestampArray, unit: str) -> pa.TimestampArray:
    # Without a zone, which is UTC: no database of zones is asked.
    return pc.floor_temporal(values.view(pa.timestamp("us")), unit=unit).view(values.type)


def _floor(values: pa.Int64Array, width: int, least: int) -> pa.Int64Array:
    """Round down to multiples of ``width``; the lowest class begins with the least value."""
    quotient = pc.divide(values, width)  # towards zero
    floor = pc.multiply(quotient, width)
    below = pc.subtract(floor, width)
    floor = pc.if_else(pc.greater(floor, values), below, floor)
    beyond = pc.or_(pc.less(floor, least), pc.greater(floor, values))  # or it overflowed
    return pc.if_else(beyond, least, floor)


def _floor_decimals(values: pa.Decimal128Array, width: int) -> pa.Decimal128Array:
    least = -(10**values.type.precision) + 1
    floor = _floor(units(values), width, least)
    wide = floor.cast(pa.decimal128(19, 0))
    return retyped(wide.cast(pa.decimal128(values.type.precision, 0)), values.type)
