"""The bucket: encrypted, versioned, private, and announcing new files."""

from math import inf
from typing import Any

import pytest
from aws_cdk.assertions import Annotations, Match

from lib.tap_stack import TapStack
from processor.bucket.keys import keys_of
from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, make_app, synthesize


@pytest.fixture(name="bucket")
def make_bucket(stack: Synthesized) -> Resource:
    """The properties of the data bucket."""
    return stack.one("AWS::S3::Bucket")[1]


def rules_about(bucket: Resource, key: str) -> list[Resource]:
    """The lifecycle rules that apply to an object."""
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in rules} == {"Enabled"}
    return [rule for rule in rules if key.startswith(rule.get("Prefix", ""))]


def one_rule(bucket: Resource, key: str, part: str) -> Any:
    """This part of the only rule for an object that has it."""
    (found,) = [rule[part] for rule in rules_about(bucket, key) if part in rule]
    return found


def last_day(bucket: Resource, key: str) -> float:
    """The latest day, counted from when an object is written, on which its bytes still exist.

    It expires, or is replaced just before; then it is an old version. S3 counts both periods from
    the next midnight, and removes no locked version.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
    """
    rules = rules_about(bucket, key)
    current: float = min(
        (r["ExpirationInDays"] for r in rules if "ExpirationInDays" in r), default=inf
    )
    old = [r["NoncurrentVersionExpiration"] for r in rules if "NoncurrentVersionExpiration" in r]
    noncurrent: float = min((item["NoncurrentDays"] for item in old), default=inf)
    assert not any("NewerNoncurrentVersions" in item for item in old)
    lock = bucket.get("ObjectLockConfiguration", {"Rule": {"DefaultRetention": {"Days": 0}}})
    locked: int = lock["Rule"]["DefaultRetention"]["Days"]
    return max(current + 1 + noncurrent + 1, locked + 1)


def test_the_name_is_unique_to_environment_account_and_region(bucket: Resource) -> None:
    assert bucket["BucketName"] == f"zero-trust-data-test-{ACCOUNT}-us-east-1"


def test_objects_are_encrypted_with_the_data_key(stack: Synthesized, bucket: Resource) -> None:
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule == {
        "BucketKeyEnabled": True,
        "ServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": f"<{stack.key('s3')[0]}.Arn>",
        },
    }


def test_versions_are_kept_and_the_public_is_blocked(bucket: Resource) -> None:
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(bucket["PublicAccessBlockConfiguration"].items()) == {
        ("BlockPublicAcls", True),
        ("BlockPublicPolicy", True),
        ("IgnorePublicAcls", True),
        ("RestrictPublicBuckets", True),
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(
    "condition",
    [{"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": 1.2}}],
)
def test_transport_below_tls_1_2_is_denied_to_all(stack: Synthesized, condition: Resource) -> None:
    name, _ = stack.one("AWS::S3::Bucket")
    _, policy = stack.one("AWS::S3::BucketPolicy", Bucket=f"<{name}>")
    (denial,) = (
        s for s in policy["PolicyDocument"]["Statement"] if s.get("Condition") == condition
    )
    assert (denial["Effect"], denial["Action"]) == ("Deny", "s3:*")
    assert denial["Principal"] == {"AWS": "*"}
    assert set(denial["Resource"]) == {f"<{name}.Arn>", f"<{name}.Arn>/*"}


SOURCE = "incoming/people/a.csv"
KEYS = keys_of(SOURCE)
WITHOUT_RAW = {KEYS.outputs["processed"], KEYS.manifest}  # as tests of the processor prove
RAW = {SOURCE, *KEYS.outputs.values(), KEYS.manifest} - WITHOUT_RAW


def test_quarantine_is_raw() -> None:
    assert KEYS.outputs["quarantine"] in RAW


@pytest.mark.parametrize("key", sorted(RAW))
@pytest.mark.parametrize(
    ("settings", "day"),
    [
        ("{}", 33),
        ('{"rawDataExpiryDays": 7}', 10),
        ('{"retainData": true, "objectLockDays": 30}', 33),
        ('{"retainData": true, "objectLockDays": 60, "rawDataExpiryDays": 7}', 61),
    ],
)
def test_no_raw_byte_is_left_after_the_days_of_the_setting(
    settings: str, day: int, key: str
) -> None:
    _, bucket = Synthesized(synthesize(settings=settings)).one("AWS::S3::Bucket")
    assert last_day(bucket, key) <= day


@pytest.mark.parametrize("key", sorted(RAW))
def test_a_replaced_version_of_raw_data_is_removed_after_a_day(bucket: Resource, key: str) -> None:
    assert one_rule(bucket, key, "NoncurrentVersionExpiration") == {"NoncurrentDays": 1}


@pytest.mark.parametrize("key", sorted(WITHOUT_RAW))
def test_what_is_not_raw_stays_and_its_old_versions_expire_after_30_days(
    bucket: Resource, key: str
) -> None:
    assert not [rule for rule in rules_about(bucket, key) if "ExpirationInDays" in rule]
    assert one_rule(bucket, key, "NoncurrentVersionExpiration") == {"NoncurrentDays": 30}


def test_results_of_queries_expire_in_days(bucket: Resource) -> None:
    key = "query-results/consumer/customers/a.csv"
    assert one_rule(bucket, key, "ExpirationInDays") == 7
    assert last_day(bucket, key) <= 10


def test_unfinished_uploads_and_useless_markers_are_removed(bucket: Resource) -> None:
    abort = one_rule(bucket, "any/key", "AbortIncompleteMultipartUpload")
    assert abort == {"DaysAfterInitiation": 1}
    (rule,) = rules_about(bucket, "any/key")
    assert rule["ExpiredObjectDeleteMarker"] is True
    assert "ExpirationInDays" not in rule  # S3 refuses the two together


@pytest.mark.parametrize(("days", "warned"), [(30, 0), (31, 1)])
def test_synth_warns_of_a_lock_that_outlives_raw_data(days: int, warned: int) -> None:
    settings = {"retainData": True, "objectLockDays": days, "rawDataExpiryDays": 30}
    app = make_app(environments={"test": settings})
    stack = TapStack(app, "TapStack-test", environment_suffix="test")
    sentence = Match.string_like_regexp(
        f"objectLockDays is {days} and rawDataExpiryDays is 30: .*removed only after {days},"
    )
    warnings = Annotations.from_stack(stack).find_warning("*", sentence)
    assert len(warnings) == warned


def test_new_incoming_objects_are_announced_to_the_queue(
    stack: Synthesized, bucket: Resource
) -> None:
    (configuration,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert configuration["Event"] == "s3:ObjectCreated:*"
    assert configuration["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "incoming/"}]
    queue = configuration["Queue"].strip("<>").removesuffix(".Arn")
    assert "RedrivePolicy" in stack.resources[queue]["Properties"]


def test_eventbridge_gets_the_buckets_events(bucket: Resource) -> None:
    configuration = bucket["NotificationConfiguration"]["EventBridgeConfiguration"]
    assert configuration == {"EventBridgeEnabled": True}


def test_the_bucket_waits_for_the_queues_policy(stack: Synthesized) -> None:
    name, bucket = stack.one("AWS::S3::Bucket")
    queue = bucket["NotificationConfiguration"]["QueueConfigurations"][0]["Queue"]
    policies = [
        policy_name
        for policy_name, policy in stack.find("AWS::SQS::QueuePolicy").items()
        if queue.removesuffix(".Arn>") + ">" in policy["Properties"]["Queues"]
    ]
    assert policies
    assert set(policies) <= set(stack.resources[name]["DependsOn"])


def test_object_lock_is_off_unless_set(bucket: Resource) -> None:
    assert not {"ObjectLockEnabled", "ObjectLockConfiguration"} & set(bucket)


def test_object_lock_follows_the_settings() -> None:
    stack = Synthesized(synthesize(settings='{"retainData": true, "objectLockDays": 30}'))
    _, bucket = stack.one("AWS::S3::Bucket")
    assert bucket["ObjectLockEnabled"] is True
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Days": 30, "Mode": "GOVERNANCE"}
