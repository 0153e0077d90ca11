"""A reference implementation of IAM: a simulator that shares no code with the sandbox."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

# The simulator does not know condition keys with a colon in their variable part; a request tag
# behaves the same: one string by name. test_policy_lint.py checks the real keys. AWS publishes the
# common claims only for some providers.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
RENAMED = {
    "kms:EncryptionContext:": "aws:RequestTag/",
    "aws:ResourceTag/aws:cloudformation:": "aws:ResourceTag/",
    "token.actions.githubusercontent.com:aud": "accounts.google.com:aud",
    "token.actions.githubusercontent.com:sub": "accounts.google.com:sub",
}

DECISIONS = {"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"}


class Place(NamedTuple):
    """A kind of resource that an action works on.

    Attributes:
        kind: its name in the service authorization reference.
        form: the form of its ARN.
        keys: the condition keys that a request for the action on it can have, without the global
            ones.
    """

    kind: str
    form: str
    keys: list[str]


class Action(NamedTuple):
    """What AWS publishes about an action.

    Attributes:
        level: ``Read``, ``List``, ``Write``, ``Tagging, Write`` or
            ``Permissions management, Write``.
        places: empty if it supports no resources.
        keys: the condition keys that a request for it can have, with the global ones.
    """

    level: str
    places: list[Place]
    keys: list[str]

    @property
    def forms(self) -> list[str]:
        """The forms of the ARNs it applies to."""
        return [place.form for place in self.places]


Statement = tuple[str, int]
"""The name of its policy, which is empty for that of the resource; its number there, from 1 on."""


class Answer(NamedTuple):
    """What the simulator answers.

    Attributes:
        decision: the decision, or the reason if there is none.
        allowing: the statements that match and allow.
        denying: those that match and deny.
    """

    decision: str
    allowing: set[Statement]
    denying: set[Statement]


class Engine:
    """The simulator, in a separate process until it is closed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # pylint: disable=consider-using-with
            ["node", str(Path(__file__).with_name("engine.mjs"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)

    def decide(self, simulations: Sequence[dict[str, Any]]) -> list[str]:
        """``Allowed``, ``ImplicitlyDenied`` or ``ExplicitlyDenied`` for each simulation.

        Raises:
            ValueError: the simulator has no answer: an unknown action, a condition key that the
                action does not have, a resource of the wrong kind, an invalid policy.
        """
        decisions = self.judge(simulations)
        for simulation, decision in zip(simulations, decisions, strict=True):
            if decision not in DECISIONS:
                raise ValueError(f"{decision}: {simulation['request']}")
        return decisions

    def judge(self, simulations: Sequence[dict[str, Any]]) -> list[str]:
        """The same, with the reason instead of a decision if there is none."""
        return [answer.decision for answer in self.explain(simulations)]

    def explain(self, simulations: Sequence[dict[str, Any]]) -> list[Answer]:
        """The same, with the statements that match."""
        return [
            Answer(decision, set(map(tuple, allowing)), set(map(tuple, denying)))
            for decision, allowing, denying in self._ask({"simulations": simulations})
        ]

    def actions(self) -> dict[str, Action]:
        """Every action that AWS publishes."""
        return {
            name: Action(found["level"], [Place(**one) for one in found["places"]], found["keys"])
            for name, found in self._ask({}).items()
        }

    def _ask(self, question: dict[str, Any]) -> Any:
        text = json.dumps(question)
        for ours, theirs in RENAMED.items():
            text = text.replace(ours, theirs)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError("node ended without an answer; are its packages there? make setup")
        return json.loads(answer)
