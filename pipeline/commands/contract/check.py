"""``contract check``: whether the contracts are valid, and what would happen to a local file."""

import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lib.contracts import CONTRACTS, ContractError, compile_contracts
from pipeline.catalogue import advice
from pipeline.command import Command, json_option
from pipeline.contracts.wording import method_text, type_text
from pipeline.display import Cell, show_json, show_table, show_text
from pipeline.outcomes import Exit, WrongContractError
from processor.contract.model import Contract
from processor.reasons import FileRefusedError, Reason

if TYPE_CHECKING:
    from pipeline.contracts.dry_run import DryRun

DRY_RUN = "pipeline.contracts.dry_run"  # imported if there is a file: readers take time to load
SHOWN_TEXT = 200  # characters of a header


@click.command(
    "check",
    cls=Command,
    wrong="a contract is not valid, the file would be refused, or every row rejected",
    examples=(
        "",
        "customers samples/customers.csv",
        "customers@1.0.0 samples/customers.csv --json",
    ),
)
@click.argument("dataset", required=False)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def command(dataset: str | None, file: Path | None, as_json: bool) -> Exit:
    """Check all contracts, and show what would happen to a local file.

    DATASET is the dataset of the file's contract, or <dataset>@<version>. FILE goes through the
    processor itself: its rows, the reasons of rejected ones with their first lines and what to do,
    k-anonymity, and what becomes of each column.

    Tokens are made with a throw-away key, which is forgotten, so they join with no others. Nothing
    is written, and nothing leaves this machine. Three rows before and after are shown on a
    terminal only, because they have raw values: never in a pipe, a file, the log of a job, or
    JSON.
    """
    contracts = _compiled(CONTRACTS)
    contract = None if dataset is None else _named(contracts, dataset)
    document: dict[str, Any] = {"contracts": list(contracts)}
    if not as_json:
        show_text(f"The contracts are valid: {', '.join(contracts)}")
    code = Exit.OK
    if contract is not None:
        if file is None:
            raise click.UsageError(
                f"Name the file to check against {dataset}: python -m pipeline contract check "
                f"{dataset} my.csv, or make contract dataset={dataset} file=my.csv."
            )
        found: DryRun = import_module(DRY_RUN).run(contract, file)
        code = Exit.OK if found.is_useful else Exit.WRONG
        document["file"] = _document(contract, file, found)
        if not as_json:
            _show(contract, file, found)
    if as_json:
        show_json(document)
    return code


def _compiled(directory: Path) -> dict[str, Contract]:
    try:
        return compile_contracts(directory)
    except ContractError as error:
        raise WrongContractError(str(error)) from None


def _named(contracts: dict[str, Contract], name: str) -> Contract:
    # The default version, for files that name none, also has a name of its own.
    known = contracts | {f"{one.dataset}@{one.version}": one for one in contracts.values()}
    if name not in known:
        raise click.UsageError(
            f"No contract is named {name!r}. Name one of {', '.join(sorted(known))}."
        )
    return known[name]


def _document(contract: Contract, file: Path, found: "DryRun") -> dict[str, Any]:
    """Return what would happen to a file for JSON, without any of its values."""
    account = found.account
    return {
        "file": str(file),
        "dataset": contract.dataset,
        "version": contract.version,
        "rows": {"read": account.read, "clean": account.clean, "rejected": account.rejected},
        "refusal": account.refusal and _refusal(contract, account.refusal),
        "reasons": [
            {"rows": one.rows, "first": one.places, **advice(reason).document}
            for reason, one in _sorted(found)
        ],
        "dropped_columns": account.dropped_columns,
        "anonymity": account.anonymity and asdict(account.anonymity),
        "quality": [asdict(rule) for rule in account.quality],
        "columns": [
            {
                "name": column.name,
                "label": column.label,
                "type": type_text(column),
                "deidentify": method_text(column.deidentify),
                "output": column.output,
            }
            for column in contract.columns
        ],
    }


def _sorted(found: "DryRun") -> Iterator[tuple[str, Any]]:
    yield from sorted(found.reasons.items(), key=lambda item: -item[1].rows)


def _refusal(contract: Contract, refusal: FileRefusedError) -> dict[str, Any]:
    labels = {column.name: column.physical_name for column in contract.columns}
    facts = {
        "line": refusal.line,
        "column": refusal.column,
        "reads": refusal.text and refusal.text[:SHOWN_TEXT],
        "name": refusal.name,
        "label": labels.get(refusal.name or ""),
        "limit": refusal.limit,
        "setting": refusal.setting,
    }
    return {"reason": str(refusal.reason), **facts, "advice": advice(refusal.reason).document}


def _show(contract: Contract, file: Path, found: "DryRun") -> None:
    account = found.account
    columns = [
        (
            column.name,
            column.physical_name,
            type_text(column),
            "yes" if column.required else "",
            method_text(column.deidentify),
            column.output,
        )
        for column in contract.columns
    ]
    headings = ("column", "in files", "type", "required", "what happens", "in the output")
    show_table(headings, columns, f"Columns of {contract.dataset} {contract.version}")
    if account.refusal:
        _show_refusal(contract, file, account.refusal)
    else:
        rows = f"{account.read:,} rows, {account.clean:,} clean, {account.rejected:,} rejected"
        show_text(f"{file}: {rows}", "bold")
    if account.dropped_columns:
        show_text(f"Columns without a contract, dropped: {account.dropped_columns}")
    if measured := account.anonymity:
        show_text(
            f"k-anonymity: {measured.k} of {measured.required} required; "
            f"{measured.rows_below:,} rows in classes that are too small"
        )
    if account.quality:
        rules = [
            (
                rule.rule,
                f"{round(rule.measured, 4):,}",
                rule.condition,
                "passed" if rule.passed else f"broken: {rule.severity}",
            )
            for rule in account.quality
        ]
        show_table(("quality rule", "measured", "must be", ""), rules)
    if found.reasons:
        _show_reasons(found)
    if found.examples:
        _show_examples(contract, found)


def _show_refusal(contract: Contract, file: Path, refusal: FileRefusedError) -> None:
    reason = Reason.of(refusal.reason)
    facts = _refusal(contract, refusal)
    label, reads, limit = facts["label"], facts["reads"], facts["limit"]
    said = {
        "line": facts["line"],
        "column": facts["column"],
        "which reads": reads and repr(reads),
        "name": facts["name"],
        "which files call": None if label is None else repr(label),
        "limit": limit and f"{limit:,} {reason.explanation.unit}",
        "setting": facts["setting"],
    }
    details = ", ".join(f"{name} {fact}" for name, fact in said.items() if fact is not None)
    where = f" ({details})" if details else ""
    show_text(f"{file} would be quarantined as a whole: {refusal.reason}{where}", "bold")
    known = advice(refusal.reason)
    show_text(" ".join(filter(None, (known.means, known.cause, known.sentences))))


def _show_reasons(found: "DryRun") -> None:
    rows: list[tuple[Cell, ...]] = []
    for reason, one in _sorted(found):
        more = ", …" if one.rows > len(one.places) else ""
        known = advice(reason)
        rows.append((reason, one.rows, ", ".join(one.places) + more, known.means, known.sentences))
    show_table(("reason", "rows", "first lines", "means", "what to do"), rows, "Reasons")


def _show_examples(contract: Contract, found: "DryRun") -> None:
    if not sys.stdout.isatty():
        show_text(
            "The first rows before and after are not shown: they have raw values, and this is "
            "not a terminal."
        )
        return
    for example in found.examples:
        rows = [
            (column.name, example.before.get(column.name), example.after.get(column.name))
            for column in contract.columns
        ]
        title = f"Raw values, for your eyes only: line {example.place}".replace("line row", "row")
        show_table(("column", "in the file", "in the output"), rows, title)
    show_text("The tokens are of a throw-away key: they join with no others.")
