"""The queue's messages, and the handler that they are given to."""

import json
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.unit.processor.aws import BUCKET
from tests.unit.processor.examples import SECRET

CONTEXT = SimpleNamespace(
    function_name="data-processor-test",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-central-1:111122223333:function:data-processor-test",
    aws_request_id="a-request",
    get_remaining_time_in_millis=lambda: 300_000,
)


def body(*keys: str) -> str:
    """Return an S3 notification about these keys."""
    sent = [
        {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": 1, "eTag": "x"}},
        }
        for key in keys
    ]
    return json.dumps({"Records": sent})


def handle(index: ModuleType, *bodies: str, receives: int = 1) -> list[str]:
    """Return the messages that failed; they are named m0, m1 and so on."""
    attributes = {"ApproximateReceiveCount": str(receives)}
    sent = [
        {
            "messageId": f"m{number}",
            "eventSource": "aws:sqs",
            "body": text,
            "attributes": attributes,
        }
        for number, text in enumerate(bodies)
    ]
    response = index.handler({"Records": sent}, CONTEXT)
    return [failure["itemIdentifier"] for failure in response["batchItemFailures"]]


def read_log(
    capsys: pytest.CaptureFixture[str],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what was logged and what was counted."""
    captured = capsys.readouterr()
    assert SECRET not in captured.out + captured.err
    assert captured.err == ""
    lines = [json.loads(line) for line in captured.out.splitlines()]
    return [line for line in lines if "_aws" not in line], [x for x in lines if "_aws" in x]


def fail_with_secret(*_: Any, **__: Any) -> Any:
    """Raise errors that quote a raw value."""
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        raise RuntimeError(f"could not convert {SECRET}") from error
