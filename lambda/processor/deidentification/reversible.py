"""Reversible tokens: where they come from, and the keys that make them and lead back.

A KMS key of their own computes one HMAC-SHA-512 over the name of the dataset, or of the domain,
and the epoch. Its 64 bytes are a key of AES-256-SIV; that of a column without a domain is expanded
from them by HKDF. No key of pseudonyms can be derived from one of these, nor one of these from
those: they come from different keys of KMS. Without that key of KMS, no token can be reversed.

To reverse a token takes its origin, which is in a manifest and a contract::

    origin = Origin(dataset="people", column="email", domain=None, epoch=1)
    key = ReversibleKeys(kms, key_id).derive(origin)
    text = decrypt(key, origin.associated, token)  # of processor.deidentification.siv
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from processor import ProcessorError
from processor.deidentification.siv import KEY_LENGTH

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient

VERSION = 1  # of the derivation
AES_256_SIV = "AES-256-SIV"


class NoReversibleKeyError(ProcessorError):
    """A contract uses ``encrypt``, but there is no key of KMS for that."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """What tokens are of: a column of a dataset, or all columns of a domain, in an epoch.

    Attributes:
        column: its name in the contract, whatever it is called in files or outputs.
        domain: what the column shares its tokens with; None is nothing.
    """

    dataset: str
    column: str
    domain: str | None
    epoch: int

    @property
    def message(self) -> str:
        """What KMS computes a MAC of.

        No name has a slash and each begins with a letter, and the epoch is a number: what follows
        ``domain/`` tells a domain from a dataset with that name.
        """
        scope = self.dataset if self.domain is None else f"domain/{self.domain}"
        return f"zero-trust-data-pipeline/reversible/v{VERSION}/{scope}/{self.epoch}"

    @property
    def associated(self) -> bytes:
        """What is associated with each value, so that its token is one of nothing else.

        It is the message, and for a column without a domain its name, which ends it: no two
        origins whose tokens differ have the same. Columns of a domain must join, so it names none.
        """
        return (self.message + self._own).encode()

    @property
    def _own(self) -> str:
        return f"/column/{self.column}" if self.domain is None else ""


class ReversibleKeys:
    """The derived keys, one request to KMS for each, kept as long as this object."""

    def __init__(self, client: "KMSClient", key_id: str | None) -> None:
        """Remember where to derive; ``key_id`` names an HMAC_512 key, if there is one."""
        self._client = client
        self._key_id = key_id
        self._keys: dict[str, bytes] = {}

    def derive(self, origin: Origin) -> bytes:
        """Return the key of the tokens of an origin, of 64 bytes.

        Raises:
            NoReversibleKeyError: there is no key to derive it from.
        """
        if self._key_id is None:
            raise NoReversibleKeyError(
                f"the contract of {origin.dataset} encrypts {origin.column}, but this function "
                "has no key for that (REVERSIBLE_KEY_ID); deploy the stack with this contract"
            )
        found = self._keys.get(origin.message)
        if not found:
            # HMAC-SHA-512 has 64 bytes: https://www.rfc-editor.org/rfc/rfc2104
            # https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateMac.html
            response = self._client.generate_mac(
                KeyId=self._key_id, Message=origin.message.encode(), MacAlgorithm="HMAC_SHA_512"
            )
            found = self._keys[origin.message] = response["Mac"]
        if origin.domain is not None:
            return found
        # HKDF-Expand: https://www.rfc-editor.org/rfc/rfc5869#section-2.3
        return HKDFExpand(SHA512(), KEY_LENGTH, f"column/{origin.column}".encode()).derive(found)
