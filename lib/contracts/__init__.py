"""Data contracts: read from ODCS files, checked, and compiled for the processor.

A contract is a file ``contracts/<dataset>.odcs.yaml`` in the Open Data Contract Standard, v3; its
other versions are ``<dataset>@<version>.odcs.yaml`` next to it. A file with several schema objects
is the contract of each, with a name of its own in place of the dataset's. It passes three checks:
the standard's own ``schema.json``, its published pydantic model, and the rules of this pipeline,
which refuse what the processor would not enforce. :mod:`.fields` says which fields of the standard
are enforced, which are refused, and which are documentation.

https://bitol-io.github.io/open-data-contract-standard/
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from itertools import chain
from pathlib import Path
from typing import Any, cast

from lib.contracts.columns import ColumnRules, check_names
from lib.contracts.custom import custom_properties
from lib.contracts.dialect import read_dialect
from lib.contracts.freshness import read_freshness
from lib.contracts.policies import read_policies
from lib.contracts.quality import read_quality
from lib.contracts.shifting import check_subjects
from lib.contracts.source import SUFFIX, Location, Part, Source
from lib.contracts.standard import check_standard
from lib.contracts.unquoted import read_dates
from lib.contracts.versions import Versions
from processor.contract.model import Contract
from processor.contract.options import count_wanted, is_count
from processor.contract.vocabulary import DATASET, DATASET_FORM
from processor.contracts import dump
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.token import Token
from processor.suppression import token_columns

__all__ = [
    "CONTRACTS",
    "ContractError",
    "compile_contracts",
    "encrypts",
    "has_tokens",
    "read_intervals",
    "read_sources",
    "write_contracts",
]

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"

MAX_COLUMNS = 1_000
NESTING = {"properties", "items"}


class ContractError(ValueError):
    """Contracts are not valid; the message has one sentence per mistake, each on its own line."""


def compile_contracts(directory: Path) -> dict[str, Contract]:
    """Check and compile every ``*.odcs.yaml`` in ``directory``; the result is by file name.

    Raises:
        ContractError: every mistake of every file, with file, line, field, reason and remedy.
    """
    problems = [
        f"{directory.name}/{file.name}: no contract is read from this file; name it "
        f"<dataset>{SUFFIX}."
        for file in sorted(directory.glob("*.y*ml"))
        if not file.name.endswith(SUFFIX)
    ]
    contracts: dict[str, Contract] = {}
    versions = Versions()
    tables: dict[str, Source] = {}
    recipes: dict[str, tuple[str, Any, str]] = {}
    sources = read_sources(directory)
    for source in sorted(sources, key=lambda one: "@" in one.name):  # default versions first
        if contract := _compile(source):
            if source.name in contracts:
                what = (
                    f"the dataset {source.dataset!r} is described twice; remove one, or rename it"
                )
                source.wrong(("schema", 0, "name"), what)
                continue
            contracts[source.name] = contract
            versions.check(source, contract)
            _check_table(source, tables)
            _check_domains(source, contract, recipes)
    problems += dict.fromkeys(chain.from_iterable(one.sentences() for one in sources))
    if not problems and not contracts:
        problems = [
            f"{directory.name}: there is no data contract, so nothing could ever be processed; "
            f"add one, such as {directory.name}/customers{SUFFIX}."
        ]
    if problems:
        raise ContractError("\n".join(problems))
    return contracts


def has_tokens(contracts: Mapping[str, Contract]) -> bool:
    """Whether any contract, of any version, has tokens, by which people can be erased."""
    return any(map(token_columns, contracts.values()))


def encrypts(contracts: Mapping[str, Contract]) -> bool:
    """Whether any contract, of any version, has tokens that can be reversed."""
    return any(
        isinstance(column.deidentify, Encrypt)
        for contract in contracts.values()
        for column in contract.columns
    )


def read_intervals(directory: Path) -> dict[str, timedelta | None]:
    """How long each dataset may go without a new file; None if its contract does not say.

    Args:
        directory: of contracts that :func:`compile_contracts` accepts. Of several versions, the
            default one counts.
    """
    intervals: dict[str, timedelta | None] = {}
    for source in read_sources(directory):
        if source.dataset not in intervals or "@" not in source.name:
            intervals[source.dataset] = read_freshness(source)
    return intervals


def read_sources(directory: Path) -> list[Source]:
    """The sources of all datasets, in the order of files."""
    sources = [Source(file) for file in sorted(directory.glob(f"*{SUFFIX}"))]
    for source in sources:
        read_dates(source)
    return [part for source in sources for part in source.parts()]


def write_contracts(contracts: Mapping[str, Contract], directory: Path) -> None:
    """Write each contract to ``<name>.json`` in ``directory``; equal contracts, equal bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, contract in contracts.items():
        text = json.dumps(dump(contract), indent=1, ensure_ascii=False) + "\n"
        (directory / f"{name}.json").write_bytes(text.encode())


def _compile(source: Source) -> Contract | None:
    """The compiled contract; None or useless if ``source`` then has mistakes."""
    _check_size(source)
    contract = check_standard(source)
    if contract is None:
        return None
    for field, value in (("id", contract.id), ("version", contract.version)):
        if not str(value).strip():
            source.wrong((field,), f"the {field} is empty; it names the contract in manifests")
    objects = contract.schema_ or []
    if not objects:
        source.wrong(("schema",), "the schema has no object; add one, which describes a dataset")
        return None
    at: Location = ("schema", 0)
    _check_dataset(source, str(objects[0].name))
    custom_properties(source, at, "a schema object", objects[0].customProperties)
    properties = objects[0].properties or []
    if not properties:
        _wrong_width(source, 0, 0)
        return None
    rules = [
        ColumnRules(source, (*at, "properties", index), given)
        for index, given in enumerate(properties)
    ]
    columns = [column.compile() for column in rules]
    check_names(rules, columns)
    check_subjects(rules, columns)
    if all(column.dropped for column in columns):
        what = (
            "all columns are dropped, so that nothing would be left; keep something of one: with "
            "another method, such as {method: pseudonymize}, or {method: generalize, to: month} "
            "for a date, or as internal without a method if it tells of nobody"
        )
        source.wrong((*at, "properties"), what)
    read_freshness(source)
    found = custom_properties(source, (), "the contract", contract.customProperties)
    return Contract(
        dataset=source.dataset,
        id=str(contract.id),
        version=str(contract.version),
        epoch=_epoch(source, found),
        columns=tuple(columns),
        quality=read_quality(source, columns),
        csv=read_dialect(source, found),
        **read_policies(source, found, columns),
    )


def _check_size(source: Source) -> None:
    """Note a contract that the standard's own checks would take minutes for.

    Each level of columns nested in columns triples their time.
    """
    document = source.document if isinstance(source.document, dict) else {}
    for number, described in enumerate(_items(document.get("schema"))):
        columns = _items(described.get("properties"))
        if len(columns) > MAX_COLUMNS:
            _wrong_width(source, number, len(columns))
        for index, column in enumerate(columns):
            inner = [*_items(column.get("properties")), *_items([column.get("items")])]
            if any(NESTING & one.keys() for one in inner):
                part = Part(source, ("schema", number, "properties", index))
                part.wrong("nests columns in columns of columns; describe it as JSON text instead")


def _items(value: Any) -> list[dict[str, Any]]:
    """The items of a list, with an empty mapping for each that is not one."""
    return (
        [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
    )


def _wrong_width(source: Source, number: int, columns: int) -> None:
    what = f"the dataset has {columns} columns; use 1 to {MAX_COLUMNS:,}"
    if not columns:
        what = "the dataset has no columns; describe them as its properties"
    source.wrong(("schema", number, "properties"), what)


def _check_dataset(source: Source, name: str) -> None:
    at = ("schema", 0, "name")
    if name != source.dataset:
        what = f"the schema object is named {name!r}; name it {source.dataset!r} as the file is"
        source.wrong(at, what)
    elif not DATASET.fullmatch(name):
        source.wrong(at, f"the dataset is named {name!r}; use {DATASET_FORM}")


def _check_table(source: Source, tables: dict[str, Source]) -> None:
    """Note datasets whose names are one to a catalogue, or to a person.

    https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
    """
    first = tables.setdefault(_folded(source.dataset), source)
    if first.dataset != source.dataset:
        what = (
            f"the dataset's name differs from that of {first.label} only in case, hyphens and "
            "underscores, so that both would be one table; rename one of them"
        )
        source.wrong(("schema", 0, "name"), what)


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")


def _check_domains(
    source: Source, contract: Contract, recipes: dict[str, tuple[str, Any, str]]
) -> None:
    """Note columns of one domain whose tokens would not join, as they are made differently."""
    for index, column in enumerate(contract.columns):
        method = column.deidentify
        if isinstance(method, Token) and method.domain:
            domain = method.domain
            recipe = (method, contract.epoch, column.type)
            whom = f"column {column.name!r} of {source.label}"
            spelling, first, other = recipes.setdefault(_folded(domain), (domain, recipe, whom))
            part = Part(source, ("schema", 0, "properties", index))
            if domain != spelling:
                what = f"has the domain {domain!r}, but {other} has {spelling!r}"
                part.wrong(f"{what}; write both alike, or their tokens would not join")
            elif recipe != first:
                what = f"shares the domain {domain!r} with {other}, but not {_shared(method)}"
                part.wrong(f"{what}: make them alike")


def _shared(method: Token) -> str:
    """What columns of a domain have in common, and why."""
    shared = "method, pseudonymEpoch, type and normalize; their tokens would not join"
    if isinstance(method, Encrypt):
        return f"reidentification, {shared}, or who may reverse one could reverse both"
    return shared


def _epoch(source: Source, found: Mapping[str, tuple[Location, Any]]) -> int:
    at, epoch = found.get("pseudonymEpoch", ((), 1))
    if not is_count(epoch, 1):
        source.wrong(at, f"pseudonymEpoch is {source.text(at)!r}; {count_wanted(epoch, 1)}")
    return cast(int, epoch)
