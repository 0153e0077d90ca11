"""Mask: stars for most characters of a text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract.column import Column, Keys, Method, OutputColumn, Written
from processor.contract.options import Count
from processor.deidentification.shortening import PADDING, has_between, too_short


@dataclass(frozen=True, kw_only=True)
class Mask(
    Written,
    takes=("string",),
    says={
        "{method: mask, keepFirst: 1, keepLast: 4}": (
            "`*` for every other character; `minLength` must be at least twice what is shown, and "
            "blanks, zeros and punctuation at the ends do not count"
        )
    },
):
    """The text, with its first and last characters readable, and stars for the others.

    If they are more than half of the text without its padding, none is readable.
    """

    keep_first: Annotated[int, Count(0)] = 0
    keep_last: Annotated[int, Count(0)] = 0

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse to show most of a short text."""
        for complaint in too_short(column, self.keep_first + self.keep_last, "show"):
            yield "method", complaint

    def output_type(self, column: Column) -> pa.DataType:
        """Return the type of texts."""
        return pa.string()

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what masks texts."""
        return OutputColumn("text", partial(mask, first=self.keep_first, last=self.keep_last))

    def hides_as_much_as(self, other: Method) -> bool:
        """Whether it shows no more characters."""
        return (
            isinstance(other, Mask)
            and self.keep_first <= other.keep_first
            and self.keep_last <= other.keep_last
        )


def mask(text: pa.StringArray, first: int, last: int) -> pa.StringArray:
    """Replace each character by ``*`` but the ``first`` and ``last``; null stays null.

    Characters are Unicode code points. A text keeps none unless twice as many are between its
    padding, which is zeros too: of ``00001234`` the last four would be all there is.
    """
    lengths = pc.utf8_length(text)
    longer = has_between(text, f"0{PADDING}", 2 * (first + last))
    stars = pc.binary_repeat("*", pc.if_else(longer, pc.subtract(lengths, first + last), lengths))
    head = pc.utf8_slice_codeunits(text, 0, first)
    tail = pc.utf8_slice_codeunits(text, -last) if last else ""
    return pc.if_else(longer, pc.binary_join_element_wise(head, stars, tail, ""), stars)
