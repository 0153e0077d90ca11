"""The audit trail: what it records, where it keeps it, and who may change that."""

import json

import pytest

from tests.unit.stack.order import Order
from tests.unit.synthesis import (
    ACCOUNT,
    PARTITIONS,
    ROOT,
    Resource,
    Synthesized,
    statement,
    synthesize,
)

AUDITED = '{"auditTrail": true}'
RETAINED = '{"auditTrail": true, "retainData": true, "logRetentionDays": 365}'
NAME = f"zero-trust-audit-test-{ACCOUNT}-us-east-1"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/zero-trust-audit-test-us-east-1"
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}


@pytest.fixture(name="audited")
def make_audited() -> Synthesized:
    """The environment ``test`` with an audit trail."""
    return Synthesized(synthesize(settings=AUDITED))


def policy_of_bucket(stack: Synthesized) -> Resource:
    """The policy of the bucket of log files."""
    bucket, _ = stack.one("AWS::S3::Bucket", BucketName=NAME)
    found: Resource = stack.one("AWS::S3::BucketPolicy", Bucket=f"<{bucket}>")[1]["PolicyDocument"]
    return found


def test_there_is_none_unless_set(stack: Synthesized) -> None:
    assert not stack.find("AWS::CloudTrail::Trail")
    assert not [name for name in stack.resources if "Audit" in name]


@pytest.mark.parametrize("suffix", ["dev", "test", "staging", "prod"])
def test_the_projects_own_environments_have_one_but_for_dev(suffix: str) -> None:
    context = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    assert context["environments"][suffix].get("auditTrail", False) == (suffix != "dev")


def test_it_records_what_happens_in_all_regions(audited: Synthesized) -> None:
    """CloudTrail records changes of roles in us-east-1 only."""
    _, trail = audited.one("AWS::CloudTrail::Trail", TrailName="zero-trust-audit-test-us-east-1")
    for switch in ("IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents"):
        assert trail[switch] is True, switch
    assert "EventSelectors" not in trail
    selected = [
        {
            field["Field"]: field.get("Equals", field.get("StartsWith"))
            for field in selector["FieldSelectors"]
        }
        for selector in trail["AdvancedEventSelectors"]
    ]
    data, _ = audited.one(
        "AWS::S3::Bucket", BucketName=f"zero-trust-data-test-{ACCOUNT}-us-east-1"
    )
    assert selected == [
        {"eventCategory": ["Management"]},  # reads too, and every use of a KMS key
        {
            "eventCategory": ["Data"],
            "resources.type": ["AWS::S3::Object"],
            "resources.ARN": [f"<{data}.Arn>/"],
        },
    ]


def test_its_files_are_encrypted_and_validated(audited: Synthesized) -> None:
    _, trail = audited.one("AWS::CloudTrail::Trail")
    key, _ = audited.key("audit")
    bucket, properties = audited.one("AWS::S3::Bucket", BucketName=NAME)
    assert trail["KMSKeyId"] == f"<{key}.Arn>"
    assert trail["S3BucketName"] == f"<{bucket}>"
    assert trail["EnableLogFileValidation"] is True
    (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": f"<{key}.Arn>",
    }
    assert not rule.get("BucketKeyEnabled")  # the trail would need to decrypt


def test_its_key_is_its_own(audited: Synthesized) -> None:
    name, key = audited.key("audit")
    assert name not in {audited.key(alias)[0] for alias in ("s3", "logs", "lambda", "pseudonym")}
    assert (key["EnableKeyRotation"], key["RotationPeriodInDays"]) == (True, 90)
    sids = {item["Sid"] for item in key["KeyPolicy"]["Statement"]}
    assert sids == {
        "AllowAdministration",
        "AllowTrail",
        "AllowTrailToDescribe",
        "AllowReaders",
        "AllowCloudWatchLogs",
    }


def test_its_log_group_is_encrypted_and_kept(audited: Synthesized) -> None:
    for stack, days in ((audited, 90), (Synthesized(synthesize(settings=RETAINED)), 365)):
        group, properties = stack.one(
            "AWS::Logs::LogGroup", LogGroupName="/aws/cloudtrail/zero-trust-audit-test"
        )
        assert properties["KmsKeyId"] == f"<{stack.key('audit')[0]}.Arn>"
        assert properties["RetentionInDays"] == days
        _, trail = stack.one("AWS::CloudTrail::Trail")
        assert trail["CloudWatchLogsLogGroupArn"] == f"<{group}.Arn>"


@pytest.mark.parametrize("region", PARTITIONS)
def test_only_this_trail_is_admitted(region: str) -> None:
    stack = Synthesized(synthesize(region=region, settings=AUDITED), region)
    partition = PARTITIONS[region][0]
    name = f"zero-trust-audit-test-{region}"
    trail = f"arn:{partition}:cloudtrail:{region}:{ACCOUNT}:trail/{name}"
    source = {"aws:SourceArn": trail}
    context = {"kms:EncryptionContext:aws:cloudtrail:arn": trail}
    policies = [
        policy["Properties"]["PolicyDocument"]
        for name, policy in stack.find("AWS::S3::BucketPolicy").items()
        if name.startswith("Audit")
    ]
    _, key = stack.key("audit")
    for policy, sid, action, equal in (
        (policies[0], "AllowTrailToLook", "s3:GetBucketAcl", source),
        (
            policies[0],
            "AllowTrail",
            "s3:PutObject",
            {**source, "s3:x-amz-acl": "bucket-owner-full-control"},
        ),
        (key["KeyPolicy"], "AllowTrail", "kms:GenerateDataKey*", {**source, **context}),
        (key["KeyPolicy"], "AllowTrailToDescribe", "kms:DescribeKey", source),
    ):
        found = statement(policy, sid)
        assert (found["Principal"], found["Action"]) == (CLOUDTRAIL, action)
        assert found["Condition"] == {"StringEquals": equal}


def test_nobody_else_writes_or_removes_log_files(audited: Synthesized) -> None:
    """But who empties the bucket before it is deleted; where data are retained, break-glass."""
    retained = Synthesized(synthesize(settings=RETAINED))
    provider = next(iter(audited.find("Custom::S3AutoDeleteObjects").values()))
    function = provider["Properties"]["ServiceToken"].strip("<>").removesuffix(".Arn")
    emptying = audited.resources[function]["Properties"]["Role"]
    break_glass = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-break-glass-test-us-east-1"
    for stack, remover in ((audited, emptying), (retained, break_glass)):
        bucket, _ = stack.one("AWS::S3::Bucket", BucketName=NAME)
        denied = statement(policy_of_bucket(stack), "DenyForgingLogs")
        assert denied["Effect"] == "Deny"
        assert denied["Principal"] == {"AWS": "*"}
        assert denied["NotAction"] == "s3:GetObject*"
        assert denied["Resource"] == f"<{bucket}.Arn>/*"
        assert denied["Condition"] == {
            "StringNotEquals": {"aws:SourceArn": TRAIL},
            "ArnNotEquals": {"aws:PrincipalArn": remover},
        }


@pytest.mark.parametrize("settings", [AUDITED, RETAINED])
def test_its_files_are_kept_as_versions_and_expire(settings: str) -> None:
    stack = Synthesized(synthesize(settings=settings))
    _, bucket = stack.one("AWS::S3::Bucket", BucketName=NAME)
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    days = [
        rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "ExpirationInDays" in rule
    ]
    assert days == [json.loads(settings).get("logRetentionDays", 90)]


def test_transport_below_tls_1_2_is_denied_to_all(audited: Synthesized) -> None:
    denials = [
        item["Condition"]
        for item in policy_of_bucket(audited)["Statement"]
        if item["Effect"] == "Deny" and item.get("Action") == "s3:*"
    ]
    assert {"Bool": {"aws:SecureTransport": "false"}} in denials
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denials


def test_it_stops_before_its_bucket_is_emptied_and_starts_when_it_may_write() -> None:
    order = Order(synthesize(settings=AUDITED))
    trail = order.one("AWS::CloudTrail::Trail")
    awaited = order.awaited(trail)
    for resource_type, like in (
        ("Custom::S3AutoDeleteObjects", "Audit"),
        ("AWS::S3::BucketPolicy", "Audit"),
        ("AWS::IAM::ManagedPolicy", "AuditTrailWrite"),
    ):
        assert order.one(resource_type, like) in awaited


def test_the_stack_says_where_it_is(audited: Synthesized) -> None:
    trail, _ = audited.one("AWS::CloudTrail::Trail")
    bucket, _ = audited.one("AWS::S3::Bucket", BucketName=NAME)
    for name, value in (
        ("AuditTrailArn", f"<{trail}.Arn>"),
        ("AuditBucketName", f"<{bucket}>"),
        ("AuditKmsKeyId", f"<{audited.key('audit')[0]}>"),
    ):
        assert audited.outputs[name] == {"Value": value, "Export": {"Name": f"{name}-test"}}
