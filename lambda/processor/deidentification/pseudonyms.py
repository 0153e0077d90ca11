"""Pseudonyms: the same value of a column always becomes the same token, and never back.

The keys of tokens are derived. KMS computes one HMAC over the name of the dataset and its epoch,
with a key whose material never leaves KMS, and the 32 bytes that it returns are a key. KMS
documents HMAC keys for deriving keys:
https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
A new epoch makes all tokens of the dataset new.

Each column has a key of its own, expanded from the dataset's by HKDF (RFC 5869), so that tokens
of two columns do not tell that their values are equal. Columns that are to join, of one dataset
or several, name a domain: their key is derived from ``domain/<name>``, which no dataset can be
called.

No two algorithms share a key, nor one that theirs is expanded from: the messages of all but the
first name the algorithm. Tokens that can be reversed have keys of another origin, which
:mod:`.reversible` describes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from processor.deidentification.reversible import Origin, ReversibleKeys

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

VERSION = 2  # of the derivation
KEY_LENGTH = 32  # bytes

HMAC_SHA256 = "HMAC-SHA256"
AES_256_CMAC = "AES-256-CMAC"
SHIFT = "AES-256-CMAC-shift"  # of days, which are not tokens


class PseudonymKeys:
    """The derived keys, one request to KMS for each, kept as long as this object.

    Attributes:
        reversible: those of tokens that can be reversed.
    """

    def __init__(
        self, client: "KMSClient", key_id: str, reversible_key_id: str | None = None
    ) -> None:
        """Remember where to derive; ``key_id`` names an HMAC_256 key, the other an HMAC_512 key.

        Without the other, there are no tokens that can be reversed.
        """
        self.reversible = ReversibleKeys(client, reversible_key_id)
        self._client = client
        self._key_id = key_id
        self._keys: dict[str, bytes] = {}

    def derive(self, algorithm: str, scope: str, epoch: int) -> bytes:
        """Return the key of a dataset, or of ``domain/<name>``, for an algorithm in an epoch."""
        # No name has a slash. So messages with equally many begin with an algorithm, with
        # "domain" or with a dataset, and no two messages are equal.
        prefix = "" if algorithm == HMAC_SHA256 else f"{algorithm}/"
        message = f"zero-trust-data-pipeline/pseudonym/v{VERSION}/{prefix}{scope}/{epoch}"
        found = self._keys.get(message)
        if not found:
            response = self._client.generate_mac(
                KeyId=self._key_id, Message=message.encode(), MacAlgorithm="HMAC_SHA_256"
            )
            found = self._keys[message] = response["Mac"]
        return found


@dataclass(frozen=True)
class ContractKeys:
    """Those of one contract, as its methods may ask for them.

    ``domains`` has the domain of each column that has one.
    """

    keys: PseudonymKeys
    dataset: str
    epoch: int
    domains: Mapping[str, str] = field(default_factory=dict)

    def derive(self, algorithm: str, column: str, domain: str | None) -> bytes:
        """Return the key of a column, or of all columns of a domain."""
        if domain is not None:
            return self.keys.derive(algorithm, f"domain/{domain}", self.epoch)
        return expand(self.keys.derive(algorithm, self.dataset, self.epoch), f"column/{column}")

    def derive_for(self, algorithm: str, column: str) -> bytes:
        """Return the key of a column, or of its domain, for another algorithm than its own."""
        return self.derive(algorithm, column, self.domains.get(column))

    def derive_reversible(self, column: str, domain: str | None) -> tuple[bytes, bytes]:
        """Return the key of a column or domain that leads back, and what is associated."""
        origin = Origin(dataset=self.dataset, column=column, domain=domain, epoch=self.epoch)
        return self.keys.reversible.derive(origin), origin.associated


def expand(key: bytes, name: str) -> bytes:
    """Return a key that tells nothing of ``key``, nor of those of other names.

    It is HKDF-Expand with HMAC-SHA256: https://www.rfc-editor.org/rfc/rfc5869#section-2.3
    """
    return HKDFExpand(SHA256(), KEY_LENGTH, name.encode()).derive(key)
