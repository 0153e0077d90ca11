"""AES-256-SIV over whole columns, and the decryption of one token.

SIV (RFC 5297) is deterministic and authenticated: S2V makes a MAC of what is associated with a
value and of the value itself, and CTR encrypts the value from there. Here the plaintext P of a
value is the value, the byte 80 and zeros up to whole blocks of 16 bytes, so that the length of a
token tells the value's only to within 16 bytes, and one thing is associated. So of S2V there is
one branch: D, which is the same for a column, is XORed with the last block of P. A token is the
MAC and the encrypted P in hex: what AESSIV(key).encrypt(P, [associated]) of the package
``cryptography`` returns. docs/decisions/0007-reversible-tokens.md says more.

https://www.rfc-editor.org/rfc/rfc5297
"""

import re
from array import array

import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from processor import ProcessorError
from processor.arrow import hex_digits
from processor.deidentification.blocks import (
    BLOCK,
    MARK,
    BlockCipher,
    as_bytes,
    doubled,
    ending,
    in_groups,
    numbers,
    repeated,
)
from processor.deidentification.cmac import CmacTokens

KEY_LENGTH = 64  # bytes: half for S2V, half for CTR

_TOKEN = re.compile(r"(?:[0-9a-f]{32}){2,}")
# The counter begins with the MAC, but for two bits, so that its last 32 bits never overflow.
_COUNTER = bytes.fromhex("ffffffffffffffff7fffffff7fffffff")
_LAST = bytes.fromhex("000000000000000000000000ffffffff")  # the part that counts


class ForeignTokenError(ProcessorError):
    """A token was not made under this key with what is associated, or was changed since."""


class SivTokens:
    """The tokens of texts under one key, with what is associated with all of them."""

    def __init__(self, key: bytes, associated: bytes) -> None:
        """Expand the key, and authenticate ``associated``, once."""
        self._siv, self._associated = AESSIV(key), associated
        half = len(key) // 2
        self._cmac, self._ctr = CmacTokens(key[:half]), BlockCipher(key[half:])
        zero = doubled(self._cmac.mac(bytes(BLOCK)))
        of_associated = self._cmac.mac(associated)
        self._start = bytes(a ^ b for a, b in zip(zero, of_associated, strict=True))

    def tokens(self, text: pa.StringArray) -> pa.StringArray:
        """Return the token of each text, of 64 digits and 32 for each further block.

        Null stays null.
        """
        values = text.drop_null().view(pa.binary())
        tokens = in_groups(values, self._all_at_once, self._one_by_one)
        return pc.replace_with_mask(text, text.is_valid(), tokens) if text.null_count else tokens

    def _all_at_once(self, blocks: list[pa.UInt64Array]) -> pa.StringArray:
        *others, last = blocks
        xored = pc.bit_wise_xor(last, repeated(self._start, last))
        macs = self._cmac.macs([*others, xored])
        counter = numbers(macs.buffers()[1])
        counter = pc.bit_wise_and(counter, repeated(_COUNTER, last))
        parts = [hex_digits(macs)]
        for place, block in enumerate(blocks):
            stream = self._ctr.encrypt(_advanced(counter, place) if place else counter)
            parts.append(hex_digits(as_bytes(pc.bit_wise_xor(block, stream))))
        return pc.binary_join_element_wise(*parts, "")

    def _one_by_one(self, values: pa.BinaryArray) -> pa.StringArray:
        """Let the library do it, which takes few values, however long, less time."""
        tokens = []
        for value in values:
            content: bytes = value.as_py()
            token = self._siv.encrypt(content + ending(content), [self._associated])
            tokens.append(token.hex())
        return pa.array(tokens, pa.string())


def decrypt(key: bytes, associated: bytes, token: str) -> str:
    """Return the text that a token was made of.

    Raises:
        ForeignTokenError: it was made under another key or with another thing associated, such as
            another column's, or it was changed.
    """
    try:
        if not _TOKEN.fullmatch(token):
            raise InvalidTag
        plain = AESSIV(key).decrypt(bytes.fromhex(token), [associated])
    except InvalidTag:
        raise ForeignTokenError("this is not a token of the column in this epoch") from None
    return plain.rpartition(MARK)[0].decode()


def _advanced(counter: pa.UInt64Array, steps: int) -> pa.UInt64Array:
    """Return counters, whose last 32 bits have the first byte first, advanced by some steps."""
    words = pa.Array.from_buffers(pa.uint32(), 2 * len(counter), counter.buffers())
    moved = _swapped(pc.add(_swapped(words), pa.scalar(steps, pa.uint32())))
    changed = numbers(pc.bit_wise_xor(words, moved).buffers()[1])
    return pc.bit_wise_xor(counter, pc.bit_wise_and(changed, repeated(_LAST, counter)))


def _swapped(words: pa.UInt32Array) -> pa.UInt32Array:
    """Return the numbers that the same bytes are in the other order."""
    swapped = array("I", words.buffers()[1].to_pybytes())[: len(words)]
    swapped.byteswap()
    return pa.Array.from_buffers(pa.uint32(), len(words), [None, pa.py_buffer(swapped)])
