"""The path of a file on the deployed stack: clean, rejected, refused, repeated, interrupted."""

import csv
import gzip
import hashlib
import io
import json
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.awsrequest import AWSRequest

from tests import traces
from tests.conftest import ROOT
from tests.intake import depth, wait_until_drained
from tests.integration.conftest import Pipeline
from tests.patience import (
    ALARM,
    LOGGED,
    MANY_FILES,
    PARKED,
    RETRY_SECONDS,
    SETTING,
    wait_for,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

Outputs = dict[str, str]
Row = dict[str, str]
TOKEN = re.compile(r"[0-9a-f]{32}")
CLOCK_SKEW = 300.0  # seconds that this machine's clock may be ahead; AWS refuses more
RAW = re.compile(r"Zaphod|@example\.|\+1202555|900-00-|Secretville")  # of the customers below


def customer(number: int, **changes: str) -> Row:
    """A customer that satisfies the contract, except for ``changes``."""
    return {
        "customer_id": f"C{number:08d}",
        "full_name": f"Zaphod Secret{number}",
        "email": f"secret{number}@example.com",
        "phone": f"+1202555{number:04d}",
        "birth_date": "1990-02-28",
        "national_id": f"900-00-{number:04d}",
        "address": f'{number} "Hidden" Street,\nSecretville',
        "postcode": "12345",
        "country": "DE",
        "signup_at": "2024-02-29T12:00:00Z",
        "marketing_consent": "true",
        "loyalty_points": str(number),
        "credit_limit": "1000.50",
    } | changes


def as_csv(rows: list[Row]) -> bytes:
    """The rows as a CSV file with a header (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(customer(1)))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def test_an_object_is_encrypted_without_being_asked(
    s3: "S3Client", kms: "KMSClient", outputs: Outputs
) -> None:
    bucket, key = outputs["S3BucketName"], f"integration/{uuid.uuid4()}/encryption-probe"
    put = s3.put_object(Bucket=bucket, Key=key, Body=b"probe")
    traces.remove(s3, bucket, [key])
    metadata = kms.describe_key(KeyId=outputs["S3KmsKeyId"])["KeyMetadata"]
    assert put["ServerSideEncryption"] == "aws:kms"
    assert put["SSEKMSKeyId"] == metadata["Arn"]
    assert put["BucketKeyEnabled"] is True


def test_the_sample_is_accounted_for(pipeline: Pipeline) -> None:
    content = (ROOT / "samples" / "customers.csv").read_bytes()
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))[1:]
    name = pipeline.name("customers")
    manifest = pipeline.process(name, content)
    assert manifest["outcome"] == "processed"
    assert manifest["rows"]["read"] == len(rows) == 10_000
    assert manifest["rows"]["rejected"] == 100
    assert len(pipeline.clean(name) or []) == manifest["rows"]["clean"] == 9_900
    assert len(pipeline.rejected(name) or []) == 100


def test_clean_rows_are_pseudonymised(pipeline: Pipeline) -> None:
    name = pipeline.name("customers")
    given = [customer(1), customer(2, loyalty_points="", phone="")]
    manifest = pipeline.process(name, as_csv(given))
    assert manifest["rows"] == {"read": 2, "clean": 2, "rejected": 0, "erased": 0}
    written = pipeline.clean(name)
    assert written is not None
    written.sort(key=lambda row: row["loyalty_points"] is None)  # their order says nothing
    for row, clean in zip(given, written, strict=True):
        for column, output in (("customer_id", "customer_token"), ("email", "email_token")):
            assert TOKEN.fullmatch(clean[output])
            # Not a hash that anybody could compute from a guessed value.
            assert clean[output] != hashlib.sha256(row[column].encode()).hexdigest()[:32]
        assert not {"full_name", "address", "email", "customer_id"} & set(clean)
        assert clean["country"] == "DE"
        assert (str(clean["birth_date"]), clean["postcode"]) == ("1990-02-01", "12")
    assert written[0]["phone"] == "*" * (len(given[0]["phone"]) - 4) + given[0]["phone"][-4:]
    assert (written[0]["loyalty_points"], written[1]["loyalty_points"]) == (1, None)
    assert written[1]["phone"] is None


def test_the_producer_names_the_version_of_the_contract(pipeline: Pipeline) -> None:
    content = as_csv([customer(1)])
    name = pipeline.name("customers")
    unnamed = pipeline.process(name, content)["contract"]
    for version, outcome in ((unnamed["version"], "processed"), ("0.0.0", "quarantined")):
        name = pipeline.name("customers")
        dropped = pipeline.drop(name, content, **{"contract-version": version})
        manifest = pipeline.manifest(name, dropped)
        assert manifest["outcome"] == outcome
        assert manifest["contract"] == (unnamed if outcome == "processed" else None)
    assert manifest["refusal"]["reason"] == "contract:unknown-version"


def test_tokens_join_files_and_datasets(pipeline: Pipeline) -> None:
    def tokens(dataset: str, content: bytes, column: str) -> list[str]:
        name = pipeline.name(dataset)
        pipeline.process(name, content)
        return [row[column] for row in pipeline.clean(name) or []]

    one, two = customer(1), customer(2)
    first = tokens("customers", as_csv([one]), "customer_token")
    both = tokens("customers", as_csv([one, two]), "customer_token")
    assert len(set(both)) == 2
    assert set(first) < set(both)
    assert tokens("customers", as_csv([two, one]), "customer_token") == both
    assert not set(tokens("customers", as_csv([one, two]), "email_token")) & set(both)
    paid = (ROOT / "samples" / "payments.csv").read_bytes()
    assert not set(tokens("payments", paid, "customer_token")) & set(first)
    rows = list(csv.reader(io.StringIO(paid.decode(), newline="")))
    rows[1][1] = one["customer_id"]
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    assert set(first) < set(tokens("payments", text.getvalue().encode(), "customer_token"))


def test_a_file_in_which_people_stand_out_is_quarantined(pipeline: Pipeline) -> None:
    paid = (ROOT / "samples" / "payments.csv").read_bytes()
    name = pipeline.name("payments")
    whole = pipeline.process(name, paid)
    assert whole["outcome"] == "processed"
    assert (whole["anonymity"]["required"], whole["anonymity"]["counted"]) == (5, "subjects")
    assert whole["anonymity"]["k"] >= 5
    name = pipeline.name("payments")
    few = pipeline.process(name, b"\n".join(paid.split(b"\n")[:3]))
    assert few["refusal"]["reason"] == "file:k-anonymity"
    assert few["anonymity"]["k"] < 5
    assert pipeline.clean(name) is None


def as_parquet(rows: list[Row]) -> bytes:
    """The rows as a Parquet file of texts."""
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), file)
    return file.getvalue()


def test_the_format_makes_no_difference(pipeline: Pipeline) -> None:
    rows = [customer(number) for number in range(1, 30)]
    bad = customer(30, country="XX")
    lines = "".join(json.dumps(row) + "\n" for row in [*rows, bad]).encode()
    files = {
        "records.csv": as_csv([*rows, bad]),
        "records.csv.gz": gzip.compress(as_csv([*rows, bad])),
        "records.jsonl": lines,
        "records.jsonl.zst": pa.compress(lines, codec="zstd", asbytes=True),
        "records.parquet": as_parquet([*rows, bad]),
    }
    outcomes = []
    for file, content in files.items():
        name = pipeline.name("customers", file)
        manifest = pipeline.process(name, content)
        assert manifest["rows"] == {"read": 30, "clean": 29, "rejected": 1, "erased": 0}, file
        reasons = [reject["reasons"] for reject in pipeline.rejected(name) or []]
        outcomes.append((pipeline.clean(name), reasons))
    assert outcomes[0][1] == [["country:enum"]]
    assert all(outcome == outcomes[0] for outcome in outcomes)


def test_consumers_read_no_raw_value(pipeline: Pipeline) -> None:
    name = pipeline.name("customers")
    pipeline.process(name, as_csv([customer(number) for number in range(50)]))
    for text in (str(pipeline.clean(name)), str(pipeline.read(f"manifests/{name}.json"))):
        assert not re.search(r"(?i)secret|zaphod|hidden|900-00|1202555", text)


def test_bad_rows_are_quarantined_with_all_their_reasons(pipeline: Pipeline) -> None:
    name = pipeline.name("customers")
    content = as_csv(
        [
            customer(1),
            customer(2, email="not an address"),
            customer(3, birth_date="2023-02-30", country="XX"),
            customer(4, customer_id=""),
            customer(5),
        ]
    )
    manifest = pipeline.process(name, content + b"too,few\r\n")
    assert manifest["rows"] == {"read": 6, "clean": 2, "rejected": 4, "erased": 0}
    rejected = pipeline.rejected(name)
    assert rejected is not None
    # An address takes two lines of the file, the header one.
    assert [(row["row"], row["line"]) for row in rejected] == [(2, 4), (3, 6), (4, 8), (6, 12)]
    reasons = [set(row["reasons"]) for row in rejected]
    assert reasons[0] == {"email:pattern"}
    assert reasons[1] == {"birth_date:date", "country:enum"}
    assert reasons[2] == {"customer_id:required"}
    assert reasons[3] == {"row:field-count"}
    assert "not an address" in rejected[0]["raw"]
    counted: dict[str, int] = {}
    for row in rejected:
        for reason in row["reasons"]:
            counted[reason] = counted.get(reason, 0) + 1
    assert manifest["rejected_by_reason"] == counted


@pytest.mark.parametrize(
    ("dataset", "content", "reason"),
    [
        ("customers", b"surprise,customer_id\r\n1,C00000001\r\n", "header:unknown-column"),
        ("customers", b"", "file:empty"),
        ("customers", as_csv([customer(1)]).decode().encode("utf-16"), "encoding:utf-16"),
        ("customers", as_csv([customer(1)]) + b'"unclosed', "record:malformed"),
        ("no-such-dataset", b"a,b\r\n1,2\r\n", "dataset:no-contract"),
    ],
)
def test_a_file_that_cannot_be_trusted_is_quarantined_whole(
    pipeline: Pipeline, dataset: str, content: bytes, reason: str
) -> None:
    name = pipeline.name(dataset)
    manifest = pipeline.process(name, content)
    assert manifest["outcome"] == "quarantined"
    assert manifest["refusal"]["reason"] == reason
    assert manifest["rows"]["clean"] == 0
    assert manifest["rows"]["read"] == manifest["rows"]["rejected"]
    assert pipeline.clean(name) is None
    quarantined = pipeline.rejected(name)
    assert quarantined is not None
    assert quarantined[0]["reason"] == reason
    newest = pipeline.newest(f"incoming/{name}")
    assert newest == manifest["source"]["version_id"]  # the raw object stays


def send_again(sqs: "SQSClient", outputs: Outputs, name: str) -> None:
    """Deliver S3's message about a file once more."""
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": outputs["S3BucketName"]}, "object": {"key": f"incoming/{name}"}},
    }
    sqs.send_message(QueueUrl=outputs["QueueUrl"], MessageBody=json.dumps({"Records": [record]}))


def test_a_duplicate_message_changes_nothing(
    pipeline: Pipeline, sqs: "SQSClient", outputs: Outputs
) -> None:
    name = pipeline.name("customers")
    first = pipeline.process(name, as_csv([customer(1), customer(2, country="XX")]))
    for _ in range(3):
        send_again(sqs, outputs, name)
    wait_until_drained(sqs, outputs["QueueUrl"])
    assert json.loads(pipeline.read(f"manifests/{name}.json") or b"") == first
    for key in (f"manifests/{name}.json", f"processed/{name}.parquet"):
        assert pipeline.versions(key) == 1


def test_a_new_version_replaces_the_results_of_the_old(pipeline: Pipeline) -> None:
    name = pipeline.name("customers")
    pipeline.process(name, as_csv([customer(1), customer(2, country="XX"), customer(3)]))
    manifest = pipeline.process(name, as_csv([customer(4)]))
    assert manifest["rows"] == {"read": 1, "clean": 1, "rejected": 0, "erased": 0}
    assert len(pipeline.clean(name) or []) == 1
    assert not pipeline.rejected(name)  # the old rejects are gone with the old version


@contextmanager
def forbidden(iam: "IAMClient", outputs: Outputs, action: str, resource: str) -> Iterator[None]:
    """The function's role is denied this, for a while."""
    role = outputs["LambdaRoleArn"].rpartition("/")[2]
    denial = {"Effect": "Deny", "Action": action, "Resource": resource}
    iam.put_role_policy(
        RoleName=role,
        PolicyName="IntegrationTestDenial",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [denial]}),
    )
    try:
        yield
    finally:
        iam.delete_role_policy(RoleName=role, PolicyName="IntegrationTestDenial")


@contextmanager
def quick_retries(sqs: "SQSClient", outputs: Outputs) -> Iterator[None]:
    """A failed message returns soon, instead of after six timeouts."""
    url = outputs["QueueUrl"]
    names: Any = ["VisibilityTimeout"]

    def attributes() -> dict[Any, str]:
        return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]

    def change(to: dict[Any, str]) -> None:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=to)
        wait_for(f"queue with {to}", lambda: attributes() == to or None, SETTING)

    before = attributes()
    try:
        change({"VisibilityTimeout": str(RETRY_SECONDS)})
        yield
    finally:
        change(before)


def park(
    pipeline: Pipeline, sqs: "SQSClient", outputs: Outputs, content: bytes
) -> tuple[str, str]:
    """Upload a file whose every attempt fails, and wait for its message to be parked.

    The cause of the failure takes a while to apply everywhere: if a file is still processed,
    another is uploaded. Returns the name and version of the parked one.
    """
    dropped: list[tuple[str, str]] = []

    def look() -> tuple[str, str] | None:
        if not dropped or pipeline.read(f"manifests/{dropped[-1][0]}.json"):
            name = pipeline.name("customers")
            dropped.append((name, pipeline.drop(name, content)))
            return None
        return dropped[-1] if depth(sqs, outputs["DeadLetterQueueUrl"]) else None

    return wait_for("parked message", look, PARKED)


def test_a_crash_half_way_is_parked_alarmed_and_finished_by_redrive(
    pipeline: Pipeline,
    sqs: "SQSClient",
    iam: "IAMClient",
    cloudwatch: "CloudWatchClient",
    outputs: Outputs,
) -> None:
    dead_letters = outputs["DeadLetterQueueUrl"]
    assert depth(sqs, dead_letters) == 0, "redrive or purge what was parked before"
    arn = f"{outputs['S3BucketArn']}/manifests/*"
    with quick_retries(sqs, outputs):
        with forbidden(iam, outputs, "s3:PutObject", arn):
            content = as_csv([customer(1), customer(2, country="XX")])
            name, version = park(pipeline, sqs, outputs, content)
            # It got half-way: rows are written, but no manifest says that they are complete.
            assert pipeline.clean(name)
            assert pipeline.read(f"manifests/{name}.json") is None

            def alarmed() -> bool | None:
                queue = dead_letters.rpartition("/")[2]
                found = cloudwatch.describe_alarms_for_metric(
                    Namespace="AWS/SQS",
                    MetricName="ApproximateNumberOfMessagesVisible",
                    Dimensions=[{"Name": "QueueName", "Value": queue}],
                )["MetricAlarms"]
                return any(alarm["StateValue"] == "ALARM" for alarm in found) or None

            wait_for("alarm", alarmed, ALARM)
        source = sqs.get_queue_attributes(QueueUrl=dead_letters, AttributeNames=["QueueArn"])
        sqs.start_message_move_task(SourceArn=source["Attributes"]["QueueArn"])
        manifest = pipeline.manifest(name, version)
    assert manifest["rows"] == {"read": 2, "clean": 1, "rejected": 1, "erased": 0}
    assert len(pipeline.clean(name) or []) == 1
    assert len(pipeline.rejected(name) or []) == 1
    wait_for("empty dead-letter queue", lambda: depth(sqs, dead_letters) == 0 or None)


def test_two_hundred_files_at_once(pipeline: Pipeline, sqs: "SQSClient", outputs: Outputs) -> None:
    names = [pipeline.name("customers") for _ in range(200)]
    content = as_csv([customer(1), customer(2, country="XX")])
    with ThreadPoolExecutor(16) as pool:
        versions = list(pool.map(lambda name: pipeline.drop(name, content), names))
        waits = [MANY_FILES] * len(names)
        manifests = list(pool.map(pipeline.manifest, names, versions, waits))
    assert {manifest["source"]["key"] for manifest in manifests} == {
        f"incoming/{name}" for name in names
    }
    assert all(m["rows"]["clean"] == m["rows"]["rejected"] == 1 for m in manifests)
    wait_until_drained(sqs, outputs["QueueUrl"])
    for name in names:
        assert pipeline.versions(f"manifests/{name}.json") == 1
    assert depth(sqs, outputs["DeadLetterQueueUrl"]) == 0


@contextmanager
def expires_header(pipeline: Pipeline, text: str) -> Iterator[None]:
    """Upload files with an Expires header that botocore cannot parse."""

    sent = []

    def add(request: AWSRequest, **_: Any) -> None:
        request.headers["Expires"] = text
        sent.append(request)

    events = pipeline.s3.meta.events
    events.register("before-sign.s3.PutObject", add)
    try:
        yield
    finally:
        events.unregister("before-sign.s3.PutObject", add)
    assert sent


def test_no_raw_value_is_logged(
    pipeline: Pipeline, logs: "CloudWatchLogsClient", outputs: Outputs
) -> None:
    planted = f"planted{uuid.uuid4().hex}"
    contents = [
        as_csv([customer(1, full_name=planted), customer(2, email=planted)]),
        as_csv([customer(1)]) + f'"{planted}'.encode(),
        f"{planted},customer_id\r\n{planted},{planted}\r\n".encode(),
    ]
    keys = []
    for content in contents:
        name = pipeline.name("customers")
        with expires_header(pipeline, planted):
            version = pipeline.drop(name, content)
        pipeline.manifest(name, version)
        keys.append(f"incoming/{name}")

    since = round((pipeline.began - CLOCK_SKEW) * 1000)

    def read_logs() -> list[str]:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=outputs["LogGroupName"], startTime=since
        )
        return [event["message"] for page in pages for event in page["events"]]

    def all_logged() -> list[str] | None:
        messages = read_logs()
        found = all(any(key in message for message in messages) for key in keys)
        return messages if found else None

    messages = wait_for("log line of each file", all_logged, LOGGED)
    assert not [message for message in messages if planted in message]
    # These include what the other tests made the function log.
    assert len(messages) > len(contents)
    assert not [message for message in messages if RAW.search(message)]
