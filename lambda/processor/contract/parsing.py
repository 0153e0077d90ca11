"""Parsing: the contracts that the bundle holds, read when first asked for."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from processor import ProcessorError
from processor.contract.model import Anonymity, Column, Contract, Csv, Method, Rules
from processor.contract.vocabulary import DATASET, VERSION, Type


class ContractError(ProcessorError):
    """A compiled contract cannot be read; the message names the file and the field."""


METHODS: Mapping[str, type[Method]] = {
    method.__name__.lower(): method for method in get_args(Method)
}


class Contracts:
    """The contracts of a directory, read when first asked for.

    They are ``<dataset>.json``, and ``<dataset>@<version>.json`` of other versions.
    """

    def __init__(self, directory: Path) -> None:
        """Remember where the contracts are."""
        self._directory = directory
        self._read: dict[str, Contract] = {}

    def find(self, dataset: str, version: str | None = None) -> Contract | None:
        """Return the contract of ``dataset``, in a certain version if that is said, or None.

        Both come from whoever wrote the object, so they are no path before they look like names.

        Raises:
            ContractError: the contract is there and cannot be read.
        """
        if not DATASET.fullmatch(dataset):
            return None
        default = self._find(dataset)
        if version is None or default is None or version == default.version:
            return default
        return self._find(f"{dataset}@{version}") if VERSION.fullmatch(version) else None

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
    fields = _snake_case(document)
    fields["columns"] = tuple(_column(column) for column in fields["columns"])
    if fields.setdefault("unknown_columns", "refuse") not in ("refuse", "drop"):
        raise ValueError(f"unknown_columns {fields['unknown_columns']} is unknown")
    if "anonymity" in fields:
        fields["anonymity"] = Anonymity(**_snake_case(fields["anonymity"]))
    if "csv" in fields:
        fields["csv"] = Csv(**_snake_case(fields["csv"]))
    return Contract(**fields.pop("contract"), **fields)


_OWN = (
    *("name", "physical_name", "type", "required", "output", "unique"),
    *("precision", "scale", "timezone"),
)


def _column(document: Mapping[str, Any]) -> Column:
    fields = _snake_case(document)
    own = {name: fields.pop(name) for name in _OWN if name in fields}
    options = _snake_case(fields.pop("deidentify"))
    deidentify = METHODS[options.pop("method")](**options)
    if own["type"] not in get_args(Type):
        raise ValueError(f"type {own['type']} is unknown")
    return Column(**own, deidentify=deidentify, rules=Rules(**fields))


def _snake_case(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by Python's names, their lists as what cannot be changed."""
    return {
        re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name): (
            tuple(value) if isinstance(value, list) else value
        )
        for name, value in document.items()
    }
