"""The perimeter: what the bucket and the endpoints refuse, whatever anybody's own policies say."""

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from processor.contract.vocabulary import DATASET
from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, as_list, statement, synthesize

ENCRYPTION = "s3:x-amz-server-side-encryption"
KEY = f"{ENCRYPTION}-aws-kms-key-id"
STORAGE_CLASS = "s3:x-amz-storage-class"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/data-processor-test-us-east-1"
ERASER = ROLE.replace("data-processor", "eraser")
EVERYBODY = {"AWS": "*"}


@pytest.fixture(name="policy")
def make_policy(stack: Synthesized) -> Resource:
    """The bucket's policy."""
    document: Resource = stack.one("AWS::S3::BucketPolicy")[1]["PolicyDocument"]
    return document


def endpoint(stack: Synthesized, service: str) -> tuple[str, Resource]:
    """The logical id and properties of the VPC endpoint of a service."""
    return stack.one("AWS::EC2::VPCEndpoint", ServiceName=f"com.amazonaws.us-east-1.{service}")


@pytest.mark.parametrize(
    ("sid", "condition"),
    [
        (
            "DenyOtherEncryption",
            {"Null": {ENCRYPTION: "false"}, "StringNotEquals": {ENCRYPTION: "aws:kms"}},
        ),
        ("DenyOtherKeys", {"Null": {KEY: "false"}, "StringNotEquals": {KEY: "<key>"}}),
        ("DenyUnnamedKey", {"Null": {ENCRYPTION: "false", KEY: "true"}}),
        ("DenyCustomerKeys", {"Null": {f"{ENCRYPTION}-customer-algorithm": "false"}}),
    ],
)
def test_a_write_under_another_encryption_is_denied(
    stack: Synthesized, policy: Resource, sid: str, condition: dict[str, Any]
) -> None:
    bucket, _ = stack.one("AWS::S3::Bucket")
    key, _ = stack.key("s3")
    expected = {
        operator: {name: value.replace("<key>", f"<{key}.Arn>") for name, value in test.items()}
        for operator, test in condition.items()
    }
    found = statement(policy, sid)
    assert found == {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": "s3:PutObject",
        "Resource": f"<{bucket}.Arn>/*",
        "Condition": expected,
    }


def test_a_write_into_an_archive_is_denied(stack: Synthesized, policy: Resource) -> None:
    found = deepcopy(statement(policy, "DenyUnreadableClasses"))
    assert (found["Effect"], found["Principal"]) == ("Deny", EVERYBODY)
    assert found["Action"] == "s3:PutObject"
    assert found["Resource"] == f"<{stack.one('AWS::S3::Bucket')[0]}.Arn>/*"
    readable = found["Condition"].pop("StringNotEquals")[STORAGE_CLASS]
    assert {"STANDARD", "STANDARD_IA", "GLACIER_IR"} < set(readable)
    assert not {"GLACIER", "DEEP_ARCHIVE"} & set(readable)
    assert found["Condition"] == {"Null": {STORAGE_CLASS: "false"}}


def test_the_functions_role_comes_through_the_endpoint(
    stack: Synthesized, policy: Resource
) -> None:
    name, _ = endpoint(stack, "s3")
    assert_denies_all(
        stack,
        statement(policy, "DenyFunctionOutsideNetwork"),
        {
            "ArnEquals": {"aws:PrincipalArn": [ROLE, ERASER]},
            "StringNotEquals": {"aws:SourceVpce": f"<{name}>"},
        },
    )


def test_other_accounts_and_strangers_are_denied(stack: Synthesized, policy: Resource) -> None:
    assert_denies_all(
        stack,
        statement(policy, "DenyOtherAccounts"),
        {"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}},
    )


def assert_denies_all(stack: Synthesized, found: Resource, condition: dict[str, Any]) -> None:
    """Check that a statement denies all of S3 to everybody under a condition."""
    bucket, _ = stack.one("AWS::S3::Bucket")
    assert (found["Effect"], found["Principal"], found["Action"]) == ("Deny", EVERYBODY, "s3:*")
    assert set(found["Resource"]) == {f"<{bucket}.Arn>", f"<{bucket}.Arn>/*"}
    assert found["Condition"] == condition


def test_administrators_may_look_unless_that_is_restricted(policy: Resource) -> None:
    """What the restriction denies is in the table of decisions."""
    sids = [item.get("Sid") for item in policy["Statement"]]
    assert "DenyOtherAccounts" in sids
    restricting = {"DenyForgingOutputs", "DenyForgingResults", "DenyChangingResults"}
    assert not {"DenyReadingRawData", *restricting} & set(sids)


def emptying_role(stack: Synthesized) -> str:
    """Return the ARN of the role of the function that empties the bucket."""
    _, cleanup = stack.one("Custom::S3AutoDeleteObjects")
    function = str(cleanup["ServiceToken"]).strip("<>").removesuffix(".Arn")
    return str(stack.resources[function]["Properties"]["Role"])


@pytest.mark.parametrize(
    ("settings", "find_remover"),
    [
        ('{"restrictAdministrators": true}', emptying_role),
        (
            '{"restrictAdministrators": true, "retainData": true}',
            lambda _: f"arn:aws:iam::{ACCOUNT}:role/zero-trust-break-glass-test-us-east-1",
        ),
    ],
    ids=["emptied", "retained"],
)
def test_where_administrators_are_restricted_only_two_roles_write_outputs(
    settings: str, find_remover: Callable[[Synthesized], str]
) -> None:
    stack = Synthesized(synthesize(settings=settings))
    remover = find_remover(stack)
    _, found = stack.one("AWS::S3::BucketPolicy")
    writing = statement(found["PolicyDocument"], "DenyForgingOutputs")
    assert writing["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [ROLE, ERASER, remover]}}
    reading = statement(found["PolicyDocument"], "DenyReadingRawData")
    assert reading["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [ROLE, ERASER]}}
    assert (writing["Effect"], reading["Effect"]) == ("Deny", "Deny")
    tagless = re.findall(r"aws:PrincipalTag/dataset, '(.+?)'", str(reading["NotResource"]))
    assert [DATASET.fullmatch(one) for one in tagless] == [None, None]  # quarantine, results


def test_nobody_is_allowed_anything_but_the_emptying_of_the_bucket(
    stack: Synthesized, policy: Resource
) -> None:
    _, cleanup = stack.one("Custom::S3AutoDeleteObjects")
    assert cleanup["BucketName"] == f"<{stack.one('AWS::S3::Bucket')[0]}>"
    allows = [item for item in policy["Statement"] if item["Effect"] == "Allow"]
    assert [item["Principal"] for item in allows] == [{"AWS": emptying_role(stack)}]


def test_where_data_are_retained_only_broken_glass_removes_versions() -> None:
    stack = Synthesized(synthesize(settings='{"retainData": true}'))
    _, bucket_policy = stack.one("AWS::S3::BucketPolicy")
    found = statement(bucket_policy["PolicyDocument"], "DenyVersionRemoval")
    name = "zero-trust-break-glass-test-us-east-1"
    assert stack.one("AWS::IAM::Role", RoleName=name)
    assert (found["Effect"], found["Principal"]) == ("Deny", EVERYBODY)
    assert set(found["Action"]) == {"s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"}
    assert found["Condition"] == {
        # By name: the policy stays with the bucket when the stack and its roles are deleted.
        "ArnNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}
    }


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (
            "s3",
            {
                "s3:ListBucketVersions": ("<bucket>", ERASER),
                "s3:DeleteObject": ("<bucket>/erasure/requests/*", ERASER),
                "s3:ListBucket": ("<bucket>", [ROLE, ERASER]),
                "s3:GetObject, s3:PutObject": ("<bucket>/*", [ROLE, ERASER]),
            },
        ),
        ("kms", {"kms:GenerateMac": ("<key>", [ROLE, ERASER])}),
    ],
)
def test_an_endpoint_allows_the_path_of_a_file(
    stack: Synthesized, service: str, expected: dict[str, tuple[str, Any]]
) -> None:
    bucket = f"<{stack.one('AWS::S3::Bucket')[0]}.Arn>"
    key = f"<{stack.key('pseudonym')[0]}.Arn>"
    document = endpoint(stack, service)[1]["PolicyDocument"]
    found = {}
    for item in document["Statement"]:
        assert (item["Effect"], item["Principal"]) == ("Allow", EVERYBODY)
        roles = item["Condition"]["ArnEquals"]["aws:PrincipalArn"]
        assert item["Condition"] == {
            "ArnEquals": {"aws:PrincipalArn": roles},
            "StringEquals": {"aws:ResourceAccount": ACCOUNT},
        }
        found[", ".join(as_list(item["Action"]))] = item["Resource"], roles
    assert found == {
        actions: (resource.replace("<bucket>", bucket).replace("<key>", key), roles)
        for actions, (resource, roles) in expected.items()
    }


def test_the_endpoint_of_kms_opens_the_key_of_reversible_tokens(encrypting: Synthesized) -> None:
    found, other = endpoint(encrypting, "kms")[1]["PolicyDocument"]["Statement"]
    keys = [f"<{encrypting.key(alias)[0]}.Arn>" for alias in ("pseudonym", "reversible")]
    assert (found["Action"], found["Resource"]) == ("kms:GenerateMac", keys)
    assert (other["Action"], other["Resource"]) == ("kms:GenerateMac", keys[1])
    roles = [one["Condition"]["ArnEquals"]["aws:PrincipalArn"] for one in (found, other)]
    reidentifier = ROLE.replace("data-processor", "reidentification")
    assert roles == [[ROLE, ERASER], reidentifier]


def test_other_endpoints_stay_within_the_account() -> None:
    stack = Synthesized(synthesize(settings='{"interfaceEndpoints": ["kms", "sqs", "sts"]}'))
    for service in ("sqs", "sts"):
        (found,) = endpoint(stack, service)[1]["PolicyDocument"]["Statement"]
        assert found["Condition"] == {
            "StringEquals": {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}
        }
