"""Only an object that takes too long is refused for it, while there is time to say so."""

import gzip
import io
import json
from collections.abc import Callable, Iterator
from types import ModuleType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from processor import batches
from processor.limits.deadline import Deadline, OutOfTimeError
from processor.readers import parquet
from tests.unit.processor.aws import MemoryBody, MemoryBucket
from tests.unit.processor.examples import GOOD, HEADER
from tests.unit.processor.messages import CONTEXT, body, handle

KEY = "incoming/people/a"
OTHER = "incoming/people/b"
CSV = (HEADER + GOOD * 100).encode()
LAST = 5  # receive of a message


class Clock:
    """A clock that tests move, and that moves by ``step`` whenever it is read."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.step = 0.0

    def __call__(self) -> float:
        """Return the time."""
        self.seconds += self.step
        return self.seconds

    def be_late(self) -> None:
        """Let 100 seconds pass; from now on a hundred rows take more than the time left."""
        self.seconds += 100
        self.step = 2.0


@pytest.fixture(name="clock")
def make_clock(index: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """The clock of a function that has 300 seconds from now; a batch has one row."""
    clock = Clock()
    end = clock.seconds + 300
    monkeypatch.setattr(index, "monotonic", clock)
    monkeypatch.setattr(
        CONTEXT, "get_remaining_time_in_millis", lambda: int((end - clock.seconds) * 1000)
    )
    for module in (batches, parquet):
        monkeypatch.setattr(module, "BATCH_ROWS", 1)
    yield clock
    assert clock.seconds < end, "the function would have been stopped"


def as_parquet() -> bytes:
    """Return a hundred good rows in a file whose source is read once."""
    file = io.BytesIO()
    values = {"id": "P1", "name": "ann", "born": "1990-02-28"}
    pq.write_table(pa.table({name: [value] * 100 for name, value in values.items()}), file)
    return file.getvalue()


def manifest_of(bucket: MemoryBucket, name: str = "a") -> dict[str, dict[str, object]]:
    """Read the manifest of an object."""
    found: dict[str, dict[str, object]] = json.loads(
        bucket.content(f"manifests/people/{name}.json")
    )
    return found


@pytest.mark.parametrize("content", [CSV, as_parquet()], ids=["CSV", "Parquet"])
def test_the_last_try_refuses_an_object_before_the_function_is_stopped(
    index: ModuleType, bucket: MemoryBucket, clock: Clock, content: bytes
) -> None:
    clock.step = 10.0
    bucket.upload(KEY, content)
    for receives in range(1, LAST):
        began = clock.seconds
        assert handle(index, body(KEY), receives=receives) == ["m0"]
        assert bucket.names() == [KEY]
        clock.seconds = began
    assert handle(index, body(KEY), receives=LAST) == []
    manifest = manifest_of(bucket)
    refusal = manifest["refusal"]
    assert (refusal["reason"], refusal["setting"]) == ("object:takes-too-long", "timeoutSeconds")
    rows = manifest["rows"]
    assert rows["clean"] == 0
    assert 0 < int(str(rows["read"])) < 24  # a row takes ten seconds, of 240


@pytest.mark.parametrize("content", [CSV, as_parquet()], ids=["CSV", "Parquet"])
def test_an_object_that_needs_its_time_gets_it(
    index: ModuleType, bucket: MemoryBucket, clock: Clock, content: bytes
) -> None:
    clock.step = 1.0
    bucket.upload(KEY, content)
    assert handle(index, body(KEY), receives=LAST) == []
    assert manifest_of(bucket)["refusal"] is None
    assert clock.seconds > 1100


def test_a_stream_without_a_batch_is_refused_too(
    index: ModuleType, bucket: MemoryBucket, clock: Clock
) -> None:
    """A million empty gzip members yield nothing."""
    clock.step = 10.0
    content = gzip.compress(b"") * 100_000
    bucket.upload(KEY, content)
    assert handle(index, body(KEY), receives=LAST) == []
    assert manifest_of(bucket)["refusal"]["reason"] == "object:takes-too-long"
    assert bucket.bodies[-1].taken < len(content)


# Causes of lost time. Each returns the keys of the message.


def start_late(clock: Clock, _: MemoryBucket) -> tuple[str, ...]:
    """Let the function start late in its invocation."""
    clock.be_late()
    return (KEY,)


def follow_another(clock: Clock, bucket: MemoryBucket) -> tuple[str, ...]:
    """Let another object of the message come first."""

    def interrupt(moment: str) -> None:
        if moment == "after put manifests/people/b.json":
            clock.be_late()

    bucket.interrupt = interrupt
    bucket.upload(OTHER, CSV)
    return OTHER, KEY


def lose_a_race(clock: Clock, bucket: MemoryBucket) -> tuple[str, ...]:
    """Let another attempt write first."""

    def interrupt(moment: str) -> None:
        if moment == "before put processed/people/a.parquet" and not clock.step:
            clock.be_late()
            bucket.upload("processed/people/a.parquet", b"")

    bucket.interrupt = interrupt
    return (KEY,)


@pytest.mark.parametrize("take", [start_late, follow_another, lose_a_race])
@pytest.mark.parametrize("receives", [1, LAST])
def test_an_attempt_without_its_full_time_refuses_nothing(
    index: ModuleType,
    bucket: MemoryBucket,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    take: Callable[[Clock, MemoryBucket], tuple[str, ...]],
    receives: int,
) -> None:
    """It fails, and the next one, which has its full time, succeeds."""
    bucket.upload(KEY, CSV)
    begin = clock.seconds
    keys = take(clock, bucket)
    assert handle(index, body(*keys), receives=receives) == ["m0"]
    assert "manifests/people/a.json" not in bucket.names()
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    [failed] = [line for line in lines if line.get("message") == "failed"]
    assert (failed["error"], failed["key"]) == ("OutOfTimeError", KEY)
    assert failed["reason"] == "ran out of time; the message is not done"
    clock.seconds, clock.step = begin, 2.0
    assert handle(index, body(*keys), receives=max(receives, 2)) == []
    assert manifest_of(bucket)["refusal"] is None


def test_a_lost_race_is_not_held_against_an_object_however_short_it_was(
    index: ModuleType, bucket: MemoryBucket, clock: Clock
) -> None:
    bucket.upload(KEY, CSV)
    lose_a_race(clock, bucket)
    with pytest.raises(OutOfTimeError):
        index.make_processor().process(KEY, Deadline(clock.seconds + 110, clock=clock))


@pytest.mark.parametrize("receives", range(1, LAST))
def test_slow_s3_is_not_a_slow_file(
    index: ModuleType,
    bucket: MemoryBucket,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    receives: int,
) -> None:
    begin = clock.seconds

    class SlowBody(MemoryBody):
        """It returns a byte every ten seconds."""

        def read(self, _: int | None = -1, /) -> bytes:
            clock.seconds += 10
            return super().read(1)

    bucket.upload(KEY, CSV)
    with monkeypatch.context() as patched:
        patched.setattr("tests.unit.processor.aws.MemoryBody", SlowBody)
        assert handle(index, body(KEY), receives=receives) == ["m0"]
    assert bucket.names() == [KEY]
    clock.seconds = begin
    assert handle(index, body(KEY), receives=receives + 1) == []
    assert manifest_of(bucket)["refusal"] is None
