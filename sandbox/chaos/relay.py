"""The message relay: sends S3's messages to the queue; loses, doubles, delays and mixes some."""

import contextlib
import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from pipeline.stack import Stack
from sandbox.chaos.faults import Shares, choose

MESSAGES: Shares = {"lost": 0.02, "delivered twice": 0.05, "late": 0.05}
"""The share of messages that each fault hits."""

LATE = 5
"""Seconds that a message is late, at most."""


@contextlib.contextmanager
def relay(stack: Stack, seed: int) -> Iterator["Relay"]:
    """Let the bucket send its messages to a relay's queue, for as long as the context lasts."""
    s3: Any = stack.s3
    before = s3.get_bucket_notification_configuration(Bucket=stack.bucket)
    before.pop("ResponseMetadata")

    def notify(**changed: Any) -> None:
        s3.put_bucket_notification_configuration(
            Bucket=stack.bucket, NotificationConfiguration=before | changed
        )

    found = Relay(stack, seed)
    notify(QueueConfigurations=[one | found.address for one in before["QueueConfigurations"]])
    found.start()
    try:
        yield found
    finally:
        notify()
        found.end()


class Relay(threading.Thread):
    """Relays messages until it is ended.

    Attributes:
        url: its queue.
        address: the queue, as a bucket's notifications name it.
        facts: how many messages each fault has hit.
    """

    def __init__(self, stack: Stack, seed: int) -> None:
        """Create its queue, to which anybody may send."""
        super().__init__(daemon=True)
        self.facts: Counter[str] = Counter()
        self._stack = stack
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 (it keeps no secret)
        self._over = threading.Event()
        self._sent: Counter[str] = Counter()
        self.url = stack.sqs.create_queue(QueueName="relay")["QueueUrl"]
        found = stack.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])
        self.address = {"QueueArn": found["Attributes"]["QueueArn"]}
        anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [anybody | {"Resource": "*"}]}
        stack.sqs.set_queue_attributes(
            QueueUrl=self.url, Attributes={"Policy": json.dumps(policy)}
        )

    def end(self) -> None:
        """Relay no more, and delete the queue."""
        self._over.set()
        self.join()
        self._stack.sqs.delete_queue(QueueUrl=self.url)

    def run(self) -> None:
        """Relay messages; those that cannot be sent, because a key is disabled, come again."""
        sqs = self._stack.sqs
        while not self._over.is_set():
            page = sqs.receive_message(
                QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1, VisibilityTimeout=5
            ).get("Messages", [])
            self._random.shuffle(page)
            for message in page:
                with contextlib.suppress(ClientError):
                    self._send(message["Body"])
                    sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def _send(self, body: str) -> None:
        for record in json.loads(body).get("Records", ()):  # S3's test of a queue has none
            name = record["s3"]["object"]["key"].rpartition("/")[2]
            fault = choose(self._seed, f"message {name} {self._sent[name]}", MESSAGES)
            for _ in range({"lost": 0, "delivered twice": 2}.get(fault or "", 1)):
                self._stack.sqs.send_message(
                    QueueUrl=self._stack.output("QueueUrl"),
                    MessageBody=body,
                    DelaySeconds=self._random.randint(1, LATE) if fault == "late" else 0,
                )
            self._sent[name] += 1
            self.facts.update([f"message {fault}"] if fault else [])
