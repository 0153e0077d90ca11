"""Faults: what goes wrong with a function's requests, by a seeded plan.

While there are faults, the function runs :func:`handler`, which runs its real handler. They are
injected through botocore's events, so the processor and its clients are those that ship.
https://docs.aws.amazon.com/boto3/latest/guide/events.html
"""

import importlib
import json
import os
import random
import signal
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HTTPHeaders

Shares = Mapping[str, float]
"""The share of subjects that each fault hits."""

S3: Shares = {
    "S3 answers 503": 0.03,
    "S3's answer is lost": 0.01,
    "killed before a request": 0.003,
    "killed after a request": 0.005,
    "timed out": 0.001,
}
KMS: Shares = {"KMS throttles": 0.3, "KMS fails": 0.1}
OBJECTS: Shares = {"S3 answers 503 throughout": 0.003}
"""Of the function's requests to S3 and to KMS, and of objects about which all requests fail."""

REFUSALS = {
    "S3 answers 503": (503, "<Error><Code>SlowDown</Code></Error>"),
    "S3 answers 503 throughout": (503, "<Error><Code>SlowDown</Code></Error>"),
    "KMS throttles": (400, '{"__type":"ThrottlingException"}'),
    "KMS fails": (500, '{"__type":"KMSInternalException"}'),
}
"""How services refuse.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
https://docs.aws.amazon.com/kms/latest/APIReference/CommonErrors.html
"""


def choose(seed: int, subject: str, shares: Shares) -> str | None:
    """Return the fault that hits a subject, if any: always the same one for a seed."""
    drawn = random.Random(f"{seed} {subject}").random()  # noqa: S311 (it keeps no secret)
    for fault, share in shares.items():
        if drawn < share:
            return fault
        drawn -= share
    return None


class Body(BytesIO):
    """The body of an answer, as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        """Yield all of it."""
        yield self.read()


class Injector:
    """Lets the requests of an invocation fail."""

    def __init__(self, seed: int, log: Path) -> None:
        """Take the seed, and the file that gets a line for each fault."""
        self._seed = seed
        self._log = log
        self._name, self._receives, self._requests = "", 0, 0
        self._fault: str | None = None

    def begin(self, event: Mapping[str, Any]) -> None:
        """Begin an invocation about an object."""
        (message,) = event["Records"]
        (record,) = json.loads(message["body"])["Records"]
        self._name = record["s3"]["object"]["key"].rpartition("/")[2]
        self._receives = int(message["attributes"]["ApproximateReceiveCount"])
        self._requests = 0

    def register(self, events: Any) -> None:
        """Listen to the events of a session or of a client."""
        for service in ("s3", "kms"):
            events.register_first(f"before-send.{service}", self.before_send)
        events.register_first("needs-retry.s3", self.needs_retry)

    def before_send(
        self, request: AWSPreparedRequest, event_name: str, **_more: Any
    ) -> AWSResponse | None:
        """Answer a request in the place of the service, end the process, or do neither."""
        self._requests += 1
        shares = KMS if event_name.startswith("before-send.kms.") else S3
        self._fault = choose(self._seed, self._name, OBJECTS) or choose(
            self._seed, f"{self._name} {self._receives} {self._requests}", shares
        )
        if self._fault is None:
            return None
        with self._log.open("a", encoding="utf-8") as log:
            log.write(f"{self._fault}\n")
        if self._fault == "killed before a request":
            os.kill(os.getpid(), signal.SIGKILL)
        if self._fault == "timed out":
            time.sleep(3600)  # Lambda ends it
        if self._fault in REFUSALS:
            status, body = REFUSALS[self._fault]
            return AWSResponse(request.url, status, HTTPHeaders(), Body(body.encode()))
        return None

    def needs_retry(self, **_more: Any) -> float | None:
        """End the process after an answer, or forget the answer and ask again after no time."""
        if self._fault == "killed after a request":
            os.kill(os.getpid(), signal.SIGKILL)
        return 0.0 if self._fault == "S3's answer is lost" else None


@cache
def prepare() -> tuple[Any, Injector | None]:
    """Return the module of the real handler, and what lets its requests fail, if any do.

    They are imported by the first invocation, which is in the function's process.
    """
    terms: Any = importlib.import_module("processor.terms")
    terms.OVERLAP = timedelta(seconds=float(os.environ["OVERLAP_SECONDS"]))
    injector = None
    if seed := os.environ.get("FAULTS_SEED"):
        injector = Injector(int(seed), Path(os.environ["FAULTS_LOG"]))
        boto3.setup_default_session()
        session: Any = boto3.DEFAULT_SESSION
        injector.register(session.events)
    return importlib.import_module("index"), injector


def handler(event: dict[str, Any], context: Any) -> Any:
    """Do what the function does."""
    index, injector = prepare()
    if injector:
        injector.begin(event)
    return index.handler(event, context)
