"""What all functions of ours have in common: no way around their network and their own ARN."""

import pytest

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, statement

FUNCTIONS = ("data-processor", "eraser", "reidentification")


def denied_to(stack: Synthesized, function: str) -> Resource:
    """The second policy of a function's role, which denies."""
    _, role = stack.one("AWS::IAM::Role", RoleName=f"{function}-test-us-east-1")
    policy = role["ManagedPolicyArns"][1].strip("<>")
    document: Resource = stack.resources[policy]["Properties"]["PolicyDocument"]
    return document


@pytest.mark.parametrize("function", FUNCTIONS)
def test_credentials_are_of_one_function_in_its_network(
    encrypting: Synthesized, function: str
) -> None:
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}-test"
    denied = denied_to(encrypting, function)
    others = {"ArnNotEquals": {"lambda:SourceFunctionArn": arn}}
    assert statement(denied, "DenyRecordsToOthers")["Condition"] == others
    for sid, service in (("DenyStorageOutside", "s3"), ("DenyDerivationOutside", "kms")):
        name = f"com.amazonaws.us-east-1.{service}"
        endpoint, _ = encrypting.one("AWS::EC2::VPCEndpoint", ServiceName=name)
        condition = {"StringNotEquals": {"aws:SourceVpce": f"<{endpoint}>"}}
        assert statement(denied, sid)["Condition"] == condition
