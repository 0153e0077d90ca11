"""A refusal, and how it ends: the notice, the corrected contract, and the replay.

The producer of a dataset adds a column that its contract does not name. The whole file is refused.
"""

import csv
import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import boto3

from sandbox import PROJECT, SandboxError, deployment
from sandbox.emulator import Emulator

DATASET, COLUMN = "customers", "referred_by"
ROWS = 50
PATIENCE = 60.0  # seconds for a notice
ALARM = "FileRefused"


def new_file() -> bytes:
    """The first rows of the sample, with a column that the contract does not name."""
    text = (PROJECT / "samples" / f"{DATASET}.csv").read_text(encoding="utf-8")
    (header, *rows) = list(csv.reader(io.StringIO(text, newline="")))[: ROWS + 1]
    out = io.StringIO(newline="")
    csv.writer(out).writerows([[*header, COLUMN], *([*row, "a friend"] for row in rows)])
    return out.getvalue().encode()


@contextmanager
def inbox(topic: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """Subscribe a queue to the topic of notices; give what waits for the notice of a refusal.

    That raises SandboxError if none comes in time. The alarm of an earlier refusal is ended: while
    it is on, no other notice comes.
    """
    session: Any = boto3
    with (
        closing(session.client("sqs")) as sqs,
        closing(session.client("sns")) as sns,
        closing(session.client("cloudwatch")) as cloudwatch,
    ):
        url = sqs.create_queue(QueueName=f"demo-{time.time_ns()}")["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = found["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        for alarm in cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]:
            if ALARM in alarm["AlarmName"]:
                cloudwatch.set_alarm_state(
                    AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="The demo begins."
                )
        subscription = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]

        def receive() -> dict[str, Any]:
            deadline = time.monotonic() + PATIENCE
            while time.monotonic() < deadline:
                messages = sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
                ).get("Messages", [])
                for message in messages:
                    notice: dict[str, Any] = json.loads(json.loads(message["Body"])["Message"])
                    if ALARM in notice["AlarmName"] and notice["NewStateValue"] == "ALARM":
                        return notice
            raise SandboxError(f"no notice of the refused file came within {PATIENCE:.0f} s.")

        try:
            yield receive
        finally:
            sns.unsubscribe(SubscriptionArn=subscription)
            sqs.delete_queue(QueueUrl=url)


def deploy_correction(emulator: Emulator, suffix: str) -> str:
    """Deploy the stack with a contract that names the column; return the contract's version."""
    version = "1.1.0"

    def correct(contract: dict[str, Any]) -> None:
        contract["version"] = version
        contract["schema"][0]["properties"].append(column())

    deployment.deploy_changed(emulator, suffix, DATASET, correct)
    return version


def column() -> dict[str, Any]:
    """The property of the contract that names the column."""
    return {
        "name": COLUMN,
        "logicalType": "string",
        "description": "Who recommended us.",
        "classification": "internal",
    }
