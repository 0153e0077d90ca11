"""What all state machines of ours have in common."""

import json

import pytest

from tests.unit.synthesis import Synthesized


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
