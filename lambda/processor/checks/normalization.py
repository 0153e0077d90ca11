"""Normalization: makes texts that mean the same person equal, before they become tokens."""

import re
import unicodedata
from collections.abc import Collection
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

STEPS = ("nfc", "trim", "lowercase")

# Stream-safe text has at most 30 marks in a row, far more than any language uses:
# https://www.unicode.org/reports/tr15/#Stream_Safe_Text_Format
# Sorting n marks takes time proportional to n * n.
_TOO_MANY_MARKS = "M" * 31


class Normalized(NamedTuple):
    """Texts, normalized unless they have too many marks in a row."""

    text: pa.StringArray
    unfit: pa.BooleanArray | None


def normalize(text: pa.StringArray, steps: Collection[str]) -> Normalized:
    """Make texts that mean the same person equal; a text that is then blank becomes null.

    ``steps`` is any of STEPS, in any order; normalizing twice changes nothing.

    ``nfc``: canonically equal texts become the same text, in Unicode's form NFC. A text with more
    than 30 marks in a row stays as it is.
    ``trim``: invisible characters are removed everywhere, white space at both ends.
    ``lowercase``: texts that differ only in case become the same text, by Unicode's case folding.
    Together with ``nfc`` that is canonical caseless matching, definition D145 of
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
    """Sorting the marks of a text would take too long."""


def _normalized(text: str, steps: Collection[str]) -> str | None:
    """Normalize one text; used for those that are not ASCII.

    Arrow cannot: it decomposes, whatever form it is asked for (apache/arrow#51225).
    """
    visible = _INVISIBLE.sub("", text)
    if not visible.strip():
        return None
    if "trim" in steps:  # before composing: some of these prevent it
        text = visible
    if "nfc" in steps and _has_too_many_marks(text):
        raise _TooManyMarksError
    if "lowercase" in steps:  # which decomposes some letters
        text = (unicodedata.normalize("NFD", text) if "nfc" in steps else text).casefold()
    return unicodedata.normalize("NFC", text) if "nfc" in steps else text


def _has_too_many_marks(text: str) -> bool:
    # The first letters of the categories: only marks, or what becomes marks, are reordered.
    return len(text) >= len(_TOO_MANY_MARKS) and (
        _TOO_MANY_MARKS in "".join(map(unicodedata.category, text))[::2]
    )


# Default_Ignorable_Code_Point, and the anchors of interlinear annotation, also invisible:
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]+"
)
