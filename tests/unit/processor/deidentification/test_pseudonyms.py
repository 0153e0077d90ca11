"""Keys of tokens are derived by KMS and HKDF."""

import hashlib
import hmac
from itertools import product
from typing import Any

import pytest

from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey

ALGORITHMS = pytest.mark.parametrize(
    ("algorithm", "prefix"), [("HMAC-SHA256", ""), ("AES-256-CMAC", "AES-256-CMAC/")]
)


@ALGORITHMS
def test_a_key_is_derived_once_from_its_algorithm_the_dataset_and_the_epoch(
    algorithm: str, prefix: str
) -> None:
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    first = keys.derive(algorithm, "people", 1)
    assert keys.derive(algorithm, "people", 1) == first
    message = f"zero-trust-data-pipeline/pseudonym/v2/{prefix}people/1".encode()
    assert kms.messages == [message]
    assert first == hmac.digest(kms.material, message, hashlib.sha256)


def test_no_two_keys_are_the_same() -> None:
    kms: Any = HmacKey()
    other: Any = HmacKey(b"o" * 32)
    keys, others = PseudonymKeys(kms, "a-key"), PseudonymKeys(other, "a-key")
    datasets = ("people", "animals", "domain", "AES-256-CMAC", "People")
    scopes = (*datasets, *(f"domain/{name}" for name in datasets))
    chosen = [*product(("HMAC-SHA256", "AES-256-CMAC"), scopes, (1, 2, 11))]
    found = {keys.derive(*one) for one in chosen} | {others.derive(*one) for one in chosen}
    of_columns = {
        ContractKeys(keys, dataset, epoch).derive(algorithm, name, None)
        for algorithm in ("HMAC-SHA256", "AES-256-CMAC")
        for dataset in ("people", "animals")
        for epoch in (1, 2)
        for name in ("email", "phone")
    }
    assert len(found) == 2 * len(chosen)
    assert len(of_columns) == 16
    assert not found & of_columns


@ALGORITHMS
def test_a_column_has_a_key_expanded_from_its_datasets(algorithm: str, prefix: str) -> None:
    # RFC 5869, appendix A.1: the reference implementation expands keys by HKDF.
    parent = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")
    block = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
    assert oracle.expand(parent, bytes(range(0xF0, 0xFA))).hex() == block
    kms: Any = HmacKey()
    of_contract = ContractKeys(PseudonymKeys(kms, "a-key"), "people", 1)
    message = f"zero-trust-data-pipeline/pseudonym/v2/{prefix}people/1".encode()
    of_dataset = hmac.digest(kms.material, message, hashlib.sha256)
    for name in ("email", "Straße", "a/b"):
        found = of_contract.derive(algorithm, name, None)
        assert found == oracle.expand(of_dataset, f"column/{name}".encode())
