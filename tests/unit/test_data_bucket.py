"""The bucket: encrypted, versioned, private, and announcing what lands in it."""

import pytest

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, synthesize


@pytest.fixture(name="bucket")
def make_bucket(stack: Synthesized) -> Resource:
    """The properties of the data bucket."""
    return stack.one("AWS::S3::Bucket")[1]


def lifecycle(bucket: Resource, rule_id: str) -> Resource:
    """A lifecycle rule by its id."""
    (rule,) = (r for r in bucket["LifecycleConfiguration"]["Rules"] if r["Id"] == rule_id)
    assert rule["Status"] == "Enabled"
    found: Resource = rule
    return found


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


def test_raw_data_expire_by_setting() -> None:
    stack = Synthesized(synthesize(settings='{"rawDataExpiryDays": 7}'))
    rule = lifecycle(stack.one("AWS::S3::Bucket")[1], "ExpireRawData")
    assert (rule["Prefix"], rule["ExpirationInDays"]) == ("incoming/", 7)


def test_only_raw_data_expire_while_they_are_current(bucket: Resource) -> None:
    expiring = [r for r in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in r]
    assert [rule["Prefix"] for rule in expiring] == ["incoming/"]


def test_old_versions_and_unfinished_uploads_go(bucket: Resource) -> None:
    rule = lifecycle(bucket, "ExpireOldVersions")
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert rule["ExpiredObjectDeleteMarker"] is True
    assert "Prefix" not in rule


def test_new_incoming_objects_are_announced_to_the_queue(
    stack: Synthesized, bucket: Resource
) -> None:
    (configuration,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert configuration["Event"] == "s3:ObjectCreated:*"
    assert configuration["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "incoming/"}]
    queue = configuration["Queue"].strip("<>").removesuffix(".Arn")
    assert "RedrivePolicy" in stack.resources[queue]["Properties"]


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
