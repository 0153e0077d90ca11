"""AES over whole columns: the blocks of all values at the same place are encrypted in one call.

The blocks of a value are the value, the byte 80 and zeros up to whole blocks: no two values have
the same, and their number tells the value's length to within 16 bytes. Blocks are kept as two
numbers each, so that Arrow can XOR them.
"""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

BLOCK = 16  # bytes
MARK = b"\x80"
BLOCKS = pa.binary(BLOCK)

_MANY = 16  # values for each block that they have; fewer take less time one by one
# What ends a value's blocks, by the length of what the value has in the last one.
_ENDS = pa.array([MARK.rjust(size + 1, b"\0").ljust(BLOCK, b"\0") for size in range(BLOCK)])
_ENDS = _ENDS.cast(BLOCKS)


class BlockCipher:
    """AES under one key."""

    def __init__(self, key: bytes) -> None:
        """Expand the key once."""
        # Single blocks are encrypted: ECB is that, and how many are encrypted in one call.
        self._aes = Cipher(AES(key), modes.ECB()).encryptor()  # noqa: S305

    def encrypt(self, blocks: pa.UInt64Array) -> pa.UInt64Array:
        """Encrypt each block by itself."""
        size = 8 * len(blocks)
        # Into memory that Arrow has used before: new bytes for each call take seven times as long.
        encrypted = pa.allocate_buffer(size + BLOCK - 1)  # as much as the library asks for
        plain = memoryview(blocks.buffers()[1]).cast("B")[:size]
        self._aes.update_into(plain, memoryview(encrypted).cast("B"))
        return numbers(encrypted.slice(0, size))


def in_groups(
    values: pa.BinaryArray,
    many: Callable[[list[pa.UInt64Array]], pa.Array],
    few: Callable[[pa.BinaryArray], pa.Array],
) -> pa.Array:
    """Return what the functions make of values, none of which is null.

    Values of as many blocks are done together: ``many`` takes the first block of each, then the
    second of each, and so on. None is padded to more than its own blocks, so a long one takes no
    memory for the others. ``few`` takes the values, if there are few for their length.
    """

    def alike(some: pa.BinaryArray, count: int) -> pa.Array:
        return many(padded(some, count)) if len(some) > _MANY * count else few(some)

    counts = pc.add(pc.shift_right(pc.binary_length(values), 4), 1)  # the byte 80 needs room
    least, most = pc.min_max(counts).values()
    if least == most:
        return alike(values, least.as_py() or 0)
    order = pc.array_sort_indices(counts)
    ordered = values.take(order)
    sizes = sorted(tuple(one.values()) for one in pc.value_counts(counts).to_pylist())
    parts, start = [], 0
    for count, size in sizes:
        parts.append(alike(ordered[start : start + size], count))
        start += size
    return pa.concat_arrays(parts).take(pc.inverse_permutation(order.cast(pa.int32())))


def padded(values: pa.BinaryArray, count: int) -> list[pa.UInt64Array]:
    """Return the blocks of values that have ``count`` each: the first of all, and so on."""
    filled = pc.ascii_rpad(values.view(pa.string()), count * BLOCK, "\0")  # takes any bytes
    whole = pa.binary(count * BLOCK)
    rows = pa.Array.from_buffers(whole, len(values), [None, filled.buffers()[2]])
    starts = range(0, count * BLOCK, BLOCK)
    columns = [pc.binary_slice(rows, start, start + BLOCK) for start in starts]
    *blocks, last = [numbers(column.buffers()[1]) for column in columns]
    ends = _ENDS.take(pc.bit_wise_and(pc.binary_length(values), BLOCK - 1))
    return [*blocks, pc.bit_wise_xor(last, numbers(ends.buffers()[1]))]


def ending(value: bytes) -> bytes:
    """Return what follows a value in its last block."""
    return MARK.ljust(BLOCK - len(value) % BLOCK, b"\0")


def repeated(block: bytes, like: pa.UInt64Array) -> pa.UInt64Array:
    """Return a block as often as there are others."""
    return numbers(pa.py_buffer(block * (len(like) // 2)))


def numbers(blocks: pa.Buffer) -> pa.UInt64Array:
    """Return bytes as blocks."""
    return pa.Array.from_buffers(pa.uint64(), blocks.size // 8, [None, blocks])


def as_bytes(blocks: pa.UInt64Array) -> pa.FixedSizeBinaryArray:
    """Return each block as 16 bytes."""
    return pa.Array.from_buffers(BLOCKS, len(blocks) // 2, [None, blocks.buffers()[1]])


def doubled(block: bytes) -> bytes:
    """Return a block multiplied by x in the field of 2^128, as CMAC and S2V have it."""
    number = int.from_bytes(block, "big") << 1
    return (number ^ (1 << 128 | 0x87 if number >> 128 else 0)).to_bytes(BLOCK, "big")
