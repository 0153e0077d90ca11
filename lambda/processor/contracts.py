"""The contracts in the bundle: writes and reads their JSON.

It is written at synth, and read when a contract is first needed.
"""

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

from processor.contract.column import Column, Method, Rules
from processor.contract.model import RFC_4180, Anonymity, Contract, ContractError, Csv
from processor.contract.quality import QualityRule
from processor.contract.vocabulary import (
    DATASET,
    VERSION,
    Type,
    UnknownColumns,
    camel_case,
    snake_case,
)
from processor.deidentification.methods import BY_NAME


class Contracts:
    """The contracts of a directory, each read when first needed.

    They are ``<dataset>.json``, and ``<dataset>@<version>.json`` for other versions.
    """

    def __init__(self, directory: Path) -> None:
        """Remember where the contracts are."""
        self._directory = directory
        self._read: dict[str, Contract] = {}

    def find(self, dataset: str, version: str | None = None) -> Contract | None:
        """Return the contract of ``dataset``, in the version if one is given, or None.

        Both come from the object's producer, so they are checked before they become a path.

        Raises:
            ContractError: the contract exists but cannot be read.
        """
        if not DATASET.fullmatch(dataset):
            return None
        default = self._find(dataset)
        if default and default.dataset != dataset:  # to a file system, case might not matter
            return None
        if version is None or default is None or version == default.version:
            return default
        return self._find(f"{dataset}@{version}") if VERSION.fullmatch(version) else None

    def all(self) -> list[Contract]:
        """Return the contract of each dataset, in its newest version, by the dataset's name.

        Raises:
            ContractError: one of them cannot be read.
        """
        names = sorted(path.stem for path in self._directory.glob("*.json"))
        found = [self.find(name) for name in names if DATASET.fullmatch(name)]
        return [contract for contract in found if contract]

    def _find(self, name: str) -> Contract | None:
        if name not in self._read:
            path = self._directory / f"{name}.json"
            if not path.is_file():
                return None
            self._read[name] = read(path)
        return self._read[name]


def read(path: Path) -> Contract:
    """Read one compiled contract.

    Raises:
        ContractError: something is missing, unknown or not JSON.
    """
    try:
        return parse(json.loads(path.read_bytes()))
    except (KeyError, TypeError, ValueError) as error:
        raise ContractError(f"{path.name}: {type(error).__name__}: {error}") from error


def parse(document: Mapping[str, Any]) -> Contract:
    """Return a compiled contract's JSON as a :class:`Contract`.

    Raises:
        KeyError, TypeError, ValueError: something is missing or unknown.
    """
    given = _given(document)
    given["columns"] = tuple(_column(column) for column in given["columns"])
    if given.get("unknown_columns") not in (None, *get_args(UnknownColumns)):
        raise ValueError(f"unknown_columns {given['unknown_columns']} is unknown")
    if "anonymity" in given:
        given["anonymity"] = Anonymity(**_given(given["anonymity"]))
    if "quality" in given:
        given["quality"] = tuple(QualityRule(**_given(rule)) for rule in given["quality"])
    if "csv" in given:
        given["csv"] = Csv(**_given(given["csv"]))
    return Contract(**given.pop("contract"), **given)


def dump(contract: Contract) -> dict[str, Any]:
    """Return the JSON of a contract; :func:`parse` returns the contract again."""
    return _document(
        dataset=contract.dataset,
        contract={"id": contract.id, "version": contract.version},
        epoch=contract.epoch,
        unknown_columns=contract.unknown_columns,
        max_rejected_share=contract.max_rejected_share,
        anonymity=_document(**vars(contract.anonymity)) if contract.anonymity else None,
        quality=tuple(_document(**vars(rule)) for rule in contract.quality) or None,
        # A dialect that the contract states is written, even the default one.
        csv=None if contract.csv is RFC_4180 else _document(**vars(contract.csv)),
        columns=[column_document(column) for column in contract.columns],
    )


def column_document(column: Column) -> dict[str, Any]:
    """Return the JSON of a column; a rule that is absent does not apply."""
    is_decimal = column.type == "decimal"
    return _document(
        name=column.name,
        physical_name=column.physical_name,
        type=column.type,
        required=column.required,
        unique=column.unique or None,
        precision=column.precision if is_decimal else None,
        scale=column.scale if is_decimal else None,
        timezone=None if column.timezone else False,
        **vars(column.rules),
        deidentify=method_document(column.deidentify),
        output=column.output,
    )


def method_document(method: Method) -> dict[str, Any]:
    """Return the JSON of a method: its name and its options."""
    options = {one.name: getattr(method, one.name) for one in fields(method)}
    options |= {one.name: options[one.name] or None for one in fields(method) if one.default == ()}
    return _document(method=method.name, **options)


_OWN = (
    *("name", "physical_name", "type", "required", "output", "unique"),
    *("precision", "scale", "timezone"),
)


def _column(document: Mapping[str, Any]) -> Column:
    given = _given(document)
    own = {name: given.pop(name) for name in _OWN if name in given}
    options = _given(given.pop("deidentify"))
    deidentify = BY_NAME[options.pop("method")](**options)
    if own["type"] not in get_args(Type):
        raise ValueError(f"type {own['type']} is unknown")
    return Column(**own, deidentify=deidentify, rules=Rules(**given))


def _given(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by Python's names, with lists as tuples."""
    return {
        snake_case(name): tuple(value) if isinstance(value, list) else value
        for name, value in document.items()
    }


def _document(**given: Any) -> dict[str, Any]:
    """Return the fields by their names in JSON, without those that are None."""
    return {
        camel_case(name): [*value] if isinstance(value, tuple) else value
        for name, value in given.items()
        if value is not None
    }
