"""Tokens of the method ``hmac`` are what the standard library's HMAC gives."""

import hashlib
import hmac
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.deidentification.hmac import HmacTokens
from tests.unit.processor.deidentified import TOKEN_OPTIONS, compare
from tests.unit.processor.examples import EXAMPLES, column

TEXTS = st.lists(st.none() | st.text(max_size=80) | st.sampled_from(["twice", "\0", "ÿ"]))


def expected(key: bytes, texts: list[str | None]) -> list[str | None]:
    """The first half of the HMAC of each text."""
    return [
        None if text is None else hmac.digest(key, text.encode(), hashlib.sha256).hex()[:32]
        for text in texts
    ]


@pytest.mark.parametrize(
    ("key", "text", "digest"),
    [  # RFC 4231, test cases 1 and 2
        (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
    ],
)
def test_known_answers(key: bytes, text: str, digest: str) -> None:
    assert HmacTokens(key).tokens(pa.array([text])).to_pylist() == [digest]


@EXAMPLES
@given(st.binary(min_size=32, max_size=32), TEXTS)
def test_each_text_gets_the_first_half_of_its_hmac(key: bytes, texts: list[str | None]) -> None:
    tokens = HmacTokens(key).tokens(pa.array(texts, pa.string()))
    assert tokens.type == pa.string()
    assert tokens.to_pylist() == expected(key, texts)


def test_texts_that_repeat_only_after_many_that_do_not_have_their_tokens_too() -> None:
    texts = [*map(str, range(300)), "0", "299", None, ""]
    tokens = HmacTokens(b"k").tokens(pa.array(texts, pa.string()))
    assert tokens.to_pylist() == expected(b"k", texts)


@TOKEN_OPTIONS
def test_the_output_is_what_the_reference_implementation_says(
    options: dict[str, Any], values: st.SearchStrategy[str]
) -> None:
    compare(column("c", method="hmac", options=options), values)
