"""Text that somebody else chose cannot change a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text import is_formula, plain

NAMES = {
    "a b.csv": "a b.csv",
    "Zürich/日本/😀": "Zürich/日本/😀",
    "a\N{NO-BREAK SPACE}b": "a\N{NO-BREAK SPACE}b",
    "\x1b[2J\x1b]0;title\x07": r"\x1b[2J\x1b]0;title\x07",
    "\x9b31m": r"\x9b31m",
    "a\rb\nc\td": r"a\rb\nc\td",
    "gpj.\N{RIGHT-TO-LEFT OVERRIDE}exe": r"gpj.\u202eexe",
    "a\N{ZERO WIDTH SPACE}b": r"a\u200bb",
    "a\N{LINE SEPARATOR}b": r"a\u2028b",
    "\ud800": r"\ud800",
    "\x7f": r"\x7f",
}


@pytest.mark.parametrize(("text", "shown"), NAMES.items())
def test_a_terminal_is_only_shown_text(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        *((f"{sign}1+1", True) for sign in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"),
        *((text, False) for text in ("", "1", "a=1", "-1", "-1.234,50", " =1")),
    ],
)
def test_a_formula_is_known_by_how_it_begins(text: str, formula: bool) -> None:
    """https://owasp.org/www-community/attacks/CSV_Injection"""
    assert is_formula(text) == formula


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = {unicodedata.category(character) for character in plain(text)}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    plain(text).encode()


@given(st.text())
def test_text_that_is_safe_stays(text: str) -> None:
    assert plain(plain(text)) == plain(text)
