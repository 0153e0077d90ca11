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
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from processor.arrow import hex_digits
from processor.deidentification.blocks import (
    BLOCK,
    BLOCKS,
    BlockCipher,
    as_bytes,
    doubled,
    ending,
    in_groups,
    numbers,
    repeated,
)


class CmacTokens:
    """The tokens of texts under one key: CMAC of P || P in hex."""

    def __init__(self, key: bytes) -> None:
        """Expand the key, which is one of AES, once."""
        self._aes = BlockCipher(key)
        self._cmac = CMAC(AES(key))
        zero = self._aes.encrypt(numbers(pa.py_buffer(bytes(BLOCK))))
        self._subkey = doubled(as_bytes(zero)[0].as_py())

    def tokens(self, text: pa.StringArray) -> pa.StringArray:
        """Return the token of each text, of 32 digits; null stays null."""
        tokens = hex_digits(self.digests(text.drop_null().view(pa.binary())))
        return pc.replace_with_mask(text, text.is_valid(), tokens) if text.null_count else tokens

    def digests(self, values: pa.BinaryArray) -> pa.FixedSizeBinaryArray:
        """Return the MAC of each value, none of which is null, of 16 bytes."""
        return in_groups(values, lambda blocks: self.macs(2 * blocks), self._one_by_one)

    def macs(self, blocks: Sequence[pa.UInt64Array]) -> pa.FixedSizeBinaryArray:
        """Return the MACs of messages of whole blocks: plain CMAC.

        ``blocks`` are the first block of each message, then the second of each, and so on. All
        that are first are encrypted in one call.
        """
        *others, last = blocks
        first, *rest = (*others, pc.bit_wise_xor(last, repeated(self._subkey, last)))
        state = self._aes.encrypt(first)
        for block in rest:
            state = self._aes.encrypt(pc.bit_wise_xor(state, block))
        return as_bytes(state)

    def mac(self, message: bytes) -> bytes:
        """Return the MAC of one message, of any length: plain CMAC, by the library."""
        mac = self._cmac.copy()
        mac.update(message)
        return mac.finalize()

    def _one_by_one(self, values: pa.BinaryArray) -> pa.FixedSizeBinaryArray:
        """Let the library do it, which takes few values, however long, less time."""
        digests = []
        for value in values:
            content: bytes = value.as_py()
            end = ending(content)
            mac = self._cmac.copy()
            for part in (content, end, content, end):
                mac.update(part)
            digests.append(mac.finalize())
        return pa.array(digests, BLOCKS)
