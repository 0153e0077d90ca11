"""SQS: queues under a KMS key, and redriving a dead-letter queue."""

import json
import time
from typing import Any

from sandbox.emulator import ACCOUNT
from tests.sandbox.cloud import Cloud, allow, outcome, policy
from tests.sandbox.queues import dead_letters, make_queue

FROM_S3 = {"Service": "s3.amazonaws.com"}


def test_senders_and_receivers_need_the_key(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, permission: str) -> tuple[str, str]:
        url, _ = make_queue(cloud, KmsMasterKeyId=cloud.key())
        sqs = cloud.assume(allow("sqs:*"), allow(permission)).client("sqs")
        return (
            outcome(lambda: sqs.send_message(QueueUrl=url, MessageBody="x")),
            outcome(lambda: sqs.receive_message(QueueUrl=url)),
        )

    refused = "KMS.AccessDeniedException"
    assert probe(plain, "kms:DescribeKey") == ("ok", "ok")
    assert probe(parity, "kms:DescribeKey") == (refused, refused)
    assert probe(parity, "kms:GenerateDataKey") == ("ok", refused)
    assert probe(parity, "kms:Decrypt") == (refused, "ok")


def test_s3_delivers_only_if_the_key_admits_it(plain: Cloud, parity: Cloud) -> None:
    def delivered(cloud: Cloud, account: str) -> bool:
        bucket = cloud.bucket()
        source = {
            "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{bucket}"},
            "StringEquals": {"aws:SourceAccount": account},
        }
        using = allow(["kms:GenerateDataKey", "kms:Decrypt"], **source)
        key = cloud.key({**using, "Principal": FROM_S3})
        sending = policy({**allow("sqs:SendMessage"), "Principal": FROM_S3})
        url, arn = make_queue(cloud, KmsMasterKeyId=key, Policy=json.dumps(sending))
        configuration = {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}
        notify = cloud.client("s3").put_bucket_notification_configuration
        failure = outcome(
            lambda: notify(
                Bucket=bucket,
                NotificationConfiguration={"QueueConfigurations": [configuration]},
            )
        )
        if failure != "ok":
            assert failure == "InvalidArgument"
            return False
        found = cloud.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=5)
        return "s3:TestEvent" in json.dumps(found.get("Messages", []))

    assert delivered(plain, "111111111111")
    assert not delivered(parity, "111111111111")
    assert delivered(parity, ACCOUNT)


def test_a_dead_letter_queue_is_redriven(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[str, list[str]]:
        url, _, dead_arn = dead_letters(cloud)
        sqs = cloud.client("sqs")
        started = outcome(lambda: sqs.start_message_move_task(SourceArn=dead_arn))
        found = sqs.receive_message(QueueUrl=url).get("Messages", [])
        return started, [message["Body"] for message in found]

    assert probe(plain)[0] != "ok"
    assert probe(parity) == ("ok", ["poison"])


def test_a_redriven_message_is_a_new_one(parity: Cloud) -> None:
    url, dead_url, dead_arn = dead_letters(parity)
    sqs = parity.client("sqs")

    def received(queue: str) -> dict[str, Any]:
        found = sqs.receive_message(
            QueueUrl=queue, MessageSystemAttributeNames=["All"], VisibilityTimeout=0
        )
        message: dict[str, Any] = found["Messages"][0]
        return message

    before = received(dead_url)
    while time.time() * 1000 < int(before["Attributes"]["ApproximateFirstReceiveTimestamp"]) + 1:
        pass  # the next millisecond
    sqs.start_message_move_task(SourceArn=dead_arn)
    after = received(url)
    assert after["Body"] == before["Body"]
    assert after["MessageId"] != before["MessageId"]
    assert after["Attributes"]["ApproximateReceiveCount"] == "1"
    for moment in ("SentTimestamp", "ApproximateFirstReceiveTimestamp"):
        assert after["Attributes"][moment] > before["Attributes"][moment]


def test_move_tasks_are_listed_and_need_permission(parity: Cloud) -> None:
    _, _, dead_arn = dead_letters(parity)
    other_url, other_arn = make_queue(parity)
    sqs = parity.client("sqs")
    sqs.start_message_move_task(SourceArn=dead_arn, DestinationArn=other_arn)
    (task,) = sqs.list_message_move_tasks(SourceArn=dead_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert sqs.receive_message(QueueUrl=other_url)["Messages"][0]["Body"] == "poison"

    missing = dead_arn + "-missing"
    code = outcome(lambda: sqs.start_message_move_task(SourceArn=missing))
    assert code.endswith("ResourceNotFoundException")
    mine = parity.assume(allow("sqs:StartMessageMoveTask", dead_arn)).client("sqs")
    assert outcome(lambda: mine.start_message_move_task(SourceArn=dead_arn)) == "ok"
    refused = outcome(lambda: mine.start_message_move_task(SourceArn=other_arn))
    assert refused.startswith("AccessDenied")
