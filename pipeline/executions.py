"""Executions of the replay: the state machine that sends the messages of files again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.permissions import needing
from pipeline.stack import Stack

START, DESCRIBE = "states:StartExecution", "states:DescribeExecution"

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
INVALID = "InvalidInput"  # how lib/constructs/replay_workflow.py names a wrong input


@dataclass(frozen=True)
class Execution:
    """How far an execution is.

    Attributes:
        status: as Step Functions names it; ``RUNNING`` and ``SUCCEEDED`` are two of them.
        counts: how many files were looked at, sent and settled, once it has succeeded.
        error: the kind of failure, if it failed.
        cause: a sentence about it.
    """

    status: str
    counts: Mapping[str, int]
    error: str = ""
    cause: str = ""


class Replays:
    """The replays of a stack."""

    def __init__(self, stack: Stack) -> None:
        """Keep the stack."""
        self._stack = stack
        self._machine = stack.output("ReplayStateMachineArn")

    def start(self, given: Mapping[str, Any]) -> str:
        """Start one with some input; return its ARN."""
        with needing(self._stack, START, self._machine.rpartition(":")[2]):
            started: dict[str, str] = self._stack.stepfunctions.start_execution(
                stateMachineArn=self._machine, input=json.dumps(given)
            )
        return started["executionArn"]

    def describe(self, arn: str) -> Execution:
        """Return how far it is."""
        with needing(self._stack, DESCRIBE, arn.rpartition(":")[2]):
            found: dict[str, Any] = self._stack.stepfunctions.describe_execution(executionArn=arn)
        output = json.loads(found.get("output", "{}"))
        counts = {name: count for name, count in output.items() if isinstance(count, int)}
        return Execution(found["status"], counts, found.get("error", ""), found.get("cause", ""))
