"""Threads make the same of every file, and none outlives it."""

import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from processor.contracts import parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.deadline import NEVER, Deadline, OutOfTimeError
from processor.reasons import FileRefusedError, Reason
from processor.threads import ReadAhead
from processor.transformation import Outputs, Transformation
from processor.writers import parquet
from tests.unit.processor.aws import HmacKey, MemoryBody
from tests.unit.processor.examples import PEOPLE
from tests.unit.processor.formats import NAMES, WRITERS
from tests.unit.processor.outcomes import LIMIT

BLOCK = 1 << 12
PERSON = ("P1", "Ada", "+12025550101", "1990-02-28", "12.50")
ROWS = [PERSON if number % 7 else ("", *PERSON[1:]) for number in range(1_600)]


class Failing(MemoryBody):
    """A body that breaks off."""

    def read(self, amount: int | None = -1, /) -> bytes:
        """Return what there is, or fail at the end."""
        if piece := super().read(amount):
            return piece
        raise ConnectionResetError


class Noted(MemoryBody):
    """A body that knows which threads read it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.readers: set[int] = set()

    def read(self, amount: int | None = -1, /) -> bytes:
        """Read."""
        self.readers.add(threading.get_ident())
        return super().read(amount)


class Watched(io.BytesIO):
    """A file that knows which threads wrote it, and may have no room."""

    def __init__(self, *, full: bool = False) -> None:
        super().__init__()
        self.full = full
        self.writers: set[int] = set()

    def write(self, content: Any, /) -> int:
        """Write, or say that the disk is full."""
        self.writers.add(threading.get_ident())
        if self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(content)


@pytest.fixture(autouse=True)
def write_small_row_groups(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Many row groups; and no thread that was not there before."""
    monkeypatch.setattr(parquet, "ROW_GROUP_ROWS", 500)
    monkeypatch.setattr("processor.threads.BLOCK_SIZE", BLOCK)
    before = threading.enumerate()
    yield
    assert threading.enumerate() == before


def run(
    body: MemoryBody, clean: io.BytesIO, name: str, deadline: Deadline = NEVER, *, threads: bool
) -> tuple[Any, bytes, bytes]:
    """Return the account and both outputs of a file."""
    kms: Any = HmacKey()
    rejected = io.BytesIO()
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(parse(PEOPLE), keys, LIMIT, deadline, threads)
    account = transformation.run(body, name, Outputs(clean, rejected))
    return account, clean.getvalue(), rejected.getvalue()


@pytest.mark.parametrize("name", WRITERS)
def test_the_outputs_are_the_same_bytes(name: str) -> None:
    content = WRITERS[name](NAMES, ROWS)
    outcomes = [
        run(MemoryBody(content), io.BytesIO(), name, threads=threads) for threads in (True, False)
    ]
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][0].read == len(ROWS)


@pytest.mark.parametrize("name", WRITERS)
def test_a_thread_reads_and_another_writes_unless_memory_is_limited(name: str) -> None:
    here = threading.get_ident()
    for threads in (True, False):
        body, clean = Noted(WRITERS[name](NAMES, ROWS)), Watched()
        run(body, clean, name, threads=threads)
        assert (here in body.readers) != threads
        assert bool(clean.writers - {here}) == (threads and name != "a.parquet")


class Late(Future[Any]):
    """Work that is done when its result is waited for, and not before."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work = work

    def result(self, timeout: float | None = None) -> Any:
        """Do the work once."""
        if not self.done():
            self.set_result(self.work())
        return super().result(timeout)


class LateExecutor(Executor):
    """An executor that is as late as it may be."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **named: Any) -> Late:
        """Return what does the work."""
        return Late(partial(function, *args, **named))


def test_a_row_group_is_written_before_the_next_one_is_complete() -> None:
    rows = pa.record_batch({"a": list(range(700))})
    late, now = io.BytesIO(), io.BytesIO()
    for file, executor in ((late, LateExecutor()), (now, None)):
        with parquet.CleanRows(file, rows.schema, executor=executor) as clean:
            for _ in range(5):
                clean.write(rows)
    assert late.getvalue() == now.getvalue()


@pytest.mark.parametrize("amount", [1, 1 << 12, 1 << 20])
def test_the_next_block_is_read_before_it_is_asked_for(amount: int) -> None:
    content = os.urandom(3 * BLOCK + 1)
    body = MemoryBody(content)
    with ThreadPoolExecutor(1) as executor:
        ahead = ReadAhead(body, executor)
        first = ahead.read(amount)
    assert body.taken == 2 * BLOCK
    with ThreadPoolExecutor(1) as executor:
        ahead = ReadAhead(MemoryBody(content), executor)
        pieces = list(iter(partial(ahead.read, amount), b""))
        assert ahead.read(amount) == b""
    assert pieces[0] == first
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= amount


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "none"])
def test_a_lost_connection_is_not_the_files_fault(*, threads: bool) -> None:
    for name, write in WRITERS.items():
        with pytest.raises(ConnectionResetError):
            run(Failing(write(NAMES, ROWS)), io.BytesIO(), name, threads=threads)


@pytest.mark.parametrize("threads", [True, False], ids=["threads", "none"])
def test_a_full_disk_refuses_the_file(*, threads: bool) -> None:
    for name, write in WRITERS.items():
        with pytest.raises(FileRefusedError) as refused:
            run(MemoryBody(write(NAMES, ROWS)), Watched(full=True), name, threads=threads)
        assert refused.value.reason == Reason.FILE_NEEDS_TOO_MUCH_DISK


def test_time_runs_out_while_a_thread_reads() -> None:
    late = Deadline(moment=1.0, refuses=False, clock=iter(range(100)).__next__)
    with pytest.raises(OutOfTimeError):
        run(MemoryBody(WRITERS["a.csv"](NAMES, ROWS)), io.BytesIO(), "a", late, threads=True)


@pytest.mark.parametrize(("memory", "threads"), [("3537", False), ("3538", True)])
def test_a_second_core_comes_with_its_memory(
    index: ModuleType, monkeypatch: pytest.MonkeyPatch, memory: str, threads: bool
) -> None:
    asked = []
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", memory)
    monkeypatch.setattr(index, "Processor", lambda *_, threads, **__: asked.append(threads))
    index.make_processor()
    assert asked == [threads]
