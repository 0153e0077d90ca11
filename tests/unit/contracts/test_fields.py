"""What becomes of each field of the standard."""

import importlib.resources
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_data_contract_standard
import pytest

from lib.contracts.fields import LEVELS, VERSIONS, Fate
from tests.contract_fields import PAGE, render
from tests.unit.contracts.orders import edited, mistakes

# The levels of the parts of the standard's schema.json; a part may be of several.
PARTS = {
    "contract": ["contract"],
    "contract.description": ["description"],
    "Context": ["context"],
    "Context.verifiedStatements": ["context.verifiedStatements"],
    "Context.constraints": ["context.constraints"],
    "Server": ["servers"],
    "ServerSource": ["servers"],
    "SchemaElement": ["schema", "schema.properties"],
    "SchemaObject": ["schema"],
    "SchemaBaseProperty": ["schema.properties"],
    "SchemaBaseProperty.logicalTypeOptions": ["logicalTypeOptions"],
    "SchemaBaseProperty.map": [],  # refused as a whole
    "SchemaItemProperty": [],  # refused as a whole
    "DataQuality": ["quality"],
    "DataQualityOperators": ["quality"],
    "DataQualityLibrary": ["quality"],
    "DataQualitySql": ["quality"],
    "DataQualityCustom": ["quality"],
    "AuthoritativeDefinitions": ["authoritativeDefinitions"],
    "SupportItem": ["support"],
    "Pricing": ["price"],
    "TeamMember": ["team"],
    "Team": ["team"],
    "Role": ["roles"],
    "ServiceLevelAgreementProperty": ["slaProperties"],
    "EnumValue": ["enum"],
    "Synonym": ["synonyms"],
    "CustomProperty": ["customProperties"],
    "RelationshipBase": ["relationships"],
    "RelationshipSchemaLevel": ["relationships"],
}


def fields(part: Any, name: str) -> Iterator[tuple[str, str]]:
    """The part and name of each field that a part of a JSON Schema describes."""
    if isinstance(part, list):
        for one in part:
            yield from fields(one, name)
    elif isinstance(part, dict):
        for field, value in part.get("properties", {}).items():
            yield name, field
            yield from fields(value, f"{name}.{field}")
        for key, value in part.items():
            if key not in ("properties", "$defs", "if", "not"):
                yield from fields(value, name)


def test_the_table_has_each_field_of_the_standard_and_no_other() -> None:
    file = importlib.resources.files(open_data_contract_standard).joinpath("schema.json")
    schema = json.loads(file.read_text(encoding="utf-8"))
    found = {*fields(schema, "contract")}
    found |= {one for name, part in schema["$defs"].items() for one in fields(part, name)}
    assert {part for part, _ in found} == PARTS.keys()
    by_level: dict[str, set[str]] = defaultdict(set)
    for part, field in found:
        for level in PARTS[part]:
            by_level[level].add(field)
    assert by_level == {level: {*rows} for level, rows in LEVELS.items()}
    assert {row.level for rows in LEVELS.values() for row in rows.values()} <= {"", *LEVELS}
    accepted = schema["properties"]["apiVersion"]["enum"]
    assert sorted(one for one in accepted if one.startswith("v3")) == [*VERSIONS]


def test_each_row_says_what_becomes_of_a_field() -> None:
    for rows in LEVELS.values():
        for row in rows.values():
            assert bool(row.says) == (row.fate is not Fate.DOCUMENTATION)
            assert f"v{row.since}.0" in VERSIONS


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("partitioned: false", None),
        ("partitionKeyPosition: -1", None),
        (
            "partitioned: true",
            "is partitioned, but each file becomes one output, whose key no value may be part of; "
            "remove it, or write false",
        ),
        (
            "partitionKeyPosition: 1",
            "has a partitionKeyPosition, but each file becomes one output, whose key no value may "
            "be part of; remove it, or write -1",
        ),
    ],
)
def test_a_field_is_refused_unless_it_says_that_it_does_not_apply(
    directory: Path, written: str, complaint: str | None
) -> None:
    text = edited("logicalType: boolean", f"logicalType: boolean\n        {written}")
    assert mistakes(directory, text) == (
        [f"contracts/orders.odcs.yaml, line 65: column 'gift' {complaint}."] if complaint else []
    )


OLD = {
    '        enum: [{value: AT}, {value: "NO"}]\n': "",
    ", timezone: true": "",
    "logicalType: timestamp": "logicalType: date",
    'minimum: "2020-01-01T00:00:00Z"': 'minimum: "2020-01-01"',
}


@pytest.mark.parametrize(
    ("version", "old", "new", "complaint"),
    [
        *[("v3.0.0", "", "", None), ("v3.0.2", "", "", None), ("v3.1.0", "", "", None)],
        (
            "v3.0.2",
            "logicalType: boolean",
            "logicalType: boolean\n        enum: [{value: true}]",
            "column 'gift' has 'enum', which ODCS has from v3.2.0 on",
        ),
        (
            "v3.1.0",
            "logicalType: boolean",
            "logicalType: boolean\n        deprecated: true",
            "column 'gift' has 'deprecated', which ODCS has from v3.2.0 on",
        ),
        (
            "v3.0.1",
            "logicalType: boolean",
            "logicalType: time",
            "column 'gift' has the logicalType 'time', which ODCS has from v3.1.0 on",
        ),
        ("v3.1.0", "logicalType: boolean", "logicalType: time", None),
        ("v3.0.1", "logicalType: boolean", "physicalType: time", None),
        (
            "v3.1.0",
            "- {property: pseudonymEpoch, value: 3}",
            "- {property: pseudonymEpoch, value: 3, vendor: me}",
            "field 'customProperties[0]' has 'vendor', which ODCS has from v3.2.0 on",
        ),
    ],
)
def test_a_contract_has_the_fields_of_its_own_version(
    directory: Path, version: str, old: str, new: str, complaint: str | None
) -> None:
    text = edited("apiVersion: v3.2.0", f"apiVersion: {version}")
    for newer, older in OLD.items():
        text = text.replace(newer, older)
    found = mistakes(directory, text.replace(old, new) if old else text)
    if complaint is None:
        assert found == []
    else:
        assert f"{complaint}; write that as apiVersion, or remove it." in "\n".join(found)


@pytest.mark.parametrize(("version", "lacks"), [("v3.1.0", True), ("v3.2.0", False)])
def test_a_status_was_required(directory: Path, version: str, lacks: bool) -> None:
    text = edited("status: active\n", "").replace("apiVersion: v3.2.0", f"apiVersion: {version}")
    sentence = "contracts/orders.odcs.yaml, line 1: the contract lacks 'status'; add it."
    assert (sentence in mistakes(directory, text)) == lacks


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "run .venv/bin/python -m tests.contract_fields"
