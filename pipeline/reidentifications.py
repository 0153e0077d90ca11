"""Requests to re-identify tokens, for those who ask for values and those who approve."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.bucket import Bucket
from pipeline.executions import RUNNING, Execution, Executions
from pipeline.permissions import needing
from pipeline.stack import Stack
from processor.reidentification.requests import APPROVALS, REQUESTS, SIGNATURES, signature_name

APPROVE, REFUSE = "states:SendTaskSuccess", "states:SendTaskFailure"
REFUSED = "Refused"

OUTPUT = "ReidentificationStateMachineArn"


@dataclass(frozen=True)
class Waiting:
    """A request that waits for approval; only its facts may be shown."""

    name: str
    facts: Mapping[str, Any]
    token: str


class Reidentifications:
    """The requests of a stack, as the caller may see and make them."""

    def __init__(self, stack: Stack) -> None:
        """Keep the stack.

        Raises:
            NoStackError: no contract of it has tokens that can be reversed.
        """
        self._stack = stack
        self._executions = Executions(
            stack,
            OUTPUT,
            "The stack re-identifies nothing: no contract that it was deployed with has the "
            "method encrypt.",
        )
        self._bucket = Bucket(stack)

    @cached_property
    def user(self) -> str:
        """The ``aws:userid`` of the caller, which anybody may ask for."""
        return str(self._stack.sts.get_caller_identity()["UserId"])

    def has(self, arn: str) -> bool:
        """Tell whether an ARN is of a request to this stack."""
        return self._executions.has(arn)

    def ask(self, dataset: str, column: str, purpose: str, tokens: Sequence[str]) -> str:
        """Write a request under the caller's id, and start it; return the execution's ARN."""
        key = f"{REQUESTS}{dataset}/{purpose}/{self.user}/{uuid.uuid4()}"
        self._bucket.put(key, "\n".join(tokens))
        return self._executions.start({"request": key, "column": column})

    def wait(self, arn: str) -> Execution:
        """Wait until a request was approved and done, or has failed."""
        goes_on = f"The request goes on without this command. Wait for it: --resume {arn}"
        return self._executions.wait(arn, "waiting for an approval", goes_on)

    def fetch(self, key: str) -> bytes:
        """Return the values of a request."""
        return self._bucket.fetch(key)

    def waiting(self, dataset: str) -> Iterator[Waiting]:
        """Find the requests of a dataset that wait for approval."""
        prefix = f"{APPROVALS}{dataset}/"
        keys = [entry.key for page in self._bucket.pages(prefix) for entry in page]
        for key in keys:
            document = json.loads(self.fetch(key))
            token, arn = document.pop("token"), document["execution"]
            if self._executions.describe(arn).status == RUNNING:
                yield Waiting(key.removeprefix(prefix).removesuffix(".json"), document, token)

    def approve(self, request: Waiting) -> str:
        """Sign these facts under the caller's id, and let the request go on.

        Return the signature's key.
        """
        facts = {name: fact for name, fact in request.facts.items() if name != "execution"}
        name = signature_name(request.name, facts)
        key = f"{SIGNATURES}{facts['dataset']}/{self.user}/{name}"
        self._bucket.put(key, "")
        with needing(self._stack, APPROVE, request.name):
            self._stack.stepfunctions.send_task_success(
                taskToken=request.token, output=json.dumps({"signature": key})
            )
        return key

    def refuse(self, request: Waiting, reason: str) -> None:
        """End a request, with a reason that whoever asked can see."""
        with needing(self._stack, REFUSE, request.name):
            self._stack.stepfunctions.send_task_failure(
                taskToken=request.token, error=REFUSED, cause=f"{self.user}: {reason}"
            )
