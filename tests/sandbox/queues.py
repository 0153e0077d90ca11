"""Queues of the sandbox's tests, and dead letters in them."""

import json
from typing import Any

from tests.sandbox.cloud import Cloud, allow, policy, unique


def make_queue(cloud: Cloud, **attributes: str) -> tuple[str, str]:
    """Create a queue; return its URL and its ARN."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
    return url, arn_of(sqs, url)


def arn_of(sqs: Any, url: str) -> str:
    """A queue's ARN."""
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    return str(found["QueueArn"])


def subscribe(cloud: Cloud, topic_arn: str) -> str:
    """Subscribe a new queue to a topic, which may send to it; return its URL."""
    url, arn = make_queue(cloud)
    sender = {
        **allow("sqs:SendMessage", arn, ArnEquals={"aws:SourceArn": topic_arn}),
        "Principal": {"Service": "sns.amazonaws.com"},
    }
    cloud.client("sqs").set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps(policy(sender))}
    )
    cloud.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return url


def dead_letters(cloud: Cloud) -> tuple[str, str, str]:
    """Send a message through a queue into its dead-letter queue.

    Return the URL of the queue, and the URL and ARN of the dead-letter queue.
    """
    sqs = cloud.client("sqs")
    dead_url, dead_arn = make_queue(cloud)
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": "1"}
    url, _ = make_queue(cloud, RedrivePolicy=json.dumps(redrive), VisibilityTimeout="0")
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    for _ in range(2):
        sqs.receive_message(QueueUrl=url)
    return url, dead_url, dead_arn
