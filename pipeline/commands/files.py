"""``files``: which files were processed, with what result."""

from datetime import datetime
from typing import Literal

import click

from lib.contracts import CONTRACTS, read_intervals
from pipeline.bucket import Bucket, below
from pipeline.command import Command, dataset_option, json_option
from pipeline.datasets import check_dataset
from pipeline.display import (
    Cell,
    remark,
    show_json,
    show_table,
    show_text,
    waiting,
    without_unused,
)
from pipeline.gaps import Gaps
from pipeline.moments import Moment, written
from pipeline.outcomes import Exit, RefusedError
from pipeline.permissions import GET, LIST
from pipeline.records import Choice, Record
from pipeline.stack import Stack, with_stack
from processor.bucket.keys import INCOMING

HEADINGS = (
    "file",
    "outcome",
    "rows",
    "clean",
    "rejected",
    "erased",
    "refused for",
    "processed at",
)

Row = tuple[Cell, ...]


@click.command(
    "files",
    cls=Command,
    policies=("Consumer", "Steward"),
    actions=(LIST, GET, "kms:Decrypt"),
    permissions="With a policy of the stack, --dataset is needed, and files that were deleted are "
    "not marked.",
    wrong="a manifest could not be read",
    examples=(
        "--dataset customers --outcome refused",
        "--since 7d --reason 'email:*'",
        "--since 2026-03-01 --until 2026-04-01 --json",
    ),
)
@dataset_option
@click.option(
    "--outcome",
    type=click.Choice(["processed", "refused", "rejects"]),
    help="Only files that were processed, refused as a whole, or processed with rejected rows.",
)
@click.option("--since", type=Moment(), help="Only if processed then or later, such as 36h.")
@click.option("--until", type=Moment(), help="Only if processed before that, such as 2026-03-01.")
@click.option(
    "--reason",
    metavar="TEXT",
    help="Only if refused, or rows rejected, for this reason, such as email:required. * stands "
    "for anything.",
)
@json_option
@with_stack
def command(
    stack: Stack,
    dataset: str | None,
    outcome: Literal["processed", "refused", "rejects"] | None,
    since: datetime | None,
    until: datetime | None,
    reason: str | None,
    as_json: bool,
) -> Exit:
    """List the files that were processed or refused, and their rows.

    A file is listed once it has a manifest, which is written last. One that waits has none: see
    status. Each manifest costs a request to S3; with --since, only those that were written since.
    A file that was deleted since, or has expired, is marked, if the credentials may list files.

    Rows are all that were read: clean, rejected and erased ones. Of a refused file no row is
    clean. Manifests that cannot be read are named on standard error.
    """
    if since and until and since >= until:
        raise click.BadParameter(
            f"{written(until)} is not after --since, which is {written(since)}. Write a later "
            "time, or leave one of them out.",
            param_hint="'--until'",
        )
    check_dataset(Bucket(stack), dataset, read_intervals(CONTRACTS))
    choice, gaps = Choice(dataset, outcome, since, until, reason), Gaps()
    with waiting("reading manifests") as progress:
        records = Bucket(stack).records(choice, gaps, progress.done)
        # Only what is shown is kept: a record has its whole manifest.
        documents = [document(record) for record in records] if as_json else []
        rows = [row(record) for record in records]
    gaps.check()
    there, missing = _list(stack, dataset) if documents or rows else (None, "")
    if as_json:
        for one in documents:
            one["deleted"] = None if there is None else one["key"] not in there
        show_json({"files": documents, "unreadable": gaps.document})
    elif rows:
        marked = [_mark(one, there) for one in rows]
        show_table(*without_unused("erased", HEADINGS, marked))
    else:
        show_text("No such file has been processed.")
    if missing:
        remark(f"Not shown: which of them were deleted. {missing}")
    gaps.tell()
    return Exit.WRONG if gaps.found else Exit.OK


def _list(stack: Stack, dataset: str | None) -> tuple[set[str] | None, str]:
    """Return the files that are there; or None, and why IAM does not let us know."""
    try:
        with waiting("listing files"):
            pages = Bucket(stack).pages(below(INCOMING, dataset))
            return {one.key for page in pages for one in page}, ""
    except RefusedError as refusal:
        return None, refusal.message


def _mark(cells: Row, there: set[str] | None) -> Row:
    """Return a file's row, marked if the file is not there any more."""
    key, outcome, *others = cells
    return cells if there is None or key in there else (key, f"{outcome}, deleted", *others)


def row(record: Record) -> Row:
    """Return a file's row of the table."""
    return (
        record.key,
        record.outcome,
        record.read,
        record.clean,
        record.rejected,
        record.erased,
        record.refusal,
        record.processed_at,
    )


def document(record: Record) -> dict[str, object]:
    """Return what the JSON says about a file."""
    return {
        "key": record.key,
        "dataset": record.dataset,
        "version": record.version,
        "outcome": record.outcome,
        "rows": record.rows,
        "reasons": record.reasons,
        "refusal": record.refusal,
        "processed_at": record.processed_at,
    }
