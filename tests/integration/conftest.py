"""Fixtures of the integration tests: a deployed stack, found through its outputs.

The AWS variables decide what they talk to: an account, or the sandbox. Without the outputs file
every test is skipped.
"""

import contextlib
import gzip
import io
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests import roles, traces
from tests.parquet import read_parquet
from tests.patience import FIRST_FILE, ONE_FILE, PERMISSION, Wait, wait_for
from tests.target import place_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

PROBE_SECONDS = 60.0
"""Seconds that a first file may take before another one is sent."""

SESSION_SECONDS = 1800.0
"""Seconds that a reader's session, which lasts an hour, is used."""


def make_client(service: Any) -> Iterator[Any]:
    """A client of a service, closed at the end."""
    client = boto3.client(service)
    yield client
    client.close()


@pytest.fixture(scope="session", name="s3")
def make_s3(outputs: dict[str, str]) -> Iterator["S3Client"]:
    """S3, in the account and region of the stack."""
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


@dataclass
class Readers:
    """Consumers and stewards, each of one dataset by a role of its own.

    Administrators may be kept from reading rejected rows; this also tests the policies.

    Attributes:
        admin: creates the roles.
        outputs: the stack's.
        later: deletes them at the end.
    """

    admin: boto3.Session
    outputs: dict[str, str]
    later: contextlib.ExitStack
    roles: dict[tuple[str, str], str] = field(default_factory=dict)
    clients: dict[str, tuple[float, "S3Client"]] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def of(self, key: str) -> "S3Client":
        """S3, as somebody who may read an object."""
        place, dataset, _ = key.split("/", 2)
        duty = "Steward" if place == "quarantine" else "Consumer"
        if (duty, dataset) not in self.roles:
            self.roles[duty, dataset] = self._make(duty, dataset)
        arn = self.roles[duty, dataset]
        made, client = self.clients.get(arn, (-SESSION_SECONDS, None))
        if client is None or time.monotonic() - made > SESSION_SECONDS:
            prefix = f"{place}/{dataset}/"
            client = wait_for("session", lambda: self._become(arn, prefix), PERMISSION)
            self.later.callback(client.close)
            self.clients[arn] = (time.monotonic(), client)
        return client

    def _make(self, duty: str, dataset: str) -> str:
        partition, account = self.outputs["LambdaFunctionArn"].split(":")[1:5:3]
        trust = roles.trusting(partition, account)
        suffix = self.outputs["LambdaFunctionName"].removeprefix("data-processor-")
        name = f"zero-trust-reader-{suffix}-{self.run}-{len(self.roles)}"
        policy = self.outputs[f"{duty}PolicyArn"]
        iam = self.admin.client("iam")
        self.later.callback(iam.close)
        role = roles.made(iam, name, trust, policy, {"dataset": dataset})
        return self.later.enter_context(role)

    def _become(self, arn: str, prefix: str) -> "S3Client | None":
        """A client of a session, once it may list what it reads."""
        with contextlib.closing(self.admin.client("sts")) as sts:
            session = roles.become(sts, arn, place_of(self.outputs).region)
        if session is None:
            return None
        client = session.client("s3")
        with contextlib.suppress(ClientError):
            client.list_objects_v2(Bucket=self.outputs["S3BucketName"], Prefix=prefix, MaxKeys=1)
            return client
        client.close()
        return None


@dataclass(frozen=True)
class Pipeline:
    """The deployed pipeline as its users see it: files in, files out.

    Attributes:
        s3: a client.
        bucket: the pipeline's.
        readers: those who read the outputs; ``s3`` does if there are none.
        run: the name of this run of the tests, in the keys of all that it writes.
        began: when the run began, in seconds since the epoch.
        datasets: those that it has written files of.
    """

    s3: "S3Client"
    bucket: str
    readers: Readers | None = None
    run: str = field(default_factory=lambda: f"integration-{uuid.uuid4()}")
    began: float = field(default_factory=time.time)
    datasets: set[str] = field(default_factory=set)

    def name(self, dataset: str, file: str = "records.csv") -> str:
        """A name under ``incoming/`` that no other test or run uses."""
        self.datasets.add(dataset)
        return f"{dataset}/{self.run}/{uuid.uuid4()}/{file}"

    @property
    def prefixes(self) -> list[str]:
        """The prefixes of all objects of this run."""
        folders = [f"{dataset}/{self.run}/" for dataset in sorted(self.datasets)]
        return [f"{place}/{folder}" for place in traces.PLACES for folder in folders]

    def drop(self, name: str, content: bytes, **metadata: str) -> str:
        """Upload a file to ``incoming/``; return its version."""
        return self.s3.put_object(
            Bucket=self.bucket, Key=f"incoming/{name}", Body=content, Metadata=metadata
        )["VersionId"]

    def read(self, key: str) -> bytes | None:
        """An output's content, read by somebody who may, or None if there is none."""
        s3 = self.readers.of(key) if self.readers else self.s3
        found = s3.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        if not any(item["Key"] == key for item in found.get("Contents", [])):
            return None
        return s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def newest(self, key: str) -> str | None:
        """The newest version of an object, without reading it."""
        found = self.s3.list_object_versions(Bucket=self.bucket, Prefix=key, MaxKeys=1)
        return next(
            (one["VersionId"] for one in found.get("Versions", []) if one["IsLatest"]), None
        )

    def manifest(self, name: str, version: str, wait: Wait = ONE_FILE) -> dict[str, Any]:
        """The manifest of a version of a file, once there is one."""

        def look() -> dict[str, Any] | None:
            manifest = json.loads(self.read(f"manifests/{name}.json") or b"null")
            return manifest if manifest and manifest["source"]["version_id"] == version else None

        return wait_for(f"manifest of {name}", look, wait)

    def process(self, name: str, content: bytes) -> dict[str, Any]:
        """Upload a file, and wait for its manifest."""
        return self.manifest(name, self.drop(name, content))

    def amend(self, name: str, metadata: dict[str, str] | None = None, **changes: Any) -> None:
        """Change what a file's manifest says, as if time or a deployment had passed since."""
        key = f"manifests/{name}.json"
        found = self.s3.head_object(Bucket=self.bucket, Key=key)["Metadata"]
        manifest = json.loads(self.read(key) or b"") | changes
        with traces.unrestricted(self.s3, self.bucket):
            self.s3.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=json.dumps(manifest),
                Metadata=found | (metadata or {}),
            )

    def let_time_pass(self, name: str) -> None:
        """Make a file's manifest as old as if its contract had been in force an hour ago."""
        manifest = json.loads(self.read(f"manifests/{name}.json") or b"")
        before = datetime.fromisoformat(manifest["in_force_at"]) - timedelta(hours=1)
        self.amend(name, in_force_at=f"{before:%Y-%m-%dT%H:%M:%SZ}")

    def clean(self, name: str) -> list[dict[str, Any]] | None:
        """The clean rows of a file, or None if there is no Parquet."""
        content = self.read(f"processed/{name}.parquet")
        return None if content is None else read_parquet(io.BytesIO(content)).to_pylist()

    def rejected(self, name: str) -> list[dict[str, Any]] | None:
        """The quarantined rows of a file, or None."""
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

    def wait_until_open(self) -> None:
        """Wait until files are processed; those uploaded too early never are.

        S3 announces no object that was written before the bucket's notifications took effect.
        """
        sent: list[tuple[float, str]] = []

        def look() -> bool | None:
            if not sent or time.monotonic() - sent[-1][0] > PROBE_SECONDS:
                name = self.name("customers")
                self.drop(name, b"")
                sent.append((time.monotonic(), name))
            done = [name for _, name in sent if self.read(f"manifests/{name}.json")]
            return bool(done) or None

        wait_for("manifest of a first file", look, FIRST_FILE)


@pytest.fixture(scope="session", name="pipeline")
def make_pipeline(s3: "S3Client", sqs: "SQSClient", outputs: dict[str, str]) -> Iterator[Pipeline]:
    """The pipeline of the deployed stack; what the tests write into it is removed at the end."""
    with contextlib.ExitStack() as later:
        readers = Readers(boto3.Session(), outputs, later)
        pipeline = Pipeline(s3=s3, bucket=outputs["S3BucketName"], readers=readers)
        try:
            pipeline.wait_until_open()
            yield pipeline
        finally:
            traces.remove_from_stack(s3, sqs, outputs, pipeline.prefixes)
