"""The intake queue as the tests see it: how deep it is, and when nothing is on its way."""

from typing import Any

from tests.patience import DRAINED, Wait, wait_for


def depth(sqs: Any, url: str) -> int:
    """The messages in a queue, those on their way included."""
    names = [f"ApproximateNumberOfMessages{which}" for which in ("", "Delayed", "NotVisible")]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(map(int, found["Attributes"].values()))


def wait_until_drained(sqs: Any, url: str, wait: Wait = DRAINED) -> None:
    """Wait until a queue holds nothing.

    Raises:
        TimeoutError: it still does.
    """
    wait_for("empty queue", lambda: depth(sqs, url) == 0 or None, wait)
