"""Replaying: what ``replay`` and ``reconcile`` share: start an execution, wait, tell."""

import time
from collections.abc import Mapping
from typing import Any

import click

from pipeline.display import remark, show_json, show_table, show_text, waiting
from pipeline.executions import INVALID, RUNNING, SUCCEEDED, Execution, Replays
from pipeline.outcomes import Exit
from pipeline.stack import Stack

INTERVAL = 1.0  # seconds between two looks


def replay(stack: Stack, given: Mapping[str, Any], *, as_json: bool) -> tuple[Execution, Exit]:
    """Start a replay with some input, wait for its end, and print its counts.

    Raises:
        click.UsageError: the state machine does not accept the input.
    """
    replays = Replays(stack)
    arn = replays.start(given)
    remark(f"The execution has begun: {arn}")  # at once: the session may expire while it waits
    try:
        with waiting("looking at files"):
            while (found := replays.describe(arn)).status == RUNNING:
                time.sleep(INTERVAL)
    except KeyboardInterrupt:
        remark("The execution goes on without this command.")
        raise
    if found.error == INVALID:
        raise click.UsageError(f"The state machine refused the input: {found.cause}")
    if as_json:
        show_json({"execution": arn, **vars(found)})
    elif found.status == SUCCEEDED:
        rows = [(name.replace("_", " "), count) for name, count in found.counts.items()]
        show_table(("files", ""), rows)
    else:
        show_text(f"{found.status.capitalize()}: {found.error}: {found.cause}")
    return found, Exit.OK if found.status == SUCCEEDED else Exit.WRONG
