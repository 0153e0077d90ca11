"""The custom properties of a contract."""

from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from processor.contracts import dump
from tests.unit.contracts.orders import bounded, edited, mistakes


def test_custom_properties_of_others_are_ignored(directory: Path) -> None:
    theirs = (
        "        customProperties:\n"
        "          - {property: identity, value: [1]}\n"
        "          - {property: deidentify, value: 7, vendor: atlan}\n"
    )
    text = edited("        primaryKey: true\n", f"        primaryKey: true\n{theirs}")
    assert mistakes(directory, text) == []


def test_the_epoch_is_one_unless_said(directory: Path) -> None:
    text = edited("customProperties:\n  - {property: pseudonymEpoch, value: 3}\n", "")
    assert mistakes(directory, text) == []
    assert dump(compile_contracts(directory)["orders"])["epoch"] == 1


@pytest.mark.parametrize("most", [2**31 - 1, 2**31])
def test_a_count_is_one_that_the_processor_can_count_with(directory: Path, most: int) -> None:
    for text in (
        bounded("order_id", f"maxLength: {most}"),
        edited("minLength: 8}", f"minLength: {most}}}"),
        edited("pseudonymEpoch, value: 3", f"pseudonymEpoch, value: {most}"),
    ):
        assert len(mistakes(directory, text)) == (most > 2**31 - 1)
