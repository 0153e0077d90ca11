"""AES-CMAC over whole columns, of every value written twice.

CMAC (NIST SP 800-38B, RFC 4493) adds a subkey to a message's last block and encrypts block by
block, each XORed with what came of the one before. The message of a value is P || P, where P is
the value, the byte 80 and zeros up to whole blocks: no two values have the same. Written once, a
value of one block could be decrypted by whoever has the key. Written twice, that takes solving
E(P) XOR P = c for P, of which nobody knows how; docs/decisions/0006-cmac-tokens.md says more.

https://csrc.nist.gov/pubs/sp/800/38/b/upd1/final
https://www.rfc-editor.org/rfc/rfc4493
"""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from processor.arrow import hex_digits

BLOCK = 16  # bytes
_MANY = 16  # values for each block that they have; fewer take less time one by one
_BLOCKS = pa.binary(BLOCK)
# What ends P, by the length of what the value has in P's last block.
_ENDS = pa.array([b"\x80".rjust(size + 1, b"\0").ljust(BLOCK, b"\0") for size in range(BLOCK)])
_ENDS = _ENDS.cast(_BLOCKS)


class CmacTokens:
    """The tokens of texts under one key: CMAC of P || P in hex."""

    def __init__(self, key: bytes) -> None:
        """Expand the key, which is one of AES, once."""
        aes = AES(key)
        # CMAC encrypts single blocks: ECB is that, and how many are encrypted in one call.
        self._aes = Cipher(aes, modes.ECB()).encryptor()  # noqa: S305
        self._cmac = CMAC(aes)
        self._subkey = _doubled(self._aes.update(bytes(BLOCK)))

    def tokens(self, text: pa.StringArray) -> pa.StringArray:
        """Return the token of each text, of 32 digits; null stays null."""
        tokens = hex_digits(self.digests(text.drop_null().view(pa.binary())))
        return pc.replace_with_mask(text, text.is_valid(), tokens) if text.null_count else tokens

    def digests(self, values: pa.BinaryArray) -> pa.FixedSizeBinaryArray:
        """Return the MAC of each value, none of which is null, of 16 bytes.

        Values of as many blocks are done together. None is padded to more than its own blocks, so
        a long one takes no memory for the others.
        """
        counts = pc.add(pc.shift_right(pc.binary_length(values), 4), 1)  # the byte 80 needs room
        least, most = pc.min_max(counts).values()
        if least == most:
            return self._alike(values, least.as_py() or 0)
        order = pc.array_sort_indices(counts)
        ordered = values.take(order)
        sizes = sorted(tuple(one.values()) for one in pc.value_counts(counts).to_pylist())
        parts, start = [], 0
        for count, size in sizes:
            parts.append(self._alike(ordered[start : start + size], count))
            start += size
        return pa.concat_arrays(parts).take(pc.inverse_permutation(order.cast(pa.int32())))

    def macs(self, blocks: Sequence[pa.UInt64Array]) -> pa.FixedSizeBinaryArray:
        """Return the MACs of messages of whole blocks: plain CMAC.

        ``blocks`` are the first block of each message, then the second of each, and so on; each
        is two numbers, so that Arrow can XOR it. All that are first are encrypted in one call.
        """
        *others, last = blocks
        subkeys = _numbers(pa.py_buffer(self._subkey * (len(last) // 2)))
        first, *rest = (*others, pc.bit_wise_xor(last, subkeys))
        state = self._encrypted(first)
        for block in rest:
            state = self._encrypted(pc.bit_wise_xor(state, block))
        return pa.Array.from_buffers(_BLOCKS, len(state) // 2, [None, state.buffers()[1]])

    def _alike(self, values: pa.BinaryArray, count: int) -> pa.FixedSizeBinaryArray:
        """Return the MACs of values whose P has ``count`` blocks."""
        if len(values) > _MANY * count:
            return self.macs(2 * _padded(values, count))
        return self._one_by_one(values)

    def _one_by_one(self, values: pa.BinaryArray) -> pa.FixedSizeBinaryArray:
        """Let the library do it, which takes few values, however long, less time."""
        digests = []
        for value in values:
            content: bytes = value.as_py()
            end = b"\x80".ljust(BLOCK - len(content) % BLOCK, b"\0")
            mac = self._cmac.copy()
            for part in (content, end, content, end):
                mac.update(part)
            digests.append(mac.finalize())
        return pa.array(digests, _BLOCKS)

    def _encrypted(self, blocks: pa.UInt64Array) -> pa.UInt64Array:
        size = 8 * len(blocks)
        # Into memory that Arrow has used before: new bytes for each call take seven times as long.
        encrypted = pa.allocate_buffer(size + BLOCK - 1)  # as much as the library asks for
        plain = memoryview(blocks.buffers()[1]).cast("B")[:size]
        self._aes.update_into(plain, memoryview(encrypted).cast("B"))
        return _numbers(encrypted.slice(0, size))


def _padded(values: pa.BinaryArray, count: int) -> list[pa.UInt64Array]:
    """Return P of all values: the first block of each, then the second of each, and so on."""
    filled = pc.ascii_rpad(values.view(pa.string()), count * BLOCK, "\0")  # takes any bytes
    whole = pa.binary(count * BLOCK)
    rows = pa.Array.from_buffers(whole, len(values), [None, filled.buffers()[2]])
    starts = range(0, count * BLOCK, BLOCK)
    columns = [pc.binary_slice(rows, start, start + BLOCK) for start in starts]
    *blocks, last = [_numbers(column.buffers()[1]) for column in columns]
    ends = _ENDS.take(pc.bit_wise_and(pc.binary_length(values), BLOCK - 1))
    return [*blocks, pc.bit_wise_xor(last, _numbers(ends.buffers()[1]))]


def _numbers(blocks: pa.Buffer) -> pa.UInt64Array:
    return pa.Array.from_buffers(pa.uint64(), blocks.size // 8, [None, blocks])


def _doubled(block: bytes) -> bytes:
    """Return the subkey that CMAC derives from an encrypted zero, in the field of 2^128."""
    number = int.from_bytes(block, "big") << 1
    return (number ^ (1 << 128 | 0x87 if number >> 128 else 0)).to_bytes(BLOCK, "big")
