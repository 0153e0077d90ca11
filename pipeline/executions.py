"""Executions of the stack's state machines: started, described, and waited for."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.display import remark, waiting
from pipeline.outcomes import NoStackError
from pipeline.permissions import needing
from pipeline.stack import Stack

START, DESCRIBE = "states:StartExecution", "states:DescribeExecution"

RUNNING, SUCCEEDED = "RUNNING", "SUCCEEDED"
INTERVAL = 1.0  # seconds between two looks


@dataclass(frozen=True)
class Execution:
    """How far an execution is.

    Attributes:
        status: as Step Functions names it; ``RUNNING`` and ``SUCCEEDED`` are two of them.
        given: its input.
        output: what it found, once it has succeeded.
        error: the kind of failure, if it failed.
        cause: a sentence about it.
    """

    status: str
    given: Mapping[str, Any]
    output: Mapping[str, Any]
    error: str = ""
    cause: str = ""

    @property
    def done(self) -> bool:
        """Whether it has succeeded."""
        return self.status == SUCCEEDED

    @property
    def failure(self) -> str:
        """A line about it, if it failed, or somebody or a time limit ended it."""
        status = self.status.capitalize().replace("_", " ")
        return ": ".join(part for part in (status, self.error, self.cause) if part)

    def document(self, arn: str, **more: Any) -> dict[str, Any]:
        """For JSON, with what came of it."""
        ended = {"error": self.error, "cause": self.cause}
        return {"execution": arn, "status": self.status, **more, **ended}


class Executions:
    """The executions of a state machine."""

    def __init__(self, stack: Stack, output: str, missing: str = "") -> None:
        """Keep the stack, and the state machine that an output names.

        Raises:
            NoStackError: the stack has no such output; ``missing`` says what that means, where a
                stack of this version may lack it.
        """
        if missing and output not in stack.outputs:
            raise NoStackError(missing)
        self._stack = stack
        self._machine = stack.output(output)

    def has(self, arn: str) -> bool:
        """Tell whether an ARN is of an execution of this state machine."""
        return arn.startswith(f"{self._machine.replace(':stateMachine:', ':execution:')}:")

    def start(self, given: Mapping[str, Any]) -> str:
        """Start one with some input; return its ARN."""
        with needing(self._stack, START, _name(self._machine)):
            started: dict[str, str] = self._stack.stepfunctions.start_execution(
                stateMachineArn=self._machine, input=json.dumps(given)
            )
        return started["executionArn"]

    def describe(self, arn: str) -> Execution:
        """Return how far it is."""
        with needing(self._stack, DESCRIBE, _name(arn)):
            found: dict[str, Any] = self._stack.stepfunctions.describe_execution(executionArn=arn)
        return Execution(
            found["status"],
            json.loads(found.get("input") or "{}"),
            json.loads(found.get("output") or "{}"),
            found.get("error", ""),
            _sentence(found.get("cause", "")),
        )

    def wait(self, arn: str, what: str, interrupted: str) -> Execution:
        """Wait for its end, and show ``what`` is waited for.

        It goes on after Ctrl-C: then ``interrupted`` is said.
        """
        try:
            with waiting(what):
                while (found := self.describe(arn)).status == RUNNING:
                    time.sleep(INTERVAL)
        except KeyboardInterrupt:
            remark(interrupted)
            raise
        return found


def _name(arn: str) -> str:
    """Return the name of a state machine, or its name and the execution's."""
    return arn.split(":", 6)[-1]


def _sentence(cause: str) -> str:
    """Return what a cause says: the message of the function's error, or the text itself.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    try:
        return str(json.loads(cause)["errorMessage"])
    except (KeyError, TypeError, ValueError):
        return cause
