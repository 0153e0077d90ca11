"""The protection of a dataset: what other versions of its contract must not weaken.

A producer names the version that applies to a file. So no other version may show what the current
one hides.
"""

from collections.abc import Iterator
from dataclasses import replace

from lib.contracts.source import SUFFIX, Part, Source
from processor.contract.column import Column, Method
from processor.contract.model import Contract
from processor.contract.quality import QualityRule
from processor.contract.vocabulary import camel_case
from processor.contracts import column_document, method_document
from processor.deidentification.encrypt import Encrypt
from processor.deidentification.keep import Keep
from processor.deidentification.token import Token

# The attributes of a column that are not rules for its values.
NO_RULES = ("name", "output", "physicalName", "deidentify")


def check_protection(source: Source, contract: Contract, current: Contract) -> None:
    """Note where a version of a contract protects less than the current one does."""
    name = f"{source.family}{SUFFIX}"
    if differing := _other_dialect(contract, current):
        what = f"csv differs from {name} in {', '.join(differing)}, so that other text would be"
        source.wrong(("customProperties",), f"{what} in a column; make it the same")
    counted = _counted(current)
    for index, column in enumerate(contract.columns):
        own, others = column.deidentify, list(_counterparts(index, contract, current))
        part = Part(source, ("schema", 0, "properties", index))
        if not column.dropped and column.name not in [one.name for one in others]:
            part.wrong(
                f"is not a column of {name}, so none of it may be written; drop it here too"
            )
        for other in others:
            whose = "" if other.name == column.name else f" for {other.name!r}"
            if hides_as_much(own, wanted := other.deidentify):
                if not own.hides or column.name in counted:
                    remedy = "" if column.name in counted else ", or drop the column"
                    _check_rules(part, column, other, f"under {name}{whose}", remedy)
                continue
            what = "may reveal more than"
            if (
                isinstance(wanted, Token)
                and isinstance(own, Token)
                and not isinstance(own, Encrypt)
            ):
                what = "has tokens that do not join with those"
            what = f"{what} under {name}, which has {_written(wanted)}{whose}"
            part.wrong(f"{what}; give it the same deidentify, or drop it")
    for lost in counted:
        if _origin(lost, contract) != _origin(lost, current):
            what = f"kAnonymity is laxer than in {name}, which tells people apart by {lost!r} too"
            source.wrong(("customProperties",), f"{what}; take that from the same place in files")
    for rule in _lost_rules(contract, current):
        what = f"lacks the quality rule {rule.name!r} of {name}, so it could accept a file"
        source.wrong(("schema", 0), f"the contract {what} that is refused there; add it")
    for policy, lax in (
        ("unknownColumns", _takes_more_columns(contract, current)),
        ("maxRejectedShare", _takes_more_rejects(contract, current)),
        ("kAnonymity", _takes_smaller_classes(contract, current)),
    ):
        if lax:
            what = f"{policy} is laxer than in {name}; make it the same or stricter"
            source.wrong(("customProperties",), what)


def _counterparts(index: int, contract: Contract, current: Contract) -> Iterator[Column]:
    """The columns of the current contract with the name of a column, or with its values.

    It has its values if it has the same name in files, or the same position in a CSV file without
    a header.
    """
    column = contract.columns[index]
    without_header = not any(one.csv.header for one in (contract, current))
    for place, other in enumerate(current.columns):
        if (
            other.name == column.name
            or other.label == column.label
            or (without_header and place == index)
        ):
            yield other


def _written(method: Method) -> str:
    """A method as contracts write it."""
    options = (f"{option}: {value}" for option, value in method_document(method).items())
    return f"{{{', '.join(options)}}}"


def _other_dialect(contract: Contract, current: Contract) -> list[str]:
    """The options by which the same CSV bytes would become other fields, nulls or numbers."""
    own, wanted = vars(contract.csv), vars(current.csv)
    return [camel_case(option) for option in own if own[option] != wanted[option]]


def _check_rules(part: Part, column: Column, other: Column, where: str, remedy: str) -> None:
    """Note the rules that reject a value only as a value of another column."""
    own, wanted = (
        {rule: value for rule, value in one.items() if rule not in NO_RULES}
        for one in (
            {"timezone": True} | column_document(column),
            {"timezone": True} | column_document(other),
        )
    )
    lax = [
        rule
        for rule, value in wanted.items()
        if own.get(rule) != value and (rule, value) != ("required", False)
    ]
    if lax:
        what = f"could accept what is rejected {where} by its {', '.join(lax)}"
        part.wrong(f"{what}; make that the same{remedy}")


def _counted(contract: Contract) -> list[str]:
    """The columns by which k-anonymity distinguishes people, or the rows that represent them."""
    if contract.anonymity is None:
        return []
    anonymity = contract.anonymity
    unique = [column.name for column in contract.columns if column.unique]
    subject = [anonymity.subject] if anonymity.subject is not None else unique
    return [*dict.fromkeys([*anonymity.quasi_identifiers, *subject])]


def hides_as_much(own: Method, wanted: Method) -> bool:
    """Whether a method shows no more of a value than another, as far as they can be compared."""
    return isinstance(wanted, Keep) or own.hides_as_much_as(wanted)


def _lost_rules(contract: Contract, current: Contract) -> Iterator[QualityRule]:
    """The rules of the current contract that refuse files, and are missing although they apply."""
    columns = {column.name for column in contract.columns}
    kept = [_demand(rule) for rule in contract.quality]
    for rule in current.quality:
        if rule.severity == "error" and {*rule.columns} <= columns and _demand(rule) not in kept:
            yield rule


def _demand(rule: QualityRule) -> QualityRule:
    """What a rule demands, whatever its name and the order of its columns and values."""
    return replace(
        rule,
        name="",
        columns=tuple(sorted(rule.columns)),
        missing=tuple(sorted(rule.missing)),
        valid=None if rule.valid is None else tuple(sorted(rule.valid)),
    )


def _takes_more_columns(contract: Contract, current: Contract) -> bool:
    return contract.unknown_columns == "drop" and current.unknown_columns != "drop"


def _takes_more_rejects(contract: Contract, current: Contract) -> bool:
    own, wanted = (float(one.max_rejected_share or 1) for one in (contract, current))
    return own > wanted


def _takes_smaller_classes(contract: Contract, current: Contract) -> bool:
    own, wanted = contract.anonymity, current.anonymity
    if own is None or wanted is None:
        return wanted is not None
    return (
        own.k < wanted.k
        or not {*own.quasi_identifiers} >= {*wanted.quasi_identifiers}
        or wanted.subject not in (None, own.subject)
    )


def _origin(name: str, contract: Contract) -> tuple[str, int] | None:
    """Where files have the values of a column; None if there is no such column."""
    by_place = not contract.csv.header
    for place, column in enumerate(contract.columns):
        if column.name == name:
            return column.label, place if by_place else 0
    return None
