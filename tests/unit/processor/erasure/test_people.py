"""Who is to be erased, and which rows are theirs."""

import json
from typing import Any

import pyarrow as pa
import pytest

from processor.contract.model import Csv
from processor.contracts import parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.deidentification.reversible import NoReversibleKeyError
from processor.erasure.people import (
    MOST,
    RawRows,
    Request,
    RequestError,
    TokensError,
    split,
    tokens_in,
)
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import leaves
from tests.unit.processor.examples import column, document

ID = column("id", method="hmac", output="person")
MAIL = column(
    "mail",
    method="pseudonymize",
    options={"domain": "mail", "normalize": ["nfc", "trim", "lowercase"]},
    output="mail_token",
)
CONTRACT = parse(document(ID, MAIL, column("note")))
ANN = Request(("ann@example.com",), domain="mail")
SEVEN = Request(("7",), dataset="people", column="id")


def make_keys() -> PseudonymKeys:
    """Return the keys, as in a new process."""
    kms: Any = HmacKey()
    return PseudonymKeys(kms, "a-key")


def origin(name: str, **changes: Any) -> dict[str, Any]:
    """Return what a manifest says about the tokens of a column."""
    algorithm = "HMAC-SHA256" if name == "person" else "AES-256-CMAC"
    domain = None if name == "person" else "mail"
    made = {"algorithm": algorithm, "version": 2, "epoch": 1, "domain": domain, "columns": [name]}
    return made | changes


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"domain": "mail", "identifiers": ["ann@example.com"]}, ANN),
        ({"dataset": "people", "column": "id", "identifiers": ["7"]}, SEVEN),
        (
            {"domain": "mail", "identifiers": ["ann@example.com"], "dry_run": True},
            Request(("ann@example.com",), domain="mail", dry_run=True),
        ),
    ],
    ids=["domain", "column", "dry run"],
)
def test_a_request_is_read(given: dict[str, Any], expected: Request) -> None:
    assert Request.parse(json.dumps(given).encode()) == expected


@pytest.mark.parametrize(
    "given",
    [
        b"secret",
        b"[]",
        b"{}",
        *(
            json.dumps(one).encode()
            for one in (
                {"domain": "mail"},
                {"identifiers": ["secret"]},
                {"domain": "mail", "identifiers": []},
                {"domain": "mail", "identifiers": "secret"},
                {"domain": "mail", "identifiers": [" "]},
                {"domain": "mail", "identifiers": [7]},
                {"domain": "mail", "identifiers": ["secret\ud800"]},
                {"domain": "mail", "identifiers": ["secret"] * (MOST + 1)},
                {"domain": "mail", "dataset": "people", "identifiers": ["secret"]},
                {"dataset": "people", "identifiers": ["secret"]},
                {"domain": 7, "identifiers": ["secret"]},
                {"domain": "mail", "identifiers": ["secret"], "dry_run": "yes"},
                {"domain": "mail", "identifiers": ["secret"], "dry_run": None},
                {"domain": "mail", "secret": 1, "identifiers": ["secret"]},
            )
        ),
    ],
)
def test_anything_else_is_refused_and_not_repeated(given: bytes) -> None:
    with pytest.raises(RequestError) as raised:
        Request.parse(given)
    assert "secret" not in str(raised.value)


def test_a_request_names_the_columns_of_its_domain_or_one() -> None:
    assert [one.name for one in ANN.columns(CONTRACT)] == ["mail"]
    assert [one.name for one in SEVEN.columns(CONTRACT)] == ["id"]
    other = parse(document(ID, dataset="orders"))
    assert not SEVEN.columns(other)
    assert not ANN.columns(other)


@pytest.mark.parametrize(
    ("rules", "output", "request_", "text"),
    [(ID, "person", SEVEN, "7"), (MAIL, "mail_token", ANN, " Ann@Example.com")],
    ids=["column", "domain"],
)
def test_tokens_are_those_of_the_processor(
    rules: dict[str, Any], output: str, request_: Request, text: str
) -> None:
    manifest = {"tokens": [origin("person"), origin("mail_token")]}
    found = tokens_in(request_, CONTRACT, make_keys(), manifest)
    assert {name: tokens.to_pylist() for name, tokens in found.items()} == {
        output: leaves(rules, text)
    }


def test_tokens_are_of_the_epoch_method_and_output_of_the_file() -> None:
    older = origin("old_name", epoch=3, algorithm="HMAC-SHA256")
    found = tokens_in(ANN, CONTRACT, make_keys(), {"tokens": [older]})
    again = tokens_in(ANN, CONTRACT, make_keys(), {"tokens": [older | {"epoch": 4}]})
    assert list(found) == ["old_name"]
    assert found["old_name"] != again["old_name"]


def test_tokens_of_another_derivation_are_not_guessed() -> None:
    with pytest.raises(TokensError):
        tokens_in(ANN, CONTRACT, make_keys(), {"tokens": [origin("mail_token", version=1)]})
    other = {"tokens": [origin("person", version=1), origin("mail_token")]}
    assert tokens_in(ANN, CONTRACT, make_keys(), other)


def test_reversible_tokens_are_not_found_without_their_key() -> None:
    """The stack has it only while a contract has the method."""
    encrypted = origin("mail_token", algorithm="AES-256-SIV", version=1)
    with pytest.raises(NoReversibleKeyError):
        tokens_in(ANN, CONTRACT, make_keys(), {"tokens": [encrypted]})


@pytest.mark.parametrize(
    ("raw", "theirs"),
    [
        ("7,ann@example.com,x", True),
        ('7," ANN@example.com ","a,b"', True),
        ("7,ann@example.com", True),
        ("7,xann@example.com,x", False),
        ('{"mail": "Ann@example.com", "note": 1.50}', True),
        ('{"more": [{"deep": "ann@example.com"}]}', True),
        ('{"mail": "bob@example.com", "note": null}', False),
        ('{"mail": "ANN@example.com"', True),
        ('7,"ann@example.com"x,y', True),
        ('7,"bob@example.com"x,y', False),
    ],
)
def test_raw_rows_are_recognised_by_field_or_by_text(raw: str, theirs: bool) -> None:
    assert finds(RawRows(ANN, CONTRACT), raw) == theirs


def finds(rows: RawRows, raw: str, reason: str = "mail:required") -> bool:
    """Tell whether a row is found, among others that are not."""
    other = {"raw": "7,eve@example.com,x", "reasons": [reason]}
    found = rows.find([other, {"raw": raw, "reasons": [reason]}, other])
    assert found <= {1}
    return bool(found)


@pytest.mark.parametrize(
    ("raw", "theirs"),
    [
        ("7;Ann@example.com;x", True),
        ('7,"mail: ann@example.com",x', True),
        ('{"mail": "ann@example.com", "mail": "bob@example.com"}', True),
        ('{"mail": "ann\\u0040example.com", "mail": "bob@example.com"}', True),
        ('{"note": "\\nann@example.com", "mail": "bob@example.com"}', True),
        ("7;joann@example.com;x", False),
        ("7;ann@example.company;x", False),
    ],
)
def test_the_text_is_searched_of_rows_that_are_rejected_as_a_whole(raw: str, theirs: bool) -> None:
    """Of another delimiter, or with a key twice: fields of it are not what they look like."""
    assert finds(RawRows(ANN, CONTRACT), raw, "row:field-count") == theirs


@pytest.mark.parametrize(
    ("dialect", "raw", "fields"),
    [
        (Csv(), 'a,"b ""c"""', ["a", 'b "c"']),
        (Csv(delimiter=";", quote=""), '"a;b', ['"a', "b"]),
        (Csv(escape="\\"), 'a\\,b,"c\\""', ["a,b", 'c"']),
        (Csv(), 'a,"b', None),
        (Csv(), '"a\nb",c', ["a\nb", "c"]),
    ],
)
def test_rows_are_split_as_the_contract_says(
    dialect: Csv, raw: str, fields: list[str] | None
) -> None:
    assert split(raw, dialect) == fields


def test_identifiers_that_cannot_be_normalized_to_anything_match_nothing() -> None:
    nobody = Request(("\u200b",), domain="mail")
    found = tokens_in(nobody, CONTRACT, make_keys(), {"tokens": [origin("mail_token")]})
    assert found["mail_token"] == pa.array([], pa.string())


def test_what_files_write_for_nobody_is_nobody() -> None:
    """A list of people may have such a line; rows that lack a value are of many."""
    contract = parse(document(ID, MAIL) | {"csv": {"nulls": ["N/A"]}})
    nobody = Request(("N/A",), domain="mail")
    rows = RawRows(nobody, contract)
    assert not finds(rows, "7,N/A")
    assert not finds(rows, "7;N/A", "row:field-count")
    found = tokens_in(nobody, contract, make_keys(), {"tokens": [origin("mail_token")]})
    assert not found["mail_token"].to_pylist()
    (column_,) = nobody.columns(contract)
    assert not nobody.texts(contract, column_).to_pylist()


@pytest.mark.parametrize("given", ["1.234.567", "1234567"])
def test_numbers_in_groups_are_the_numbers(given: str) -> None:
    number = column("number", "integer", method="pseudonymize")
    dialect = {"delimiter": ";", "decimal": ",", "thousands": "."}
    contract = parse(document(number) | {"csv": dialect})
    request = Request((given,), dataset="people", column="number")
    manifest = {"tokens": [origin("number", domain=None, normalize=[])]}
    found = tokens_in(request, contract, make_keys(), manifest)
    assert found["number"].to_pylist() == leaves(number, "1234567")
    rows = RawRows(request, contract)
    assert all(finds(rows, one) for one in ("1.234.567;x", "1234567;x", '{"number": 1234567}'))
    assert not any(finds(rows, one) for one in ("1.234.568;x", "x;y", "1.234,567;x"))


def test_texts_are_normalized_as_they_were_in_the_file() -> None:
    exact = Request((" Ann@example.com",), domain="mail")
    found = [
        tokens_in(exact, CONTRACT, make_keys(), {"tokens": [origin("mail_token", **one)]})
        for one in ({}, {"normalize": ["nfc", "trim", "lowercase"]}, {"normalize": ["trim"]})
    ]
    now, same, before = (one["mail_token"].to_pylist() for one in found)
    assert now == same == leaves(MAIL, "ann@example.com")
    trimmed = MAIL["deidentify"] | {"normalize": ["trim"]}
    assert before == leaves(MAIL | {"deidentify": trimmed}, "Ann@example.com")
