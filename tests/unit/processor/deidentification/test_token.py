"""Tokens: which texts have the same one, and what the manifest says of them."""

from typing import Any

import pytest

from processor.contracts import parse
from processor.deidentification.methods import Deidentification
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.deidentification.token import origins
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import check, leaves
from tests.unit.processor.examples import column, document, make_contract


def test_tokens_that_join_are_named_with_what_made_them() -> None:
    columns = (
        column("id", method="pseudonymize", output="token"),
        column("code", method="hmac"),
        column("email", method="pseudonymize", options={"domain": "email"}),
        column("phone", method="pseudonymize"),
        column("login", method="pseudonymize", options={"domain": "email"}),
        column("name", method="hmac", options={"normalize": ["trim", "lowercase"]}),
        column("iban", method="encrypt", options=options_of("encrypt")),
        column("size", method="drop"),
        column("city"),
    )
    made = {"version": 2, "epoch": 4, "normalize": []}
    steps = {"normalize": ["trim", "lowercase"]}
    assert origins(parse(document(*columns, epoch=4))) == [
        made | {"algorithm": "AES-256-CMAC", "domain": None, "columns": ["token", "phone"]},
        made | {"algorithm": "HMAC-SHA256", "domain": None, "columns": ["code"]},
        made | {"algorithm": "AES-256-CMAC", "domain": "email", "columns": ["email", "login"]},
        made | steps | {"algorithm": "HMAC-SHA256", "domain": None, "columns": ["name"]},
        made | {"algorithm": "AES-256-SIV", "version": 1, "domain": None, "columns": ["iban"]},
    ]


def test_without_tokens_nothing_made_them() -> None:
    assert origins(make_contract(column("city"), column("name", method="mask"))) == []


@pytest.fixture(name="kms")
def make_kms() -> Any:
    """A key with known material."""
    return HmacKey()


TOKENS = pytest.mark.parametrize("method", ["pseudonymize", "hmac", "encrypt"])


def options_of(method: str, **options: Any) -> dict[str, Any]:
    """The options of a column of tokens."""
    return options | ({"reidentification": "fraud"} if method == "encrypt" else {})


@TOKENS
def test_one_person_has_one_token_however_the_name_is_written(method: str) -> None:
    steps = ["nfc", "trim", "lowercase"]
    rules = column("c", method=method, options=options_of(method, normalize=steps))
    tokens = leaves(rules, "Zoë@example.com", " zoe\u0308@EXAMPLE.com\u00a0", "zoe@example.com")
    assert tokens[0] == tokens[1] != tokens[2]
    plain = leaves(column("c", method=method, options=options_of(method)), "Zoë", "zoë", "Zoë ")
    assert len(set(plain)) == 3


@TOKENS
def test_what_is_blank_once_normalized_has_no_token(method: str) -> None:
    blank = column("c", method=method, options=options_of(method, normalize=["trim"]))
    assert leaves(blank, "\u200b", "x")[0] is None


@TOKENS
def test_only_columns_of_one_domain_join_and_a_domain_is_no_dataset(kms: Any, method: str) -> None:
    contract = make_contract(
        column("own", method=method, options=options_of(method)),
        column("sibling", method=method, options=options_of(method)),
        column("shared", method=method, options=options_of(method, domain="people")),
        column("same", method=method, options=options_of(method, domain="people")),
        column("other", method=method, options=options_of(method, domain="animals")),
    )
    batch = check(contract, ["x"] * 5)
    keys = PseudonymKeys(kms, "a-key", "another-key")
    (row,) = Deidentification(contract, keys).apply(batch).to_pylist()
    assert row["shared"] == row["same"]
    assert len(set(row.values())) == 4
    of = {
        "pseudonymize": "pseudonym/v2/AES-256-CMAC",
        "hmac": "pseudonym/v2",
        "encrypt": "reversible/v1",
    }[method]
    assert [message.decode() for message in kms.messages] == [
        f"zero-trust-data-pipeline/{of}/people/1",
        f"zero-trust-data-pipeline/{of}/domain/people/1",
        f"zero-trust-data-pipeline/{of}/domain/animals/1",
    ]
