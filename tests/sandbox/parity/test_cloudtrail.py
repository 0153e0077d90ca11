"""Trails: of templates, and only where they may write."""

import json
from typing import Any

import pytest

from sandbox.emulator import ACCOUNT, REGION
from tests.patience import Wait, wait_for
from tests.sandbox.cloud import Cloud, StackFailedError, allow, deny, outcome, policy, unique

CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
OWNED = {"s3:x-amz-acl": "bucket-owner-full-control"}


def arn_of(name: str) -> str:
    """The ARN of a trail."""
    return f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}"


def admitting(name: str, bucket: str, *more: dict[str, Any]) -> str:
    """A bucket's policy that admits a trail, with more statements."""
    arn, source = f"arn:aws:s3:::{bucket}", {"aws:SourceArn": arn_of(name)}
    files = f"{arn}/AWSLogs/{ACCOUNT}/*"
    statements = (
        allow("s3:GetBucketAcl", arn, StringEquals=source),
        allow("s3:PutObject", files, StringEquals={**source, **OWNED}),
    )
    return json.dumps(policy(*({**one, "Principal": CLOUDTRAIL} for one in statements), *more))


def bucket_for(cloud: Cloud, name: str, *more: dict[str, Any]) -> str:
    """A bucket that admits a trail."""
    bucket = cloud.bucket()
    cloud.client("s3").put_bucket_policy(Bucket=bucket, Policy=admitting(name, bucket, *more))
    return bucket


def key_for(cloud: Cloud, name: str) -> str:
    """A key that admits a trail."""
    context = {"kms:EncryptionContext:aws:cloudtrail:arn": arn_of(name)}
    source = {"aws:SourceArn": arn_of(name)}
    statements = (
        allow("kms:GenerateDataKey*", StringEquals={**source, **context}),
        allow("kms:DescribeKey", StringEquals=source),
    )
    return cloud.key(*({**one, "Principal": CLOUDTRAIL} for one in statements))


def trail(name: str, bucket: str, **properties: Any) -> dict[str, Any]:
    """A trail of a template."""
    fixed = {"TrailName": name, "S3BucketName": bucket, "IsLogging": True}
    return {"Type": "AWS::CloudTrail::Trail", "Properties": {**fixed, **properties}}


def test_a_template_may_have_a_trail(plain: Cloud, parity: Cloud) -> None:
    name = unique("trail")
    with pytest.raises(StackFailedError, match="AWS::CloudTrail::Trail"):
        plain.deploy({"Trail": trail(name, plain.bucket())})
    selectors = [
        {
            "Name": "Management",
            "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}],
        }
    ]
    properties = {
        "KMSKeyId": key_for(parity, name),
        "EnableLogFileValidation": True,
        "IsMultiRegionTrail": True,
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a:*",
        "CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/a",
        "AdvancedEventSelectors": selectors,
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    bucket, client = bucket_for(parity, name), parity.client("cloudtrail")
    made = parity.deploy({"Trail": trail(name, bucket, **properties)})
    assert made["Trail"] == name
    found = client.get_trail(Name=name)["Trail"]
    assert found["TrailARN"] == arn_of(name)
    assert found["S3BucketName"] == bucket
    assert found["KmsKeyId"] == properties["KMSKeyId"]
    assert found["LogFileValidationEnabled"] is found["IsMultiRegionTrail"] is True
    assert found["CloudWatchLogsLogGroupArn"] == properties["CloudWatchLogsLogGroupArn"]
    assert found["CloudWatchLogsRoleArn"] == properties["CloudWatchLogsRoleArn"]
    assert client.get_event_selectors(TrailName=name)["AdvancedEventSelectors"] == selectors
    tags = client.list_tags(ResourceIdList=[arn_of(name)])["ResourceTagList"][0]["TagsList"]
    assert {"Key": "a", "Value": "b"} in tags
    assert client.get_trail_status(Name=name)["IsLogging"] is True
    stopped = trail(name, bucket, **properties, IsLogging=False)
    parity.deploy({"Trail": stopped}, made["AWS::StackName"])
    assert client.get_trail_status(Name=name)["IsLogging"] is False
    assert parity.destroy(made["AWS::StackName"]) == "DELETE_COMPLETE"
    assert outcome(lambda: client.get_trail(Name=name)) == "TrailNotFoundException"


def test_a_trail_keeps_the_log_group_it_is_created_with(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str | None:
        name, client = unique("trail"), cloud.client("cloudtrail")
        group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a:*"
        client.create_trail(
            Name=name, S3BucketName=bucket_for(cloud, name), CloudWatchLogsLogGroupArn=group
        )
        found: str | None = client.get_trail(Name=name)["Trail"].get("CloudWatchLogsLogGroupArn")
        return found

    assert probe(plain) is None
    assert probe(parity)


def test_a_trail_needs_its_bucket(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, admitted: str = "", more: tuple[dict[str, Any], ...] = ()) -> str:
        name = unique("trail")
        bucket, client = bucket_for(cloud, admitted or name, *more), cloud.client("cloudtrail")
        return outcome(lambda: client.create_trail(Name=name, S3BucketName=bucket))

    closed = {**deny("s3:PutObject"), "Principal": "*"}
    assert probe(plain) == probe(parity) == "ok"
    assert probe(plain, "other") == probe(plain, "", (closed,)) == "ok"
    assert probe(parity, "other") == "InsufficientS3BucketPolicyException"
    assert probe(parity, "", (closed,)) == "InsufficientS3BucketPolicyException"


def test_a_trail_needs_its_key(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, admitted: str = "", *, change: bool = False) -> str:
        name = unique("trail")
        bucket, client = bucket_for(cloud, name), cloud.client("cloudtrail")
        key = key_for(cloud, admitted or name)
        if not change:
            make = client.create_trail
            return outcome(lambda: make(Name=name, S3BucketName=bucket, KmsKeyId=key))
        client.create_trail(Name=name, S3BucketName=bucket)
        return outcome(lambda: client.update_trail(Name=name, KmsKeyId=key))

    for change in (False, True):
        assert probe(plain, change=change) == probe(parity, change=change) == "ok"
        assert probe(plain, "other", change=change) == "ok"
        refused = probe(parity, "other", change=change)
        assert refused == "InsufficientEncryptionPolicyException"


def test_events_are_sent_to_the_trails_log_group(parity: Cloud) -> None:
    """Those of management, while the trail is logging."""
    own = parity.role("ec2.amazonaws.com").rpartition("/")[2]
    cloud, group, name = parity, unique("group"), unique("trail")
    logs, client = cloud.client("logs"), cloud.client("cloudtrail")
    logs.create_log_group(logGroupName=group)
    client.create_trail(
        Name=name,
        S3BucketName=bucket_for(cloud, name),
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*",
    )

    def events(event_name: str) -> list[dict[str, Any]]:
        pattern = f'{{ $.eventName = "{event_name}" }}'
        found = logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
        read = [json.loads(one["message"]) for one in found]
        return [one for one in read if one["eventName"] == event_name]

    def attach() -> None:
        cloud.client("iam").put_role_policy(
            RoleName=own, PolicyName="own", PolicyDocument=json.dumps(policy(allow("s3:*")))
        )

    attach()  # it is not logging yet
    client.start_logging(Name=name)
    bucket = cloud.bucket()
    cloud.client("s3").put_object(Bucket=bucket, Key="a", Body=b"a")
    key = cloud.key()
    cloud.client("kms").disable_key(KeyId=key)
    (disabled,) = wait_for("event", lambda: of(key, events("DisableKey")) or None, Wait(20))
    assert disabled["eventSource"] == "kms.amazonaws.com"
    assert disabled["sourceIPAddress"] == "127.0.0.1"
    attach()
    (attached,) = wait_for("event", lambda: events("PutRolePolicy") or None, Wait(20))
    assert attached["requestParameters"] == {"roleName": own}
    assert not events("PutObject")
    client.stop_logging(Name=name)
    wait_for("event", lambda: events("StopLogging") or None, Wait(20))


def of(arn: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events about a resource."""
    return [one for one in events if one["resources"][0]["ARN"] == arn]
