"""``replay``: files are processed again, after what kept them from it has changed."""

from datetime import datetime

import click

from pipeline.command import Command, dataset_option, json_option
from pipeline.executions import DESCRIBE, START
from pipeline.moments import Moment, written
from pipeline.outcomes import Exit
from pipeline.replaying import replay
from pipeline.stack import Stack, with_stack


@click.command(
    "replay",
    cls=Command,
    actions=(START, DESCRIBE),
    permissions="Its own role lists the files and sends the messages.",
    wrong="the execution failed: its cause is printed",
    examples=(
        "--only refused --dataset customers",
        "--only refused --reason header:unknown-column --since 7d",
        "--only all --prefix incoming/customers/2026-03",
    ),
)
@click.option(
    "--only",
    type=click.Choice(["refused", "unfinished", "all"]),
    required=True,
    help="Files that were refused as a whole, that have no manifest of their newest version, or "
    "all of them.",
)
@dataset_option
@click.option("--prefix", metavar="KEY", help="Only files whose keys begin so: incoming/….")
@click.option("--since", type=Moment(), help="Only if uploaded then or later, such as 7d.")
@click.option("--until", type=Moment(), help="Only if uploaded before that.")
@click.option("--reason", metavar="TEXT", help="Only if refused for this reason, exactly.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 1_000),
    help="How many batches of files are looked at at a time; 10 by default.",
)
@json_option
@with_stack
def command(
    stack: Stack,
    *,
    only: str,
    dataset: str | None,
    prefix: str | None,
    since: datetime | None,
    until: datetime | None,
    reason: str | None,
    concurrency: int | None,
    as_json: bool,
) -> Exit:
    """Send the messages of files to the queue again, and wait until they are sent.

    A file that was refused stays so until its message comes again: after a change of its contract,
    deploy, wait five minutes, and replay the refused files of the dataset. A file that is done
    under its current contract is left as it is, so an extra message does no harm.

    A state machine does it: it lists files and asks for the metadata of their manifests. Its
    ARN is printed at once, and after Ctrl-C it goes on. Whether the files are clean now, status
    and files show once the queue is empty.
    """
    given = {
        "only": only,
        "dataset": dataset,
        "prefix": prefix,
        "since": since and written(since),
        "until": until and written(until),
        "reason": reason,
        "concurrency": concurrency,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    _, code = replay(stack, wanted, as_json=as_json)
    return code
