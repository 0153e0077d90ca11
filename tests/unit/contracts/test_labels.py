"""The names of columns in files, where they differ from the contract's."""

import json
from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from processor.contracts import dump
from tests.unit.contracts.orders import edited, mistakes


@pytest.mark.parametrize(
    "label", ["E-Mail: ", "", " ", "e.mail", 'a "b"', "GIFT", "Größe\n(cm)", "a{b}", "x" * 1024]
)
def test_files_may_call_a_column_almost_anything(directory: Path, label: str) -> None:
    text = edited("name: gift\n", f"name: gift\n        physicalName: {json.dumps(label)}\n")
    assert mistakes(directory, text) == []
    gift = dump(compile_contracts(directory)["orders"])["columns"][-1]
    assert (gift["name"], gift["physicalName"], gift["output"]) == ("gift", label, "gift")


@pytest.mark.parametrize("label", ["{mail}", " \n{mail", "e\x1bmail", "\0", "x" * 1025])
def test_the_name_of_a_column_in_files_fits_a_header(directory: Path, label: str) -> None:
    text = edited("name: gift\n", f"name: gift\n        physicalName: {json.dumps(label)}\n")
    assert mistakes(directory, text) == [
        f"contracts/orders.odcs.yaml, line 64: column 'gift' has the physicalName {label!r}; use "
        "up to 1,024 characters without a brace first and without control characters but tab and "
        "line ends."
    ]


def test_columns_may_exchange_their_names_in_files(directory: Path) -> None:
    text = edited("name: gift\n", "name: gift\n        physicalName: phone\n")
    text = text.replace("name: phone\n", "name: phone\n        physicalName: gift\n")
    assert mistakes(directory, text) == []


def test_a_physical_name_that_is_the_name_says_nothing(directory: Path) -> None:
    text = edited("name: gift\n", "name: gift\n        physicalName: gift\n")
    assert mistakes(directory, text) == []
    assert "physicalName" not in dump(compile_contracts(directory)["orders"])["columns"][-1]
