"""The handler as in a new process, with a bucket and a key in memory."""

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.unit.processor.aws import BUCKET, HmacKey, MemoryBucket
from tests.unit.processor.examples import PEOPLE


class StandardOutput:
    """What ``sys.stdout`` is at the moment; pytest keeps replacing it."""

    def write(self, text: str) -> None:
        """Write to it."""
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
) -> ModuleType:
    """The handler's module as in a new process, with its contracts and clients in memory."""
    for name, value in {
        "BUCKET_NAME": BUCKET,
        "PSEUDONYM_KEY_ID": "a-key",
        "MAX_OBJECT_BYTES": str(1 << 26),
        "MAX_OBJECT_SETTING": "memoryMb",
        "POWERTOOLS_SERVICE_NAME": "data-processor",
        "POWERTOOLS_METRICS_NAMESPACE": "ZeroTrust",
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    index = importlib.import_module("index")
    index.make_processor.cache_clear()
    clients = {"s3": bucket, "kms": HmacKey()}
    monkeypatch.setattr(index.boto3, "client", lambda service, config: clients[service])
    monkeypatch.setattr(index, "__file__", str(tmp_path / "index.py"))
    monkeypatch.setattr(index.logger.registered_handler, "stream", StandardOutput())
    (tmp_path / "contracts").mkdir()
    (tmp_path / "contracts/people.json").write_text(json.dumps(PEOPLE))
    return index
