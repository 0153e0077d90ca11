"""A contract is one that the processor can keep."""

import json
from pathlib import Path

import pytest

from processor.contract.model import Contract, Csv
from processor.contracts import read
from tests.unit.processor.examples import column, document


def test_no_other_escape_passes_for_a_backslash() -> None:
    with pytest.raises(ValueError, match="unknown"):
        Csv(escape="^")


def test_an_enumeration_cannot_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(document(column("sex", enum=["F", "M"]))))
    contract: Contract = read(path)
    assert contract.columns[0].rules.enum == ("F", "M")
