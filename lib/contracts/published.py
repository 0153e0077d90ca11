"""The consumers' contracts: what leaves, in the standard's own words.

A consumer's contract is written from the contract that a dataset is processed under, so it is
right as long as that one is. It promises what the outputs hold: their columns, types and rules,
how each column came to be, and how many people share quasi-identifiers. It promises nothing of
files as a whole, such as quality rules, because a consumer reads all files at once.
"""

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from lib.contracts import compile_contracts, read_sources
from lib.contracts.classification import read_classification
from lib.contracts.shifting import moved_bounds
from lib.contracts.tables import athena_type
from processor.contract.column import Column
from processor.contract.model import Contract
from processor.contract.vocabulary import camel_case
from processor.deidentification.keep import Keep
from processor.deidentification.methods import output_schema
from processor.deidentification.shift import Shift

FOLDER = "published"
"""Beside the contracts, where nothing is read at synth."""

HEAD = """\
# What leaves of {dataset}: a contract for its consumers, by the Open Data Contract Standard.
# python -m pipeline contract publish writes it from {dataset}'s own contract.
"""

# Of the Parquet files' types, decimals aside.
LOGICAL_TYPES = {
    pa.string(): "string",
    pa.int64(): "integer",
    pa.float64(): "number",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.timestamp("us", "UTC"): "timestamp",
}


# They are about the text in a file. All instants of the output are in UTC.
OF_TEXT = ("timezone", "defaultTimezone")


def publish(directory: Path) -> dict[str, str]:
    """The consumer's contract of each dataset that has a contract in a directory, as YAML.

    Raises:
        ContractError: a contract is not valid.
    """
    contracts = compile_contracts(directory)
    sources = {
        source.dataset: source.document
        for source in read_sources(directory)
        if "@" not in source.name
    }
    return {
        name: HEAD.format(dataset=name)
        + yaml.safe_dump(
            _document(contracts[name], document), sort_keys=False, allow_unicode=True, width=100
        )
        for name, document in sources.items()
    }


def _document(contract: Contract, source: Mapping[str, Any]) -> dict[str, Any]:
    (described,) = source["schema"]
    properties = {one["name"]: one for one in described["properties"]}
    written = {column.output: column for column in contract.columns if column.output}
    document = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{contract.id}/{contract.dataset}/{FOLDER}")),
        "name": f"{contract.dataset}, as it leaves",
        "version": contract.version,
        "status": source.get("status", "active"),
        "schema": [
            {
                "name": contract.dataset,
                "physicalType": "parquet",
                **_copied(described, "businessName", "description", "tags"),
                "properties": [
                    _property(field, written[field.name], properties[written[field.name].name])
                    for field in output_schema(contract)
                ],
            }
        ],
    }
    customs = {"pseudonymEpoch": contract.epoch} | _anonymity(contract)
    document["customProperties"] = [
        {"property": name, "value": value} for name, value in customs.items()
    ]
    return document


def _property(field: pa.Field, column: Column, source: Mapping[str, Any]) -> dict[str, Any]:
    """A column of the output; the rules of a value hold for it where the value was kept.

    Bounds hold for a value that moved, as far as it may have moved.
    """
    decimal = pa.types.is_decimal(field.type)
    found = {
        "name": field.name,
        **_copied(source, "businessName", "description", "tags"),
        "logicalType": "number" if decimal else LOGICAL_TYPES[field.type],
        "physicalType": athena_type(field.type),
        "required": not field.nullable,
        "classification": str(read_classification(source["classification"])),
    }
    if isinstance(column.deidentify, Keep):
        found |= _copied(source, "enum")
        options = source.get("logicalTypeOptions", {}).items()
        if rules := {name: value for name, value in options if name not in OF_TEXT}:
            found["logicalTypeOptions"] = rules
    else:
        found["transformDescription"] = _how(column)
    if isinstance(column.deidentify, Shift):
        found["logicalTypeOptions"] = moved_bounds(column, column.deidentify)
    return found


def _how(column: Column) -> str:
    """How the output came to be: the method as a contract writes it, which has no value."""
    options = {
        camel_case(name): [*value] if isinstance(value, tuple) else value
        for name, value in vars(column.deidentify).items()
        if value not in (None, ())
    }
    method = {"method": column.deidentify.name} | options
    return yaml.safe_dump(method, default_flow_style=True, sort_keys=False, width=1_000).strip()


def _anonymity(contract: Contract) -> dict[str, Any]:
    """How many subjects share the values of the quasi-identifiers in each file."""
    if contract.anonymity is None:
        return {}
    outputs = {column.name: column.output for column in contract.columns}
    names = [outputs[name] for name in contract.anonymity.quasi_identifiers]
    return {"kAnonymity": {"k": contract.anonymity.k, "quasiIdentifiers": names}}


def _copied(part: Mapping[str, Any], *fields: str) -> dict[str, Any]:
    return {field: part[field] for field in fields if field in part}
