"""The bucket of files has what S3 has, as far as the processor needs it."""

import http.client
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from benchmarks import large_bucket
from benchmarks.large_bucket import LargeBucket
from sandbox import certificate

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(name="bucket")
def make_bucket(tmp_path: Path) -> Iterator[tuple[LargeBucket, "S3Client"]]:
    """A bucket of files, and a client for it."""
    issued = certificate.issue(tmp_path / "tls")
    folder = tmp_path / "bucket"
    folder.mkdir()
    with large_bucket.serve(folder, issued) as bucket:
        client: S3Client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=bucket.endpoint,
            verify=str(issued.roots),
            aws_access_key_id="x",
            aws_secret_access_key="x",
            config=Config(request_checksum_calculation="when_required"),
        )
        yield bucket, client


def test_the_bucket_of_files_has_the_conditions_of_s3(
    bucket: tuple[LargeBucket, "S3Client"],
) -> None:
    files, s3 = bucket
    assert "Contents" not in s3.list_objects_v2(Bucket="b", Prefix="in/a", MaxKeys=1)
    first = s3.put_object(Bucket="b", Key="in/a", Body=io.BytesIO(b"one"), IfNoneMatch="*")
    [found] = s3.list_objects_v2(Bucket="b", Prefix="in/a", MaxKeys=1)["Contents"]
    assert (found["Key"], found["ETag"]) == ("in/a", first["ETag"])
    for refused in ({"IfNoneMatch": "*"}, {"IfMatch": '"another"'}):
        conditions: Any = refused
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket="b", Key="in/a", Body=b"no", **conditions)
    second = s3.put_object(Bucket="b", Key="in/a", Body=b"two!", IfMatch=first["ETag"])
    answer = s3.get_object(Bucket="b", Key="in/a")
    assert (answer["ETag"], answer["ContentLength"]) == (second["ETag"], 4)
    assert answer["Body"].read() == b"two!"
    files.clear()
    assert "Contents" not in s3.list_objects_v2(Bucket="b", Prefix="in/", MaxKeys=1)
    assert not any(files.folder.iterdir())


def test_the_bucket_of_files_speaks_only_tls(bucket: tuple[LargeBucket, "S3Client"]) -> None:
    port = int(bucket[0].endpoint.rpartition(":")[2])
    plain = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    plain.request("GET", "/b/in/a")
    with pytest.raises(OSError, match=r"reset|closed"):
        plain.getresponse()
