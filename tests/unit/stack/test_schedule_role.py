"""The role of each schedule can start its state machine, for its group, and nothing else."""

import pytest

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, synthesize

HERE = f"us-east-1:{ACCOUNT}"
SCHEDULES = {
    "nightly": "zero-trust-replay-test",
    "compaction": "zero-trust-compaction-test",
}
"""The state machine that each starts; the group has its name."""


@pytest.fixture(scope="module", name="compacting")
def make_compacting() -> Synthesized:
    """A stack with every schedule."""
    return Synthesized(synthesize(settings='{"compactedDatasets": ["customers"]}'))


def role_of(stack: Synthesized, schedule: str) -> Resource:
    """The role of a schedule."""
    _, found = stack.one("AWS::Scheduler::Schedule", Name=schedule)
    name = found["Target"]["RoleArn"].strip("<>").removesuffix(".Arn")
    role: Resource = stack.resources[name]["Properties"]
    return role


def test_these_are_all_schedules(compacting: Synthesized) -> None:
    found = compacting.find("AWS::Scheduler::Schedule").values()
    assert {one["Properties"]["Name"] for one in found} == SCHEDULES.keys()


@pytest.mark.parametrize(("schedule", "machine"), SCHEDULES.items())
def test_it_can_start_its_state_machine_and_nothing_else(
    compacting: Synthesized, schedule: str, machine: str
) -> None:
    role = role_of(compacting, schedule)
    (policy,) = role["ManagedPolicyArns"]
    document = compacting.resources[policy.strip("<>")]["Properties"]["PolicyDocument"]
    (allowed,) = document["Statement"]
    assert allowed["Effect"] == "Allow"
    assert allowed["Action"] == "states:StartExecution"
    assert allowed["Resource"] == f"arn:aws:states:{HERE}:stateMachine:{machine}"
    assert "Policies" not in role


@pytest.mark.parametrize(("schedule", "group"), SCHEDULES.items())
def test_it_is_assumed_for_its_group_alone(
    compacting: Synthesized, schedule: str, group: str
) -> None:
    (trust,) = role_of(compacting, schedule)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": f"arn:aws:scheduler:{HERE}:schedule-group/{group}"},
    }
