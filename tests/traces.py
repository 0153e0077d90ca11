"""What the tests write into the bucket of a deployed stack, and its removal."""

import contextlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.intake import wait_until_drained
from tests.patience import LAST_MESSAGES, PERMISSION, wait_for

PLACES = ("incoming", "processed", "quarantine", "manifests")
"""Where a file and its outputs are in the bucket."""

RESTRICTION = "DenyForgingOutputs"
"""The statement of the bucket's policy that keeps administrators from writing outputs."""

remarks: list[str] = []
"""What could not be removed, to be reported at the end of the run."""


def remove(s3: Any, bucket: str, prefixes: Iterable[str]) -> int:
    """Remove all versions of the objects under prefixes, if allowed; return how many stayed.

    Where data are retained, only one role can remove versions. What stays is hidden by a delete
    marker, and expires with the bucket's old versions.
    """
    stayed = 0
    for prefix in prefixes:
        here = {"Bucket": bucket, "Prefix": prefix}
        for page in s3.get_paginator("list_object_versions").paginate(**here):
            for marker in page.get("DeleteMarkers", []):
                _removed(s3, bucket, marker)
            for version in page.get("Versions", []):
                if not _removed(s3, bucket, version):
                    stayed += 1
                    if version["IsLatest"]:
                        s3.delete_object(Bucket=bucket, Key=version["Key"])
        for upload in s3.list_multipart_uploads(**here).get("Uploads", []):
            s3.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
    return stayed


def _removed(s3: Any, bucket: str, entry: dict[str, Any]) -> bool:
    """Whether a version or a delete marker could be removed."""
    try:
        s3.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@contextlib.contextmanager
def unrestricted(s3: Any, bucket: str) -> Iterator[None]:
    """Let the administrator write outputs for a while, where the bucket's policy denies it.

    An intruder would have to do the same: change the policy, which CloudTrail shows.
    """
    policy = ""
    with contextlib.suppress(ClientError):  # there is none
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    document = json.loads(policy or '{"Statement": []}')
    kept = [one for one in document["Statement"] if one.get("Sid") != RESTRICTION]
    if kept == document["Statement"]:
        yield
        return
    changed = json.dumps({**document, "Statement": kept})
    try:
        _change(s3, bucket, changed, writes=True)
        yield
    finally:
        _change(s3, bucket, policy, writes=False)


def _change(s3: Any, bucket: str, policy: str, *, writes: bool) -> None:
    """Change the bucket's policy, and wait until it shows."""
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    wait_for("change of the policy", lambda: _may_write(s3, bucket) == writes or None, PERMISSION)


def _may_write(s3: Any, bucket: str) -> bool:
    """Whether the bucket lets the caller write outputs: tried on one that does not exist."""
    try:
        s3.put_object_tagging(
            Bucket=bucket, Key=f"{PLACES[1]}/no-such-output", Tagging={"TagSet": []}
        )
    except ClientError as error:
        return bool(error.response["Error"]["Code"] == "NoSuchKey")
    return True


def remove_from_stack(s3: Any, sqs: Any, outputs: dict[str, str], prefixes: list[str]) -> None:
    """Remove what the tests wrote into a stack, once it has been processed."""
    bucket = outputs["S3BucketName"]
    try:
        wait_until_drained(sqs, outputs["QueueUrl"], LAST_MESSAGES)
    except TimeoutError:
        remarks.append(
            f"The queue still holds messages: what comes of them will stay in {bucket}."
        )
    with unrestricted(s3, bucket):
        stayed = remove(s3, bucket, prefixes)
    if stayed:
        remarks.append(
            f"{stayed} versions of invented data stay in {bucket}, where data are retained. They "
            "are hidden by delete markers and expire with old versions."
        )
