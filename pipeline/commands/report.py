"""``report``: one page about what became of files."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from lib.contracts import CONTRACTS, read_intervals
from pipeline import lateness
from pipeline.bucket import Bucket
from pipeline.command import Command, dataset_option, json_option
from pipeline.datasets import check_dataset, dataset_of
from pipeline.display import show_json, show_text, waiting
from pipeline.gaps import Gaps
from pipeline.moments import Moment, now
from pipeline.outcomes import Exit, PipelineError
from pipeline.permissions import GET, LIST
from pipeline.records import Choice
from pipeline.report.figures import Figures, figures_of
from pipeline.report.page import render
from pipeline.stack import Stack, with_stack


@click.command(
    "report",
    cls=Command,
    policies=("Consumer", "Steward"),
    actions=(LIST, GET, "kms:Decrypt"),
    permissions="With a policy of the stack, --dataset is needed.",
    wrong="a manifest could not be read",
    examples=("", "--dataset customers --since 90d --output customers.html"),
)
@dataset_option
@click.option("--since", type=Moment(), help="Count only files processed then or later.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("report.html"),
    show_default=True,
    help="The file to write.",
)
@json_option
@with_stack
def command(
    stack: Stack, dataset: str | None, since: datetime | None, output: Path, as_json: bool
) -> Exit:
    """Write one page about what became of files, for people who do not use this tool.

    Of each dataset it has the rows over time, the reasons of most rejected rows with what to do,
    broken quality rules, k-anonymity, and whether the next file is late by the contract in this
    checkout. It holds numbers and names of columns: no value and no name of a file. It is one file
    of HTML that loads nothing, so it can be sent by mail.

    Datasets that have a contract and no file are on it too. With --since, a dataset without a file
    since then is at least as late as if one had come just before.

    Each manifest costs a request to S3. Those that cannot be read are counted on the page, and
    named on standard error. With --json the numbers are printed, and no file written.
    """
    moment, gaps, bucket = now(), Gaps(), Bucket(stack)
    intervals = read_intervals(CONTRACTS)
    check_dataset(bucket, dataset, intervals)
    allowed = {name: time for name, time in intervals.items() if dataset in (None, name)}
    with waiting("reading manifests") as progress:
        records = bucket.records(Choice(dataset, since=since), gaps, progress.done)
        figures = figures_of(records, allowed, moment, since)
    gaps.check()
    unread = set(map(dataset_of, gaps.manifests))
    for one in figures:
        if one.last is None and one.name in unread:
            one.late = None  # nobody can tell
    missing = len(gaps.found)
    if as_json:
        show_json({"datasets": [document(one) for one in figures], "unreadable": missing})
    else:
        page = render(figures, suffix=stack.suffix, now=moment, since=since, missing=missing)
        _write(output, page)
        show_text(f"Wrote {output}")
    gaps.tell()
    return Exit.WRONG if gaps.found else Exit.OK


def _write(output: Path, page: str) -> None:
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PipelineError(f"{output} cannot be written: {error.strerror}.") from None


def document(figures: Figures) -> dict[str, Any]:
    """Return the numbers of a dataset for JSON."""
    return {
        "dataset": figures.name or None,
        "files": figures.files,
        "refused": figures.refused,
        "rows": {
            "read": figures.read,
            "clean": figures.clean,
            "rejected": figures.rejected,
            "erased": figures.erased,
        },
        "last": figures.last,
        **lateness.document(figures.late),
        "periods": [vars(one) for one in figures.bars],
        "reasons": [
            {"rows": cause.rows, "files": cause.files, **cause.advice.document}
            for cause in figures.causes
        ],
        "broken_rules": [vars(one) for one in figures.broken_rules],
        "anonymity": figures.anonymity and vars(figures.anonymity),
    }
