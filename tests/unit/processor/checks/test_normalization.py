"""Texts that mean the same person become one text."""

import sys
import time
import unicodedata
from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor.checks.normalization import normalize
from tests.unit.processor import oracle
from tests.unit.processor.examples import EXAMPLES

STEPS = ("nfc", "trim", "lowercase")
# Every choice of a contract; the compiler sorts the steps in this order.
CHOICES = [list(chosen) for size in (1, 2, 3) for chosen in combinations(STEPS, size)]
# Marks that compose and reorder, letters that case folding splits, and invisible characters.
HARD = st.text(
    st.sampled_from(
        "aAJjSsK\u0130Iii\u01f0\u0149\u0390\u1fbc\u0345\u03a3\u03c3\u03c2\u1e9e\u00df"
        "\u017f\u212a\u2126\u212b"
        " \t\u00a0\u3000\u2028\u0301\u0323\u030c\u0307\u034f\u200b\u200d\ufeff\u00ad\u200e\u202e"
        "\u2060\ufe0f\u3164\u1160\u1100\u1161\u11a8\uac00\U000e0041"
    ),
    max_size=6,
)


def normalized(text: str, steps: list[str]) -> Any:
    """Return one text, normalized."""
    return normalize(pa.array([text]), steps).text[0].as_py()


@pytest.mark.parametrize("steps", CHOICES, ids="-".join)
@EXAMPLES
@given(text=HARD | st.text(max_size=6))
@example(text="J\u030cohn")
def test_normalizing_is_closed_and_as_in_the_reference_implementation(
    text: str, steps: list[str]
) -> None:
    once = normalized(text, steps)
    assert (once or "") == oracle.normalized(text, steps)
    assert normalized(once or "", steps) == once
    assert normalized(text, steps[::-1]) == once


@EXAMPLES
@given(text=HARD | st.text(max_size=6), form=st.sampled_from(["NFC", "NFD"]))
def test_texts_that_differ_in_form_case_and_invisible_characters_are_one(
    text: str, form: Any
) -> None:
    # A dotless i is a separate letter that shares its capital with another, and the capital of an
    # iota below a letter is a letter that other marks may follow.
    text = unicodedata.normalize("NFD", text).replace("\u0131", "i").replace("\u0345", "")
    known = normalized(text, list(STEPS))
    for other in (text, text.upper(), text.lower(), text.casefold()):
        assert normalized(unicodedata.normalize(form, other), list(STEPS)) == known
    # Without this, an invisible character would separate marks from their letter.
    hidden = "\u200b".join(["", *text, "\ufeff "])
    assert normalized(hidden, list(STEPS)) == known


@pytest.fixture(scope="module", name="characters")
def make_characters() -> pa.StringArray:
    """Every character that Unicode has given a meaning, after a letter."""
    letters = map(chr, range(sys.maxunicode + 1))
    unknown = ("Cn", "Co", "Cs")
    return pa.array([f"a{one}" for one in letters if unicodedata.category(one) not in unknown])


@pytest.mark.parametrize("steps", CHOICES, ids="-".join)
def test_every_character_is_normalized_once_and_for_all(
    characters: pa.StringArray, steps: list[str]
) -> None:
    once = normalize(characters, steps).text
    assert normalize(once, steps).text == once


@pytest.mark.parametrize(
    ("text", "steps", "is_unfit"),
    [
        ("a" + "\u0300" * 30, ["nfc"], False),
        ("a" + "\u0300" * 31, ["nfc"], True),
        ("a" + "\u0300" * 31, ["trim", "lowercase"], False),
        ("a" + "\u0300\u200b" * 31, ["nfc"], False),
        ("a" + "\u0300\u200b" * 31, ["nfc", "trim"], True),
        ("a" + "\u0f73" * 31, ["nfc"], True),  # not a mark that moves, but made of two that do
    ],
)
def test_more_than_thirty_marks_in_a_row_are_not_normalized(
    text: str, steps: list[str], *, is_unfit: bool
) -> None:
    found = normalize(pa.array(["e\u0301", None, text]), steps)
    assert found.text[0].as_py() == normalized("e\u0301", steps)
    assert found.text[1].as_py() is None
    assert (found.unfit is not None) == is_unfit
    if is_unfit:
        assert found.unfit.to_pylist() == [False, False, True]  # type: ignore[union-attr]


@pytest.mark.parametrize("steps", [steps for steps in CHOICES if "nfc" in steps], ids="-".join)
@pytest.mark.parametrize("between", ["", "\u200b", "\u0345"], ids=["marks", "unseen", "iota"])
def test_marks_to_be_sorted_take_no_time(steps: list[str], between: str) -> None:
    """Sorting this many takes seconds; anything between them is removed first, or is a mark."""
    marks = (f"\u0300{between}") * (1 << 14) + (f"\u0323{between}") * (1 << 14)
    begin = time.process_time()
    normalize(pa.array(["a" + marks]), steps)
    assert time.process_time() - begin < 1
