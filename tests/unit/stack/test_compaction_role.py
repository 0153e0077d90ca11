"""What the roles of a compaction allow; the decisions have the rest."""

import pytest

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, as_list, synthesize

HERE = f"us-east-1:{ACCOUNT}"
MACHINE = f"arn:aws:states:{HERE}:stateMachine:zero-trust-compaction-test"


@pytest.fixture(scope="module", name="compacting")
def make_compacting() -> Synthesized:
    """A stack that compacts a dataset."""
    return Synthesized(synthesize(settings='{"compactedDatasets": ["customers"]}'))


def role_of(stack: Synthesized) -> Resource:
    """The role of the state machine."""
    return stack.one("AWS::IAM::Role", RoleName="zero-trust-compaction-test-us-east-1")[1]


def test_whatever_it_does_with_objects_athena_does_for_it(compacting: Synthesized) -> None:
    name = role_of(compacting)["ManagedPolicyArns"][0].strip("<>")
    document = compacting.resources[name]["Properties"]["PolicyDocument"]
    of_objects = [
        one
        for one in document["Statement"]
        if any(action.startswith("s3:") for action in as_list(one["Action"]))
    ]
    assert of_objects
    for one in of_objects:
        assert one["Condition"]["ForAnyValue:StringEquals"] == {
            "aws:CalledVia": ["athena.amazonaws.com"]
        }


def test_it_is_assumed_for_this_state_machine_alone(compacting: Synthesized) -> None:
    (trust,) = role_of(compacting)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnEquals": {"aws:SourceArn": MACHINE},
    }
