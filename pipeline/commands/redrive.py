"""``redrive``: parked messages go back to the queue, once the cause is fixed."""

import sys
import time
from typing import Any

import click

from pipeline.command import Command, json_option, with_stack
from pipeline.display import remark, show_json, show_table, show_text, waiting
from pipeline.outcomes import Exit, PipelineError
from pipeline.queues import (
    ATTRIBUTES,
    HIDE,
    LIST_MOVES,
    MOST_SHOWN,
    MOVE,
    RECEIVE,
    Move,
    Parked,
    Queues,
)
from pipeline.stack import Stack

INTERVAL = 0.5  # seconds between two looks


@click.command(
    "redrive",
    cls=Command,
    actions=(
        *(ATTRIBUTES, RECEIVE, HIDE, MOVE, LIST_MOVES),
        *("sqs:DeleteMessage", "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"),
    ),
    permissions="The first six are asked of the dead-letter queue, which SQS reads as you do, "
    "sqs:SendMessage of the queue.",
    wrong="not all messages could be moved, or all are hidden",
    examples=("", "--yes"),
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@with_stack
def command(stack: Stack, yes: bool, as_json: bool) -> Exit:
    """Send parked messages back to the queue, after showing what is parked.

    A message is parked in the dead-letter queue after five failed tries, which raises an alarm.
    Its file is safe, but not processed. Fix the cause first: the log group's line "failed" names
    the file and the kind of error. A message that fails again is parked again.

    To look at the messages, they are hidden from others for a moment. Nothing is moved before you
    agree. After Ctrl-C while it waits, SQS goes on moving; redrive waits for that too.

    The messages are not lost by a redrive, but by time: 14 days after S3 sent them. A redrive
    starts that time again.
    """
    queues = Queues(stack)
    move = queues.moving()
    if move and move.status in ("RUNNING", "CANCELLING"):
        remark("A redrive is under way already; waiting for it.")
        return _report(_wait(queues), [], as_json)
    with waiting("looking at parked messages"):
        parked = queues.peek()
    if not parked:
        return _report_none(queues, as_json)
    if not as_json:
        show_table(("file", "sent at", "received"), list(map(_row, parked)), "Parked messages")
    if len(parked) >= MOST_SHOWN:
        about = queues.depths()[1].all
        remark(f"{len(parked):,} of about {about:,} messages are shown; all are sent.")
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Nobody can answer here: add --yes to move the messages.")
        click.confirm("Send all of them back to the queue?", abort=True, err=True)
    queues.move()
    return _report(_wait(queues), parked, as_json)


def _report_none(queues: Queues, as_json: bool) -> Exit:
    """Report that no parked message can be seen: there is none, or all are hidden."""
    hidden = queues.depths()[1].all
    if as_json:
        show_json({"parked": [], "status": "HIDDEN" if hidden else "NOTHING", "moved": 0})
    elif not hidden:
        show_text("Nothing is parked.")
    if hidden:
        which = "1 message is" if hidden == 1 else f"{hidden:,} messages are"
        remark(
            f"Nothing was moved: about {which} hidden, because somebody else looks at the "
            "dead-letter queue, or did a moment ago. Try again in a minute."
        )
    return Exit.WRONG if hidden else Exit.OK


def _wait(queues: Queues) -> Move:
    with waiting("moving") as progress:
        while True:
            move = queues.moving()
            if move is None:
                raise PipelineError("SQS does not know the redrive. Look again: redrive")
            progress.done(move.moved)
            if move.status not in ("RUNNING", "CANCELLING"):
                return move
            time.sleep(INTERVAL)


def _report(move: Move, parked: list[Parked], as_json: bool) -> Exit:
    if as_json:
        document: dict[str, Any] = {"parked": [vars(one) for one in parked], **vars(move)}
        show_json(document)
    else:
        why = f": {move.failure}" if move.failure else ""
        show_text(f"{move.status.capitalize()}: {move.moved:,} messages moved{why}.")
    return Exit.OK if move.status == "COMPLETED" else Exit.WRONG


def _row(parked: Parked) -> tuple[Any, ...]:
    files = ", ".join(parked.keys) or "not a notification of this bucket"
    return files, parked.sent, parked.receives
