"""How long to wait, and for what: the only module that knows how much slower AWS is.

No wait is a fixed sleep: each polls until it sees what it waits for. A change shows on some of
AWS's hosts before others, so answers may alternate for a while. Where that is possible, an answer
counts only once it has been stable for a while.
"""

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from tests.target import TARGET

T = TypeVar("T")

INTERVAL = 0.5 if TARGET.in_sandbox else 2.0
"""Seconds between polls."""


class Wait(NamedTuple):
    """How long something may take.

    Attributes:
        limit: seconds until it gives up.
        steady: seconds for which every poll must see it.
    """

    limit: float
    steady: float = 0.0


def limit(sandbox: float, aws: float, *, steady: float = 0.0) -> Wait:
    """The wait in the sandbox or on AWS; ``steady`` is for AWS, where answers alternate."""
    if not TARGET.in_sandbox:
        return Wait(aws, steady)
    return Wait(sandbox + 10 * TARGET.lag, TARGET.lag / 3 if steady else 0.0)


FIRST_FILE = limit(120, 900)
"""A first file's manifest. A bucket's new notifications take about five minutes to take effect.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-enable-disable-notification-intro.html
"""

ONE_FILE = limit(120, 600)
"""A file's manifest: a notification, which may take a minute or longer, and a cold start.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html"""

MANY_FILES = limit(300, 2700)
"""The manifest of one file among hundreds: a throttled message returns after half an hour."""

LISTED = limit(90, 0)
"""A list of people to leave out, which a process keeps for a minute; on AWS erasures wait for it.
"""

DRAINED = limit(120, 2700, steady=180)
"""An empty queue. Its numbers are approximate; AWS asks for zeros over several minutes.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/confirm-queue-is-empty.html
"""

LAST_MESSAGES = limit(60, 900, steady=120)
"""The same at the end of a run, when what is left is only reported."""

SETTING = limit(30, 300, steady=60)
"""A queue's attribute, which takes up to a minute to apply everywhere, and shows in no answer.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

PERMISSION = limit(30, 300, steady=15)
"""A change of a policy, a role or a bucket's policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""

KEY_STATE = limit(30, 1200, steady=15)
"""A key that is disabled or enabled. S3 caches bucket keys for a while.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
https://docs.aws.amazon.com/kms/latest/developerguide/programming-eventual-consistency.html"""

PARKED = limit(120, 2700)
"""A message in the dead-letter queue, after all its attempts, each ``RETRY_SECONDS`` later."""

RETRY_SECONDS = 2 + 2 * round(TARGET.lag) if TARGET.in_sandbox else 60
"""When a failed message returns in tests. An attempt with a cold start must end before that, and a
permission changed before one attempt must apply at the next.
"""

ALARM = limit(60, 2400)
"""An alarm. The metrics of an idle queue are up to 15 minutes late.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
"""

LOGGED = limit(60, 600)
"""A line in the log."""

MAPPING = limit(60, 300)
"""An event source mapping that is enabled or disabled."""

RESTORED = limit(30, 300)
"""The stack's original settings, read back."""


def wait_for(what: str, look: Callable[[], T | None], wait: Wait = ONE_FILE) -> T:
    """What ``look`` finds, once it has found something for long enough: not None, nor False.

    Raises:
        TimeoutError: it did not within the limit.
    """
    began, found_since = time.monotonic(), None
    while True:
        found, now = look(), time.monotonic()
        if found is None or found is False:
            found_since = None
        elif found_since is None:
            found_since = now
        if found is not None and found_since is not None and now - found_since >= wait.steady:
            return found
        if now - began >= wait.limit:
            raise TimeoutError(f"there was no {what} within {wait.limit:.0f} s")
        time.sleep(INTERVAL)
