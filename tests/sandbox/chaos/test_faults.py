"""Faults of requests, in clients that talk to the sandbox."""

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.chaos import faults
from sandbox.emulator import REGION, ROOT_KEY
from tests.sandbox.cloud import Cloud, outcome, unique

MESSAGE = {
    "body": json.dumps({"Records": [{"s3": {"object": {"key": "incoming/customers/7.csv"}}}]}),
    "attributes": {"ApproximateReceiveCount": "2"},
}


class EndedError(BaseException):
    """The process would have ended."""


@pytest.fixture(name="make_client")
def inject(
    parity: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Make clients, of whose requests only the first has a fault."""
    clients: list[Any] = []

    def make(service: Any, fault: str, attempts: int = 1) -> Any:
        client = boto3.client(
            service,
            aws_access_key_id=ROOT_KEY,
            aws_secret_access_key=ROOT_KEY,
            region_name=REGION,
            endpoint_url=parity.emulator.endpoint,
            verify=str(parity.emulator.certificate.authority),
            config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
        )
        clients.append(client)
        injector = faults.Injector(1, tmp_path / "faults")
        injector.register(client.meta.events)
        injector.begin({"Records": [MESSAGE]})

        def choose(seed: int, subject: str, _shares: faults.Shares) -> str | None:
            return fault if (seed, subject) == (1, "7.csv 2 1") else None

        monkeypatch.setattr(faults, "choose", choose)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.fixture(name="ends")
def end_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell instead of ending the process, and of hanging."""

    def end(*_arguments: object) -> None:
        raise EndedError

    monkeypatch.setattr(os, "kill", end)
    monkeypatch.setattr(time, "sleep", end)


@pytest.mark.parametrize("fault", ["S3 answers 503", "S3 answers 503 throughout"])
def test_s3_is_busy(
    parity: Cloud, make_client: Callable[..., Any], tmp_path: Path, fault: str
) -> None:
    bucket = parity.bucket()
    s3 = make_client("s3", fault)
    assert outcome(lambda: s3.put_object(Bucket=bucket, Key="a")) == "SlowDown"
    assert outcome(lambda: s3.get_object(Bucket=bucket, Key="a")) == "NoSuchKey"
    assert (tmp_path / "faults").read_text() == f"{fault}\n"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("KMS throttles", "ThrottlingException"), ("KMS fails", "KMSInternalException")],
)
def test_kms_is_busy(make_client: Callable[..., Any], fault: str, code: str) -> None:
    kms = make_client("kms", fault)
    assert outcome(kms.list_keys) == code
    assert outcome(kms.list_keys) == "ok"


def test_a_client_asks_again(parity: Cloud, make_client: Callable[..., Any]) -> None:
    bucket = parity.bucket()
    s3 = make_client("s3", "S3 answers 503", 2)
    assert outcome(lambda: s3.put_object(Bucket=bucket, Key="a")) == "ok"


def test_an_answer_is_lost(parity: Cloud, make_client: Callable[..., Any]) -> None:
    """The client writes twice, and finds what it wrote itself."""
    bucket = parity.bucket()
    s3 = make_client("s3", "S3's answer is lost")
    wrote = outcome(lambda: s3.put_object(Bucket=bucket, Key="a", IfNoneMatch="*"))
    assert wrote == "PreconditionFailed"
    assert outcome(lambda: s3.get_object(Bucket=bucket, Key="a")) == "ok"


@pytest.mark.usefixtures("ends")
@pytest.mark.parametrize(
    ("fault", "found"),
    [
        ("killed before a request", "NoSuchKey"),
        ("timed out", "NoSuchKey"),
        ("killed after a request", "ok"),
    ],
)
def test_the_process_ends(
    parity: Cloud, make_client: Callable[..., Any], fault: str, found: str
) -> None:
    bucket = parity.bucket()
    s3 = make_client("s3", fault)
    with pytest.raises(EndedError):
        s3.put_object(Bucket=bucket, Key="a")
    s3 = parity.client("s3")
    assert outcome(lambda: s3.get_object(Bucket=bucket, Key="a")) == found


def test_a_seed_decides() -> None:
    shares = {"often": 0.3, "rarely": 0.1}
    subjects = [unique("subject") for _ in range(2_000)]
    drawn = [[faults.choose(seed, one, shares) for one in subjects] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    for fault, share in shares.items():
        assert drawn[0].count(fault) / len(subjects) == pytest.approx(share, abs=0.06)
