"""Pseudonyms: the same value of a column always becomes the same token, and never back.

A token is the first 128 bits of HMAC-SHA256 (RFC 2104) over the value's UTF-8 text, in hex. Its
key is derived: KMS computes one HMAC over the name of the dataset and its epoch, with a key whose
material never leaves KMS, and the 32 bytes it returns key everything computed here. KMS documents
HMAC keys for deriving keys: https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
A new epoch makes all tokens of the dataset new.

Each column has a key of its own, expanded from the dataset's by HKDF (RFC 5869), so that tokens
of two columns do not tell that their values are equal. Columns that are to join, of one dataset
or several, name a domain: their key is derived from ``domain/<name>``, which no dataset can be
called.
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

TOKEN_LENGTH = 32  # hex digits

_BLOCK_LENGTH = 64  # of SHA-256, bytes
_SAMPLE = 256  # rows
_HEX_DIGEST = pa.binary(64)


class Pseudonymiser:
    """Computes the tokens under one key."""

    def __init__(self, key: bytes) -> None:
        """Hash the key once; every value starts from copies of the two states.

        ``key`` is not longer than the hash's block of 64 bytes.
        """
        self._key = key
        padded = key.ljust(_BLOCK_LENGTH, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def of_column(self, name: str) -> "Pseudonymiser":
        """Return that of a column, whose key tells nothing of this one nor of its siblings'.

        It is the first block of HKDF-Expand, with HMAC-SHA256: RFC 5869, section 2.3.
        """
        return Pseudonymiser(hmac.digest(self._key, f"column/{name}\1".encode(), "sha256"))

    def tokens(self, text: pa.StringArray) -> pa.StringArray:
        """Return the token of each text; null stays null.

        Where texts repeat each is hashed once; to look for repeats costs a tenth of hashing, so
        the first rows tell whether there are any.
        """
        if text.null_count == 0 and _is_distinct(text[:_SAMPLE]):
            return self._tokens(_byte_strings(text))
        encoded = text.dictionary_encode()
        tokens = self._tokens(_byte_strings(encoded.dictionary))
        return tokens if len(tokens) == len(text) else tokens.take(encoded.indices)

    def _tokens(self, values: list[bytes]) -> pa.StringArray:
        # Twice as fast as hmac.digest(), which sets up the key again for every value.
        digests = []
        copy_inner, copy_outer = self._inner.copy, self._outer.copy
        for value in values:
            inner = copy_inner()
            inner.update(value)
            outer = copy_outer()
            outer.update(inner.digest())
            digests.append(outer.digest())
        digits = pa.py_buffer(b"".join(digests).hex().encode())
        whole = pa.Array.from_buffers(_HEX_DIGEST, len(digests), [None, digits])
        return pc.binary_slice(whole, 0, TOKEN_LENGTH).cast(pa.string())


class PseudonymKeys:
    """The derived keys, one request to KMS for each, kept as long as this object."""

    def __init__(self, client: "KMSClient", key_id: str) -> None:
        """Remember where to derive; ``key_id`` names an HMAC_256 key."""
        self._client = client
        self._key_id = key_id
        self._pseudonymisers: dict[tuple[str, int], Pseudonymiser] = {}

    def pseudonymiser(self, scope: str, epoch: int) -> Pseudonymiser:
        """Return what computes the tokens of a dataset, or ``domain/<name>``, in an epoch."""
        found = self._pseudonymisers.get((scope, epoch))
        if not found:
            message = f"zero-trust-data-pipeline/pseudonym/v2/{scope}/{epoch}"
            response = self._client.generate_mac(
                KeyId=self._key_id, Message=message.encode(), MacAlgorithm="HMAC_SHA_256"
            )
            found = self._pseudonymisers[scope, epoch] = Pseudonymiser(response["Mac"])
        return found


@dataclass(frozen=True)
class ContractKeys:
    """Those of one contract, as its methods may ask for them."""

    keys: PseudonymKeys
    dataset: str
    epoch: int

    def tokens(
        self, column: str, domain: str | None
    ) -> Callable[[pa.StringArray], pa.StringArray]:
        """Return what makes the tokens of a column, or of all columns of a domain."""
        if domain is not None:
            return self.keys.pseudonymiser(f"domain/{domain}", self.epoch).tokens
        return self.keys.pseudonymiser(self.dataset, self.epoch).of_column(column).tokens


def _is_distinct(text: pa.StringArray) -> bool:
    return bool(pc.count_distinct(text).as_py() == len(text))


def _byte_strings(text: pa.StringArray) -> list[bytes]:
    """Return the UTF-8 of each text of an array without nulls; far faster than to_pylist()."""
    whole = pa.ListArray.from_arrays(pa.array([0, len(text)], pa.int32()), text.cast(pa.binary()))
    # The byte that joins them is none of UTF-8, so it splits them again.
    joined = pc.binary_join(whole, b"\xff")[0].as_py()
    return joined.split(b"\xff") if text else []
