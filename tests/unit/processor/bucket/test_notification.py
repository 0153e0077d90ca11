"""What is read from a message: keys, and nothing else."""

import json
from typing import Any

import pytest

from processor.bucket.notification import NotificationError, created_keys


def message(*keys: str, event: str = "ObjectCreated:Put", bucket: str = "a-bucket") -> str:
    """Return an S3 notification."""
    records = [
        {"eventName": event, "s3": {"bucket": {"name": bucket}, "object": {"key": key}}}
        for key in keys
    ]
    return json.dumps({"Records": records})


def test_keys_are_decoded_in_order() -> None:
    body = message("incoming/people/a+b%2Bc.csv", "incoming/people/%C3%A9%20x.csv")
    assert created_keys(body, "a-bucket") == [
        "incoming/people/a b+c.csv",
        "incoming/people/é x.csv",
    ]


@pytest.mark.parametrize("event", ["ObjectCreated:Copy", "ObjectCreated:CompleteMultipartUpload"])
def test_every_kind_of_creation_counts(event: str) -> None:
    assert created_keys(message("incoming/x", event=event), "a-bucket") == ["incoming/x"]


def test_the_test_event_is_about_nothing() -> None:
    body = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "a-bucket"}
    assert created_keys(json.dumps(body), "a-bucket") == []


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (message("incoming/x", bucket="another"), "another bucket"),
        (message("incoming/x", event="ObjectRemoved:Delete"), "not the creation"),
        (message("incoming/%FF"), "not an event notification"),
        ("SECRET", "not an event notification"),
        ("[]", "not an event notification"),
        ("[" * 100_000, "not an event notification"),
        (message("incoming/\ud800"), "not an event notification"),
        ("{}", "not an event notification"),
        ('{"Records": 5}', "not an event notification"),
        ('{"Records": [{}]}', "not an event notification"),
        ('{"Records": [{"eventName": 5}]}', "not an event notification"),
    ],
)
def test_anything_else_is_an_error_that_does_not_quote_it(body: str, problem: str) -> None:
    with pytest.raises(NotificationError, match=problem) as caught:
        created_keys(body, "a-bucket")
    error: Any = caught.value
    assert "SECRET" not in repr(error)
    assert error.__context__ is None
