"""The life of an environment that retains data: created at the second try, deleted, adopted."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox import PROJECT, SandboxError, deployment, emulator
from sandbox.environment import environment
from tests.integration.conftest import Pipeline
from tests.sandbox.cloud import Cloud

PAYMENTS = PROJECT / "samples" / "payments.csv"
STACK = "TapStack-prod"
SECONDS = 300


@pytest.fixture(scope="module", name="cloud")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A separate sandbox."""
    state = tmp_path_factory.mktemp("retained")
    cloud = Cloud(emulator.start(state))
    yield cloud
    cloud.close()
    emulator.stop(state)


def unprotect(cloud: Cloud) -> None:
    """Lift the stack's termination protection, as docs/operations.md says."""
    cloud.client("cloudformation").update_termination_protection(
        StackName=STACK, EnableTerminationProtection=False
    )


def left(cloud: Cloud) -> list[str]:
    """The existing names that the next creation of the environment would conflict with."""
    s3, logs, kms = (cloud.client(name) for name in ("s3", "logs", "kms"))
    return [
        *(bucket["Name"] for bucket in s3.list_buckets()["Buckets"] if "-prod-" in bucket["Name"]),
        *(
            group["logGroupName"]
            for group in logs.describe_log_groups()["logGroups"]
            if group["logGroupName"].endswith("-prod")
        ),
        *(
            alias["AliasName"]
            for alias in kms.list_aliases()["Aliases"]
            if alias["AliasName"].startswith("alias/zero-trust/prod/")
        ),
    ]


def test_a_failed_first_creation_leaves_nothing_in_the_way(cloud: Cloud, tmp_path: Path) -> None:
    logs: Any = cloud.client("logs")
    # The name of the last log group: the keys and the other groups exist by then.
    logs.create_log_group(logGroupName="/aws/vpc/zero-trust-vpc-prod")
    with pytest.raises(SandboxError, match="cdk deploy failed"):
        deployment.deploy(cloud.emulator, "prod", tmp_path / "outputs.json")
    logs.delete_log_group(logGroupName="/aws/vpc/zero-trust-vpc-prod")
    assert left(cloud) == []
    # The CLI deletes a stack that was never complete, unless it is protected.
    with pytest.raises(SandboxError, match="cdk deploy failed"):
        deployment.deploy(cloud.emulator, "prod", tmp_path / "outputs.json")
    unprotect(cloud)
    deployment.deploy(cloud.emulator, "prod", tmp_path / "outputs.json")
    assert len(left(cloud)) == 2 + 4 + 5


def test_what_a_deleted_stack_retained_is_adopted(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "outputs.json"
    first = deployment.deploy(cloud.emulator, "prod", file)
    s3, kms = cloud.client("s3"), cloud.client("kms")
    pipeline = Pipeline(s3, first["S3BucketName"])
    old = pipeline.process("payments/old.csv", PAYMENTS.read_bytes())
    tokens = {row["customer_token"] for row in pipeline.clean("payments/old.csv") or []}
    policy = json.loads(s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"])

    with pytest.raises(SandboxError, match="cdk destroy failed"):
        deployment.destroy(cloud.emulator, "prod")
    unprotect(cloud)
    deployment.destroy(cloud.emulator, "prod")

    # The bucket keeps its policy; the keys are usable.
    assert json.loads(s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"]) == policy
    for name in ("S3KmsKeyId", "PseudonymKeyId"):
        assert kms.describe_key(KeyId=first[name])["KeyMetadata"]["KeyState"] == "Enabled"
    assert len(left(cloud)) == 2 + 4  # the buckets and the log groups

    subprocess.run(
        ["make", "adopt", "suffix=prod", f"outputs={file}"],
        cwd=PROJECT,
        env=environment(cloud.emulator),
        check=True,
        timeout=SECONDS,
    )
    again = deployment.deploy(cloud.emulator, "prod", file)
    kept = {name for name in first if name.endswith("KeyId")}
    kept |= {"S3BucketName", "AuditBucketName", "LogGroupName"}
    assert {name: again[name] for name in kept} == {name: first[name] for name in kept}

    # Old objects are read, new ones processed, and their tokens join.
    assert json.loads(pipeline.read("manifests/payments/old.csv.json") or b"") == old
    pipeline.process("payments/new.csv", PAYMENTS.read_bytes())
    assert {row["customer_token"] for row in pipeline.clean("payments/new.csv") or []} == tokens
    # The parts that the import left out of the bucket's policy are back.
    found = json.loads(s3.get_bucket_policy(Bucket=pipeline.bucket)["Policy"])
    sids = [[item.get("Sid") for item in one["Statement"]] for one in (policy, found)]
    assert sids[0] == sids[1]
