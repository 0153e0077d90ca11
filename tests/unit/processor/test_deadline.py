"""An object that takes too long is refused while there is time to say so."""

import gzip
import io
import json
from itertools import count
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from processor import framing, parquet
from tests.unit.processor.aws import MemoryBucket
from tests.unit.processor.test_index import CONTEXT, GOOD, HEADER, body, handle

KEY = "incoming/people/a"
CSV = (HEADER + GOOD * 100).encode()


def as_parquet() -> bytes:
    """Return a hundred good rows in a file whose source is read once."""
    file = io.BytesIO()
    values = {"id": "P1", "name": "ann", "born": "1990-02-28"}
    pq.write_table(pa.table({name: [value] * 100 for name, value in values.items()}), file)
    return file.getvalue()


@pytest.fixture(name="clock")
def make_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes on by ten seconds whenever the deadline looks at it."""
    seconds = count(0, 10)
    monkeypatch.setattr("processor.deadline.time.monotonic", lambda: next(seconds))
    for module in (framing, parquet):
        monkeypatch.setattr(module, "BATCH_ROWS", 1)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("content", [CSV, as_parquet()], ids=["CSV", "Parquet"])
@pytest.mark.parametrize(
    ("left", "refused"), [(0, True), (200_000, True), (2_000_000, False)], ids=str
)
def test_an_object_is_refused_before_the_function_is_stopped(
    index: ModuleType,
    bucket: MemoryBucket,
    monkeypatch: pytest.MonkeyPatch,
    content: bytes,
    left: int,
    refused: bool,
) -> None:
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: left)
    bucket.upload(KEY, content)
    assert handle(index, body(KEY)) == []
    manifest = json.loads(bucket.content("manifests/people/a.json"))
    rows = manifest["rows"]
    if refused:
        refusal = manifest["refusal"]
        assert (refusal["reason"], refusal["setting"]) == (
            "object:takes-too-long",
            "timeoutSeconds",
        )
        assert rows["clean"] == 0
        assert bool(rows["read"]) == bool(left)
        assert rows["read"] < 20  # two batches a second are 160 s, less the reading
    else:
        assert manifest["refusal"] is None
        assert rows["clean"] == 100


@pytest.mark.usefixtures("clock")
def test_a_stream_without_a_batch_is_refused_too(
    index: ModuleType, bucket: MemoryBucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing comes out of a million empty members of gzip."""
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: 100_000)
    empty = gzip.compress(b"")
    bucket.upload(KEY, empty * 100_000)
    assert handle(index, body(KEY)) == []
    refusal = json.loads(bucket.content("manifests/people/a.json"))["refusal"]
    assert refusal["reason"] == "object:takes-too-long"
    assert bucket.bodies[-1].taken < 1_500_000
