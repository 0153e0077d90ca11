"""Properties of a template's bucket: dropped by MiniStack, applied with the corrections."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud, StackFailedError, outcome

RULE = {
    "Id": "raw",
    "Prefix": "incoming/",
    "Status": "Enabled",
    "ExpirationInDays": 30,
    "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
    "Transitions": [{"TransitionInDays": 10, "StorageClass": "GLACIER"}],
}
PROPERTIES = {
    "VersioningConfiguration": {"Status": "Enabled"},
    "BucketEncryption": {
        "ServerSideEncryptionConfiguration": [
            {
                "BucketKeyEnabled": True,
                "ServerSideEncryptionByDefault": {
                    "SSEAlgorithm": "aws:kms",
                    "KMSMasterKeyID": {"Fn::GetAtt": ["Key", "Arn"]},
                },
            }
        ]
    },
    "LifecycleConfiguration": {"Rules": [RULE]},
    "LoggingConfiguration": {"DestinationBucketName": {"Ref": "Target"}, "LogFilePrefix": "log/"},
    "ObjectLockEnabled": True,
    "ObjectLockConfiguration": {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}},
    },
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    "Tags": [{"Key": "Owner", "Value": "data"}],
}
KEY = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": []}}}
TARGET = {"Type": "AWS::S3::Bucket"}


def stack(properties: dict[str, Any]) -> dict[str, Any]:
    """A bucket with these properties, and what they refer to."""
    return {
        "Key": KEY,
        "Target": TARGET,
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": properties},
    }


def bucket_of(cloud: Cloud) -> str:
    """Deploy a bucket with all of the properties."""
    return cloud.deploy(stack(PROPERTIES))["Bucket"]


@pytest.fixture(scope="module", name="buckets")
def make_buckets(plain: Cloud, parity: Cloud) -> list[tuple[Any, str]]:
    """A client of S3 and a bucket with all of the properties: as it is, and corrected."""
    return [(cloud.client("s3"), bucket_of(cloud)) for cloud in (plain, parity)]


def encryption(s3: Any, bucket: str) -> object:
    """Algorithm and bucket key of the default encryption."""
    found = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][
        0
    ]
    return found["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], found["BucketKeyEnabled"]


def lifecycle(s3: Any, bucket: str) -> object:
    """What the one lifecycle rule says."""
    rule = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    return (
        rule["ID"],
        rule["Filter"]["Prefix"],
        rule["Expiration"]["Days"],
        rule["NoncurrentVersionExpiration"]["NoncurrentDays"],
        rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"],
        rule["Transitions"][0]["StorageClass"],
    )


def logging(s3: Any, bucket: str) -> object:
    """The prefix of the server access logs, if there are any."""
    return s3.get_bucket_logging(Bucket=bucket).get("LoggingEnabled", {}).get("TargetPrefix")


def object_lock(s3: Any, bucket: str) -> object:
    """The mode of the default retention."""
    found = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    return found["Rule"]["DefaultRetention"]["Mode"]


def ownership(s3: Any, bucket: str) -> object:
    """Who owns the objects."""
    found = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
    return found[0]["ObjectOwnership"]


def tags(s3: Any, bucket: str) -> object:
    """The tags but those of CloudFormation."""
    found = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in found if not tag["Key"].startswith("aws:")}


@pytest.mark.parametrize(
    ("described", "gap", "right"),
    [
        (encryption, ("AES256", False), ("aws:kms", True)),
        (
            lifecycle,
            "NoSuchLifecycleConfiguration",
            ("raw", "incoming/", 30, 7, 2, "GLACIER"),
        ),
        (logging, None, "log/"),
        (object_lock, "ObjectLockConfigurationNotFoundError", "GOVERNANCE"),
        (ownership, "BucketOwnerEnforced", "ObjectWriter"),
        (tags, "NoSuchTagSet", {"Owner": "data"}),
    ],
)
def test_a_property_of_a_template_is_applied(
    buckets: list[tuple[Any, str]],
    described: Callable[[Any, str], object],
    gap: object,
    right: object,
) -> None:
    def ask(s3: Any, bucket: str) -> object:
        answers: list[object] = []
        failure = outcome(lambda: answers.append(described(s3, bucket)))
        return answers[0] if answers else failure

    assert [ask(s3, bucket) for s3, bucket in buckets] == [gap, right]


def test_a_property_that_is_removed_goes_back_to_its_default(parity: Cloud) -> None:
    ids = parity.deploy(stack(PROPERTIES))
    kept = {k: v for k, v in PROPERTIES.items() if k in ("ObjectLockEnabled", "Tags")}
    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    parity.deploy(stack({**kept, **versioned}), stack=ids["AWS::StackName"])
    s3, bucket = parity.client("s3"), ids["Bucket"]
    gone = "NoSuchLifecycleConfiguration"
    assert outcome(lambda: s3.get_bucket_lifecycle_configuration(Bucket=bucket)) == gone
    assert encryption(s3, bucket) == ("AES256", False)
    assert logging(s3, bucket) is None


def test_a_property_that_s3_refuses_fails_the_stack(parity: Cloud) -> None:
    rules = [{**RULE, "ExpirationInDays": 0}]
    with pytest.raises(StackFailedError, match="AWS::S3::Bucket"):
        parity.deploy(stack({"LifecycleConfiguration": {"Rules": rules}}))


def test_a_bucket_with_objects_is_not_deleted(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        ids = cloud.deploy(stack({"VersioningConfiguration": {"Status": "Enabled"}}))
        bucket = ids["Bucket"]
        s3 = cloud.client("s3")
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        s3.delete_object(Bucket=bucket, Key="k")  # the version stays
        status = cloud.destroy(ids["AWS::StackName"])
        return status, outcome(lambda: s3.head_bucket(Bucket=bucket))

    assert probe(plain) == ("DELETE_COMPLETE", "404")
    assert probe(parity) == ("DELETE_FAILED", "ok")
