"""The function's role: the path of a file and no more, enforced three times."""

from typing import Any

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
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:data-processor-test"


def role_of(stack: Synthesized, region: str = "us-east-1") -> Resource:
    """The properties of the data processor's role."""
    return stack.one("AWS::IAM::Role", RoleName=f"data-processor-test-{region}")[1]


def attached(stack: Synthesized, number: int, region: str = "us-east-1") -> Resource:
    """The document of one of the role's policies: first the allow policy, then the denials."""
    name = role_of(stack, region)["ManagedPolicyArns"][number].strip("<>")
    document: Resource = stack.resources[name]["Properties"]["PolicyDocument"]
    return document


@pytest.fixture(name="allowed")
def make_allowed(stack: Synthesized) -> Resource:
    """What the role allows."""
    return attached(stack, 0)


@pytest.fixture(name="denied")
def make_denied(stack: Synthesized) -> Resource:
    """What the role denies."""
    return attached(stack, 1)


def test_only_lambda_in_this_account_assumes_it(stack: Synthesized) -> None:
    (trust,) = role_of(stack)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_no_trust_policy_asks_lambda_for_the_functions_arn() -> None:
    """AWS documents no aws:SourceArn for it: a role that requires one may be unusable."""
    for settings in ("{}", '{"retainData": true}'):
        for name, role in (
            Synthesized(synthesize(settings=settings)).find("AWS::IAM::Role").items()
        ):
            for item in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                if item["Principal"].get("Service") == "lambda.amazonaws.com":
                    assert "aws:SourceArn" not in str(item), name


def test_reviewers_find_it_by_its_description(stack: Synthesized) -> None:
    assert role_of(stack)["Description"].startswith("Lambda execution role")


def test_its_policies_are_its_own_and_there_is_no_other(stack: Synthesized) -> None:
    role = role_of(stack)
    assert len(role["ManagedPolicyArns"]) == 2
    assert "Policies" not in role
    for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        for policy in stack.find(kind).values():
            assert "Roles" not in policy["Properties"]


def test_its_boundary_is_its_allow_policy(stack: Synthesized) -> None:
    role = role_of(stack)
    assert role["PermissionsBoundary"] == role["ManagedPolicyArns"][0]


@pytest.mark.parametrize(
    ("sid", "actions", "prefixes"),
    [
        ("ReadIncoming", {"s3:GetObject"}, {"incoming/*", "erasure/suppressed/*"}),
        (
            "WriteOutputs",
            {"s3:GetObject", "s3:PutObject"},
            {"processed/*", "quarantine/*", "manifests/*"},
        ),
    ],
)
def test_objects_are_reached_by_prefix(
    stack: Synthesized, allowed: Resource, sid: str, actions: set[str], prefixes: set[str]
) -> None:
    bucket, _ = stack.one("AWS::S3::Bucket")
    found = statement(allowed, sid)
    assert set(as_list(found["Action"])) == actions
    assert set(as_list(found["Resource"])) == {f"<{bucket}.Arn>/{prefix}" for prefix in prefixes}


def test_nothing_of_s3_beyond_these(allowed: Resource) -> None:
    sids = {
        item["Sid"]
        for item in allowed["Statement"]
        if any(action.startswith("s3:") for action in as_list(item["Action"]))
    }
    assert sids == {"ReadIncoming", "WriteOutputs", "FindObjects"}


def test_listing_takes_a_prefix_of_the_pipeline(allowed: Resource) -> None:
    found = statement(allowed, "FindObjects")
    assert found["Action"] == "s3:ListBucket"
    assert set(found["Condition"]["StringLike"]["s3:prefix"]) == {
        "incoming/*",
        "erasure/suppressed/*",
        "processed/*",
        "quarantine/*",
        "manifests/*",
    }


@pytest.mark.parametrize("region", PARTITIONS)
def test_the_data_key_is_used_through_s3_for_this_bucket(region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    found = statement(attached(stack, 0, region), "UseDataKey")
    bucket, _ = stack.one("AWS::S3::Bucket")
    assert set(found["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}
    assert found["Resource"] == f"<{stack.key('s3')[0]}.Arn>"
    assert found["Condition"] == {
        "StringEquals": {"kms:ViaService": [f"s3.{region}.{PARTITIONS[region][1]}"]},
        "StringLike": {
            "kms:EncryptionContext:aws:s3:arn": [f"<{bucket}.Arn>", f"<{bucket}.Arn>/*"]
        },
    }


def test_the_data_key_decrypts_messages_of_this_queue(
    stack: Synthesized, allowed: Resource
) -> None:
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    found = statement(allowed, "DecryptMessages")
    assert found["Action"] == "kms:Decrypt"
    assert found["Resource"] == f"<{stack.key('s3')[0]}.Arn>"
    assert found["Condition"] == {
        "StringEquals": {
            "kms:ViaService": ["sqs.us-east-1.amazonaws.com"],
            "kms:EncryptionContext:aws:sqs:arn": mapping["EventSourceArn"],
        }
    }
    assert statement(allowed, "ReceiveMessages")["Resource"] == mapping["EventSourceArn"]


@pytest.mark.parametrize(
    ("key", "action", "condition"),
    [
        ("pseudonym", "kms:GenerateMac", None),
        (
            "lambda",
            "kms:Decrypt",
            {"StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": FUNCTION}},
        ),
    ],
)
def test_the_other_keys_do_one_thing(
    stack: Synthesized, allowed: Resource, key: str, action: str, condition: Any
) -> None:
    arn = f"<{stack.key(key)[0]}.Arn>"
    (found,) = (item for item in allowed["Statement"] if arn in as_list(item["Resource"]))
    assert found["Action"] == action
    assert found.get("Condition") == condition


def test_it_derives_keys_of_reversible_tokens_only_if_a_contract_has_any(
    stack: Synthesized, encrypting: Synthesized
) -> None:
    for found, aliases in ((stack, ["pseudonym"]), (encrypting, ["pseudonym", "reversible"])):
        arns = [f"<{found.key(alias)[0]}.Arn>" for alias in aliases]
        derives = statement(attached(found, 0), "DerivePseudonymKeys")
        assert as_list(derives["Resource"]) == arns
        (denied,) = (
            item
            for item in attached(found, 1)["Statement"]
            if item.get("Action") == "kms:GenerateMac" and "NotResource" in item
        )
        assert as_list(denied["NotResource"]) == arns


def test_only_the_network_interface_actions_take_every_resource(allowed: Resource) -> None:
    for item in allowed["Statement"]:
        if "*" in as_list(item["Resource"]):
            assert set(item["Action"]) == NETWORK_INTERFACE_ACTIONS


def test_no_allowed_action_is_a_wildcard(allowed: Resource) -> None:
    for item in allowed["Statement"]:
        assert item["Effect"] == "Allow"
        assert not [action for action in as_list(item["Action"]) if "*" in action]


def test_all_else_is_denied(allowed: Resource, denied: Resource) -> None:
    found = statement(denied, "DenyEverythingElse")
    actions = {action for item in allowed["Statement"] for action in as_list(item["Action"])}
    assert set(found["NotAction"]) == actions
    assert found["Resource"] == "*"
    assert "Condition" not in found
    assert {item["Effect"] for item in denied["Statement"]} == {"Deny"}


def test_what_is_allowed_somewhere_is_denied_elsewhere(
    allowed: Resource, denied: Resource
) -> None:
    places: dict[str, set[str]] = {}
    for item in allowed["Statement"]:
        for action in as_list(item["Action"]):
            places.setdefault(action, set()).update(as_list(item["Resource"]))
    elsewhere = [item for item in denied["Statement"] if "NotResource" in item]
    assert not [item for item in elsewhere if "Condition" in item]
    assert {
        action: set(as_list(item["NotResource"]))
        for item in elsewhere
        for action in as_list(item["Action"])
    } == {action: found for action, found in places.items() if found != {"*"}}


@pytest.mark.parametrize(
    ("sid", "service", "action"),
    [("DenyStorageOutside", "s3", "s3:*"), ("DenyDerivationOutside", "kms", "kms:GenerateMac")],
)
def test_credentials_open_neither_data_nor_keys_outside(
    stack: Synthesized, denied: Resource, sid: str, service: str, action: str
) -> None:
    name = f"com.amazonaws.us-east-1.{service}"
    endpoint, _ = stack.one("AWS::EC2::VPCEndpoint", ServiceName=name)
    found = statement(denied, sid)
    assert (found["Action"], found["Resource"]) == (action, "*")
    assert found["Condition"] == {"StringNotEquals": {"aws:SourceVpce": f"<{endpoint}>"}}


OTHER = {"ArnNotEquals": {"lambda:SourceFunctionArn": FUNCTION}}
CODE = {"Null": {"lambda:SourceFunctionArn": "false"}}


@pytest.mark.parametrize(
    ("sid", "actions", "condition"),
    [
        ("DenyRecordsToOthers", {"s3:*", "kms:GenerateMac"}, OTHER),
        ("DenyOtherFunctions", {"*"}, OTHER | CODE),
        ("DenyServiceActionsToCode", NETWORK_INTERFACE_ACTIONS | {"sqs:*"}, CODE),
    ],
)
def test_the_role_is_pinned_to_the_function_and_its_code(
    denied: Resource, sid: str, actions: set[str], condition: Resource
) -> None:
    found = statement(denied, sid)
    assert set(as_list(found["Action"])) == actions
    assert found["Resource"] == "*"
    assert found["Condition"] == condition
