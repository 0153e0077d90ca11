"""``reconcile``: find the files that have no manifest, and send their messages again."""

import click

from pipeline.command import Command, dataset_option, json_option
from pipeline.executions import DESCRIBE, START
from pipeline.outcomes import Exit
from pipeline.replaying import replay
from pipeline.stack import Stack, with_stack


@click.command(
    "reconcile",
    cls=Command,
    actions=(START, DESCRIBE),
    permissions="Its own role lists the files and sends the messages.",
    wrong="files were unfinished and their messages were sent, or the execution failed",
    examples=("", "--dataset customers --json"),
)
@dataset_option
@json_option
@with_stack
def command(stack: Stack, dataset: str | None, as_json: bool) -> Exit:
    """Compare the files with their manifests, and send the messages of unfinished ones again.

    This is what happens every night by itself: lost notifications, expired messages and a queue
    that was purged heal. A file is unfinished if it has no manifest of its newest version an hour
    after it was uploaded. replay --only unfinished --until 0m finds younger ones.

    The ARN of the execution is printed at once, and after Ctrl-C the comparison goes on.
    """
    given = {"only": "unfinished"} | ({} if dataset is None else {"dataset": dataset})
    counts, code = replay(stack, given, as_json=as_json)
    return Exit.WRONG if counts.get("sent") else code
