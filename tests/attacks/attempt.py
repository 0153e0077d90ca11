"""A forbidden call, and who attempts it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.attacks.intruder import UNREACHABLE

REFUSED = {
    "cloudformation": "AccessDenied",
    "ec2": "UnauthorizedOperation",
    "iam": "AccessDenied",
    "s3": "AccessDenied",
    "sns": "AuthorizationError",
    "sqs": "AccessDenied",
    "sts": "AccessDenied",
}
"""The codes of services' refusals; all others use AccessDeniedException."""

BY_IDENTITY = "explicit deny in an identity-based policy"
BY_RESOURCE = "explicit deny in a resource-based policy"
BY_KEY = "no resource-based policy allows"
BY_ENDPOINT = "no VPC endpoint policy allows"

OF_THE_ORGANIZATION = "control policy"
"""AWS's name for an organization's policies, which prove nothing about the stack."""

NO_WAY_IN_SANDBOX = "cannot reach"
"""What the sandbox says about a call from a VPC that times out on AWS."""

Call = Callable[[str, dict[str, Any]], dict[str, str]]


@dataclass(frozen=True)
class Attempt:
    """A call that must be refused.

    Attributes:
        name: what it would do, for people.
        operation: the call, such as ``s3.get_object``.
        parameters: of the call; ``{…}`` in a text is replaced by a fact of the deployed stack.
        codes: the allowed codes of a refusal, besides the service's usual one.
        reason: a regular expression for the message, where AWS names the policy.
        undo: the calls that undo it if it succeeds.
        by_network: only the missing route to the service keeps the function from doing it.
    """

    name: str
    operation: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    reason: str = ""
    undo: "tuple[Attempt, ...]" = ()
    by_network: bool = False

    def __str__(self) -> str:
        """Its name, for the test's id."""
        return self.name.replace(" ", "-")

    @property
    def service(self) -> str:
        """The service called."""
        return self.operation.partition(".")[0]


@dataclass(frozen=True)
class Actor:
    """Somebody with credentials, somewhere.

    Attributes:
        name: for people.
        call: makes a call; empty if it succeeds, otherwise the code and message.
        facts: the values of ``{…}``.
        reaches: the services that the actor can reach; None means all.
        clean_up: makes a call as the administrator.
    """

    name: str
    call: Call
    facts: Mapping[str, str]
    clean_up: Call
    reaches: frozenset[str] | None = None

    def is_refused(self, attempt: Attempt) -> None:
        """Fail unless the attempt is refused as AWS documents."""
        if attempt.by_network and attempt.service in (self.reaches or ()):
            pytest.skip(f"this stack has an endpoint of {attempt.service}: the function may")
        answer = self._make(attempt)
        if not answer:
            self._undo(attempt)
        assert answer, f"{self.name} did it: {attempt.name} ({attempt.operation})"
        if self.reaches is not None and attempt.service not in self.reaches:
            assert answer["code"] == UNREACHABLE or NO_WAY_IN_SANDBOX in answer["message"], answer
            return
        usual = REFUSED.get(attempt.service, "AccessDeniedException")
        assert answer["code"] in (attempt.codes or (usual,)), answer
        if attempt.reason and OF_THE_ORGANIZATION in answer["message"]:
            pytest.skip(f"the account's organization forbids it first: {answer['message']}")
        assert re.search(attempt.reason, answer["message"]), answer

    def may(self, call: Attempt) -> None:
        """Fail unless the call succeeds, which shows that refusals are not just wrong calls."""
        answer = self._make(call)
        assert not answer, f"{self.name} could not: {call.name}: {answer}"
        self._undo(call)

    def is_allowed(self, call: Attempt) -> bool:
        """Whether the call succeeds."""
        return not self._make(call)

    def refusal(self, attempt: Attempt) -> str:
        """The message of the attempt's refusal; empty if it is not refused."""
        return self._make(attempt).get("message", "")

    def _undo(self, attempt: Attempt) -> None:
        for step in attempt.undo:
            self.clean_up(step.operation, fill(step.parameters, self.facts))

    def _make(self, attempt: Attempt) -> dict[str, str]:
        return self.call(attempt.operation, fill(attempt.parameters, self.facts))


def fill(value: Any, facts: Mapping[str, str]) -> Any:
    """Put the facts of the deployed stack into the parameters of a call."""
    if isinstance(value, str):
        return re.sub(r"\{(\w+)\}", lambda match: facts[match[1]], value)
    if isinstance(value, Mapping):
        return {name: fill(inner, facts) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner, facts) for inner in value]
    return value


def refused(*attempts: Attempt) -> pytest.MarkDecorator:
    """Run a test for each attempt."""
    return pytest.mark.parametrize("attempt", attempts, ids=str)


def allowed(*calls: Attempt) -> pytest.MarkDecorator:
    """Run a test for each call that must succeed."""
    return pytest.mark.parametrize("call", calls, ids=str)
