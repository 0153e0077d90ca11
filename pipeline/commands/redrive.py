"""``redrive``: parked messages go back to the queue, once the cause is fixed."""

import sys
import time
from typing import Any

import click

from pipeline.command import Command, json_option
from pipeline.display import remark, show_json, show_table, show_text, waiting
from pipeline.outcomes import Exit, PipelineError
from pipeline.queues import (
    ATTRIBUTES,
    HIDE,
    LIST_MOVES,
    MOVE,
    RECEIVE,
    Move,
    Parked,
    Queues,
)
from pipeline.stack import Stack, with_stack

INTERVAL = 0.5  # seconds between two looks
LOOKS = 120  # until SQS must know a redrive that it began


@click.command(
    "redrive",
    cls=Command,
    actions=(
        *(ATTRIBUTES, RECEIVE, HIDE, MOVE, LIST_MOVES),
        *("sqs:DeleteMessage", "sqs:SendMessage", "kms:Decrypt", "kms:GenerateDataKey"),
    ),
    permissions="The first six are asked of the dead-letter queue, which SQS reads as you do, "
    "sqs:SendMessage of the queue.",
    wrong="not all messages were moved: you did not agree, they are hidden, or SQS failed",
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
    before = queues.moving()
    if before and not before.is_over:
        remark("A redrive is under way already; waiting for it.")
        return _report(_wait(queues, before.started), [], as_json)
    with waiting("looking at parked messages"):
        parked = queues.peek()
    if not parked:
        return _report_none(queues, as_json)
    if not as_json:
        show_table(("file", "sent at", "received"), list(map(_row, parked)), "Parked messages")
    if unseen := queues.unseen(parked):
        remark(f"{unseen} All that nobody else looks at are sent.")
    if not yes and not _agree():
        if as_json:
            show_json(_document(parked, "DECLINED"))
        return Exit.WRONG
    queues.move()
    return _report(_wait(queues, before.started + 1 if before else 0), parked, as_json)


def _agree() -> bool:
    """Ask whether to move the messages; say what follows if not."""
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can answer here: add --yes to move the messages.")
    agreed = False
    try:
        agreed = click.confirm("Send all of them back to the queue?", err=True)
    finally:  # after Ctrl-C too
        if not agreed:
            remark("Nothing was changed: the messages are still parked.")
    return agreed


def _report_none(queues: Queues, as_json: bool) -> Exit:
    """Report that no parked message can be seen: there is none, or all are hidden."""
    hidden = queues.depths()[1].all
    if as_json:
        show_json(_document([], "HIDDEN" if hidden else "NOTHING"))
    elif not hidden:
        show_text("Nothing is parked.")
    if hidden:
        which = "1 message is" if hidden == 1 else f"{hidden:,} messages are"
        remark(
            f"Nothing was moved: about {which} hidden, because somebody else looks at the "
            "dead-letter queue, or did a moment ago. Try again in a minute."
        )
    return Exit.WRONG if hidden else Exit.OK


def _wait(queues: Queues, earliest: int) -> Move:
    """Wait until the redrive that began at ``earliest`` or later is over; others do not count."""
    unknown = 0
    with waiting("moving") as progress:
        while unknown < LOOKS:
            move = queues.moving()
            if move is None or move.started < earliest:
                unknown += 1
            elif move.is_over:
                return move
            else:
                progress.done(move.moved)
            time.sleep(INTERVAL)
    raise PipelineError("SQS does not know the redrive that it began. See what is parked: status")


def _report(move: Move, parked: list[Parked], as_json: bool) -> Exit:
    expected = max(len(parked), move.expected)
    left = expected - move.moved
    if as_json:
        show_json(
            _document(
                parked,
                move.status,
                moved=move.moved,
                expected=expected,
                failure=move.failure,
            )
        )
    else:
        of_all = f" of about {expected:,}" if left > 0 else ""
        why = f": {move.failure}" if move.failure else ""
        show_text(f"{move.status.capitalize()}: {move.moved:,}{of_all} messages moved{why}.")
    if move.status == "COMPLETED" and left > 0:
        remark(
            "The others were hidden, because somebody looks at them, or have expired. See what is "
            "parked: status. Try again in a minute."
        )
    return Exit.OK if move.status == "COMPLETED" and left <= 0 else Exit.WRONG


def _document(parked: list[Parked], status: str, *, moved: int = 0, **more: Any) -> dict[str, Any]:
    return {"parked": [vars(one) for one in parked], "status": status, "moved": moved, **more}


def _row(parked: Parked) -> tuple[Any, ...]:
    files = ", ".join(parked.keys) or "not a notification of this bucket"
    return files, parked.sent, parked.receives
