"""Columns in words."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.wording import method_text, type_text
from tests.unit.pipeline.contracts.contracts import contract, prop


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "string"),
        ({"logicalType": "number", "physicalType": "decimal(12,2)"}, "decimal(12,2)"),
        ({"logicalType": "timestamp"}, "timestamp"),
        (
            {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": False}},
            "timestamp without a zone",
        ),
    ],
)
def test_a_type_is_written_as_in_a_contract(
    tmp_path: Path, fields: dict[str, Any], text: str
) -> None:
    assert type_text(contract(tmp_path, prop("x", **fields)).columns[0]) == text


def test_a_method_is_written_as_in_a_contract(tmp_path: Path) -> None:
    method = {"method": "pseudonymize", "normalize": ["trim", "lowercase"]}
    column = contract(tmp_path, prop("x", deidentify=method)).columns[0]
    assert method_text(column.deidentify) == "{method: pseudonymize, normalize: [trim, lowercase]}"
