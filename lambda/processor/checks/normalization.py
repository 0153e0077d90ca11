"""Normalization: texts that mean one person become one text, before tokens are made of them."""

import re
import unicodedata
from collections.abc import Collection
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

STEPS = ("nfc", "trim", "lowercase")

# Text that is safe to stream has at most 30 marks in a row, which no language comes near:
# https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
# To put n of them in their order takes the time of n * n.
_TOO_MANY_MARKS = "M" * 31


class Normalized(NamedTuple):
    """Texts that are normalized, but for those, if any, that have too many marks in a row."""

    text: pa.StringArray
    unfit: pa.BooleanArray | None


def normalize(text: pa.StringArray, steps: Collection[str]) -> Normalized:
    """Make texts that mean one person one text; what is blank then is null, it means nobody.

    ``steps`` are any of STEPS, in any order; normalizing twice changes nothing.

    ``nfc``: canonically equal texts are one text, in Unicode's form NFC. A text with more than 30
    marks in a row stays as it is.
    ``trim``: characters that cannot be seen go everywhere, white space at both ends.
    ``lowercase``: texts that differ in case are one text, by Unicode's case folding. Together
    with ``nfc`` that is canonical caseless matching, definition D145 of
    https://www.unicode.org/versions/Unicode16.0.0/core-spec/chapter-3/
    """
    unfit = None
    plain = pc.string_is_ascii(text)
    if plain.false_count:
        others = pc.fill_null(pc.invert(plain), False)
        found: list[str | None] = []
        heaped: list[bool] = []
        for one in text.filter(others).to_pylist():
            try:
                found.append(_normalized(one, steps))
                heaped.append(False)
            except _TooManyMarksError:
                found.append(one)
                heaped.append(True)
        text = pc.replace_with_mask(text, others, pa.array(found, pa.string()))
        if any(heaped):
            unfit = pc.replace_with_mask(others, others, pa.array(heaped))
    if "trim" in steps:
        text = pc.utf8_trim_whitespace(text)
    if "lowercase" in steps:
        text = pc.ascii_lower(text)
    blank = pc.or_(pc.utf8_is_space(text), pc.equal(text, ""))
    if blank.true_count:
        text = pc.if_else(blank, pa.scalar(None, pa.string()), text)
    return Normalized(text, unfit)


class _TooManyMarksError(ValueError):
    """It would take too long to put the marks of a text in order."""


def _normalized(text: str, steps: Collection[str]) -> str | None:
    """Normalize one text, for those that are not ASCII.

    Not by Arrow, which decomposes whatever it is asked for: apache/arrow#51225.
    """
    visible = _INVISIBLE.sub("", text)
    if not visible.strip():
        return None
    if "trim" in steps:  # before composing: some of these keep characters from it
        text = visible
    if "nfc" in steps and _has_too_many_marks(text):
        raise _TooManyMarksError
    if "lowercase" in steps:  # which takes some letters apart
        text = (unicodedata.normalize("NFD", text) if "nfc" in steps else text).casefold()
    return unicodedata.normalize("NFC", text) if "nfc" in steps else text


def _has_too_many_marks(text: str) -> bool:
    # The first letters of the categories: all that is reordered, or becomes it, is a mark.
    return len(text) >= len(_TOO_MANY_MARKS) and (
        _TOO_MANY_MARKS in "".join(map(unicodedata.category, text))[::2]
    )


# Default_Ignorable_Code_Point, and the anchors of interlinear annotation, not seen either:
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
