"""What all state machines of ours have in common."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ministack.services.stepfunctions import _evaluate_jsonata as evaluate_jsonata

from tests.unit.synthesis import ROOT, Resource, Synthesized, synthesize

HOURS = {"six hours": 6, "half a day": 12, "a day": 24}


@pytest.fixture(name="all_jobs")
def make_all_jobs() -> Synthesized:
    """The environment ``test`` with every state machine."""
    settings = '{"auditTrail": true, "compactedDatasets": ["customers"]}'
    return Synthesized(synthesize(settings=settings, encrypts=True))


def definition_of(stack: Synthesized, name: str) -> Resource:
    """The definition of a state machine."""
    _, machine = stack.one(
        "AWS::StepFunctions::StateMachine", StateMachineName=f"zero-trust-{name}-test"
    )
    found: Resource = json.loads(machine["DefinitionString"])
    return found


def tasks_of(definition: Resource) -> Iterator[tuple[str, Resource]]:
    """The tasks by name, also those of what runs for each item."""
    for name, state in definition["States"].items():
        if state["Type"] == "Task":
            yield name, state
        yield from tasks_of(state.get("ItemProcessor", {"States": {}}))


@pytest.mark.parametrize("name", ["replay", "erasure", "reidentification"])
def test_it_has_a_role_of_its_own_and_no_logs_or_traces(
    encrypting: Synthesized, name: str
) -> None:
    _, machine = encrypting.one(
        "AWS::StepFunctions::StateMachine", StateMachineName=f"zero-trust-{name}-test"
    )
    role, _ = encrypting.one("AWS::IAM::Role", RoleName=f"zero-trust-{name}-test-us-east-1")
    assert machine["RoleArn"] == f"<{role}.Arn>"
    assert json.loads(machine["DefinitionString"])["QueryLanguage"] == "JSONata"
    assert not {"LoggingConfiguration", "TracingConfiguration"} & machine.keys()


@pytest.mark.parametrize(
    ("name", "once"),
    [
        ("replay", set()),
        ("erasure", set()),
        ("compaction", set()),
        ("reidentification", {"Check", "Approve"}),  # a check claims one of a day's requests
    ],
)
def test_a_task_that_failed_is_tried_again(
    all_jobs: Synthesized, name: str, once: set[str]
) -> None:
    tasks = dict(tasks_of(definition_of(all_jobs, name)))
    again = {
        task
        for task, state in tasks.items()
        if any(retrier["MaxAttempts"] > 0 for retrier in state.get("Retry", []))
    }
    assert again
    assert tasks.keys() - again == once


def test_an_execution_is_ended_when_its_alarm_says(all_jobs: Synthesized) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| `(\w+)TimedOut` \| one took ([\w ]+), and was ended", page, re.M)
    assert {job for job, _ in said} == {"Replay", "Erasure", "Compaction"}
    for job, time in said:
        definition = definition_of(all_jobs, job.lower())
        assert definition["TimeoutSeconds"] == HOURS[time] * 3600, job


DONE = {"dataset": "customers", "files": 1, "rows": 2}
LOST = {"dataset": "payments", "lost": "1 files differ"}


@pytest.mark.parametrize(
    ("name", "state", "given", "end"),
    [
        ("erasure", "Judge", {"failed": 0}, "Succeed"),
        ("erasure", "Judge", {"failed": 1}, "Fail"),
        ("replay", "Complete", {"failed": 0}, "Succeed"),
        ("replay", "Complete", {"failed": 1}, "Fail"),
        ("compaction", "Judge", {"datasets": []}, "Succeed"),
        ("compaction", "Judge", {"datasets": [DONE]}, "Succeed"),
        ("compaction", "Judge", {"datasets": [DONE, LOST]}, "Fail"),
    ],
)
def test_an_execution_fails_if_one_of_many_did(
    all_jobs: Synthesized, name: str, state: str, given: Any, end: str
) -> None:
    states = definition_of(all_jobs, name)["States"]
    (choice,) = states[state]["Choices"]
    holds = evaluate_jsonata(choice["Condition"][2:-2], given, {})
    assert states[choice["Next"] if holds else states[state]["Default"]]["Type"] == end
