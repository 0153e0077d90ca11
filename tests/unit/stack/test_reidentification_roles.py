"""The roles of the way back: each has its allow policy for a boundary, and denies the rest."""

import pytest

from tests.unit.synthesis import Resource, Synthesized, as_list, statement

ROLES = ("reidentification-test", "zero-trust-reidentification-test")


def policies(stack: Synthesized, name: str) -> tuple[Resource, Resource]:
    """What a role is allowed, and what it is denied."""
    _, role = stack.one("AWS::IAM::Role", RoleName=f"{name}-us-east-1")
    assert role["PermissionsBoundary"] == role["ManagedPolicyArns"][0]
    assert not role.get("Policies")
    allowed, denied = (
        stack.resources[one.strip("<>")]["Properties"]["PolicyDocument"]
        for one in role["ManagedPolicyArns"]
    )
    return allowed, denied


@pytest.mark.parametrize("name", ROLES)
def test_its_allow_policy_is_its_boundary(encrypting: Synthesized, name: str) -> None:
    allowed, denied = policies(encrypting, name)
    assert {one["Effect"] for one in allowed["Statement"]} == {"Allow"}
    assert {one["Effect"] for one in denied["Statement"]} == {"Deny"}
    every = {action for one in allowed["Statement"] for action in as_list(one["Action"])}
    assert set(as_list(statement(denied, "DenyEverythingElse")["NotAction"])) == every


def test_the_function_derives_nothing_but_keys_of_reversible_tokens(
    encrypting: Synthesized,
) -> None:
    allowed, _ = policies(encrypting, ROLES[0])
    key = encrypting.key("reversible")[0]
    assert statement(allowed, "DeriveReversibleKeys")["Resource"] == f"<{key}.Arn>"


def test_the_state_machine_invokes_the_function_and_nothing_else(encrypting: Synthesized) -> None:
    allowed, _ = policies(encrypting, ROLES[1])
    (only,) = allowed["Statement"]
    assert only["Action"] == "lambda:InvokeFunction"
    assert only["Resource"].endswith(":function:reidentification-test")
