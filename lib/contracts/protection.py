"""The protection of a dataset: what another version of its contract may not weaken.

A producer names the version that a file keeps. So no version beside the current one may leave what
the current one hides.
"""

from collections.abc import Iterator
from typing import Any

from lib.contracts.compiled import Column, CompiledContract, Deidentification, label_of
from lib.contracts.dialect import DEFAULTS
from lib.contracts.source import SUFFIX, Part, Source

# The options that say how much of a text is left.
SHOWN = ("keepFirst", "keepLast", "length", "prefix")
HIDING = ("hmac", "drop")
# What of a column is no rule for its values.
NO_RULES = ("name", "output", "physicalName", "deidentify")


def check_protection(
    source: Source, contract: CompiledContract, current: CompiledContract
) -> None:
    """Note where a version of a contract protects less than the current one does."""
    name = f"{source.dataset}{SUFFIX}"
    if differing := _other_dialect(contract, current):
        what = f"csv differs from {name} in {', '.join(differing)}, so that other text would stand"
        source.wrong(("customProperties",), f"{what} in a column; make it the same")
    counted = _counted(current)
    for index, column in enumerate(contract["columns"]):
        own, others = column["deidentify"], list(_counterparts(index, contract, current))
        part = Part(source, ("schema", 0, "properties", index))
        if own["method"] != "drop" and column["name"] not in [one["name"] for one in others]:
            part.wrong(f"is no column of {name}, which lets nothing of it leave; drop it here too")
        for other in others:
            whose = "" if other["name"] == column["name"] else f" for {other['name']!r}"
            if _hides_as_much(own, wanted := other["deidentify"]):
                if own["method"] not in HIDING or column["name"] in counted:
                    remedy = "" if column["name"] in counted else ", or drop the column"
                    _check_rules(part, column, other, f"under {name}{whose}", remedy)
                continue
            method = ", ".join(f"{option}: {value}" for option, value in wanted.items())
            what = f"may leave more than under {name}, which has {{{method}}}{whose}"
            part.wrong(f"{what}; give it the same deidentify, or drop it")
    for lost in counted:
        if _origin(lost, contract) != _origin(lost, current):
            what = f"kAnonymity is laxer than in {name}, which tells people apart by {lost!r} too"
            source.wrong(("customProperties",), f"{what}; take that from the same place in files")
    for policy, lax in (
        ("unknownColumns", _takes_more_columns(contract, current)),
        ("maxRejectedShare", _takes_more_rejects(contract, current)),
        ("kAnonymity", _takes_smaller_classes(contract, current)),
    ):
        if lax:
            what = f"{policy} is laxer than in {name}; make it the same or stricter"
            source.wrong(("customProperties",), what)


def _counterparts(
    index: int, contract: CompiledContract, current: CompiledContract
) -> Iterator[Column]:
    """The columns of the current contract that have the name of a column, or its values.

    Those are in what a file calls the same, or in the same place of a CSV file without a header.
    """
    column = contract["columns"][index]
    without_header = not any(_dialect(one)["header"] for one in (contract, current))
    for place, other in enumerate(current["columns"]):
        if (
            other["name"] == column["name"]
            or label_of(other) == label_of(column)
            or (without_header and place == index)
        ):
            yield other


def _dialect(contract: CompiledContract) -> dict[str, Any]:
    return {**contract.get("csv", DEFAULTS)}


def _other_dialect(contract: CompiledContract, current: CompiledContract) -> list[str]:
    """The options by which the same bytes of CSV would be other fields, empty or numbers."""
    own, wanted = _dialect(contract), _dialect(current)
    return [option for option in DEFAULTS if own[option] != wanted[option]]


def _check_rules(part: Part, column: Column, other: Column, where: str, remedy: str) -> None:
    """Note the rules by which a value would be rejected as another column only."""
    own, wanted = (
        {rule: value for rule, value in one.items() if rule not in NO_RULES}
        for one in ({"timezone": True, **column}, {"timezone": True, **other})
    )
    lax = [
        rule
        for rule, value in wanted.items()
        if own.get(rule) != value and (rule, value) != ("required", False)
    ]
    if lax:
        what = f"could take what is rejected {where} by its {', '.join(lax)}"
        part.wrong(f"{what}; make that the same{remedy}")


def _counted(contract: CompiledContract) -> list[str]:
    """The columns by which k-anonymity tells people apart, or the rows that stand for them."""
    if "anonymity" not in contract:
        return []
    anonymity = contract["anonymity"]
    unique = [column["name"] for column in contract["columns"] if column.get("unique")]
    subject = [anonymity["subject"]] if "subject" in anonymity else unique
    return [*dict.fromkeys([*anonymity["quasiIdentifiers"], *subject])]


def _hides_as_much(own: Deidentification, wanted: Deidentification) -> bool:
    """Whether a method leaves no more of a value than another, as far as both can be compared."""
    if own["method"] == "drop" or wanted["method"] == "keep" or own == wanted:
        return True
    mine: dict[str, Any] = {**own}
    theirs: dict[str, Any] = {**wanted}
    pairs = [(mine.pop(name, 0), theirs.pop(name, 0)) for name in SHOWN]
    patterns = [set(one.pop("patterns", ())) for one in (mine, theirs)]
    return mine == theirs and patterns[0] >= patterns[1] and all(a <= b for a, b in pairs)


def _takes_more_columns(contract: CompiledContract, current: CompiledContract) -> bool:
    own, wanted = (one.get("unknownColumns", "refuse") for one in (contract, current))
    return own != wanted and wanted == "refuse"


def _takes_more_rejects(contract: CompiledContract, current: CompiledContract) -> bool:
    own, wanted = (float(one.get("maxRejectedShare", "1")) for one in (contract, current))
    return own > wanted


def _takes_smaller_classes(contract: CompiledContract, current: CompiledContract) -> bool:
    if "anonymity" not in current:
        return False
    if "anonymity" not in contract:
        return True
    own, wanted = contract["anonymity"], current["anonymity"]
    columns = [set(one["quasiIdentifiers"]) for one in (own, wanted)]
    subjects = [one.get("subject") for one in (own, wanted)]
    return (
        own["k"] < wanted["k"]
        or not columns[0] >= columns[1]
        or subjects[1] not in (None, subjects[0])
    )


def _origin(name: str, contract: CompiledContract) -> tuple[str, int] | None:
    """Where the values of a column are found in files; None if there is no such column."""
    by_place = not _dialect(contract)["header"]
    for place, column in enumerate(contract["columns"]):
        if column["name"] == name:
            return label_of(column), place if by_place else 0
    return None
