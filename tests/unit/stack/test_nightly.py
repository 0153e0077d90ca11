"""The schedules of a stack: each starts its state machine, with a role of its own."""

import json

import pytest

from tests.unit.synthesis import Synthesized, synthesize


@pytest.mark.parametrize(
    ("name", "group"),
    [("nightly", "zero-trust-replay-test"), ("compaction", "zero-trust-compaction-test")],
)
def test_a_schedule_starts_the_state_machine_of_its_group(name: str, group: str) -> None:
    stack = Synthesized(synthesize(settings='{"compactedDatasets": ["customers"]}'))
    _, schedule = stack.one("AWS::Scheduler::Schedule", Name=name)
    of_group, _ = stack.one("AWS::Scheduler::ScheduleGroup", Name=group)
    machine, _ = stack.one("AWS::StepFunctions::StateMachine", StateMachineName=group)
    assert schedule["GroupName"] == f"<{of_group}>"
    assert schedule["Target"]["Arn"].strip("<>").removesuffix(".Arn") == machine
    assert isinstance(json.loads(schedule["Target"]["Input"]), dict)
