"""Shortening: the first characters of a text, where these are not most of it."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract.column import Column

PADDING = "".join(
    [
        " \t\r\n\f\v.,;:_#*/\\-",
        "\u00a0\u00ad\u2028\u2029\u202f\u205f\u2060\u3000\ufeff",
        *map(chr, range(0x2000, 0x2010)),
    ]
)
"""What fills a text up and means nothing. With it, a text could be long enough for what is left
of it to be all of it."""


def shorten(text: pa.StringArray, length: int) -> pa.StringArray:
    """Leave the first ``length`` characters of each text; null stays null.

    A text with fewer than twice as many between its padding becomes empty: more than half of it
    would be left.
    """
    start = pc.utf8_slice_codeunits(text, 0, length)
    return pc.if_else(has_between(text, PADDING, 2 * length), start, "")


def has_between(text: pa.StringArray, padding: str, count: int) -> pa.BooleanArray:
    """Tell which texts have this many characters once the padding at both ends is gone."""
    return pc.greater_equal(pc.utf8_length(pc.utf8_trim(text, characters=padding)), count)


def too_short(column: Column, shown: int, would: str) -> Iterator[str]:
    """Yield a complaint if a text of the column may be so short that most of it is shown."""
    if (column.rules.min_length or 0) < 2 * shown:
        what = f"would {would} {shown} characters, which may be more than half"
        yield f"{what}; give it a minLength of at least {2 * shown}"
