"""What the roles of re-identification allow; the decisions have the rest."""

from tests.unit.synthesis import Resource, Synthesized, statement

ROLES = ("reidentification-test", "zero-trust-reidentification-test")


def allowed_to(stack: Synthesized, name: str) -> Resource:
    """What a role is allowed."""
    _, role = stack.one("AWS::IAM::Role", RoleName=f"{name}-us-east-1")
    policy = stack.resources[role["ManagedPolicyArns"][0].strip("<>")]
    document: Resource = policy["Properties"]["PolicyDocument"]
    return document


def test_the_function_derives_nothing_but_keys_of_reversible_tokens(
    encrypting: Synthesized,
) -> None:
    allowed = allowed_to(encrypting, ROLES[0])
    key = encrypting.key("reversible")[0]
    assert statement(allowed, "DeriveReversibleKeys")["Resource"] == f"<{key}.Arn>"


def test_the_state_machine_invokes_the_function_and_nothing_else(encrypting: Synthesized) -> None:
    allowed = allowed_to(encrypting, ROLES[1])
    (only,) = allowed["Statement"]
    assert only["Action"] == "lambda:InvokeFunction"
    assert only["Resource"].endswith(":function:reidentification-test")
