"""The erasure of a person from many files, as somebody with the eraser's policy asks for it."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.integration.conftest import Pipeline
from tests.integration.people import begin_session
from tests.integration.tool import run
from tests.patience import LISTED, MANY_FILES, wait_for

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient

Outputs = dict[str, str]
FILES = 200
HEADER = (
    "customer_id,full_name,email,phone,birth_date,national_id,address,postcode,country,"
    "signup_at,marketing_consent,loyalty_points,credit_limit\n"
)


def row(customer: str, birth_date: str = "1990-02-28") -> str:
    """A row of a customer."""
    return (
        f"{customer},A B,a@example.com,+12025550123,{birth_date},900-00-0001,Street,12345,DE,"
        "2024-02-29T12:00:00Z,true,1,10.50\n"
    )


@pytest.fixture(scope="module", name="eraser")
def begin_erasing(outputs: Outputs, iam: "IAMClient") -> Iterator[boto3.Session]:
    """Somebody who may erase."""
    if "EraserPolicyArn" not in outputs:
        pytest.skip("this stack erases nobody: no contract has tokens")
    with contextlib.ExitStack() as later:
        yield begin_session(iam, outputs, later, outputs["EraserPolicyArn"])[1]


def erase(eraser: boto3.Session, outputs: Outputs, request: dict[str, Any]) -> dict[str, Any]:
    """Ask for an erasure, wait for its end, and return the receipt."""
    s3, states = eraser.client("s3"), eraser.client("stepfunctions")
    name = uuid.uuid4().hex
    bucket, key = outputs["S3BucketName"], f"erasure/requests/{name}.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(request))
    started = states.start_execution(
        stateMachineArn=outputs["ErasureStateMachineArn"], input=json.dumps({"request": key})
    )

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        return None if found["status"] == "RUNNING" else found

    found = wait_for("end of the erasure", ended, MANY_FILES)
    assert found["status"] == "SUCCEEDED", found
    assert not [one for one in request["identifiers"] if one in json.dumps(found, default=str)]
    execution = started["executionArn"].rpartition(":")[2]
    receipt_key = f"erasure/receipts/{name}/{execution}.json"
    body = s3.get_object(Bucket=bucket, Key=receipt_key)["Body"].read()
    receipt: dict[str, Any] = json.loads(body)
    return receipt


def content(person: str, number: int) -> str:
    """A file of somebody else, in every second one also of a person, and some rows rejected."""
    return (
        HEADER
        + row("C11111111")
        + (row(person) if number % 2 else "")
        + (row(person, "never") if number % 4 == 1 else "")
    )


def check_versions(file: dict[str, Any]) -> None:
    """Check that a receipt names the raw file and its old outputs, and when each goes."""
    raw, *others = file["versions"]
    assert (raw["key"], raw["newest"]) == (file["key"], True)
    assert all(version["gone_on"] for version in (raw, *others))
    assert {"clean": 1, "rejected": len(others) - 1}.items() <= file.items()


def groups_with(logs: "CloudWatchLogsClient", outputs: Outputs, text: str) -> list[str]:
    """Find the log groups of the functions that have a text in any event."""
    processor = outputs["LogGroupName"]
    return [
        name
        for name in (processor, processor.replace("data-processor", "eraser"))
        if logs.filter_log_events(logGroupName=name, filterPattern=f'"{text}"')["events"]
    ]


def leave_out(pipeline: Pipeline, name: str, text: str) -> dict[str, Any]:
    """Upload a file until a person is left out of it, and return the manifest.

    An erasure waits until no process has an older list, but not in the sandbox.
    """

    def look() -> dict[str, Any] | None:
        manifest = pipeline.process(name, text.encode())
        return manifest if manifest["rows"]["erased"] else None

    return wait_for(f"list for {name}", look, LISTED)


def test_a_person_leaves_two_hundred_files_and_does_not_come_back(
    pipeline: Pipeline,
    outputs: Outputs,
    eraser: boto3.Session,
    logs: "CloudWatchLogsClient",
) -> None:
    # Whoever was erased once is on the lists for good.
    person = f"C{uuid.uuid4().int % 10**8:08}"
    contents = {pipeline.name("customers"): content(person, number) for number in range(FILES)}
    versions = {name: pipeline.drop(name, text.encode()) for name, text in contents.items()}
    with ThreadPoolExecutor(8) as threads:
        made = list(
            threads.map(
                lambda one: pipeline.manifest(one[0], one[1], MANY_FILES), versions.items()
            )
        )
    assert sum(one["rows"]["clean"] for one in made) == FILES + FILES // 2

    receipt = erase(eraser, outputs, {"domain": "customer", "identifiers": [person]})

    ours = {
        one["key"].removeprefix("incoming/"): one
        for one in receipt["files"]
        if one["key"].removeprefix("incoming/") in versions
    }
    assert len(ours) == FILES // 2
    assert sum(one["clean"] for one in ours.values()) == FILES // 2
    assert sum(one["rejected"] for one in ours.values()) == FILES // 4
    for name, text in contents.items():
        manifest = pipeline.manifest(name, versions[name])
        there = text.count(person)
        assert manifest["rows"]["erased"] == there
        assert manifest["rows"]["read"] == there + 1
        assert manifest["rows"]["clean"] == 1
        assert (name in ours) == bool(there)
    for one in ours.values():
        check_versions(one)
    some = [name for name, text in contents.items() if text.count(person) == 2][:3]
    for name in some:
        assert len(pipeline.clean(name) or []) == 1
        assert pipeline.rejected(name) == []

    assert person not in json.dumps(receipt)
    assert not groups_with(logs, outputs, person)

    # The same files again, while the raw ones still hold the person.
    for name in some:
        manifest = leave_out(pipeline, name, contents[name])
        assert manifest["rows"] == {"read": 3, "clean": 1, "rejected": 0, "erased": 2}
        assert pipeline.rejected(name) == []


def test_a_dry_run_says_where_a_person_is_and_changes_nothing(
    pipeline: Pipeline, eraser: boto3.Session, tmp_path: Path
) -> None:
    person, name = f"C{uuid.uuid4().int % 10**8:08}", pipeline.name("customers")
    before = pipeline.process(name, content(person, 1).encode())
    people = tmp_path / "people.txt"
    people.write_text(person, encoding="utf-8")
    given = ("erase", str(people), "--domain", "customer", "--dry-run", "--json")
    answer = run(*given, session=eraser)
    assert answer.code == 0, answer
    assert person not in answer.out + answer.err
    receipt = json.loads(answer.out)["receipt"]
    assert receipt["dry_run"]
    (file,) = (one for one in receipt["files"] if one.get("clean") or one.get("rejected"))
    assert (file["key"], file["clean"], file["rejected"]) == (f"incoming/{name}", 1, 1)
    stays = {one["key"]: one["newest"] and not one["gone_on"] for one in file["versions"]}
    assert stays == {
        f"incoming/{name}": False,
        f"processed/{name}.parquet": True,
        f"quarantine/{name}.jsonl.gz": False,
    }
    assert pipeline.manifest(name, before["source"]["version_id"]) == before
    # It is on no list: the next file has the person's rows.
    after = pipeline.process(pipeline.name("customers"), content(person, 1).encode())
    assert after["rows"] == before["rows"]


def test_an_eraser_reads_nothing_but_receipts(
    pipeline: Pipeline, outputs: Outputs, eraser: boto3.Session
) -> None:
    name = pipeline.name("customers")
    pipeline.process(name, (HEADER + row("C22222222")).encode())
    receipt = erase(eraser, outputs, {"domain": "customer", "identifiers": ["C99999999"]})
    assert receipt["counts"]["failed"] == 0
    s3, bucket = eraser.client("s3"), outputs["S3BucketName"]
    for key in (
        *(f"incoming/{name}", f"processed/{name}.parquet", f"manifests/{name}.json"),
        "erasure/suppressed/customers.json",
    ):
        with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
            s3.get_object(Bucket=bucket, Key=key)
