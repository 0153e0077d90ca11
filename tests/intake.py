"""The intake queue as the tests see it: its depth, and when nothing is in flight."""

from typing import Any

from tests.patience import DRAINED, Wait, wait_for


def depth(sqs: Any, url: str) -> int:
    """The number of messages in a queue, including those in flight."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "Delayed", "NotVisible")]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(map(int, found["Attributes"].values()))


def wait_until_drained(sqs: Any, url: str, wait: Wait = DRAINED) -> None:
    """Wait until a queue is empty.

    Raises:
        TimeoutError: it is not.
    """
    wait_for("empty queue", lambda: depth(sqs, url) == 0 or None, wait)
