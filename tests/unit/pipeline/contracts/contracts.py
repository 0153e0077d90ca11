"""Contracts for tests, from a few columns."""

from pathlib import Path
from typing import Any

import yaml

from lib.contracts import compile_contracts
from processor.contract.model import Contract


def prop(name: str, **fields: Any) -> dict[str, Any]:
    """A property of a schema object: a harmless text, unless something else is said."""
    method = fields.pop("deidentify", None)
    found = {"name": name, "logicalType": "string", "classification": "internal", **fields}
    if method is not None:
        found["customProperties"] = [{"property": "deidentify", "value": method}]
        found["classification"] = "restricted"
    return found


def document(*properties: dict[str, Any], **customs: Any) -> dict[str, Any]:
    """A contract of the dataset ``things``; ``customs`` are its custom properties."""
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "22222222-2222-4222-8222-222222222222",
        "version": "1.0.0",
        "status": "active",
        "schema": [{"name": "things", "properties": list(properties)}],
        "customProperties": [
            {"property": name, "value": value} for name, value in customs.items()
        ],
    }


def write(folder: Path, content: dict[str, Any]) -> Path:
    """Write a contract, alone in a folder, and return its file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "things.odcs.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return file


def contract(folder: Path, *properties: dict[str, Any], **customs: Any) -> Contract:
    """Compile a contract."""
    write(folder / "contracts", document(*properties, **customs))
    return compile_contracts(folder / "contracts")["things"]
