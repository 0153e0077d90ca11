"""What a method leaves: as the processor has it, and as the reference implementation does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.checks.columns import CheckedBatch, RowCheck
from processor.contract.model import Contract
from processor.deidentification.methods import Deidentification, output_schema
from processor.deidentification.pseudonyms import PseudonymKeys
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES, make_batch, make_contract

PLAIN = st.text(st.characters(max_codepoint=0x24F, exclude_characters="\0"), max_size=6)
"""Texts."""

SPELT = (
    st.lists(st.sampled_from(["E\u0301", "É", "e", " ", "\u00a0", "\t", "ß", "Σ"]))
    .map("".join)
    .filter(bool)
)
"""Texts of which many are the same once they are normalized."""

TOKEN_OPTIONS = pytest.mark.parametrize(
    ("options", "values"),
    [
        ({}, PLAIN),
        ({"domain": "person"}, PLAIN),
        ({"normalize": ["nfc", "trim", "lowercase"]}, SPELT),
    ],
    ids=["plain", "domain", "normalize"],
)
"""What a method that makes tokens may be asked for, and texts for that."""


def check(contract: Contract, *rows: list[str]) -> CheckedBatch:
    """Check rows against a contract."""
    header = [found.name for found in contract.columns]
    return RowCheck(contract, header).check(make_batch(*rows))


def leaves(rules: dict[str, Any], *texts: str) -> list[Any]:
    """Return the output of some values."""
    kms: Any = HmacKey()
    contract = make_contract(rules)
    batch = check(contract, *[[text] for text in texts])
    output = Deidentification(contract, PseudonymKeys(kms, "a-key", "another-key")).apply(batch)
    return [*output.column(0).to_pylist()]


def compare(rules: dict[str, Any], values: st.SearchStrategy[str]) -> None:
    """Make sure that the output of a column is what the reference implementation says."""
    kms: Any = HmacKey()
    contract = make_contract(rules)
    deidentification = Deidentification(contract, PseudonymKeys(kms, "a-key", "another-key"))
    key = oracle.derive(HmacKey().material, {"dataset": "people", "epoch": 1}, rules)

    @EXAMPLES
    @given(st.lists(values, max_size=10))
    def compare_texts(texts: list[str]) -> None:
        texts = ["", *texts]
        batch = check(contract, *[[text] for text in texts])
        assert not batch.rejects
        output = deidentification.apply(batch)
        assert output.schema == output_schema(contract)
        expected = []
        for text in texts:
            value, _ = oracle.judge(text, rules)
            expected.append(oracle.conceal(text, value, rules, key))
        assert output.column(0).to_pylist() == expected

    compare_texts()  # pylint: disable=no-value-for-parameter
