"""The handler of the eraser: its steps, and what it logs."""

import importlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.unit.processor.aws import BUCKET, HmacKey, MemoryBucket, client_error
from tests.unit.processor.examples import column, document

SECRET = "ann@example.com"
REQUEST = "erasure/requests/1.json"
PEOPLE = document(column("mail", method="pseudonymize", options={"domain": "mail"}))


class Context:
    """What Lambda tells about an invocation."""

    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"


@pytest.fixture(name="bucket")
def make_bucket() -> MemoryBucket:
    """A bucket with a request."""
    bucket = MemoryBucket()
    bucket.upload(REQUEST, json.dumps({"domain": "mail", "identifiers": [SECRET]}).encode())
    return bucket


@pytest.fixture(name="output")
def make_output() -> io.StringIO:
    """Where the handler logs."""
    return io.StringIO()


@pytest.fixture(name="erasure")
def make_erasure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bucket: MemoryBucket, output: io.StringIO
) -> Iterator[ModuleType]:
    """The handler's module as in a new process."""
    for name, value in {
        "BUCKET_NAME": BUCKET,
        "PSEUDONYM_KEY_ID": "a-key",
        "RAW_DATA_EXPIRY_DAYS": "30",
        "OLD_RAW_VERSIONS_DAYS": "1",
        "OLD_VERSIONS_DAYS": "30",
        "OBJECT_LOCK_DAYS": "0",
        "POWERTOOLS_SERVICE_NAME": "eraser",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    module = importlib.import_module("erasure")
    module.make_requests.cache_clear()
    clients = {"s3": bucket, "kms": HmacKey()}
    monkeypatch.setattr("boto3.client", lambda service, config: clients[service])
    monkeypatch.setattr(module, "__file__", str(tmp_path / "erasure.py"))
    monkeypatch.setattr(module.logger.registered_handler, "stream", output)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/people.json").write_text(json.dumps(PEOPLE))
    yield module
    module.make_requests.cache_clear()


def step(erasure: ModuleType, name: str, key: str = REQUEST, **more: Any) -> Any:
    """Do a step."""
    return erasure.handler({"step": name, "request": key, "run": "a-run", **more}, Context())


def test_the_steps_of_a_request(
    erasure: ModuleType, bucket: MemoryBucket, output: io.StringIO
) -> None:
    begun = step(erasure, "begin")
    version = begun.pop("version")
    assert begun == {"datasets": ["people"], "dry_run": False}
    counts = step(erasure, "erase", version=version, manifests=["manifests/people/a.csv.json"])
    assert (counts["files"], counts["failed"]) == (1, 0)
    assert step(erasure, "conclude", lost=0, dry_run=False)["files"] == 1
    assert bucket.newest(REQUEST) is None
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [line["step"] for line in lines] == ["begin", "erase", "conclude"]
    assert {line["request"] for line in lines} == {REQUEST}
    assert SECRET not in json.dumps(lines)


def test_a_request_that_is_refused_says_why_and_nothing_of_it(
    erasure: ModuleType, bucket: MemoryBucket, output: io.StringIO
) -> None:
    bucket.upload(REQUEST, json.dumps({SECRET: [SECRET]}).encode())
    with pytest.raises(Exception, match="identifiers") as raised:
        step(erasure, "begin")
    assert type(raised.value).__name__ == "RequestError"
    logged = output.getvalue()
    assert "erasure refused" in logged
    assert SECRET not in logged + str(raised.value)


def test_what_is_no_key_of_a_request_is_not_logged(
    erasure: ModuleType, output: io.StringIO
) -> None:
    """It may be an identifier that somebody took for one."""
    with pytest.raises(Exception, match="the key of a request is") as raised:
        step(erasure, "begin", SECRET)
    assert "erasure refused" in output.getvalue()
    assert SECRET not in output.getvalue() + str(raised.value)


@pytest.mark.parametrize(
    ("code", "said"), [("AccessDenied", "ClientError"), ("PreconditionFailed", "ContentionError")]
)
def test_of_any_other_error_only_the_type_is_told(
    erasure: ModuleType,
    bucket: MemoryBucket,
    output: io.StringIO,
    code: str,
    said: str,
) -> None:
    def interrupt(moment: str) -> None:
        if moment.startswith("before put"):
            raise client_error(code, 403, "PutObject", message=SECRET)

    bucket.interrupt = interrupt
    with pytest.raises(erasure.FailedError, match=f"^{said}$"):
        step(erasure, "begin")
    logged = output.getvalue()
    assert said in logged
    assert SECRET not in logged
