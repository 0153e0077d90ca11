"""Truncate: the first characters of a text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import pyarrow as pa

from processor.contract.column import Column, Keys, Method, OutputColumn, Written
from processor.contract.options import Count
from processor.deidentification.shortening import shorten, too_short


@dataclass(frozen=True, kw_only=True)
class Truncate(
    Written,
    takes=("string",),
    says={
        "{method: truncate, length: 3}": (
            "the first characters; `minLength` must be at least twice as large"
        )
    },
):
    """The first characters of the text, if they are at most half of it without its padding."""

    length: Annotated[int, Count(1)]

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse to leave most of a short text."""
        for complaint in too_short(column, self.length, "leave"):
            yield "length", complaint

    def output_type(self, column: Column) -> pa.DataType:
        """Return the type of texts."""
        return pa.string()

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what shortens texts."""
        return OutputColumn("text", partial(shorten, length=self.length))

    def hides_as_much_as(self, other: Method) -> bool:
        """Whether it leaves no more characters."""
        return isinstance(other, Truncate) and self.length <= other.length
