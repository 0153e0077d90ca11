"""Drop leaves nothing, whatever the type."""

from typing import Any, get_args

import pytest

from processor.contract.vocabulary import Type
from processor.deidentification.drop import Drop
from processor.deidentification.methods import Deidentification
from processor.deidentification.pseudonyms import PseudonymKeys
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.deidentified import check
from tests.unit.processor.examples import column, make_contract


@pytest.mark.parametrize("kind", get_args(Type))
def test_nothing_leaves(kind: str) -> None:
    kms: Any = HmacKey()
    contract = make_contract(column("c", kind, method="drop", precision=3), column("other"))
    assert not list(Drop().complaints(contract.columns[0]))
    output = Deidentification(contract, PseudonymKeys(kms, "a-key")).apply(
        check(contract, ["", "x"])
    )
    assert output.to_pylist() == [{"other": "x"}]
