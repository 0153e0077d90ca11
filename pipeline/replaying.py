"""Replaying: what ``replay`` and ``reconcile`` share: start an execution, wait, tell."""

from collections.abc import Mapping
from typing import Any

import click

from pipeline.display import remark, show_json, show_table, show_text
from pipeline.executions import Executions
from pipeline.outcomes import Exit
from pipeline.stack import Stack

INVALID = "InvalidInput"  # how lib/jobs/replay_workflow.py names a wrong input


def replay(
    stack: Stack, given: Mapping[str, Any], *, as_json: bool
) -> tuple[Mapping[str, int], Exit]:
    """Start a replay with some input, wait for its end, and print and return its counts.

    Raises:
        click.UsageError: the state machine does not accept the input.
    """
    replays = Executions(stack, "ReplayStateMachineArn")
    arn = replays.start(given)
    remark(f"The execution has begun: {arn}")  # at once: the session may expire while it waits
    found = replays.wait(arn, "looking at files", "The execution goes on without this command.")
    counts = {name: count for name, count in found.output.items() if isinstance(count, int)}
    if found.error == INVALID:
        raise click.UsageError(f"The state machine refused the input: {found.cause}")
    if as_json:
        show_json(found.document(arn, counts=counts))
    elif found.done:
        show_table(("files", ""), [(name.replace("_", " "), one) for name, one in counts.items()])
    else:
        show_text(found.failure)
    return counts, Exit.OK if found.done else Exit.WRONG
