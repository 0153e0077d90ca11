"""The difference of two contracts: what it breaks for producers, and for consumers.

A producer's file that the old one accepts must be accepted by the new one. A consumer's output
must keep its columns, types and tokens, and hide no less.
"""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, cast

from lib.contracts import ContractError, compile_contracts, read_intervals
from lib.contracts.protection import hides_as_much
from lib.contracts.source import SUFFIX, Source
from pipeline.contracts.demands import implies
from pipeline.contracts.wording import method_text, type_text
from pipeline.outcomes import WrongContractError
from processor.batches import RECORD_LIMIT
from processor.checks.types import value_of
from processor.contract.column import Column, Rules, Written
from processor.contract.model import Contract
from processor.contract.vocabulary import camel_case
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.shift import Shift
from processor.deidentification.token import Token

MOST_BYTES = 200  # of a file's name, of which systems take 255
PRODUCERS, CONSUMERS = "producers", "consumers"


class Change(NamedTuple):
    """A difference.

    Attributes:
        dataset: whose.
        concerns: producers or consumers.
        where: a column, or a rule for the whole file.
        what: in words.
        breaking: whether what worked before might not work any more.
    """

    dataset: str
    concerns: str
    where: str
    what: str
    breaking: bool


Found = Iterator[tuple[str, str, bool]]


@dataclass(frozen=True, kw_only=True)
class Promised(Contract):
    """A contract, and how long the dataset may go without a new file, if it says."""

    interval: timedelta | None = None


def read(path: Path) -> dict[str, Promised]:
    """Compile a contract, or those of a folder; the result is by name.

    Raises:
        OSError: it cannot be read.
        WrongContractError: it is not valid.
    """
    try:
        if path.is_dir():
            return _compiled(path)
        with tempfile.TemporaryDirectory() as folder:
            alone = Path(folder) / path.resolve().parent.name
            alone.mkdir()
            shutil.copyfile(path, alone / f"{name_of(path)}{SUFFIX}")
            return _compiled(alone)
    except ContractError as error:
        raise WrongContractError(str(error)) from None


def _compiled(folder: Path) -> dict[str, Promised]:
    contracts, intervals = compile_contracts(folder), read_intervals(folder)
    return {
        name: Promised(**vars(one), interval=intervals[one.dataset])
        for name, one in contracts.items()
    }


def name_of(path: Path) -> str:
    """Return what a contract must be called: like its only dataset, whatever its file is called.

    A contract of several datasets keeps its own name, but for a version.
    """
    own = path.name.removesuffix(SUFFIX).partition("@")[0]
    try:
        first, *others = Source(path).document["schema"]
        only = own if others else str(first["name"])
    except (KeyError, TypeError, ValueError):  # no contract, of which others tell
        return own
    return re.sub(r"[/\0]", "_", only) if len(only.encode()) <= MOST_BYTES else own


def compare(old: Mapping[str, Promised], new: Mapping[str, Promised]) -> list[Change]:
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
                (PRODUCERS, _version(old[name], new[name], name, new)),
                (PRODUCERS, _for_producers(old[name], new[name])),
                (CONSUMERS, _for_consumers(old[name], new[name])),
            ):
                found += [Change(name, concerns, *change) for change in changes]
    return sorted(found, key=lambda change: not change.breaking)


def _version(old: Promised, new: Promised, name: str, others: Mapping[str, Promised]) -> Found:
    kept = f"{name}@{old.version}"
    if old.version != new.version and kept not in others:
        what = f"is {new.version!r}: files that name {old.version!r} are refused"
        yield "version", f"{what}, unless {kept}{SUFFIX} is kept", True


def _for_producers(old: Contract, new: Contract) -> Found:
    columns = {column.name: column for column in new.columns}
    before = {column.name: column for column in old.columns}
    labels = {column.label: column for column in new.columns}
    renamed = {
        column.name: labels[label].name
        for label, column in zip(old.labels, old.columns, strict=True)
        if column.name not in columns and label in labels and labels[label].name not in before
    }
    for name, column in before.items():
        if name in columns or name in renamed:
            for what, breaking in _column(column, columns[renamed.get(name, name)]):
                yield name, what, breaking
        elif new.unknown_columns == "drop":
            yield name, "is no longer a column, and is dropped from files", False
        else:
            yield name, "is no longer a column: files that have it are refused", True
    for name, column in columns.items():
        if name not in before and name not in renamed.values():
            need = "is new and required" if column.required else "is new, and may be missing"
            checked = old.unknown_columns == "drop" and _is_checked(column)
            if checked and not column.required:
                need += ", but was dropped unchecked from files that have it"
            yield name, need, column.required or checked
    if not new.csv.header and old.labels != new.labels:
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


def _is_checked(column: Column) -> bool:
    """Tell whether some text is not a value of a column."""
    return column.type != "string" or column.unique or column.rules != Rules()


def _is_wider(new: Column, old: Column) -> bool:
    """Tell whether all texts of a type are texts of another; text has no lists and mappings."""
    if new.type == "string":
        return old.type not in ("array", "object")
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
            yield f"has the {word} {after}{was}", _is_stricter(name, old, new)


def _is_stricter(name: str, old: Column, new: Column) -> bool:
    """Tell whether a rule of a column may reject what passed."""
    after, before = vars(new.rules)[name], vars(old.rules)[name]
    if name in _LOWER:
        return _higher(_bound(new, _LOWER, 1), _bound(old, _LOWER, 1))
    if name in _UPPER:
        return _higher(_bound(old, _UPPER, -1), _bound(new, _UPPER, -1))
    if name == "min_length":
        return bool(after > (before or 0))
    if name == "max_length":
        return bool(after < (RECORD_LIMIT if before is None else before))
    if name == "multiple_of" and before is not None:
        return bool(Decimal(str(before)) % Decimal(str(after)))
    return True


_LOWER = ("minimum", "exclusive_minimum")
_UPPER = ("maximum", "exclusive_maximum")


def _bound(column: Column, names: tuple[str, str], step: int) -> tuple[Any, int] | None:
    """Return the tighter bound on a side, and 0, or the step away from it if it is exclusive."""
    found = []
    for name, away in zip(names, (0, step), strict=True):
        text = vars(column.rules)[name]
        if text is not None:
            value = value_of(text, column)
            whole = column.type == "integer"
            found.append((value + away, 0) if whole else (value, away))
    if not found and column.type == "integer":
        return (-(2**63) if step > 0 else 2**63 - 1), 0
    choose = max if step > 0 else min
    return choose(found) if found else None


def _higher(after: tuple[Any, int] | None, before: tuple[Any, int] | None) -> bool:
    """Tell whether one bound is above another; where there is none, it may be."""
    if after is None or before is None:
        return True
    try:
        return after > before
    except TypeError:  # of types that have no order in common
        return True


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
            yield "csv", what, _dialect_breaks(name, old, new)
    for rule in new.quality:
        if rule not in old.quality:
            stricter = rule.severity == "error" and not any(
                implies(one, rule) for one in old.quality
            )
            yield f"quality {rule.name}", "is new or another", stricter
    for rule in old.quality:
        if rule.name not in {one.name for one in new.quality}:
            yield f"quality {rule.name}", "is removed", False
    if new.anonymity and new.anonymity != old.anonymity:
        had = old.anonymity
        stricter = (
            had is None
            or new.anonymity.k > had.k
            or not {*new.anonymity.quasi_identifiers} <= {*had.quasi_identifiers}
            or new.anonymity.subject not in (None, had.subject)
        )
        what = "is another: files that passed may be refused" if stricter else "is laxer"
        yield "kAnonymity", what, stricter


def _dialect_breaks(name: str, old: Contract, new: Contract) -> bool:
    """Tell whether files that passed might not pass with another option of the CSV dialect."""
    if name == "thousands":  # digits may always be written without groups
        return bool(old.csv.thousands)
    if name == "nulls" and {*new.csv.nulls} > {*old.csv.nulls}:
        required = {column.name for column in new.columns if column.required}
        return any(column.name in required for column in _with_nulls(old, new))
    return True


def _with_nulls(old: Contract, new: Contract) -> Iterator[Column]:
    """Yield the old columns that may have a value which only one contract takes as null."""
    texts = {*old.csv.nulls} ^ {*new.csv.nulls}
    for column in old.columns:
        enum = column.rules.enum
        if column.type == "string":
            if enum is None or texts & {*enum}:
                yield column
        elif any(value_of(text, column) is not None for text in texts):
            yield column


def _for_consumers(old: Promised, new: Promised) -> Found:
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
            method = column.deidentify
            weaker = name in before and (not method.hides or isinstance(method, Encrypt))
            how = f", and was dropped: {method_text(method)}" if name in before else ""
            yield name, f"is written as {column.output!r}{how}", weaker
    yield from _promises(old, new)
    yield from _nulls(old, new)


def _promises(old: Promised, new: Promised) -> Found:
    if old.interval != new.interval:
        was, is_ = (one.interval or "any time" for one in (old, new))
        later = new.interval is None or (old.interval is not None and new.interval > old.interval)
        yield "slaProperties", f"a new file is due within {is_}, and no longer {was}", later
    lost = old.anonymity
    if lost:
        own = new.anonymity
        if own is None:
            yield "kAnonymity", f"is removed; k was {lost.k}", True
        elif own.k < lost.k:
            yield "kAnonymity", f"protects less: k is {own.k}, and no longer {lost.k}", True
        elif not {*own.quasi_identifiers} >= {*lost.quasi_identifiers}:
            yield "kAnonymity", "protects less: it has fewer quasiIdentifiers", True
        elif lost.subject not in (None, own.subject):
            what = "rows" if own.subject is None else f"{own.subject!r}"
            what = f"protects others: it counts {what}, and no longer {lost.subject!r}"
            yield "kAnonymity", what, True


def _nulls(old: Contract, new: Contract) -> Found:
    columns = {column.name for column in new.columns if column.output is not None}
    more = {*new.csv.nulls} - {*old.csv.nulls}
    how = "may be null for" if more else "is no longer null for"
    marks = ", ".join(map(repr, sorted({*new.csv.nulls} ^ {*old.csv.nulls})))
    for column in _with_nulls(old, new) if marks else ():
        if column.output is not None and column.name in columns:
            yield column.name, f"{how} {marks} in CSV files", True


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
            (one.name, one.domain, one.normalize, contract.epoch, _groups(column, contract))
            for one, column, contract in ((was, before, old), (is_, after, new))
        ]
        if recipes[0] != recipes[1]:
            how = f"{method_text(is_)} in epoch {new.epoch}, and no longer {method_text(was)}"
            yield f"has other tokens, which do not join with earlier ones: {how}", True
        yield from _way_back(was, is_)
        return
    if isinstance(was, Shift) and isinstance(is_, Shift) and _moves(old, was) != _moves(new, is_):
        yield "is moved by other numbers of days: no interval holds across earlier files", True
    if was != is_:
        weaker = not hides_as_much(is_, was)
        how = "may show more" if weaker else "hides more"
        what = f"{how}: {method_text(is_)}, and no longer {method_text(was)}"
        yield what, True


def _way_back(was: Token, is_: Token) -> Iterator[tuple[str, bool]]:
    before, after = (
        one.reidentification if isinstance(one, Encrypt) else None for one in (was, is_)
    )
    if after is None and before is not None:
        yield f"cannot be reversed any more, as it could be for {before!r}", True
    elif after != before:
        was_for = "" if before is None else f", and no longer for {before!r}"
        yield f"can be reversed for {after!r}{was_for}", True


def _moves(contract: Contract, shift: Shift) -> tuple[object, ...]:
    """Return what the days depend on by which a subject is moved, besides their bound."""
    (subject,) = (one for one in contract.columns if one.name == shift.by)
    token = cast(Token, subject.deidentify)
    return shift.by, token.domain, token.normalize, contract.epoch, _groups(subject, contract)


def _groups(column: Column, contract: Contract) -> str:
    """Return what is taken out of a column's texts before tokens are made of them."""
    return "" if column.type == "string" else contract.csv.thousands
