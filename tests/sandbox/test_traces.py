"""What the tests write into a stack's bucket, and its removal."""

import json
from typing import Any

import pytest

from tests import traces
from tests.patience import Wait
from tests.sandbox.cloud import Cloud, deny, policy
from tests.sandbox.queues import make_queue

VERSIONED = {"Status": "Enabled"}


@pytest.fixture(name="remarks")
def forget_remarks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Only this test's remarks; an empty queue is not checked twice."""
    remarks: list[str] = []
    monkeypatch.setattr(traces, "remarks", remarks)
    monkeypatch.setattr(traces, "LAST_MESSAGES", Wait(0))
    return remarks


def fill(cloud: Cloud) -> str:
    """A bucket with versions, a delete marker and an unfinished upload under two prefixes."""
    s3, bucket = cloud.client("s3"), cloud.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=VERSIONED)
    for key in ("ours/a", "ours/a", "ours/b", "theirs/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="ours/b")
    s3.create_multipart_upload(Bucket=bucket, Key="ours/c")
    return bucket


def versions(s3: Any, bucket: str) -> list[str]:
    """The keys of all versions in a bucket, delete markers apart."""
    return [v["Key"] for v in s3.list_object_versions(Bucket=bucket).get("Versions", [])]


def test_all_of_it_is_removed_and_nothing_else(parity: Cloud) -> None:
    s3, bucket = parity.client("s3"), fill(parity)
    assert traces.remove(s3, bucket, ["ours/"]) == 0
    found = s3.list_object_versions(Bucket=bucket)
    assert [version["Key"] for version in found["Versions"]] == ["theirs/a"]
    assert not found.get("DeleteMarkers")
    assert not s3.list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_what_cannot_be_removed_is_hidden(parity: Cloud) -> None:
    s3, bucket = parity.client("s3"), fill(parity)
    retained = policy({**deny("s3:DeleteObjectVersion", "*"), "Principal": "*"})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(retained))
    assert traces.remove(s3, bucket, ["ours/"]) == 3
    assert versions(s3, bucket) == ["ours/a", "ours/a", "ours/b", "theirs/a"]
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [item["Key"] for item in listed] == ["theirs/a"]
    traces.remove(s3, bucket, ["ours/"])
    markers = s3.list_object_versions(Bucket=bucket)["DeleteMarkers"]
    assert sorted(marker["Key"] for marker in markers) == ["ours/a", "ours/b"], "once is enough"


def test_what_stays_is_reported(parity: Cloud, remarks: list[str]) -> None:
    s3, sqs, bucket = parity.client("s3"), parity.client("sqs"), fill(parity)
    url, _ = make_queue(parity)
    outputs = {"S3BucketName": bucket, "QueueUrl": url}
    traces.remove_from_stack(s3, sqs, outputs, ["ours/"])
    assert not remarks
    retained = policy({**deny("s3:DeleteObjectVersion", "*"), "Principal": "*"})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(retained))
    traces.remove_from_stack(s3, sqs, outputs, ["theirs/"])
    assert [remark[:29] for remark in remarks] == ["1 versions of invented data s"]


def test_messages_in_flight_are_reported(parity: Cloud, remarks: list[str]) -> None:
    s3, sqs, bucket = parity.client("s3"), parity.client("sqs"), fill(parity)
    url, _ = make_queue(parity)
    sqs.send_message(QueueUrl=url, MessageBody="x")
    traces.remove_from_stack(s3, sqs, {"S3BucketName": bucket, "QueueUrl": url}, ["ours/"])
    assert versions(s3, bucket) == ["theirs/a"]
    assert "still holds messages" in remarks[0]
