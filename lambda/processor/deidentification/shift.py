"""Shift: a date or an instant, moved by a number of days that is the same for all of a subject.

So the days between two dates of a subject stay what they are, in every dataset whose subjects have
the same tokens by a domain, and their order too. Which number it is follows from the subject's
text, by CMAC under a key of its own: whoever reads the tokens cannot compute it. All numbers from
-``days`` to ``days`` are equally likely, 0 too: if it were not, whoever sees a date would know
one day that it was not. A number of 64 bits is divided by theirs, and the remainder of some is
more likely than that of others by a factor of at most 1 + (2 * days + 1) / 2^64.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc

from processor.arrow import plain
from processor.checks.types import column_type
from processor.contract.column import Column, Keys, OutputColumn, Written
from processor.contract.options import Count, Text
from processor.deidentification.cmac import CmacTokens
from processor.deidentification.pseudonyms import SHIFT

MOST_DAYS = 36_525
_STEPS = {"date": 1, "timestamp": timedelta(days=1) // timedelta(microseconds=1)}


@dataclass(frozen=True, kw_only=True)
class Shift(
    Written,
    takes=tuple(_STEPS),
    says={
        "{method: shift, days: 30, by: customer_id}": (
            "the date or instant, earlier or later by up to that many days: by the same secret "
            "number for all values of a subject, who has a token in the column that `by` names"
        )
    },
):
    """The value, moved by up to ``days`` days as the subject in the column ``by`` is."""

    days: Annotated[int, Count(1)]
    by: Annotated[str, Text()]

    @property
    def subject(self) -> str:
        """The column with the subject."""
        return self.by

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse to move values out of history."""
        if self.days > MOST_DAYS:
            yield "days", f"has the days '{self.days}'; use at most {MOST_DAYS:,}, a century"

    def output_type(self, column: Column) -> pa.DataType:
        """Return the column's own type."""
        return column_type(column).type

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what moves values as their subjects are moved."""
        cmac = CmacTokens(keys.derive_for(SHIFT, self.by))
        make = partial(_moved, cmac=cmac, days=self.days, step=_STEPS[column.type])
        return OutputColumn("values", make, beside=self.by)


def _moved(
    values: pa.Array, subjects: pa.StringArray, *, cmac: CmacTokens, days: int, step: int
) -> pa.Array:
    """Move values; null stays null, and each other has a subject."""
    digests = cmac.digests(pc.fill_null(subjects, "").view(pa.binary()))
    halves = pc.binary_slice(digests, 0, 8).buffers()[1]
    numbers = pa.Array.from_buffers(pa.uint64(), len(digests), [None, halves])
    count = pa.scalar(2 * days + 1, pa.uint64())
    remainders = pc.subtract(numbers, pc.multiply(pc.divide(numbers, count), count))
    moves = pc.multiply(pc.subtract(remainders.cast(pa.int64()), days), step)
    units = plain(values)
    return pc.add(units, moves.cast(units.type)).view(values.type)
