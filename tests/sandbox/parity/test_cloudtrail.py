"""Trails: of templates, and only where they may write."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.emulator import ACCOUNT, REGION
from tests.patience import Wait, wait_for
from tests.sandbox.cloud import ECHO, Cloud, StackFailedError, allow, deny, outcome, policy, unique
from tests.sandbox.queues import make_queue

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


def trail_with_group(cloud: Cloud) -> tuple[str, str]:
    """Create a trail that does not log yet; return its name, and its log group."""
    group, name = unique("group"), unique("trail")
    cloud.client("logs").create_log_group(logGroupName=group)
    cloud.client("cloudtrail").create_trail(
        Name=name,
        S3BucketName=bucket_for(cloud, name),
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}:*",
    )
    return name, group


def events(cloud: Cloud, group: str) -> list[dict[str, Any]]:
    """The events in a log group."""
    pages = cloud.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    return [json.loads(one["message"]) for page in pages for one in page["events"]]


def of_name(cloud: Cloud, group: str, name: str) -> list[dict[str, Any]]:
    """Those of a name."""
    return [one for one in events(cloud, group) if one["eventName"] == name]


def test_events_are_sent_to_the_trails_log_group(parity: Cloud) -> None:
    """Those of management, while the trail is logging."""
    own = parity.role("ec2.amazonaws.com").rpartition("/")[2]
    cloud, client = parity, parity.client("cloudtrail")
    name, group = trail_with_group(cloud)

    def attach() -> None:
        cloud.client("iam").put_role_policy(
            RoleName=own, PolicyName="own", PolicyDocument=json.dumps(policy(allow("s3:*")))
        )

    def seen(event_name: str) -> list[dict[str, Any]]:
        return of_name(cloud, group, event_name)

    attach()  # it is not logging yet
    client.start_logging(Name=name)
    bucket = cloud.bucket()
    cloud.client("s3").put_object(Bucket=bucket, Key="a", Body=b"a")
    key = cloud.key()
    cloud.client("kms").disable_key(KeyId=key)
    (disabled,) = wait_for("event", lambda: of(key, seen("DisableKey")) or None, Wait(20))
    assert disabled["eventSource"] == "kms.amazonaws.com"
    assert disabled["sourceIPAddress"] == "127.0.0.1"
    attach()
    (attached,) = wait_for("event", lambda: seen("PutRolePolicy") or None, Wait(20))
    assert attached["requestParameters"] == {"roleName": own}
    assert not seen("PutObject")
    client.stop_logging(Name=name)
    wait_for("event", lambda: seen("StopLogging") or None, Wait(20))


def of(arn: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events about a resource."""
    return [one for one in found if one["resources"][0]["ARN"] == arn]


Change = tuple[str, str, dict[str, str]]
"""The service, the event's name and the parameters that tell what was changed."""


def change_workflows(cloud: Cloud) -> Iterator[Change]:
    """Change a state machine, and a schedule in a group of its own.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/logging-using-cloudtrail.html
    """
    states, name, role = (
        cloud.client("stepfunctions"),
        unique("a"),
        cloud.role("states.amazonaws.com"),
    )
    steps = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    made = states.create_state_machine(name=name, definition=steps, roleArn=role)
    arn = {"stateMachineArn": made["stateMachineArn"]}
    yield "states", "CreateStateMachine", {"name": name}
    states.update_state_machine(**arn, definition=steps)
    yield "states", "UpdateStateMachine", arn
    scheduler = cloud.client("scheduler")
    scheduler.create_schedule_group(Name=name)
    schedule: dict[str, Any] = {
        "Name": "nightly",
        "GroupName": name,
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": arn["stateMachineArn"], "RoleArn": role},
    }
    scheduler.create_schedule(**schedule)
    scheduler.update_schedule(**schedule)
    named = {"name": "nightly", "groupName": name}
    yield "scheduler", "UpdateSchedule", named
    scheduler.delete_schedule(Name="nightly", GroupName=name)
    yield "scheduler", "DeleteSchedule", named
    scheduler.delete_schedule_group(Name=name)
    yield "scheduler", "DeleteScheduleGroup", {"name": name}
    states.delete_state_machine(**arn)
    yield "states", "DeleteStateMachine", arn


def change_queries(cloud: Cloud) -> Iterator[Change]:
    """Change a workgroup, a database and a table.

    https://docs.aws.amazon.com/athena/latest/ug/monitor-with-cloudtrail.html
    https://docs.aws.amazon.com/glue/latest/dg/monitor-cloudtrail.html
    """
    athena, glue, name = cloud.client("athena"), cloud.client("glue"), unique("a")
    athena.create_work_group(Name=name)
    athena.update_work_group(WorkGroup=name, Description="changed")
    yield "athena", "UpdateWorkGroup", {"workGroup": name}
    athena.delete_work_group(WorkGroup=name)
    yield "athena", "DeleteWorkGroup", {"workGroup": name}
    glue.create_database(DatabaseInput={"Name": name})
    glue.update_database(Name=name, DatabaseInput={"Name": name})
    yield "glue", "UpdateDatabase", {"name": name}
    for change in (glue.create_table, glue.update_table):
        change(DatabaseName=name, TableInput={"Name": "a"})
    yield "glue", "CreateTable", {"databaseName": name}
    yield "glue", "UpdateTable", {"databaseName": name}
    glue.delete_table(DatabaseName=name, Name="a")
    yield "glue", "DeleteTable", {"databaseName": name, "name": "a"}
    glue.batch_delete_table(DatabaseName=name, TablesToDelete=["a"])
    yield "glue", "BatchDeleteTable", {"databaseName": name}
    glue.delete_database(Name=name)
    yield "glue", "DeleteDatabase", {"name": name}


def change_bucket(cloud: Cloud) -> Iterator[Change]:
    """Change settings of a bucket whose permissions have other names.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html
    """
    s3, bucket = cloud.client("s3"), unique("bucket")
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"ID": "a", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.delete_bucket_encryption(Bucket=bucket)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )
    for name in (
        *("PutBucketLifecycle", "DeleteBucketLifecycle", "DeleteBucketEncryption"),
        *("DeleteBucketPublicAccessBlock", "PutObjectLockConfiguration"),
    ):
        yield "s3", name, {"bucketName": bucket}


def change_function(cloud: Cloud) -> Iterator[Change]:
    """Create a function, give it messages of a queue, and delete it.

    https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html
    """
    awslambda, name = cloud.client("lambda"), unique("function")
    _, queue = make_queue(cloud)
    awslambda.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Handler="index.handler",
        Role=cloud.role("lambda.amazonaws.com", allow("sqs:*", queue)),
        Code={"ZipFile": zipped(ECHO)},
    )
    awslambda.create_event_source_mapping(FunctionName=name, EventSourceArn=queue)
    awslambda.delete_function(FunctionName=name)
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    for called, function in (
        ("CreateFunction", name),
        ("CreateEventSourceMapping", name),
        ("DeleteFunction", arn),
    ):
        yield "lambda", f"{called}20150331", {"functionName": function}


def zipped(code: str) -> bytes:
    """The code of a function."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.py", code)
    return content.getvalue()


def change_trail(cloud: Cloud) -> Iterator[Change]:
    """Change what a trail records.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
    """
    client, (name, _) = cloud.client("cloudtrail"), trail_with_group(cloud)
    client.put_event_selectors(TrailName=name, EventSelectors=[{"ReadWriteType": "All"}])
    yield "cloudtrail", "PutEventSelectors", {"trailName": name}
    client.delete_trail(Name=name)
    yield "cloudtrail", "DeleteTrail", {"name": name}


def test_an_event_tells_what_was_changed(parity: Cloud) -> None:
    """By the names that the alarms on changes look for."""
    name, group = trail_with_group(parity)
    parity.client("cloudtrail").start_logging(Name=name)
    expected = [
        (f"{service}.amazonaws.com", called, parameters)
        for change in (
            change_workflows,
            change_queries,
            change_bucket,
            change_function,
            change_trail,
        )
        for service, called, parameters in change(parity)
    ]
    parity.client("cloudtrail").stop_logging(Name=name)
    wait_for("event", lambda: of_name(parity, group, "StopLogging") or None, Wait(20))
    names = ("eventSource", "eventName", "requestParameters")
    seen = [tuple(one[field] for field in names) for one in events(parity, group)]
    assert [one for one in expected if one not in seen] == []


def test_a_request_that_any_correction_refuses_is_not_recorded(parity: Cloud) -> None:
    """AWS records it with the error's code, with which no alarm counts it."""
    name, group = trail_with_group(parity)
    database, table = unique("database"), f"arn:aws:glue:{REGION}:{ACCOUNT}:table/*"
    glue = parity.client("glue")
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_table(DatabaseName=database, TableInput={"Name": "a"})
    parity.client("cloudtrail").start_logging(Name=name)
    somebody = parity.assume(allow("glue:DeleteTable", table)).client("glue")
    refused = outcome(lambda: somebody.delete_table(DatabaseName=database, Name="a"))
    assert refused == "AccessDeniedException"  # on the database
    parity.client("cloudtrail").stop_logging(Name=name)
    wait_for("event", lambda: of_name(parity, group, "StopLogging") or None, Wait(20))
    assert not of_name(parity, group, "DeleteTable")
