"""The replay on the deployed stack: after a changed contract, and after messages were lost."""

import io
import json
import uuid
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests import traces
from tests.deployed_function import code_of_template, other_code, waiting_queue
from tests.integration.conftest import Pipeline, make_client
from tests.patience import ALARM, DRAINED, ONE_FILE, Wait, wait_for
from tests.target import place_of

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

Outputs = dict[str, str]
SOON = timedelta(minutes=1)
GOOD = (
    b"customer_id,full_name,email,phone,birth_date,national_id,address,postcode,country,"
    b"signup_at,marketing_consent,loyalty_points,credit_limit\n"
    b"C00000001,A B,a@example.com,+12025550123,1990-02-28,900-00-0001,Street,12345,DE,"
    b"2024-02-29T12:00:00Z,true,1,10.50\n"
)
WITH_ANOTHER_COLUMN = GOOD.replace(b"credit_limit\n", b"credit_limit,note\n").replace(
    b"10.50\n", b"10.50,x\n"
)


@pytest.fixture(scope="module", name="states")
def make_states(outputs: Outputs) -> Iterator[Any]:
    """Step Functions."""
    assert outputs
    yield from make_client("stepfunctions")


@pytest.fixture(scope="module", autouse=True)
def need_an_administrator(states: Any, outputs: Outputs) -> None:
    """Skip all of it for the role that tests other environments than dev.

    It replaces the function's code, and purges the queue.
    """
    try:
        states.describe_state_machine(stateMachineArn=outputs["ReplayStateMachineArn"])
    except ClientError as refusal:
        if not refusal.response["Error"]["Code"].startswith("AccessDenied"):
            raise
        pytest.skip("replacing code and purging a queue needs an administrator's credentials")


def run(states: Any, outputs: Outputs, wait: Wait = ONE_FILE, **given: Any) -> dict[str, Any]:
    """Run the state machine; return the description of its execution."""
    machine = outputs["ReplayStateMachineArn"]
    started = states.start_execution(stateMachineArn=machine, input=json.dumps(given))

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        return None if found["status"] == "RUNNING" else found

    return wait_for("end of the execution", ended, wait)


def count(states: Any, outputs: Outputs, **given: Any) -> dict[str, int]:
    """Run it, and return what it counted."""
    found = run(states, outputs, **given)
    assert found["status"] == "SUCCEEDED", found
    counts: dict[str, int] = json.loads(found["output"])
    return counts


def soon() -> str:
    """A time after all uploads until now."""
    return f"{datetime.now(UTC) + SOON:%Y-%m-%dT%H:%M:%SZ}"


def own(pipeline: Pipeline, folder: str) -> str:
    """The prefix of files of this run."""
    return f"incoming/customers/{pipeline.run}/{folder}/"


def name_in(pipeline: Pipeline, folder: str, file: str) -> str:
    """A name of this run in a folder of its own."""
    pipeline.datasets.add("customers")
    return f"customers/{pipeline.run}/{folder}/{file}"


def test_lost_messages_are_sent_again(
    pipeline: Pipeline, states: Any, sqs: "SQSClient", awslambda: "LambdaClient", outputs: Outputs
) -> None:
    folder = uuid.uuid4().hex
    done, lost, purged = (name_in(pipeline, folder, f"{n}ü +.csv") for n in ("done", "lost", "p"))
    pipeline.process(done, GOOD)
    queue = outputs["QueueUrl"]
    with waiting_queue(awslambda, outputs["LambdaFunctionName"]):
        versions = {lost: pipeline.drop(lost, GOOD)}

        def receive() -> dict[str, Any] | None:
            found: Any = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)
            return next(iter(found.get("Messages", [])), None)

        message = wait_for("message", receive)
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        versions[purged] = pipeline.drop(purged, GOOD)
        wait_for("message", lambda: _waiting(sqs, queue) > 0 or None)
        sqs.purge_queue(QueueUrl=queue)
        wait_for("purged queue", lambda: _waiting(sqs, queue) == 0 or None, DRAINED)
    for name in (lost, purged):
        assert pipeline.read(f"manifests/{name}.json") is None
    counts = count(states, outputs, only="unfinished", prefix=own(pipeline, folder), until=soon())
    assert counts["looked_at"] == 3
    assert (counts["sent"], counts["settled"]) == (2, 1)
    for name, version in versions.items():
        assert pipeline.manifest(name, version)["outcome"] == "processed"
    counts = count(states, outputs, only="unfinished", prefix=own(pipeline, folder), until=soon())
    assert (counts["sent"], counts["settled"]) == (0, 3)


def _waiting(sqs: Any, queue: str) -> int:
    """The number of messages that wait."""
    attribute = "ApproximateNumberOfMessages"
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[attribute])
    return int(found["Attributes"][attribute])


@contextmanager
def changed_contract(outputs: Outputs, awslambda: Any, **changes: Any) -> Iterator[None]:
    """Deploy the function with a changed contract for customers, for a while."""
    session = boto3.Session()
    s3, cloudformation = session.client("s3"), session.client("cloudformation")
    region = place_of(outputs).region
    code = code_of_template(cloudformation, outputs["LambdaFunctionArn"], region)
    bundle = s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"])["Body"].read()
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bundle)) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "contracts/customers.json":
                content = json.dumps(json.loads(content) | changes).encode()
            new.writestr(entry, content, zipfile.ZIP_STORED)
    key = f"changed-{uuid.uuid4()}.zip"
    s3.put_object(Bucket=code["S3Bucket"], Key=key, Body=changed.getvalue())
    try:
        place = {**code, "S3Key": key}
        with other_code(awslambda, outputs["LambdaFunctionName"], code, place):
            yield
    finally:
        traces.remove(s3, code["S3Bucket"], [key])
        s3.close()
        cloudformation.close()


def test_a_refused_file_becomes_clean_after_its_contract_changed(
    pipeline: Pipeline, states: Any, awslambda: "LambdaClient", outputs: Outputs
) -> None:
    folder = uuid.uuid4().hex
    good, refused = (name_in(pipeline, folder, f"{n}.csv") for n in ("good", "refused"))
    pipeline.process(good, GOOD)
    version = pipeline.drop(refused, WITH_ANOTHER_COLUMN)
    before = pipeline.manifest(refused, version)
    assert before["refusal"]["reason"] == "header:unknown-column"
    pipeline.let_time_pass(refused)
    only = {"only": "refused", "prefix": own(pipeline, folder), "reason": "header:unknown-column"}
    with changed_contract(outputs, awslambda, unknownColumns="drop"):
        counts = count(states, outputs, **only, until=soon())
        assert (counts["sent"], counts["settled"]) == (1, 1)

        def processed() -> dict[str, Any] | None:
            manifest = pipeline.manifest(refused, version)
            return manifest if manifest["outcome"] == "processed" else None

        after = wait_for("clean file", processed)
    assert after["source"] == before["source"]
    assert after["contract"]["digest"] != before["contract"]["digest"]
    assert len(pipeline.clean(refused) or []) == 1
    assert count(states, outputs, **only, until=soon())["sent"] == 0


def test_a_wrong_input_says_what_was_wrong(states: Any, outputs: Outputs) -> None:
    found = run(states, outputs, only="everything", datset="customers")
    assert (found["status"], found["error"]) == ("FAILED", "InvalidInput")
    assert "datset is not an input" in found["cause"]
    assert "only must be unfinished, refused or all" in found["cause"]


def test_the_nightly_run_counts_what_it_found(
    pipeline: Pipeline,
    states: Any,
    awslambda: "LambdaClient",
    cloudwatch: "CloudWatchClient",
    outputs: Outputs,
) -> None:
    """And the alarm is on."""
    scheduler = boto3.client("scheduler")
    schedule = scheduler.get_schedule(
        GroupName=outputs["ReplayStateMachineArn"].rpartition(":")[2], Name="nightly"
    )
    scheduler.close()
    assert schedule["Target"]["Arn"] == outputs["ReplayStateMachineArn"]
    nightly = json.loads(schedule["Target"]["Input"])
    name = name_in(pipeline, uuid.uuid4().hex, "a.csv")
    with waiting_queue(awslambda, outputs["LambdaFunctionName"]):
        version = pipeline.drop(name, GOOD)
        found = count(states, outputs, **nightly, prefix=f"incoming/{name}", until=soon())
        assert found["sent"] == 1
        wait_for("alarm", lambda: _alarm_state(cloudwatch, outputs) == "ALARM" or None, ALARM)
    pipeline.manifest(name, version)
    # Of its own, it looks at no file that is younger than an hour.
    assert count(states, outputs, **nightly, prefix=f"incoming/{name}")["looked_at"] == 0


def _alarm_state(cloudwatch: Any, outputs: Outputs) -> str:
    """The state of the alarm on unfinished files."""
    service = {"Name": "service", "Value": outputs["ReplayStateMachineArn"].split(":")[-1]}
    found = cloudwatch.describe_alarms_for_metric(
        Namespace="ZeroTrustPipeline", MetricName="FilesUnfinished", Dimensions=[service]
    )["MetricAlarms"]
    # MiniStack answers for all dimensions, so with the alarms of other environments.
    (alarm,) = (one for one in found if one["Dimensions"] == [service])
    return str(alarm["StateValue"])


def test_batches_of_files_are_looked_at(pipeline: Pipeline, states: Any, outputs: Outputs) -> None:
    """More than one batch of them; objects that mark folders are no files: nothing is sent."""
    folder = own(pipeline, uuid.uuid4().hex)
    pipeline.datasets.add("customers")
    s3, bucket = pipeline.s3, pipeline.bucket

    def mark(number: int) -> Any:
        key = f"{folder}{number}/"
        return {"Key": key, "VersionId": s3.put_object(Bucket=bucket, Key=key)["VersionId"]}

    with ThreadPoolExecutor(16) as pool:
        marks = list(pool.map(mark, range(250)))
    counts = count(states, outputs, only="unfinished", prefix=folder, until=soon())
    assert (counts["looked_at"], counts["sent"], counts["settled"]) == (250, 0, 250)
    # At once, which the removal of traces is not.
    s3.delete_objects(Bucket=bucket, Delete={"Objects": marks, "Quiet": True})
