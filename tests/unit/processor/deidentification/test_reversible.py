"""Reversible tokens: the derivation of their keys, and what names their origin."""

import hashlib
import hmac
from itertools import product
from typing import Any

import pyarrow as pa
import pytest

from processor import ProcessorError
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from processor.deidentification.reversible import NoReversibleKeyError, Origin, ReversibleKeys
from processor.deidentification.siv import ForeignTokenError, SivTokens, decrypt
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey

NAMES = ("people", "domain", "column", "a-1", "email")
COLUMNS = (*NAMES, "a/b", "1/column/email", "Straße", "domain/email/1")
MESSAGE = "zero-trust-data-pipeline/reversible/v1"


def origin(
    dataset: str = "people", column: str = "email", domain: str | None = None, epoch: int = 1
) -> Origin:
    """An origin of tokens."""
    return Origin(dataset=dataset, column=column, domain=domain, epoch=epoch)


@pytest.mark.parametrize(
    ("of", "message", "associated"),
    [
        (origin(), "people/1", "people/1/column/email"),
        (origin(epoch=12), "people/12", "people/12/column/email"),
        (origin(domain="person"), "domain/person/1", "domain/person/1"),
        (origin("domain", "a/b"), "domain/1", "domain/1/column/a/b"),
    ],
)
def test_kms_is_asked_once_for_each_dataset_or_domain_and_epoch(
    of: Origin, message: str, associated: str
) -> None:
    kms: Any = HmacKey()
    keys = ReversibleKeys(kms, "another-key")
    key = keys.derive(of)
    assert keys.derive(of) == key
    assert len(key) == 64
    assert kms.messages == [f"{MESSAGE}/{message}".encode()]
    assert of.associated == f"{MESSAGE}/{associated}".encode()


def test_a_column_has_a_key_expanded_from_its_datasets_and_a_domain_has_its_own() -> None:
    kms: Any = HmacKey()
    keys = ReversibleKeys(kms, "another-key")
    of_domain = hmac.digest(kms.material, f"{MESSAGE}/domain/person/1".encode(), hashlib.sha512)
    assert keys.derive(origin(domain="person")) == of_domain
    rules = {"name": "Straße", "deidentify": {"method": "encrypt"}}
    expected = oracle.derive(kms.material, {"dataset": "people", "epoch": 1}, rules)
    one = origin(column="Straße")
    assert keys.derive(one) + one.associated == expected


def test_no_two_origins_share_a_key_or_what_is_associated() -> None:
    kms: Any = HmacKey()
    keys = ReversibleKeys(kms, "another-key")
    origins = [origin(*one) for one in product(NAMES, COLUMNS, (None,), (1, 2, 12))]
    origins += [origin(domain=domain, epoch=epoch) for domain in NAMES for epoch in (1, 2, 12)]
    assert len({keys.derive(one) for one in origins}) == len(origins)
    assert len({one.associated for one in origins}) == len(origins)


def test_columns_of_a_domain_join_across_datasets() -> None:
    kms: Any = HmacKey()
    keys = ReversibleKeys(kms, "another-key")
    one = origin("people", "email", "person")
    other = origin("orders", "customer", "person")
    assert keys.derive(one) == keys.derive(other)
    assert one.associated == other.associated


def test_no_pseudonym_has_a_key_of_these() -> None:
    """Even if both keys of KMS were one, and both hashes."""

    class OneKey:
        """A key of KMS that takes any algorithm."""

        def generate_mac(self, *, Message: bytes, **_: str) -> dict[str, bytes]:  # noqa: N803
            """Compute a MAC."""
            return {"Mac": hmac.digest(b"k", Message, hashlib.sha512)}

    kms: Any = OneKey()
    keys = PseudonymKeys(kms, "a-key", "a-key")
    found = set()
    for dataset, domain in product(NAMES, (None, *NAMES)):
        of_contract = ContractKeys(keys, dataset, 1)
        reversible, _ = of_contract.derive_reversible("email", domain)
        pseudonyms = {
            of_contract.derive(algorithm, "email", domain)
            for algorithm in ("HMAC-SHA256", "AES-256-CMAC")
        }
        assert reversible[:32] not in pseudonyms
        assert reversible not in pseudonyms
        found |= {reversible} | pseudonyms
    assert len(found) == 3 * 2 * len(NAMES)


@pytest.mark.parametrize(
    "other",
    [
        origin(dataset="orders"),
        origin(column="phone"),
        origin(epoch=2),
        origin(domain="person"),
        origin(domain="people"),
    ],
)
def test_a_token_leads_back_from_its_origin_only(other: Origin) -> None:
    kms: Any = HmacKey()
    keys = ReversibleKeys(kms, "another-key")
    own = origin()
    tokens = SivTokens(keys.derive(own), own.associated)
    (token,) = tokens.tokens(pa.array(["ann@example.com"])).to_pylist()
    assert decrypt(keys.derive(own), own.associated, token) == "ann@example.com"
    with pytest.raises(ForeignTokenError):
        decrypt(keys.derive(other), other.associated, token)
    with pytest.raises(ForeignTokenError):  # what is associated alone tells them apart
        decrypt(keys.derive(own), other.associated, token)


def test_without_a_key_of_kms_the_error_says_what_is_missing() -> None:
    kms: Any = HmacKey()
    of_contract = ContractKeys(PseudonymKeys(kms, "a-key"), "people", 1)
    with pytest.raises(NoReversibleKeyError) as error:
        of_contract.derive_reversible("email", None)
    assert isinstance(error.value, ProcessorError)  # so the function may log its message
    assert str(error.value) == (
        "the contract of people encrypts email, but this function has no key for that "
        "(REVERSIBLE_KEY_ID); deploy the stack with this contract"
    )
    assert not kms.messages
