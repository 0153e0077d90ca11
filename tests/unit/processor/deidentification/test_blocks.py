"""AES over columns: the padding of values, and their order when they are done in groups."""

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from hypothesis import example, given
from hypothesis import strategies as st

from processor.deidentification.blocks import (
    BLOCK,
    BlockCipher,
    as_bytes,
    doubled,
    ending,
    in_groups,
    numbers,
    padded,
    repeated,
)
from tests.unit.processor.examples import EXAMPLES


def joined(blocks: list[pa.UInt64Array]) -> list[bytes]:
    """The blocks of each value, one after the other."""
    columns = [as_bytes(one).to_pylist() for one in blocks]
    return [b"".join(row) for row in zip(*columns, strict=True)]


@pytest.mark.parametrize("length", [0, 1, 14, 15, 16, 17, 31, 32, 100])
def test_a_value_is_ended_by_a_bit_and_zeros_up_to_a_block(length: int) -> None:
    values = [bytes([number]) * length for number in (0, 1, 0x80)]
    count = length // BLOCK + 1
    expected = [value + b"\x80" + bytes(count * BLOCK - length - 1) for value in values]
    assert joined(padded(pa.array(values, pa.binary()), count)) == expected
    assert [value + ending(value) for value in values] == expected


@pytest.mark.parametrize("length", [16, 32])
def test_each_block_is_encrypted_by_itself(length: int) -> None:
    key, content = bytes(range(length)), bytes(range(160))
    encryptor = Cipher(AES(key), modes.ECB()).encryptor()
    found = as_bytes(BlockCipher(key).encrypt(numbers(pa.py_buffer(content)))).to_pylist()
    assert found == [encryptor.update(content[at : at + BLOCK]) for at in range(0, 160, BLOCK)]


@EXAMPLES
@given(st.lists(st.binary(max_size=40)), st.sampled_from([1, 20, 40]))
@example([b"two blocks of sixteen"], 20)
def test_values_keep_their_order(values: list[bytes], times: int) -> None:
    values = values * times
    many: list[int] = []

    def together(blocks: list[pa.UInt64Array]) -> pa.BinaryArray:
        many.append(len(blocks))
        assert len(blocks[0]) // 2 > 16 * len(blocks)
        return pa.array(joined(blocks), pa.binary())

    def alone(some: pa.BinaryArray) -> pa.BinaryArray:
        assert all(len(some) <= 16 * (len(one) // BLOCK + 1) for one in some.to_pylist())
        return pa.array([one + ending(one) for one in some.to_pylist()], pa.binary())

    found = in_groups(pa.array(values, pa.binary()), together, alone).to_pylist()
    assert found == [value + ending(value) for value in values]
    assert len(many) == len(set(many))  # one call for all values of as many blocks


def test_a_block_is_repeated_as_often_as_there_are_others() -> None:
    others = numbers(pa.py_buffer(bytes(48)))
    assert as_bytes(repeated(b"sixteen letters!", others)).to_pylist() == [b"sixteen letters!"] * 3


@pytest.mark.parametrize(
    ("block", "twice"),
    [  # RFC 4493, section 4, and RFC 5297, A.1
        ("7df76b0c1ab899b33e42f047b91b546f", "fbeed618357133667c85e08f7236a8de"),
        ("fbeed618357133667c85e08f7236a8de", "f7ddac306ae266ccf90bc11ee46d513b"),
        ("0e04dfafc1efbf040140582859bf073a", "1c09bf5f83df7e080280b050b37e0e74"),
    ],
)
def test_a_block_is_doubled_in_the_field_of_cmac(block: str, twice: str) -> None:
    assert doubled(bytes.fromhex(block)).hex() == twice
