"""Tokens of the method ``pseudonymize``; :mod:`.test_cmac` compares them with the library."""

from typing import Any

import pytest
from hypothesis import strategies as st

from processor.deidentification.methods import Deidentification
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import TOKEN_OPTIONS, check, compare
from tests.unit.processor.examples import column, make_contract


@pytest.fixture(name="kms")
def make_kms() -> Any:
    """A key with known material."""
    return HmacKey()


@pytest.mark.parametrize("domain", [None, "people"])
def test_two_methods_share_no_token(kms: Any, domain: str | None) -> None:
    options = {} if domain is None else {"domain": domain}
    contract = make_contract(
        column("one", method="pseudonymize", options=options),
        column("other", method="hmac", options=options),
    )
    batch = check(contract, ["x", "x"])
    (row,) = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(batch).to_pylist()
    assert row["one"] != row["other"]
    of_contract = ContractKeys(PseudonymKeys(kms, "a-key"), "people", 1)
    algorithms = ("AES-256-CMAC", "HMAC-SHA256")
    assert len({of_contract.derive(one, "a", domain) for one in algorithms}) == 2


@TOKEN_OPTIONS
def test_the_output_is_what_the_reference_implementation_says(
    options: dict[str, Any], values: st.SearchStrategy[str]
) -> None:
    compare(column("c", method="pseudonymize", options=options), values)
