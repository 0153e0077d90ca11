"""Hmac: a token of the text, the same for the same text and never back.

A token represents one text, so it is for types whose values have one text each, and for columns
of so many values that their frequencies do not tell them apart.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import pyarrow as pa

from processor.checks.normalization import STEPS
from processor.contract.column import Column, Keys, OutputColumn, Written
from processor.contract.options import Name, Some
from processor.contract.vocabulary import Type
from processor.deidentification.generalize import OPTIONS as GENERALIZED
from processor.deidentification.language import count_texts

# Types that have several texts for one value, or so few values that a token hides none of them.
MISFITS: dict[Type, str] = {
    "boolean": "a token for one of two values hides nothing",
    "date": "there are so few days that their frequencies tell them apart",
    "decimal": "1.5 and 1.50 are one value but would get two tokens",
    "double": "0.1 and 1e-1 are one value but would get two tokens",
    "timestamp": "one instant has a text for every offset and would get as many tokens",
    "time": "12:00:00 and 12:00:00.0 are one value but would get two tokens",
    "array": "spaces between its items would make another token",
    "object": "spaces between its members would make another token",
}
# Whoever sees tokens of so few values tells them apart by how frequent each is.
FEW_VALUES = 10_000
FEW_CHARACTERS = 4
FORMATS_OF_FEW = ("date", "time", "date-time")


@dataclass(frozen=True, kw_only=True)
class Hmac(
    Written,
    takes=("string", "integer"),
    says={
        "{method: hmac}": (
            "a token of 128 bits, of this column alone: equal values of two columns have "
            "different tokens; `normalize` first makes one text of all that mean the same person. "
            "Not for dates, enums, patterns such as `^[MF]$` and other columns of few values: "
            f"frequencies tell fewer than {FEW_VALUES:,} values apart"
        ),
        "{method: hmac, domain: customer}": (
            "the same, and it joins with all columns that name this domain, in this contract and "
            "others"
        ),
    },
    hides=True,
    distinguishes=True,
):
    """A token of the text, once it is normalized by these steps.

    ``domain`` names what the column shares its tokens with; None is nothing.
    """

    domain: Annotated[str | None, Name()] = None
    normalize: Annotated[tuple[str, ...], Some(STEPS)] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """How texts are normalized before they are checked."""
        return self.normalize

    def misfit(self, type_: Type) -> str:
        """Return why values of a type have no tokens."""
        others = "drop, generalize or keep" if type_ in GENERALIZED else "drop or keep"
        what = f"is of type {type_}, which hmac does not take: {MISFITS[type_]}"
        return f"{what}; use {others}"

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse columns of few values, and to normalize what has one text."""
        if column.type in self.takes and (few := _few(column)):
            what = f"{few}, so that the frequencies of its tokens tell them apart"
            yield "method", f"{what}; use drop, generalize or keep"
        if self.normalize and column.type != "string":
            what = f"is of type {column.type}, whose values have one text each"
            yield "normalize", f"{what}; remove normalize"

    def output_type(self, column: Column) -> pa.DataType:
        """Return the type of tokens."""
        return pa.string()

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what makes tokens; the texts are normalized by then."""
        return OutputColumn("text", keys.tokens(column.name, self.domain))


def _few(column: Column) -> str:
    """Return why a column can have only a few values, as far as its rules tell, or ""."""
    rules = column.rules
    if rules.enum is not None:
        return f"has only {len(rules.enum)} values"
    if rules.format in FORMATS_OF_FEW:
        return f"has the format {rules.format}"
    if rules.max_length is not None and 0 < rules.max_length < FEW_CHARACTERS:
        return f"has at most {rules.max_length} characters"
    if rules.pattern is not None:
        count = count_texts(rules.pattern, FEW_VALUES, rules.max_length)
        if count is not None:
            return f"has only {count:,} values"
    least, most = (
        rules.minimum or rules.exclusive_minimum,
        rules.maximum or rules.exclusive_maximum,
    )
    if least is None or most is None:
        return ""
    try:
        count = (int(most) - int(least)) // int(rules.multiple_of or 1) + 1
    except (ValueError, ZeroDivisionError):  # wrong, which is reported elsewhere
        return ""
    return f"has about {count:,} values" if count < FEW_VALUES else ""
