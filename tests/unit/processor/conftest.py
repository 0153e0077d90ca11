"""The handler as in a new process, with a bucket and a key in memory."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.processor.aws import BUCKET, HmacKey, MemoryBucket
from tests.unit.processor.examples import PEOPLE, SECRET

# The raw values that tests put into files: no log line of the handler has one, in any test.
PLANTED = (SECRET, "SECRET", "0151234567")


class StandardOutput:
    """The current ``sys.stdout``, which pytest keeps replacing.

    Attributes:
        leaks: the lines with a raw value.
    """

    def __init__(self) -> None:
        self.leaks: list[str] = []

    def write(self, text: str) -> None:
        """Write to it."""
        if any(planted in text for planted in PLANTED):
            self.leaks.append(text)
        sys.stdout.write(text)

    def flush(self) -> None:
        """Flush it."""
        sys.stdout.flush()


@pytest.fixture(name="bucket")
def make_bucket() -> MemoryBucket:
    """An empty bucket."""
    return MemoryBucket()


@pytest.fixture(name="index")
def make_index(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    bucket: MemoryBucket,
) -> Iterator[ModuleType]:
    """The handler's module as in a new process, with its contracts and clients in memory."""
    for name, value in {
        "BUCKET_NAME": BUCKET,
        "PSEUDONYM_KEY_ID": "a-key",
        "MAX_OBJECT_BYTES": str(1 << 26),
        "MAX_OBJECT_SETTING": "memoryMb",
        "MAX_RECEIVES": "5",
        "TIMEOUT_SECONDS": "300",
        "EPHEMERAL_STORAGE_MB": "512",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "POWERTOOLS_SERVICE_NAME": "data-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "ZeroTrust",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    index = importlib.import_module("index")
    index.make_processor.cache_clear()
    clients = {"s3": bucket, "kms": HmacKey()}
    monkeypatch.setattr("boto3.client", lambda service, config: clients[service])
    monkeypatch.setattr(index, "__file__", str(tmp_path / "index.py"))
    output = StandardOutput()
    monkeypatch.setattr(index.logger.registered_handler, "stream", output)
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/people.json").write_text(json.dumps(PEOPLE))
    yield index
    assert not output.leaks
