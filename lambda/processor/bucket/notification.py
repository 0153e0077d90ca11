"""Notifications: what S3 says about objects in the body of a queue message.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

import json
from typing import Any
from urllib.parse import unquote_plus

from processor import ProcessorError


class NotificationError(ProcessorError):
    """A message is not one that this bucket sends; the error does not repeat its content."""


def created_keys(body: str, bucket: str) -> list[str]:
    """Return the keys of the objects that a message says were created in ``bucket``.

    Only the keys are used: sizes, versions and ETags may be out of date. The test event that S3
    sends when notifications are configured names no object.

    Raises:
        NotificationError: the message is anything else.
    """
    try:
        event = json.loads(body)
        if event.get("Event") == "s3:TestEvent":
            return []
        return [_created_key(record, bucket) for record in event["Records"]]
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError):
        pass
    raise NotificationError("the message is not an event notification of S3")


def _created_key(record: dict[str, Any], bucket: str) -> str:
    if not record["eventName"].startswith("ObjectCreated:"):
        raise NotificationError("the event is not the creation of an object")
    if record["s3"]["bucket"]["name"] != bucket:
        raise NotificationError("the event is about another bucket")
    key = unquote_plus(record["s3"]["object"]["key"], errors="strict")
    key.encode()  # JSON may have half a character, which is in no key
    return key
