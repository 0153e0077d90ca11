"""The output of all methods together."""

import json
from typing import Any

import pyarrow as pa
import pytest

from processor.deidentification.cmac import CmacTokens
from processor.deidentification.hmac import HmacTokens
from processor.deidentification.methods import Deidentification, output_schema
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import check
from tests.unit.processor.examples import column, make_contract

EVERY_METHOD = make_contract(
    column("id", "integer", required=True, method="hmac", output="token"),
    column("number", "integer", method="pseudonymize", output="other_token"),
    column("iban", method="mask", keep_first=2, keep_last=3),
    column("name", required=True, method="drop"),
    column("born", "date"),
    column("paid", "decimal", precision=6, scale=2, required=True),
    column("street", method="truncate", options={"length": 3}),
    column("note", method="redact", options={"patterns": ["phone", "email"]}),
    column("age", "integer", "generalize", {"width": "10"}),
)


@pytest.fixture(name="kms")
def make_kms() -> Any:
    """A key with known material."""
    return HmacKey()


def test_each_method_leaves_what_it_says(kms: Any) -> None:
    batch = check(
        EVERY_METHOD,
        ["17", "17", "DE01234567", "ann", "1990-02-28", "1.5", "Acacia", "to a@b.example!", "39"],
        ["no number", *[""] * 8],
        ["18", "", "", "bob", "", "2", "", "", ""],
    )
    keys = PseudonymKeys(kms, "a-key")
    output = Deidentification(EVERY_METHOD, keys).apply(batch)
    of_contract = ContractKeys(keys, "people", 1)
    hmac = HmacTokens(of_contract.derive("HMAC-SHA256", "id", None))
    cmac = CmacTokens(of_contract.derive("AES-256-CMAC", "number", None))
    tokens = hmac.tokens(pa.array(["17", "18"])).to_pylist()
    assert json.loads(json.dumps(output.to_pylist(), default=str)) == [
        {
            "token": tokens[0],
            "other_token": cmac.tokens(pa.array(["17"]))[0].as_py(),
            "iban": "DE*****567",
            "born": "1990-02-28",
            "paid": "1.50",
            "street": "Aca",
            "note": "to [email]!",
            "age": 30,
        },
        {"token": tokens[1], "other_token": None, "iban": None, "born": None, "paid": "2.00"}
        | {"street": None, "note": None, "age": None},
    ]


def test_the_schema_says_what_leaves_and_under_which_contract() -> None:
    schema = output_schema(EVERY_METHOD)
    assert [(found.name, found.type, found.nullable) for found in schema] == [
        ("token", pa.string(), False),
        ("other_token", pa.string(), True),
        ("iban", pa.string(), True),
        ("born", pa.date32(), True),
        ("paid", pa.decimal128(6, 2), False),
        ("street", pa.string(), True),
        ("note", pa.string(), True),
        ("age", pa.int64(), True),
    ]
    assert schema.metadata == {
        b"dataset": b"people",
        b"contract_id": b"a-contract",
        b"contract_version": b"1.2.0",
        b"pseudonym_epoch": b"1",
    }


def test_kms_is_not_asked_when_no_column_needs_it(kms: Any) -> None:
    contract = make_contract(column("id"), column("name", method="mask"))
    output = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(
        check(contract, ["1", "ann"])
    )
    assert output.to_pylist() == [{"id": "1", "name": "***"}]
    assert kms.messages == []
