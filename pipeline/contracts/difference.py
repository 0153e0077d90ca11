"""The difference of two contracts: what it breaks for producers, and for consumers.

A producer's file that the old one accepts must be accepted by the new one. A consumer's output
must keep its columns, types and tokens, and hide no less.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from lib.contracts import ContractError, compile_contracts
from lib.contracts.protection import hides_as_much
from lib.contracts.source import SUFFIX
from pipeline.contracts.wording import method_text, type_text
from pipeline.outcomes import WrongContractError
from processor.checks.types import value_of
from processor.contract.column import Column, Written
from processor.contract.model import Contract
from processor.contract.vocabulary import camel_case
from processor.deidentification.token import Token

PRODUCERS, CONSUMERS = "producers", "consumers"


class Change(NamedTuple):
    """A difference.

    Attributes:
        dataset: whose.
        concerns: producers or consumers.
        where: a column, or a rule for the whole file.
        what: in words.
        breaking: whether what worked before may not work any more.
    """

    dataset: str
    concerns: str
    where: str
    what: str
    breaking: bool


Found = Iterator[tuple[str, str, bool]]


def read(path: Path) -> dict[str, Contract]:
    """Compile a contract, or those of a folder; the result is by name.

    Raises:
        OSError: it cannot be read.
        WrongContractError: it is not valid.
    """
    try:
        if path.is_dir():
            return compile_contracts(path)
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder) / path.resolve().parent.name
            alone.mkdir()
            shutil.copyfile(path, alone / f"{name_of(path)}{SUFFIX}")
            return compile_contracts(alone)
    except ContractError as error:
        raise WrongContractError(str(error)) from None


def name_of(path: Path) -> str:
    """Return what a contract must be called: like its only dataset, whatever its file is called.

    A contract of several datasets keeps its own name, but for a version.
    """
    own = path.name.removesuffix(SUFFIX).partition("@")[0]
    try:
        first, *others = yaml.safe_load(path.read_bytes())["schema"]
        return own if others else str(first["name"]).replace("/", "_")
    except (KeyError, TypeError, ValueError, yaml.YAMLError):
        return own


def compare(old: Mapping[str, Contract], new: Mapping[str, Contract]) -> list[Change]:
    """Return the differences of contracts by name: first what breaks something."""
    found = []
    for name in sorted({*old, *new}):
        if name not in new:
            found.append(
                Change(name, PRODUCERS, "contract", "is removed: files are refused", True)
            )
            found.append(Change(name, CONSUMERS, "contract", "is removed: no more output", True))
        elif name not in old:
            found.append(Change(name, PRODUCERS, "contract", "is new", False))
        else:
            for concerns, changes in (
                (PRODUCERS, _for_producers(old[name], new[name])),
                (CONSUMERS, _for_consumers(old[name], new[name])),
            ):
                found += [Change(name, concerns, *change) for change in changes]
    return sorted(found, key=lambda change: not change.breaking)


def _for_producers(old: Contract, new: Contract) -> Found:
    columns = {column.name: column for column in new.columns}
    before = {column.name: column for column in old.columns}
    for name, column in before.items():
        if name in columns:
            for what, breaking in _column(column, columns[name]):
                yield name, what, breaking
        elif new.unknown_columns == "drop":
            yield name, "is no column any more, and is dropped from files", False
        else:
            yield name, "is no column any more: files that have it are refused", True
    for name, column in columns.items():
        if name not in before:
            need = "is new and required" if column.required else "is new, and may be missing"
            yield name, need, column.required
    labels = [one.label for one in old.columns], [one.label for one in new.columns]
    if not new.csv.header and labels[0] != labels[1]:
        yield "columns", "have another order or number, and CSV has no header", True
    yield from _policies(old, new)


def _column(old: Column, new: Column) -> Iterator[tuple[str, bool]]:
    if old.label != new.label:
        yield f"is called {new.label!r} in files, and no longer {old.label!r}", True
    if type_text(old) != type_text(new):
        what = f"has the type {type_text(new)}, and no longer {type_text(old)}"
        yield what, not _is_wider(new, old)
    if old.required != new.required:
        yield ("is required", True) if new.required else ("is no longer required", False)
    if old.unique != new.unique:
        yield ("must be unique", True) if new.unique else ("need not be unique", False)
    yield from _rules(old, new)


def _is_wider(new: Column, old: Column) -> bool:
    """Tell whether all texts of a type are texts of another."""
    if new.type == "string":
        return True
    whole = {"integer": 19, "decimal": old.precision - old.scale}.get(old.type)
    if whole is None:
        return False
    if new.type == "double":
        return True
    return new.type == "decimal" and new.scale >= old.scale and new.precision - new.scale >= whole


def _rules(old: Column, new: Column) -> Iterator[tuple[str, bool]]:
    own, others = vars(new.rules), vars(old.rules)
    for name in own:
        after, before = own[name], others[name]
        if after == before:
            continue
        word = camel_case(name)
        if name == "enum":
            yield from _enum(set(before or ()), set(after or ()), before, after)
        elif after is None:
            yield f"has no {word} any more", False
        else:
            was = "" if before is None else f", and no longer {before}"
            stricter = before is None or _STRICTER[name](_value(after, new), _value(before, old))
            yield f"has the {word} {after}{was}", stricter


def _enum(before: set[str], after: set[str], had: Any, has: Any) -> Iterator[tuple[str, bool]]:
    if has is None:
        yield "has no enum any more", False
    elif had is None:
        yield f"has an enum of {len(after)} values", True
    else:
        for value in sorted(before - after):
            yield f"does not allow {value!r} any more", True
        for value in sorted(after - before):
            yield f"also allows {value!r}", False


def _value(rule: Any, column: Column) -> Any:
    """Return the value of a bound in the column's type; other rules are as they are."""
    if isinstance(rule, str) and column.type != "string":
        return value_of(rule, column)
    return rule


def _higher(after: Any, before: Any) -> bool:
    try:
        return bool(after > before)
    except TypeError:  # of types that have no order in common
        return True


def _lower(after: Any, before: Any) -> bool:
    return _higher(after=before, before=after)


def _other(_: Any, __: Any) -> bool:
    return True


def _no_divisor(after: Any, before: Any) -> bool:
    return bool(Decimal(str(before)) % Decimal(str(after)))


_STRICTER: dict[str, Callable[[Any, Any], bool]] = {
    "min_length": _higher,
    "max_length": _lower,
    "pattern": _other,
    "format": _other,
    "minimum": _higher,
    "exclusive_minimum": _higher,
    "maximum": _lower,
    "exclusive_maximum": _lower,
    "multiple_of": _no_divisor,
}


def _policies(old: Contract, new: Contract) -> Found:
    was, is_ = (one.unknown_columns or "refuse" for one in (old, new))
    if was != is_:
        yield "unknownColumns", f"is {is_}, and no longer {was}", is_ == "refuse"
    shares = [Decimal(one.max_rejected_share or 1) for one in (old, new)]
    if shares[0] != shares[1]:
        what = f"is {shares[1]}, and no longer {shares[0]}"
        yield "maxRejectedShare", what, shares[1] < shares[0]
    dialects = vars(old.csv), vars(new.csv)
    for name, value in dialects[1].items():
        if value != dialects[0][name]:
            what = f"has the {camel_case(name)} {value!r}, and no longer {dialects[0][name]!r}"
            yield "csv", what, not (name == "nulls" and {*value} > {*dialects[0][name]})
    for rule in new.quality:
        if rule not in old.quality:
            yield f"quality {rule.name}", "is new or another", rule.severity == "error"
    for rule in old.quality:
        if rule.name not in {one.name for one in new.quality}:
            yield f"quality {rule.name}", "is removed", False
    if new.anonymity and new.anonymity != old.anonymity:
        had = old.anonymity
        stricter = (
            had is None
            or new.anonymity.k > had.k
            or not {*new.anonymity.quasi_identifiers} <= {*had.quasi_identifiers}
            or new.anonymity.subject != had.subject
        )
        yield "kAnonymity", "is another: files that passed may be refused", stricter


def _for_consumers(old: Contract, new: Contract) -> Found:
    columns = {column.name: column for column in new.columns}
    before = {column.name: column for column in old.columns}
    for name, column in before.items():
        if column.output is None:
            continue
        if name not in columns or columns[name].output is None:
            yield name, f"is not written any more; it was {column.output!r}", True
        else:
            for what, breaking in _output(old, column, new, columns[name]):
                yield name, what, breaking
    for name, column in columns.items():
        if column.output is not None and (name not in before or before[name].output is None):
            weaker = name in before and not column.deidentify.hides
            how = f", and was dropped: {method_text(column.deidentify)}" if name in before else ""
            yield name, f"is written as {column.output!r}{how}", weaker
    if lost := old.anonymity:
        own = new.anonymity
        if own is None:
            yield "kAnonymity", f"is removed; k was {lost.k}", True
        elif own.k < lost.k:
            yield "kAnonymity", f"protects less: k is {own.k}, and no longer {lost.k}", True
        elif not {*own.quasi_identifiers} >= {*lost.quasi_identifiers}:
            yield "kAnonymity", "protects less: it has fewer quasiIdentifiers", True


def _output(
    old: Contract, before: Column, new: Contract, after: Column
) -> Iterator[tuple[str, bool]]:
    was, is_ = before.deidentify, after.deidentify
    if before.output != after.output:
        yield f"is written as {after.output!r}, and no longer as {before.output!r}", True
    types = [
        method.output_type(column)
        for method, column in ((was, before), (is_, after))
        if isinstance(method, Written)
    ]
    if types[0] != types[1]:
        yield f"has the type {types[1]} in the output, and no longer {types[0]}", True
    if before.required and not after.required:
        yield "may be null in the output", True
    if isinstance(was, Token) and isinstance(is_, Token):
        recipes = [
            (one.name, one.domain or column.name, one.normalize, contract.epoch)
            for one, column, contract in ((was, before, old), (is_, after, new))
        ]
        if recipes[0] != recipes[1]:
            how = f"{method_text(is_)} in epoch {new.epoch}, and no longer {method_text(was)}"
            yield f"has other tokens, which do not join with earlier ones: {how}", True
    elif was != is_:
        weaker = not hides_as_much(is_, was)
        how = "may show more" if weaker else "hides more"
        what = f"{how}: {method_text(is_)}, and no longer {method_text(was)}"
        yield what, True
