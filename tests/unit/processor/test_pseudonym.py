"""Tokens are what the standard library's HMAC gives, under a key derived by KMS."""

import hashlib
import hmac
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.pseudonym import Pseudonymiser, PseudonymKeys
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES

TEXTS = st.lists(st.none() | st.text(max_size=80) | st.sampled_from(["twice", "\0", "ÿ"]))


@pytest.mark.parametrize(
    ("key", "text", "digest"),
    [  # RFC 4231, test cases 1 and 2
        (b"\x0b" * 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b"),
        (b"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c7"),
    ],
)
def test_known_answers(key: bytes, text: str, digest: str) -> None:
    assert Pseudonymiser(key).tokens(pa.array([text])).to_pylist() == [digest]


@EXAMPLES
@given(st.binary(min_size=32, max_size=32), TEXTS)
def test_each_text_gets_the_first_half_of_its_hmac(key: bytes, texts: list[str | None]) -> None:
    tokens = Pseudonymiser(key).tokens(pa.array(texts, pa.string()))
    assert tokens.type == pa.string()
    assert tokens.to_pylist() == [
        None if text is None else hmac.digest(key, text.encode(), hashlib.sha256).hex()[:32]
        for text in texts
    ]


def test_the_key_is_derived_from_the_dataset_and_the_epoch_once() -> None:
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    first = keys.pseudonymiser("people", 1)
    assert keys.pseudonymiser("people", 1) is first
    assert kms.messages == [b"zero-trust-data-pipeline/pseudonym/v1/people/1"]
    derived = hmac.digest(kms.material, kms.messages[0], hashlib.sha256)
    text = pa.array(["x"])
    assert first.tokens(text) == Pseudonymiser(derived).tokens(text)


def test_datasets_and_epochs_do_not_join() -> None:
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    kinds = [("people", 1), ("people", 2), ("animals", 1)]
    tokens = [keys.pseudonymiser(*kind).tokens(pa.array(["x"]))[0].as_py() for kind in kinds]
    assert len(set(tokens)) == 3
