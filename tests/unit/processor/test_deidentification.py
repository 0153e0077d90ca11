"""What leaves of a value."""

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.columns import CheckedBatch, RowCheck
from processor.contract import Contract
from processor.deidentification import Deidentification, mask, output_schema
from processor.framing import Batch
from processor.pseudonym import PseudonymKeys
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES, column, make_contract

EVERY_METHOD = make_contract(
    column("id", "integer", required=True, method="hmac", output="token"),
    column("iban", method="mask", keep_first=2, keep_last=3),
    column("name", required=True, method="drop"),
    column("born", "date"),
    column("paid", "decimal", precision=6, scale=2, required=True),
)


def check(contract: Contract, *rows: list[str]) -> CheckedBatch:
    """Check rows against a contract."""
    header = [found.name for found in contract.columns]
    return RowCheck(contract, header).check(Batch(1, list(rows), [], 0, []))


@pytest.fixture(name="kms")
def make_kms() -> Any:
    """A key whose material is known."""
    return HmacKey()


def test_each_method_leaves_what_it_says(kms: Any) -> None:
    batch = check(
        EVERY_METHOD,
        ["17", "DE0123456789", "ann", "1990-02-28", "1.5"],
        ["no number", "", "", "", ""],
        ["18", "", "bob", "", "2"],
    )
    keys = PseudonymKeys(kms, "a-key")
    output = Deidentification(EVERY_METHOD, keys).apply(batch)
    tokens = keys.pseudonymiser("people", 1).tokens(pa.array(["17", "18"])).to_pylist()
    assert json.loads(json.dumps(output.to_pylist(), default=str)) == [
        {"token": tokens[0], "iban": "DE*******789", "born": "1990-02-28", "paid": "1.50"},
        {"token": tokens[1], "iban": None, "born": None, "paid": "2.00"},
    ]


def test_the_schema_says_what_leaves_and_under_which_contract() -> None:
    schema = output_schema(EVERY_METHOD)
    assert [(found.name, found.type, found.nullable) for found in schema] == [
        ("token", pa.string(), False),
        ("iban", pa.string(), True),
        ("born", pa.date32(), True),
        ("paid", pa.decimal128(6, 2), False),
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


@EXAMPLES
@given(st.lists(st.none() | st.text(max_size=8)), st.integers(0, 4), st.integers(0, 4))
def test_a_mask_shows_no_more_than_it_says(texts: list[str | None], first: int, last: int) -> None:
    masked = mask(pa.array(texts, pa.string()), first, last).to_pylist()
    for text, found in zip(texts, masked, strict=True):
        if text is None:
            assert found is None
        elif len(text) <= first + last:
            assert found == "*" * len(text)
        else:
            assert len(found) == len(text)
            end = len(text) - last
            assert found[:first] + found[end:] == text[:first] + text[end:]
            assert set(found[first:end]) == {"*"}
