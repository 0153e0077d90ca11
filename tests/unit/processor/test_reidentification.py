"""The handler of re-identification: each step, and that no token and no value is ever logged."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from processor.deidentification.reversible import Origin, ReversibleKeys
from processor.deidentification.siv import SivTokens
from processor.reidentification.requests import RequestError, signature_name
from tests.unit.processor.aws import BUCKET, HmacKey, MemoryBucket, client_error
from tests.unit.processor.conftest import StandardOutput
from tests.unit.processor.examples import SECRET, column, document
from tests.unit.processor.messages import CONTEXT, read_log

REQUEST = "reidentification/requests/people/fraud/AROAALICE:alice/a"
SIGNATURES = "reidentification/signatures/people/AROABOB:bob/"
CHECK = {"step": "check", "request": REQUEST, "column": "name", "execution": "1"}


@pytest.fixture(name="handler")
def make_handler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bucket: MemoryBucket
) -> Iterator[ModuleType]:
    """The handler's module as in a new process, with its contracts and clients in memory."""
    for name, value in {
        "BUCKET_NAME": BUCKET,
        "REVERSIBLE_KEY_ID": "another-key",
        "REQUESTS_PER_DAY": "2",
        "POWERTOOLS_SERVICE_NAME": "reidentification",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("reidentification")
    module.make_reidentification.cache_clear()
    clients = {"s3": bucket, "kms": HmacKey()}
    monkeypatch.setattr("boto3.client", lambda service, config: clients[service])
    monkeypatch.setattr(module, "__file__", str(tmp_path / "reidentification.py"))
    output = StandardOutput()
    monkeypatch.setattr(module.logger.registered_handler, "stream", output)
    (tmp_path / "contracts").mkdir()
    encrypted = column("name", method="encrypt", options={"reidentification": "fraud"})
    contract = tmp_path / "contracts" / "people.json"
    contract.write_text(json.dumps(document(encrypted)), encoding="utf-8")
    yield module
    assert not output.leaks
    module.make_reidentification.cache_clear()


def token() -> str:
    """The token of a secret."""
    origin = Origin(dataset="people", column="name", domain=None, epoch=1)
    kms: Any = HmacKey()
    made = SivTokens(ReversibleKeys(kms, "another-key").derive(origin), origin.associated)
    found: str = made.tokens(pa.array([SECRET])).to_pylist()[0]
    return found


def test_each_step_is_logged_without_tokens_and_values(
    handler: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.upload(REQUEST, token().encode())
    facts = handler.handler(CHECK, CONTEXT)
    asked = {"step": "ask", "facts": facts, "link": "arn", "token": "a-wait", "execution": "1"}
    handler.handler(asked, CONTEXT)
    signature = f"{SIGNATURES}{signature_name('1', facts)}"
    bucket.upload(signature, b"")
    answer = {"step": "answer", "facts": facts, "signature": signature, "execution": "1"}
    done = handler.handler(answer, CONTEXT)
    assert SECRET in bucket.content(done["values"]).decode()
    lines, _ = read_log(capsys)
    assert [line["message"] for line in lines] == [
        "re-identification requested",
        "approval asked for",
        "re-identified",
    ]
    assert (
        lines[2].items()
        >= {
            "requester": "AROAALICE:alice",
            "approver": "AROABOB:bob",
            "dataset": "people",
            "column": "name",
            "purpose": "fraud",
            "tokens": 1,
            "execution": "1",
            "service": "reidentification",
        }.items()
    )
    logged = json.dumps(lines)
    assert token() not in logged
    assert "a-wait" not in logged


def test_a_refusal_says_why(handler: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RequestError, match="there is no such request"):
        handler.handler(CHECK, CONTEXT)
    [line], _ = read_log(capsys)
    assert (line["message"], line["reason"]) == (
        "re-identification refused",
        "there is no such request",
    )


def test_another_error_is_told_by_its_type_alone(
    handler: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(moment: str) -> None:
        raise client_error("Throttled", 503, "GetObject", SECRET)

    bucket.interrupt = fail
    with pytest.raises(handler.FailedError, match=r"^ClientError$") as failure:
        handler.handler(CHECK, CONTEXT)
    assert failure.value.__suppress_context__
    [line], _ = read_log(capsys)
    assert (line["message"], line["error"]) == ("re-identification failed", "ClientError")
