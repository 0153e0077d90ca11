"""What the tests put into the bucket of a deployed stack, and its removal."""

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from tests.intake import wait_until_drained
from tests.patience import LAST_MESSAGES

PLACES = ("incoming", "processed", "quarantine", "manifests")
"""Where a file and what comes of it are, in the bucket."""

remarks: list[str] = []
"""What people must know of that could not be removed, for the end of the run."""


def remove(s3: Any, bucket: str, prefixes: Iterable[str]) -> int:
    """Remove all versions of the objects under prefixes, as far as one may; how many stayed.

    Where data are retained, only one role may remove versions. What stays there is hidden by a
    delete marker, and expires with the bucket's old versions.
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


def remove_from_stack(s3: Any, sqs: Any, outputs: dict[str, str], prefixes: list[str]) -> None:
    """Remove what the tests put into a stack, once nothing more can come of it."""
    bucket = outputs["S3BucketName"]
    try:
        wait_until_drained(sqs, outputs["QueueUrl"], LAST_MESSAGES)
    except TimeoutError:
        remarks.append(
            f"The queue still holds messages: what comes of them will stay in {bucket}."
        )
    stayed = remove(s3, bucket, prefixes)
    if stayed:
        remarks.append(
            f"{stayed} versions of invented data stay in {bucket}, where data are retained. They "
            "are hidden by delete markers and expire with old versions."
        )
