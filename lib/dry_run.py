"""A dry run: what would happen to a local file under its contract, without AWS.

``make contract`` checks all contracts; ``make contract dataset=customers file=my.csv`` also runs a
file through the processor itself. Tokens are made with a throw-away key, nothing is written, and
no value of the file is shown except the names of columns that the contract does not have.
"""

import argparse
import gzip
import json
import secrets
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.table import Table

from lib.contracts import CONTRACTS, ContractError, compile_contracts
from lib.function.object_size import largest_object
from lib.settings import EnvironmentSettings
from processor.account import RowAccount
from processor.contract.model import Contract
from processor.deidentification.pseudonyms import KEY_LENGTH, PseudonymKeys
from processor.limits.size import SizeLimit
from processor.reasons import FileRefusedError, Reason
from processor.transformation import Outputs, Transformation, refuse

SHOWN_LINES = 5
SHOWN_TEXT = 200  # characters of a header


class ThrowAwayKeys(PseudonymKeys):
    """Keys that nobody knows and nobody can derive again."""

    def __init__(self) -> None:  # pylint: disable=super-init-not-called
        """Start without KMS."""
        self._made: dict[tuple[str, str, int], bytes] = {}

    def derive(self, algorithm: str, scope: str, epoch: int) -> bytes:
        """Return a new key, the same for the same arguments."""
        new = secrets.token_bytes(KEY_LENGTH)
        return self._made.setdefault((algorithm, scope, epoch), new)


@dataclass(frozen=True)
class DryRun:
    """What would happen to a file: its rows, and the lines rejected for each reason.

    ``reasons`` has the number and the first lines; for a refused file they are incomplete.
    ``labels`` has the names in files of the contract's columns, where they differ.
    """

    account: RowAccount
    reasons: dict[str, tuple[int, list[str]]]
    labels: dict[str, str]


def run(contract: Contract, file: Path) -> DryRun:
    """Run a file through the processor.

    Raises:
        OSError: the file cannot be read.
    """
    limit = SizeLimit(*largest_object(EnvironmentSettings()))
    transformation = Transformation(contract, ThrowAwayKeys(), limit)
    with (
        file.open("rb") as stream,
        tempfile.TemporaryFile() as clean,
        tempfile.TemporaryFile() as rejected,
    ):
        outputs = Outputs(clean, rejected)
        try:
            account = transformation.run(stream, file.name, outputs)
            reasons = _reasons(rejected)
        except FileRefusedError as refusal:
            reasons = _reasons(rejected)
            account = refuse(refusal, contract, {}, outputs)
    account.check()
    labels = {
        column.name: column.physical_name
        for column in contract.columns
        if column.physical_name is not None
    }
    return DryRun(account, reasons, labels)


def _reasons(rejected: IO[bytes]) -> dict[str, tuple[int, list[str]]]:
    reasons: dict[str, tuple[int, list[str]]] = {}
    rejected.seek(0)
    with gzip.open(rejected) as rejects:
        for reject in map(json.loads, rejects):
            for reason in reject["reasons"]:
                count, lines = reasons.get(reason, (0, []))
                line = reject["line"] or f"row {reject['row']}"  # Parquet has no lines
                lines += [str(line)] if count < SHOWN_LINES else []
                reasons[reason] = count + 1, lines
    return reasons


def show(console: Console, title: str, found: DryRun) -> None:
    """Print the account of a file, and why rows would be rejected."""
    account = found.account
    if refusal := account.refusal:
        reason = Reason.of(refusal.reason)
        read = refusal.text and repr(refusal.text[:SHOWN_TEXT])
        label = found.labels.get(refusal.name or "")
        facts = {
            "line": refusal.line,
            "column": refusal.column,
            "which reads": read,
            "name": refusal.name,
            "which files call": None if label is None else repr(label),
            "limit": refusal.limit and f"{refusal.limit:,} {reason.explanation.unit}",
            "setting": refusal.setting,
        }
        details = ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        where = f" ({details})" if details else ""
        console.print(f"{title} would be quarantined as a whole: {refusal.reason}{where}")
        console.print(_explain(reason))
    else:
        rows = f"{account.read:,} rows, {account.clean:,} clean, {account.rejected:,} rejected"
        console.print(f"{title}: {rows}")
    if account.dropped_columns:
        console.print(f"Columns without a contract, dropped: {account.dropped_columns}")
    if measured := account.anonymity:
        console.print(
            f"k-anonymity: {measured.k} of {measured.required} required; "
            f"{measured.rows_below:,} rows in classes that are too small"
        )
    if account.quality:
        table = Table("quality rule", "measured", "must be", "")
        for rule in account.quality:
            outcome = "passed" if rule.passed else f"broken: {rule.severity}"
            table.add_row(rule.rule, f"{round(rule.measured, 4):,}", rule.condition, outcome)
        console.print(table)
    if found.reasons:
        table = Table("reason", "rows", "first lines")
        for text, (count, lines) in sorted(found.reasons.items(), key=lambda item: -item[1][0]):
            more = ", …" if count > SHOWN_LINES else ""
            table.add_row(text, f"{count:,}", ", ".join(lines) + more)
        console.print(table)
        for reason in sorted(set(map(Reason.of, found.reasons)), key=list(Reason).index):
            console.print(f"{reason}: {_explain(reason)}")


def _explain(reason: Reason) -> str:
    """Return what a reason means, and what to do."""
    explained = reason.explanation
    remedies = (f"As {who}: {remedy}" for who, remedy in explained.remedies.items())
    return " ".join((explained.means, *remedies))


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the contracts and, if one is given, a file.

    Returns 1 when something is refused, or every row rejected.
    """
    parser = argparse.ArgumentParser(
        prog="python -m lib.dry_run",
        description="Check all contracts, and show what would happen to a local file.",
    )
    parser.add_argument(
        "dataset", nargs="?", help="the dataset of the file's contract, or <dataset>@<version>"
    )
    parser.add_argument("file", nargs="?", type=Path, help="such as samples/customers.csv")
    given = parser.parse_args(arguments)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    try:
        contracts = compile_contracts(CONTRACTS)
    except ContractError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    console.print(f"The contracts are valid: {', '.join(contracts)}")
    if given.dataset is None:
        return 0
    # The default version, for files that name none, also has a name of its own.
    contracts |= {f"{c.dataset}@{c.version}": c for c in contracts.values()}
    if given.dataset not in contracts:
        there = ", ".join(sorted(contracts))
        parser.error(f"no contract is named {given.dataset!r}; dataset= is one of {there}")
    if not given.file:
        parser.error(f"name the file to check against {given.dataset}, as in file=my.csv")
    try:
        found = run(contracts[given.dataset], given.file)
    except OSError as error:
        print(f"Error: {given.file} cannot be read: {error.strerror}.", file=sys.stderr)
        return 1
    show(console, str(given.file), found)
    account = found.account
    return 1 if account.refusal or (account.read and not account.clean) else 0


if __name__ == "__main__":
    sys.exit(main())
