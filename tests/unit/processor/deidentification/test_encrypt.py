"""Tokens of the method ``encrypt``; :mod:`.test_siv` compares them with the library."""

from typing import Any

import pytest
from hypothesis import strategies as st

from processor.deidentification.methods import Deidentification
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.deidentification.reversible import NoReversibleKeyError, Origin, ReversibleKeys
from processor.deidentification.siv import decrypt
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import TOKEN_OPTIONS, check, compare
from tests.unit.processor.examples import column, make_contract

PURPOSE = {"reidentification": "fraud-investigation"}


@TOKEN_OPTIONS
def test_the_output_is_what_the_reference_implementation_says(
    options: dict[str, Any], values: st.SearchStrategy[str]
) -> None:
    compare(column("c", method="encrypt", options=options | PURPOSE), values)


@pytest.mark.parametrize("domain", [None, "person"])
def test_what_leaves_leads_back_to_the_normalized_text(domain: str | None) -> None:
    kms: Any = HmacKey()
    options = PURPOSE | {"normalize": ["trim", "lowercase"]}
    options |= {} if domain is None else {"domain": domain}
    contract = make_contract(
        column("email", method="encrypt", options=options, output="email_token"),
        column("number", "integer", method="encrypt", options=PURPOSE),
    )
    batch = check(contract, [" Zoë@Example.com", "17"], ["", ""], ["zoë@example.com", "-18"])
    output = Deidentification(contract, PseudonymKeys(kms, "a-key", "another-key")).apply(batch)
    keys = ReversibleKeys(kms, "another-key")
    found: dict[str, list[str | None]] = {}
    for name, output_name, of in (("email", "email_token", domain), ("number", "number", None)):
        origin = Origin(dataset="people", column=name, domain=of, epoch=1)
        key = keys.derive(origin)
        found[name] = [
            None if token is None else decrypt(key, origin.associated, token)
            for token in output.column(output_name).to_pylist()
        ]
    assert found == {
        "email": ["zoë@example.com", None, "zoë@example.com"],
        "number": ["17", None, "-18"],
    }


def test_it_needs_a_key_of_its_own() -> None:
    kms: Any = HmacKey()
    contract = make_contract(column("email", method="encrypt", options=PURPOSE))
    with pytest.raises(NoReversibleKeyError):
        Deidentification(contract, PseudonymKeys(kms, "a-key"))
