"""Tokens of the method ``pseudonymize`` are CMAC, as standards and a library have it.

The message of a value is P || P: the value, the byte 80 and zeros up to whole blocks, twice.
"""

import random
import tracemalloc
from collections.abc import Iterator

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import given
from hypothesis import strategies as st

from processor.deidentification.blocks import BLOCK
from processor.deidentification.cmac import CmacTokens
from tests.unit.processor import oracle
from tests.unit.processor.examples import EXAMPLES

KEY = bytes(range(32))
RANDOM = random.Random(13)
# Of the examples of SP 800-38B and RFC 4493.
MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
KEY_256 = "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
KEY_128 = "2b7e151628aed2a6abf7158809cf4f3c"


def blocks_of(messages: list[bytes]) -> Iterator[pa.UInt64Array]:
    """Messages as the first block of each, then the second of each."""
    for start in range(0, len(messages[0]), BLOCK):
        content = b"".join(message[start : start + BLOCK] for message in messages)
        yield pa.Array.from_buffers(pa.uint64(), len(content) // 8, [None, pa.py_buffer(content)])


def expected(values: list[bytes], key: bytes = KEY) -> list[bytes]:
    """What the library's own CMAC says of each value."""
    return [oracle.one_way_cmac(key, value) for value in values]


def random_values(lengths: list[int] | range) -> list[bytes]:
    """Values of these lengths, of any bytes."""
    return [RANDOM.randbytes(length) for length in lengths]


@pytest.mark.parametrize(
    ("key", "message", "mac"),
    [  # https://csrc.nist.gov/projects/cryptographic-standards-and-guidelines/example-values
        (KEY_256, MESSAGE[:16], "28a7023f452e8f82bd4bf28d8c37c35c"),
        (KEY_256, MESSAGE, "e1992190549f6ed5696a2c056c315410"),
        # RFC 4493, section 4
        (KEY_128, MESSAGE[:16], "070a16b46b4d4144f79bdd9dd04a287c"),
        (KEY_128, MESSAGE, "51f0bebf7e3b9d92fc49741779363cfe"),
        # CMACGenAES128.rsp, counts 24, 31, 40 and 47: the first 15 bytes of those MACs. Its
        # messages of other lengths end within a block, as none of ours does.
        # https://csrc.nist.gov/projects/cryptographic-algorithm-validation-program/message-authentication
        (
            "6708c9887b847084f123d3dd9c3a8136",
            bytes.fromhex("a8de55170c6dc0d80de32f508bf49b70"),
            "cfef9b7839841fdbccbb6c2cf238f7",
        ),
        (
            "fd60ce34a65278f65b7d53904da42775",
            bytes.fromhex("cc1a837f5136656e04df65c0565217cc"),
            "d76f70b0979a7659043586a3d2f9d1",
        ),
        (
            "534c6f8f88bc353faee52664995d5457",
            bytes.fromhex("4981c51fcc0935f619ec6bf862683b0025cc48724839bc1e67aa3c686d321ba6"),
            "6377c6cfe8dd605ef0a62a845ab3f7",
        ),
        (
            "c595ee7655c8eeecd3e8fbbbc439dbe2",
            bytes.fromhex("39fb12288a67f15fa4191d597c834dc0a049a4fc6ca686b1810ca988730a6f33"),
            "8398e6153ba580cf3c42054bcdda2f",
        ),
    ],
)
def test_the_examples_of_the_standards(key: str, message: bytes, mac: str) -> None:
    other = bytes(len(message))
    macs = CmacTokens(bytes.fromhex(key)).macs([*blocks_of([message, other, message])])
    found = [one.hex()[: len(mac)] for one in macs.to_pylist()]
    assert found[::2] == [mac, mac]
    assert found[1] != mac


@pytest.mark.parametrize(
    ("text", "token"),
    [  # openssl mac -cipher AES-256-CBC -macopt hexkey:… -in P||P CMAC
        ("", "86be4874acfcbd2b51c01bc14b97df37"),
        ("C00000017", "1b28b30228a3d175c707121f65642723"),
        ("fifteen letters", "a00ef8fc16e214628567489b08f1377e"),
        ("sixteen letters!", "f980d2fa063dd97c7e482ccaaad17954"),
        ("Zoë Müller-Lüdenscheidt <zoe@example.com>", "43ea61d933dadd1de9db6f0ddf8da2e8"),
    ],
)
@pytest.mark.parametrize("times", [1, 100])
def test_tokens_stay_what_they_are(text: str, token: str, times: int) -> None:
    assert CmacTokens(KEY).tokens(pa.array([text] * times)).to_pylist() == [token] * times


@pytest.mark.parametrize(
    "lengths",
    [
        range(201),
        [*range(201)] * 40,
        [900] * 3 + [3000, 5, 1 << 20, 0],
        [900] * 1000,
        [3000] * 1,
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
def test_each_value_has_the_librarys_cmac_of_it_twice(lengths: list[int] | range) -> None:
    values = random_values(lengths)
    digests = CmacTokens(KEY).digests(pa.array(values, pa.binary()))
    digests.validate(full=True)
    assert digests.to_pylist() == expected(values)


@pytest.mark.parametrize("longest", [15, 40])
def test_a_batch_of_any_size(longest: int) -> None:
    values = random_values([RANDOM.randrange(longest + 1) for _ in range(200)])
    whole, digests = pa.array(values, pa.binary()), expected(values)
    cmac = CmacTokens(KEY)
    for size in range(len(values) + 1):
        assert cmac.digests(whole[:size]).to_pylist() == digests[:size]
        assert cmac.digests(whole[size:]).to_pylist() == digests[size:]


@EXAMPLES
@given(
    key=st.binary(min_size=32, max_size=32),
    texts=st.lists(st.none() | st.text(max_size=70) | st.sampled_from(["", "\0", "a", "a\0"])),
    times=st.sampled_from([1, 2, 20, 40]),
    start=st.integers(0, 20),
    end=st.integers(0, 20),
)
def test_each_text_of_a_slice_has_its_token_and_null_has_none(
    key: bytes, texts: list[str | None], times: int, start: int, end: int
) -> None:
    texts = texts * times
    whole = pa.array(texts, pa.string())
    part = slice(start, max(start, len(texts) - end))
    tokens = CmacTokens(key).tokens(whole[part])
    tokens.validate(full=True)
    assert tokens.type == pa.string()
    assert tokens.to_pylist() == [
        None if text is None else oracle.one_way_cmac(key, text.encode()).hex()
        for text in texts[part]
    ]


@pytest.mark.parametrize("texts", [[], [None] * 5, [None, "a", None]])
def test_nulls_stay(texts: list[str | None]) -> None:
    tokens = CmacTokens(KEY).tokens(pa.array(texts, pa.string()))
    assert [token is None for token in tokens.to_pylist()] == [text is None for text in texts]


@pytest.mark.parametrize("times", [1, 20])
def test_no_two_values_are_encoded_alike(times: int) -> None:
    values = [b"", b"\x80", b"\0", b"\x80\0", b"a", b"a\0", b"aa", b"a" * 15, b"a" * 16]
    values += [b"a" * 14 + b"\x80", b"a" * 15 + b"\x80", b"a" * 15 + b"\0", b"a" * 32]
    digests = CmacTokens(KEY).digests(pa.array(values * times, pa.binary())).to_pylist()
    assert len(set(digests)) == len(values)


@pytest.mark.parametrize("times", [1, 100])
def test_who_has_the_key_cannot_decrypt_a_value_of_one_block(times: int) -> None:
    """Plain CMAC of one block is a permutation: what comes out of its inverse is the value."""
    value = b"C00000017"
    (digest, *_) = CmacTokens(KEY).digests(pa.array([value] * times, pa.binary())).to_pylist()
    decryptor = Cipher(AES(KEY), modes.ECB()).decryptor()
    inside = int.from_bytes(decryptor.update(digest))
    encryptor = Cipher(AES(KEY), modes.ECB()).encryptor()
    padded = value.ljust(BLOCK, b"\0")
    ended = (value + b"\x80").ljust(BLOCK, b"\0")
    zero = int.from_bytes(encryptor.update(bytes(BLOCK)))
    subkeys = [zero]
    for _ in range(2):
        doubled = subkeys[-1] << 1
        subkeys.append(doubled ^ (1 << 128 | 0x87) if doubled >> 128 else doubled)
    found = {(inside ^ subkey).to_bytes(BLOCK) for subkey in (0, *subkeys)}
    assert not found & {padded, ended}
    # What is left is E(P) XOR P, under a subkey.
    left = int.from_bytes(encryptor.update(ended)) ^ int.from_bytes(ended)
    assert inside ^ subkeys[1] == left


def test_one_long_value_takes_no_memory_for_the_others() -> None:
    values = pa.array([*random_values([12] * (1 << 14)), bytes(1 << 20)], pa.binary())
    cmac = CmacTokens(KEY)
    pool = pa.default_memory_pool()
    before = pool.bytes_allocated()
    tracemalloc.start()
    watched = pa.proxy_memory_pool(pool)
    pa.set_memory_pool(watched)
    try:
        cmac.digests(values)
        python = tracemalloc.get_traced_memory()[1]
    finally:
        pa.set_memory_pool(pool)
        tracemalloc.stop()
    assert pool.bytes_allocated() == before
    # The text once more in its order, and a few blocks for each value.
    assert 1 << 20 < watched.max_memory() < 8 << 20
    assert python < 8 << 20
