"""Fixtures of the integration tests: a deployed stack, found through its outputs.

The AWS variables decide what they talk to: an account, or the sandbox. Without the outputs file
every test is skipped.
"""

import gzip
import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import pytest

from tests.parquet import read_parquet

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient


T = TypeVar("T")

# How long the slowest step may take: a cold start, and S3's notifications.
PATIENCE = 120.0


def make_client(service: Any) -> Iterator[Any]:
    """A client of a service, closed at the end."""
    client = boto3.client(service)
    yield client
    client.close()


@pytest.fixture(scope="session", name="s3")
def make_s3(outputs: dict[str, str]) -> Iterator["S3Client"]:
    """S3, of the account and region that the stack is in."""
    assert outputs
    yield from make_client("s3")


@pytest.fixture(scope="session", name="kms")
def make_kms(outputs: dict[str, str]) -> Iterator["KMSClient"]:
    """KMS."""
    assert outputs
    yield from make_client("kms")


@pytest.fixture(scope="session", name="ec2")
def make_ec2(outputs: dict[str, str]) -> Iterator["EC2Client"]:
    """EC2."""
    assert outputs
    yield from make_client("ec2")


@pytest.fixture(scope="session", name="iam")
def make_iam(outputs: dict[str, str]) -> Iterator["IAMClient"]:
    """IAM."""
    assert outputs
    yield from make_client("iam")


@pytest.fixture(scope="session", name="sqs")
def make_sqs(outputs: dict[str, str]) -> Iterator["SQSClient"]:
    """SQS."""
    assert outputs
    yield from make_client("sqs")


@pytest.fixture(scope="session", name="logs")
def make_logs(outputs: dict[str, str]) -> Iterator["CloudWatchLogsClient"]:
    """CloudWatch Logs."""
    assert outputs
    yield from make_client("logs")


@pytest.fixture(scope="session", name="cloudwatch")
def make_cloudwatch(outputs: dict[str, str]) -> Iterator["CloudWatchClient"]:
    """CloudWatch."""
    assert outputs
    yield from make_client("cloudwatch")


@pytest.fixture(scope="session", name="awslambda")
def make_awslambda(outputs: dict[str, str]) -> Iterator["LambdaClient"]:
    """Lambda."""
    assert outputs
    yield from make_client("lambda")


def wait_for(what: str, look: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """What ``look`` finds, as soon as it finds something; fails after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.5)
    raise TimeoutError(f"there was no {what} within {patience:.0f} s")


@dataclass(frozen=True)
class Pipeline:
    """The deployed pipeline as its users see it: files in, files out."""

    s3: "S3Client"
    bucket: str

    def name(self, dataset: str, file: str = "records.csv") -> str:
        """A name under ``incoming/`` that no other test or run uses."""
        return f"{dataset}/integration-{uuid.uuid4()}/{file}"

    def drop(self, name: str, content: bytes, **metadata: str) -> str:
        """Put a file under ``incoming/``; its version."""
        return self.s3.put_object(
            Bucket=self.bucket, Key=f"incoming/{name}", Body=content, Metadata=metadata
        )["VersionId"]

    def read(self, key: str) -> bytes | None:
        """An object's content, or None if there is none."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        if not any(item["Key"] == key for item in found.get("Contents", [])):
            return None
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def manifest(self, name: str, version: str) -> dict[str, Any]:
        """The manifest of a version of a file, once there is one."""

        def look() -> dict[str, Any] | None:
            manifest = json.loads(self.read(f"manifests/{name}.json") or b"null")
            return manifest if manifest and manifest["source"]["version_id"] == version else None

        return wait_for(f"manifest of {name}", look)

    def process(self, name: str, content: bytes) -> dict[str, Any]:
        """Put a file, and wait for its manifest."""
        return self.manifest(name, self.drop(name, content))

    def clean(self, name: str) -> list[dict[str, Any]] | None:
        """The rows that were written for a file, or None if there is no Parquet."""
        content = self.read(f"processed/{name}.parquet")
        return None if content is None else read_parquet(io.BytesIO(content)).to_pylist()

    def rejected(self, name: str) -> list[dict[str, Any]] | None:
        """What was quarantined of a file, or None."""
        content = self.read(f"quarantine/{name}.jsonl.gz")
        if content is None:
            return None
        return [json.loads(line) for line in gzip.decompress(content).splitlines()]

    def versions(self, key: str) -> int:
        """How often an object was written."""
        pages = self.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.bucket, Prefix=key
        )
        return sum(len(page.get("Versions", [])) for page in pages)


@pytest.fixture(scope="session", name="pipeline")
def make_pipeline(s3: "S3Client", outputs: dict[str, str]) -> Pipeline:
    """The pipeline of the deployed stack."""
    return Pipeline(s3=s3, bucket=outputs["S3BucketName"])
