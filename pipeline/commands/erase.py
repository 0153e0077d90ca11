"""``erase``: people are erased from the files that are processed, and a receipt says what is left.

Who is erased is read from a file, and never printed.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from pipeline.command import Command, json_option
from pipeline.display import remark, show_json, show_table, show_text
from pipeline.erasures import INCOMPLETE, Erasures, contracts_here, with_tokens
from pipeline.executions import DESCRIBE, START, Execution
from pipeline.outcomes import Exit
from pipeline.permissions import GET, PUT
from pipeline.stack import Stack, with_stack
from processor.erasure.people import MOST, Request

INPUT = Path("-")
NOTHING = (
    "No row of them was found. They were erased before, or are in no file, or files have another "
    "spelling: look for that too."
)
AGAIN = (
    "A file fails while its message is under way or parked: status shows it, redrive sends it "
    "again. Then ask for the same identifiers once more: what is done stays done."
)


@click.command(
    "erase",
    cls=Command,
    policies=("Eraser",),
    actions=(PUT, GET, START, DESCRIBE, "kms:Decrypt", "kms:GenerateDataKey"),
    permissions="A role that also has another duty's policy can erase nobody. No role can read "
    "who was erased: neither yours, nor an administrator's.",
    wrong="files failed, or the request was refused: the cause is printed; or you did not agree",
    examples=(
        "people.txt --domain customer",
        "people.txt --domain customer --dry-run",
        "- --dataset payments --column customer_id --yes",
        "--resume arn:aws:states:…:execution:…:6e1a2c0c",
    ),
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@click.option("--domain", metavar="NAME", help="Of all columns of tokens that share this domain.")
@click.option("--dataset", metavar="NAME", help="Only of this dataset, of one --column.")
@click.option("--column", metavar="NAME", help="The column, as the contract calls it.")
@click.option(
    "--dry-run", is_flag=True, help="Say where they are and until when, and erase nothing."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--resume", metavar="ARN", help="Wait for an erasure that was begun before.")
@json_option
@with_stack
def command(
    stack: Stack,
    *,
    file: Path | None,
    domain: str | None,
    dataset: str | None,
    column: str | None,
    dry_run: bool,
    yes: bool,
    resume: str | None,
    as_json: bool,
) -> Exit:
    """Erase people from the clean and the rejected rows of all files, and show the receipt.

    FILE has an identifier on each line, as it is in files, at most 1,000; - is standard input. It
    is never an argument, because shells keep those, and others see them in the list of processes.
    Delete the file afterwards.

    It shows which columns it looks in, by the contracts of this checkout, and asks. It takes some
    minutes more than the processor's timeout: until then, a file may be on its way that knows
    nothing of it. After Ctrl-C it goes on; wait for it again with --resume and the ARN that was
    printed.

    The receipt has the rows that are gone by file, and the copies that still hold the people, each
    with the day on which it goes and, under Object Lock, until when it is locked. Files
    that may have had rows of them are apart: nobody has looked into one that was refused as a
    whole, and nobody can tell who was erased from one before. With --dry-run nothing is changed,
    nobody is asked, and the receipt says where the people are now, as an answer to their request
    of access.
    """
    erasures = Erasures(stack)
    if resume is None:
        if file is None:
            raise click.UsageError("Name FILE, with --domain, or --dataset and --column.")
        request = replace(_request(file, domain, dataset, column), dry_run=dry_run)
        places = _places(request)
        if not as_json:
            what = "to be found" if dry_run else "to be erased"
            title = f"Identifiers {what}: {len(request.identifiers):,}"
            show_table(("dataset", "column"), places, title)
        if not (yes or dry_run or _agree()):
            if as_json:
                show_json({"status": "DECLINED"})
            return Exit.WRONG
        resume = erasures.ask(request)
        began = "dry run" if dry_run else "erasure"
        remark(f"The {began} has begun: {resume}")  # at once: the session may expire
    elif not erasures.has(resume):
        raise click.UsageError(f"{resume} is not an execution of an erasure of this stack.")
    found = erasures.wait(resume)
    receipt = erasures.receipt(resume, found)
    if as_json:
        show_json(found.document(resume, receipt=receipt))
    else:
        _show(found, receipt)
    return Exit.OK if found.done else Exit.WRONG


def _request(file: Path, domain: str | None, dataset: str | None, column: str | None) -> Request:
    """Return who is to be erased.

    Raises:
        click.UsageError: it makes no sense; the message has no identifier.
    """
    if (domain is None, dataset is None, column is None) not in (
        (False, True, True),
        (True, False, False),
    ):
        raise click.UsageError("Name either --domain, or --dataset and --column.")
    content = sys.stdin.buffer.read() if file == INPUT else file.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:  # as in UTF-16
        raise click.UsageError(f"{file} is not UTF-8 text. Save it as UTF-8.")
    identifiers = tuple(dict.fromkeys(one for line in text.splitlines() if (one := line.strip())))
    if not 0 < len(identifiers) <= MOST:
        raise click.UsageError(
            f"{file} has {len(identifiers):,} different identifiers: a request has 1 to {MOST:,}."
        )
    return Request(identifiers, domain, dataset, column)


def _places(request: Request) -> list[tuple[str, str]]:
    """Return the datasets and columns that a request is about.

    Raises:
        click.UsageError: no contract has one.
    """
    contracts = contracts_here()
    places = [(one.dataset, column.name) for one in contracts for column in request.columns(one)]
    if not places:
        raise click.UsageError(
            "No contract in this checkout has tokens of this name. These columns have tokens: "
            f"{', '.join(with_tokens(contracts))}."
        )
    return places


def _agree() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can answer here: add --yes to erase them.")
    agreed = False
    try:
        agreed = click.confirm(
            "Remove their rows from all files, for good, and keep them out?", err=True
        )
    finally:  # after Ctrl-C too
        if not agreed:
            remark("Nothing was changed.")
    return agreed


def _show(found: Execution, receipt: dict[str, Any] | None) -> None:
    if receipt:
        title = "Dry run: nothing was changed" if receipt["dry_run"] else "Rows that are gone"
        _show_receipt(title, receipt["counts"], receipt["files"])
    if not found.done:
        show_text(found.failure)
    if found.error == INCOMPLETE:
        show_text(AGAIN)


def _show_receipt(title: str, counts: dict[str, int], files: Sequence[dict[str, Any]]) -> None:
    headings = ("files", "with such rows", "clean rows", "rejected rows", "refused", "failed")
    names = ("files", "changed", "clean", "rejected", "refused", "failed")
    show_table(headings, [tuple(counts[name] for name in names)], title)
    if not (counts["clean"] or counts["rejected"]):
        show_text(NOTHING)
    theirs = [one for one in files if one.get("clean") or one.get("rejected")]
    _show_files(theirs, "Files with rows of them", "Copies that hold them")
    others = [one for one in files if one not in theirs]
    _show_files(others, "Files that may have had rows of them", "Copies that may hold them")


def _show_files(files: Sequence[dict[str, Any]], title: str, copies: str) -> None:
    """Show files of a receipt, and what is left of each."""
    rows = [(one["key"], one.get("clean"), one.get("rejected"), _outcome(one)) for one in files]
    if rows:
        show_table(("file", "clean", "rejected", "outcome"), rows, title)
    versions = [
        (one["key"], one["version_id"], one["gone_on"] or "stays", one["locked_until"])
        for file in files
        for one in file.get("versions", ())
    ]
    if versions:
        show_table(("copy", "version", "gone on", "locked until"), versions, copies)


def _outcome(file: dict[str, Any]) -> str:
    """Return what became of a file of a receipt, beyond its counts."""
    if "failed" in file:
        return f"failed: {file['failed']}"
    if file["refused"]:
        return "refused: nobody has looked into it"
    return "" if file["clean"] or file["rejected"] else "somebody was erased before"
