"""The function: its configuration, and a role for the way of a file and no more."""

import pytest

from tests.unit.synthesis import (
    ACCOUNT,
    PARTITIONS,
    Resource,
    Synthesized,
    as_list,
    statement,
    synthesize,
)

NETWORK_INTERFACE_ACTIONS = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}


def function_of(stack: Synthesized) -> Resource:
    """The properties of the data processor."""
    return stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")[1]


def role_of(stack: Synthesized) -> tuple[str, Resource]:
    """The logical id and properties of the data processor's role."""
    name = function_of(stack)["Role"].strip("<>").removesuffix(".Arn")
    return name, stack.resources[name]["Properties"]


def statements_of(stack: Synthesized) -> list[Resource]:
    """All that the role's policies say, wherever they stand."""
    name, role = role_of(stack)
    documents = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    documents += [
        policy["Properties"]["PolicyDocument"]
        for policy in stack.find("AWS::IAM::Policy").values()
        if f"<{name}>" in policy["Properties"].get("Roles", [])
    ]
    return [item for document in documents for item in document["Statement"]]


@pytest.fixture(name="policy")
def make_policy(stack: Synthesized) -> Resource:
    """The role's statements as one document."""
    return {"Statement": statements_of(stack)}


def test_runtime_handler_and_defaults(stack: Synthesized) -> None:
    function = function_of(stack)
    assert function["Runtime"] == "python3.11"
    assert function["Handler"] == "index.handler"
    assert function["Timeout"] == 300
    assert function["MemorySize"] == 512
    assert function["EphemeralStorage"] == {"Size": 512}
    assert function["Architectures"] == ["x86_64"]


def test_settings_reach_the_function() -> None:
    settings = (
        '{"memoryMb": 1024, "timeoutSeconds": 60, "ephemeralStorageMb": 2048,'
        ' "architecture": "arm64"}'
    )
    function = function_of(Synthesized(synthesize(settings=settings)))
    assert (function["MemorySize"], function["Timeout"]) == (1024, 60)
    assert function["EphemeralStorage"] == {"Size": 2048}
    assert function["Architectures"] == ["arm64"]


def test_it_runs_in_every_isolated_subnet(stack: Synthesized) -> None:
    subnets = {f"<{name}>" for name in stack.find("AWS::EC2::Subnet")}
    assert set(function_of(stack)["VpcConfig"]["SubnetIds"]) == subnets


def test_its_environment_is_under_its_own_key(stack: Synthesized) -> None:
    function = function_of(stack)
    bucket, _ = stack.one("AWS::S3::Bucket")
    assert function["KmsKeyArn"] == f"<{stack.key('lambda')[0]}.Arn>"
    variables = function["Environment"]["Variables"]
    assert variables["BUCKET_NAME"] == f"<{bucket}>"
    assert variables["PSEUDONYM_KEY_ID"] == f"<{stack.key('pseudonym')[0]}>"


def test_it_works_off_the_queue_one_message_at_a_time(stack: Synthesized) -> None:
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    queue = mapping["EventSourceArn"].strip("<>").removesuffix(".Arn")
    assert "RedrivePolicy" in stack.resources[queue]["Properties"]
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_role_is_the_lambda_services_and_has_no_managed_policy(stack: Synthesized) -> None:
    _, role = role_of(stack)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "ManagedPolicyArns" not in role


@pytest.mark.parametrize(
    ("sid", "actions", "prefixes"),
    [
        ("ReadIncoming", {"s3:GetObject"}, {"incoming/*"}),
        (
            "WriteOutputs",
            {"s3:GetObject", "s3:PutObject"},
            {"processed/*", "quarantine/*", "manifests/*"},
        ),
    ],
)
def test_objects_are_reached_by_prefix(
    stack: Synthesized, policy: Resource, sid: str, actions: set[str], prefixes: set[str]
) -> None:
    bucket, _ = stack.one("AWS::S3::Bucket")
    found = statement(policy, sid)
    assert set(as_list(found["Action"])) == actions
    assert set(as_list(found["Resource"])) == {f"<{bucket}.Arn>/{prefix}" for prefix in prefixes}


def test_nothing_of_s3_beyond_these(policy: Resource) -> None:
    sids = {
        item["Sid"]
        for item in policy["Statement"]
        if any(action.startswith("s3:") for action in as_list(item["Action"]))
    }
    assert sids == {"ReadIncoming", "WriteOutputs", "FindObjects"}


def test_listing_takes_a_prefix_of_the_way(policy: Resource) -> None:
    found = statement(policy, "FindObjects")
    assert found["Action"] == "s3:ListBucket"
    assert set(found["Condition"]["StringLike"]["s3:prefix"]) == {
        "incoming/*",
        "processed/*",
        "quarantine/*",
        "manifests/*",
    }


@pytest.mark.parametrize("region", PARTITIONS)
def test_the_data_key_is_used_through_s3_and_sqs_alone(region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    found = statement({"Statement": statements_of(stack)}, "UseDataKey")
    url_suffix = PARTITIONS[region][1]
    assert set(found["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert found["Resource"] == f"<{stack.key('s3')[0]}.Arn>"
    assert set(found["Condition"]["StringEquals"]["kms:ViaService"]) == {
        f"s3.{region}.{url_suffix}",
        f"sqs.{region}.{url_suffix}",
    }


def test_the_pseudonym_key_only_generates_macs(stack: Synthesized, policy: Resource) -> None:
    key = f"<{stack.key('pseudonym')[0]}.Arn>"
    (found,) = (item for item in policy["Statement"] if key in as_list(item["Resource"]))
    assert found["Action"] == "kms:GenerateMac"
    assert found["Condition"] == {"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_256"}}


def test_the_environment_key_decrypts_for_this_function(
    stack: Synthesized, policy: Resource
) -> None:
    key = f"<{stack.key('lambda')[0]}.Arn>"
    (found,) = (item for item in policy["Statement"] if key in as_list(item["Resource"]))
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:data-processor-test"
    assert found["Action"] == "kms:Decrypt"
    assert found["Condition"] == {
        "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": arn}
    }


def test_only_the_network_interface_actions_take_every_resource(policy: Resource) -> None:
    for item in policy["Statement"]:
        if item["Effect"] == "Allow" and "*" in as_list(item["Resource"]):
            assert set(item["Action"]) == NETWORK_INTERFACE_ACTIONS


def test_the_functions_own_code_may_not_use_the_network_interface_actions(
    policy: Resource,
) -> None:
    found = statement(policy, "DenyNetworkToCode")
    assert found["Effect"] == "Deny"
    assert set(found["Action"]) == NETWORK_INTERFACE_ACTIONS
    assert found["Resource"] == "*"
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:data-processor-test"
    assert found["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": arn}}


def test_no_action_is_a_wildcard(policy: Resource) -> None:
    for item in policy["Statement"]:
        assert not [action for action in as_list(item["Action"]) if "*" in action]


def test_the_role_outlives_the_security_group(stack: Synthesized) -> None:
    (group,) = function_of(stack)["VpcConfig"]["SecurityGroupIds"]
    name, _ = role_of(stack)
    assert name in stack.resources[group.strip("<>").removesuffix(".GroupId")]["DependsOn"]
