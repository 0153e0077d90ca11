"""What all functions of ours have in common: their place, their environment, and their order."""

import pytest

from tests.unit.synthesis import ACCOUNT, Synthesized

OF_DATA = {"BucketName": f"zero-trust-data-test-{ACCOUNT}-us-east-1"}
NAMES = ("data-processor-test", "eraser-test", "reidentification-test")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_in_the_isolated_subnets(encrypting: Synthesized, name: str) -> None:
    _, function = encrypting.one("AWS::Lambda::Function", FunctionName=name)
    subnets = {f"<{subnet}>" for subnet in encrypting.find("AWS::EC2::Subnet")}
    assert set(function["VpcConfig"]["SubnetIds"]) == subnets
    (group,) = function["VpcConfig"]["SecurityGroupIds"]
    assert group.endswith(".GroupId>")


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_role_of_its_own_and_an_encrypted_environment(
    encrypting: Synthesized, name: str
) -> None:
    _, function = encrypting.one("AWS::Lambda::Function", FunctionName=name)
    role, _ = encrypting.one("AWS::IAM::Role", RoleName=f"{name}-us-east-1")
    assert function["Role"] == f"<{role}.Arn>"
    assert function["KmsKeyArn"] == f"<{encrypting.key('lambda')[0]}.Arn>"
    variables = function["Environment"]["Variables"]
    assert variables["BUCKET_NAME"] == f"<{encrypting.one('AWS::S3::Bucket', **OF_DATA)[0]}>"
    assert variables["POWERTOOLS_SERVICE_NAME"] == name


@pytest.mark.parametrize("name", NAMES)
def test_it_waits_for_its_endpoints_and_is_deleted_before_what_it_uses(
    encrypting: Synthesized, name: str
) -> None:
    function, properties = encrypting.one("AWS::Lambda::Function", FunctionName=name)
    before = set(encrypting.resources[function]["DependsOn"])
    assert before >= encrypting.find("AWS::EC2::VPCEndpoint").keys()
    (group,) = properties["VpcConfig"]["SecurityGroupIds"]
    role = properties["Role"].strip("<>").removesuffix(".Arn")
    group = group.strip("<>").removesuffix(".GroupId")
    assert role in encrypting.resources[group]["DependsOn"]
    bucket, _ = encrypting.one("AWS::S3::Bucket", **OF_DATA)
    assert bucket in encrypting.resources[role]["DependsOn"]


def test_what_derives_tokens_knows_their_keys(stack: Synthesized, encrypting: Synthesized) -> None:
    for template, keys in ((stack, {"PSEUDONYM"}), (encrypting, {"PSEUDONYM", "REVERSIBLE"})):
        for name in NAMES[:2]:
            _, function = template.one("AWS::Lambda::Function", FunctionName=name)
            variables = function["Environment"]["Variables"]
            assert {one for one in variables if one.endswith("_KEY_ID")} == {
                f"{key}_KEY_ID" for key in keys
            }
