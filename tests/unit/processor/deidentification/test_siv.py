"""Tokens of the method ``encrypt`` are SIV, as its RFC and a library have it.

The plaintext of a value is the value, the byte 80 and zeros up to whole blocks.
"""

import random
import string

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from processor.deidentification.blocks import doubled
from processor.deidentification.cmac import CmacTokens
from processor.deidentification.siv import ForeignTokenError, SivTokens, decrypt
from tests.unit.processor.examples import EXAMPLES

KEY = bytes(range(64))
ASSOCIATED = b"a dataset/a column"
RANDOM = random.Random(16)
# RFC 5297, A.1, deterministic authenticated encryption; and of A.2, which is nonce-based, the keys
# and what is associated first.
KEY_1 = "fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"
ASSOCIATED_1 = "101112131415161718191a1b1c1d1e1f2021222324252627"
KEY_2 = "7f7e7d7c7b7a79787776757473727170404142434445464748494a4b4c4d4e4f"
ASSOCIATED_2 = "00112233445566778899aabbccddeeffdeaddadadeaddadaffeeddccbbaa99887766554433221100"
OTHER_2 = ("102030405060708090a0", "09f911029d74e35bd84156c5635688c0")


def expected(text: str, key: bytes = KEY, associated: bytes = ASSOCIATED) -> str:
    """What the library's own SIV says of a text."""
    plain = text.encode() + b"\x80"
    plain += bytes(-len(plain) % 16)
    return AESSIV(key).encrypt(plain, [associated]).hex()


def random_texts(lengths: list[int] | range) -> list[str]:
    """Texts of these lengths in UTF-8."""
    return ["".join(RANDOM.choices(string.printable, k=length)) for length in lengths]


def test_the_library_keeps_the_examples_of_the_rfc() -> None:
    """Their plaintexts end within a block, as none of ours does: so they go through the library,
    and all others below are compared with it."""
    first = AESSIV(bytes.fromhex(KEY_1))
    plain = bytes.fromhex("112233445566778899aabbccddee")
    assert first.encrypt(plain, [bytes.fromhex(ASSOCIATED_1)]).hex() == (
        "85632d07c6e8f37f950acd320a2ecc9340c02b9690c4dc04daef7f6afe5c"
    )
    second = AESSIV(bytes.fromhex(KEY_2))
    parts = [bytes.fromhex(one) for one in (ASSOCIATED_2, *OTHER_2)]
    assert second.encrypt(b"this is some plaintext to encrypt using SIV-AES", parts).hex() == (
        "7bdb6e3b432667eb06f4d14bff2fbd0fcb900f2fddbe404326601965c889bf17"
        "dba77ceb094fa663b7a3f748ba8af829ea64ad544a272e9c485b62a3fd5c0d"
    )


@pytest.mark.parametrize(
    ("key", "associated", "of_zero", "of_associated"),
    [
        (
            KEY_1,
            ASSOCIATED_1,
            "0e04dfafc1efbf040140582859bf073a",
            "f1f922b7f5193ce64ff80cb47d93f23b",
        ),
        (
            KEY_2,
            ASSOCIATED_2,
            "c8b43b5974960e7ce6a5dd85231e591a",
            "3c9b689ab41102e4809547141dd0d15a",
        ),
    ],
)
def test_the_rfcs_steps_before_the_plaintext(
    key: str, associated: str, of_zero: str, of_associated: str
) -> None:
    cmac = CmacTokens(bytes.fromhex(key)[:16])
    assert cmac.mac(bytes(16)).hex() == of_zero
    assert cmac.mac(bytes.fromhex(associated)).hex() == of_associated
    if key == KEY_1:
        start = int.from_bytes(doubled(bytes.fromhex(of_zero))) ^ int(of_associated, 16)
        assert f"{start:032x}" == "edf09de876c642ee4d78bce4ceedfc4f"


@pytest.mark.parametrize("times", [1, 100])
@pytest.mark.parametrize(("key", "associated"), [(KEY_1, ASSOCIATED_1), (KEY_2, ASSOCIATED_2)])
def test_the_rfcs_keys_with_our_padding(key: str, associated: str, times: int) -> None:
    parts = bytes.fromhex(key), bytes.fromhex(associated)
    text = "this is some plaintext to encrypt using SIV-AES"
    tokens = SivTokens(*parts).tokens(pa.array([text] * times))
    assert tokens.to_pylist() == [expected(text, *parts)] * times


@pytest.mark.parametrize(
    ("text", "token"),
    [  # of cryptography's AESSIV, as it was on 2026-11-27
        ("", "3cebc9adab148d7474b5c74972d346977dd5a07c62285e132e1e0c5a11546fe2"),
        ("C00000017", "0f680bd86da47d542615d8251cecd4c4262b4c0f7e5f810a1295ca40bd221872"),
        ("fifteen letters", "bc0340ca858784d8bdcc92152f9ab9e79f98bea073f4fde2a21e5836c0b7bc2f"),
        (
            "sixteen letters!",
            "29b7347221a975e60f071a3d1d62a10533353ea9e39b3406858579397e867e07"
            "58ce690408b5071bcc919e0c73539ebf",
        ),
        (
            "Zoë Müller-Lüdenscheidt <zoe@example.com>",
            "068da46b187b62870e694cdd7800ee9eb9c556a63c60b55dc7f7c8c30acde3b2"
            "43e6924a253d2b7d0f7d0ff64252e823bfb60da1f58519d65812e70baa092750",
        ),
    ],
)
@pytest.mark.parametrize("times", [1, 100])
def test_tokens_stay_what_they_are(text: str, token: str, times: int) -> None:
    tokens = SivTokens(KEY, ASSOCIATED).tokens(pa.array([text] * times))
    assert tokens.to_pylist() == [token] * times
    assert decrypt(KEY, ASSOCIATED, token) == text


@pytest.mark.parametrize(
    "lengths",
    [
        range(201),
        [*range(201)] * 40,
        [900] * 3 + [3000, 5, 1 << 20, 0],
        [900] * 1000,
        [3000],
        [5] * (1 << 14) + [1 << 20],
        [0] * 50,
        [0],
        [],
        [15, 16] * 100 + [17],
        *([15] * count for count in (1, 15, 16, 17, 18, (1 << 14) - 1, 1 << 14, (1 << 14) + 1)),
        *([31] * count for count in (31, 32, 33, 34)),
    ],
    ids=lambda lengths: f"{len(lengths)} of up to {max(lengths, default=0)}",
)
def test_each_text_has_the_librarys_token(lengths: list[int] | range) -> None:
    texts = random_texts(lengths)
    tokens = SivTokens(KEY, ASSOCIATED).tokens(pa.array(texts, pa.string()))
    tokens.validate(full=True)
    assert tokens.to_pylist() == [expected(text) for text in texts]
    assert [decrypt(KEY, ASSOCIATED, token.as_py()) for token in tokens[:200]] == texts[:200]


@pytest.mark.parametrize("longest", [15, 40])
def test_a_batch_of_any_size(longest: int) -> None:
    texts = random_texts([RANDOM.randrange(longest + 1) for _ in range(200)])
    whole, tokens = pa.array(texts, pa.string()), [expected(text) for text in texts]
    siv = SivTokens(KEY, ASSOCIATED)
    for size in range(len(texts) + 1):
        assert siv.tokens(whole[:size]).to_pylist() == tokens[:size]
        assert siv.tokens(whole[size:]).to_pylist() == tokens[size:]


@EXAMPLES
@given(
    key=st.binary(min_size=64, max_size=64),
    associated=st.binary(max_size=70),
    texts=st.lists(st.none() | st.text(max_size=70) | st.sampled_from(["", "\0", "a", "a\0"])),
    times=st.sampled_from([1, 2, 20, 40]),
    start=st.integers(0, 20),
    end=st.integers(0, 20),
)
def test_each_text_of_a_slice_has_its_token_and_null_has_none(
    key: bytes, associated: bytes, texts: list[str | None], times: int, start: int, end: int
) -> None:
    texts = texts * times
    part = slice(start, max(start, len(texts) - end))
    tokens = SivTokens(key, associated).tokens(pa.array(texts, pa.string())[part])
    tokens.validate(full=True)
    assert tokens.type == pa.string()
    assert tokens.to_pylist() == [
        None if text is None else expected(text, key, associated) for text in texts[part]
    ]
    for text, token in zip(texts[part][:5], tokens.to_pylist(), strict=False):
        assert token is None or decrypt(key, associated, token) == text


def test_the_counter_carries_from_byte_to_byte() -> None:
    texts = random_texts([300] * 20_000)
    tokens = SivTokens(KEY, ASSOCIATED).tokens(pa.array(texts)).to_pylist()
    high = [at for at, token in enumerate(tokens) if int(token[28:32], 16) > 0xFFFF - 300 // 16]
    assert high  # the last two bytes that the counter begins with are all ones before it ends
    assert [tokens[at] for at in high] == [expected(texts[at]) for at in high]


def changed(token: str, place: int) -> str:
    """A token with another digit."""
    return f"{token[:place]}{int(token[place], 16) ^ 1:x}{token[place + 1 :]}"


def test_a_token_that_was_changed_is_refused() -> None:
    token = expected("ann@example.com")
    assert decrypt(KEY, ASSOCIATED, token) == "ann@example.com"
    wrong = [changed(token, place) for place in range(len(token))]
    wrong += [token[:-2], token[:-32], token[:32], token + token[-32:], "", " " + token]
    wrong += [token.upper(), token.replace(token[0], "g", 1), f"{token}\n", "ann@example.com"]
    for one in wrong:
        with pytest.raises(ForeignTokenError) as error:
            decrypt(KEY, ASSOCIATED, one)
        assert "ann" not in str(error.value)
        assert token not in str(error.value)
        assert error.value.__suppress_context__


@pytest.mark.parametrize(
    ("key", "associated"),
    [
        (KEY, b"a dataset/another column"),
        (KEY, b""),
        (KEY[::-1], ASSOCIATED),
        (KEY[:32] + KEY[:32], ASSOCIATED),
    ],
)
def test_a_token_of_something_else_is_refused(key: bytes, associated: bytes) -> None:
    with pytest.raises(ForeignTokenError):
        decrypt(key, associated, expected("ann@example.com"))


def test_a_token_tells_a_length_only_to_within_a_block() -> None:
    siv = SivTokens(KEY, ASSOCIATED)
    lengths = {
        length: len(siv.tokens(pa.array(["a" * length]))[0].as_py()) for length in range(33)
    }
    assert {*lengths.values()} == {64, 96, 128}
    assert all(found == 64 + 32 * (length // 16) for length, found in lengths.items())
