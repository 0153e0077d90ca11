"""State machines with a Distributed Map: they, and nobody else, start and watch their children."""

import pytest

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, statement

HERE = f"us-east-1:{ACCOUNT}"
MACHINES = ("zero-trust-erasure-test", "zero-trust-replay-test")


def role_of(stack: Synthesized, name: str) -> Resource:
    """The role of a state machine."""
    return stack.one("AWS::IAM::Role", RoleName=f"{name}-us-east-1")[1]


@pytest.mark.parametrize("name", MACHINES)
def test_it_is_assumed_for_this_state_machine_alone(stack: Synthesized, name: str) -> None:
    (trust,) = role_of(stack, name)["AssumeRolePolicyDocument"]["Statement"]
    machine = f"arn:aws:states:{HERE}:stateMachine:{name}"
    assert trust["Principal"] == {"Service": "states.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": [machine, f"{machine}/*"]},
    }


@pytest.mark.parametrize("name", MACHINES)
def test_it_starts_and_watches_its_own_children(stack: Synthesized, name: str) -> None:
    policy = role_of(stack, name)["ManagedPolicyArns"][0].strip("<>")
    allowed = stack.resources[policy]["Properties"]["PolicyDocument"]
    machine = f"arn:aws:states:{HERE}:stateMachine:{name}"
    children = f"arn:aws:states:{HERE}:execution:{name}"
    assert statement(allowed, "StartChildren")["Resource"] == machine
    watched = statement(allowed, "WatchChildren")["Resource"]
    assert set(watched) == {f"{children}:*", f"{children}/*"}
