"""Every interleaving of deliveries, uploads and crashes ends the same.

A worker is the real :class:`Processor`; only the transformation of a file is replaced by a
quicker one. To take one step, it runs again from the beginning, is told what it was told before,
makes one call more, and is stopped. So a state is a bucket and what each worker has heard, and all
states that can be reached are visited, each once.
"""

import json
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

import pytest
from botocore.exceptions import ClientError

from processor import processing
from processor.contract import Contracts
from processor.processing import Processor
from processor.pseudonym import PseudonymKeys
from processor.records import SizeLimit
from processor.refusal import FileRefusedError
from processor.store import Store
from processor.transformation import RowAccount
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBody, MemoryBucket, Version
from tests.unit.processor.examples import PEOPLE

KEY = "incoming/people/a.csv"
OUTPUTS = {
    "processed": "processed/people/a.csv.parquet",
    "quarantine": "quarantine/people/a.csv.jsonl.gz",
}
MANIFEST = "manifests/people/a.csv.json"
NOTHING = b"nothing"


@dataclass(frozen=True)
class Heard:
    """The answer of one call, told by its text; an error of S3 if ``fields`` are None."""

    text: str
    fields: dict[str, Any] | None = field(compare=False)
    error: ClientError | None = field(compare=False, default=None)
    body: bytes | None = None

    def repeat(self) -> dict[str, Any]:
        """Answer, or fail, as before."""
        if self.error:
            raise self.error
        return (self.fields or {}) | ({} if self.body is None else {"Body": MemoryBody(self.body)})


class Paused(BaseException):
    """The worker has made its one call more."""


class Memory:
    """A client that answers as before, then passes one call on, then stops the worker."""

    def __init__(self, bucket: MemoryBucket, heard: tuple[Heard, ...]) -> None:
        self.bucket = bucket
        self.heard = list(heard)
        self.known = len(heard)
        self.calls = 0
        self.lost_a_race = False

    def __getattr__(self, name: str) -> Any:
        return lambda **request: self._answer(name, request)

    def _answer(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls += 1
        if self.calls > self.known + 1:
            raise Paused
        if self.calls > self.known:
            self.heard.append(self._pass_on(name, request))
            self.lost_a_race = name == "put_object" and self.heard[-1].error is not None
        return self.heard[self.calls - 1].repeat()

    def _pass_on(self, name: str, request: dict[str, Any]) -> Heard:
        try:
            answer = getattr(self.bucket, name)(**request)
        except ClientError as error:
            return Heard(str(error), None, error)
        body = answer.pop("Body").getvalue() if "Body" in answer else None
        return Heard(repr(answer), answer, None, body)


@dataclass(frozen=True)
class State:
    """Where everything stands; ``workers`` hold what they have heard, None when done."""

    versions: dict[str, tuple[Version, ...]]
    workers: tuple[tuple[Heard, ...] | None, ...]
    uploads: tuple[bytes, ...]  # still to come, each with a delivery of its own
    crashes: int  # that may still happen

    def bucket(self) -> MemoryBucket:
        """Return a bucket that stands so."""
        return MemoryBucket({key: list(versions) for key, versions in self.versions.items()})

    def key(self) -> Hashable:
        """Return what tells this state from others."""
        # Which worker heard what makes no difference: they are all the same.
        workers = frozenset(Counter(self.workers).items())
        return tuple(sorted(self.versions.items())), workers, self.uploads, self.crashes

    def with_bucket(self, bucket: MemoryBucket, **changes: Any) -> "State":
        """Return this state with what a bucket now holds."""
        versions = {key: tuple(found) for key, found in bucket.versions.items()}
        return replace(self, versions=versions, **changes)

    def with_worker(self, index: int, heard: tuple[Heard, ...] | None) -> "State":
        """Return this state with what a worker has now heard."""
        workers = (*self.workers[:index], heard, *self.workers[index + 1 :])
        return replace(self, workers=workers)


class Explorer:
    """Visits all states that can be reached from one."""

    def __init__(self, contracts: Contracts) -> None:
        self.contracts = contracts
        self.visited = 0

    def ends(self, start: State) -> Iterator[State]:
        """Yield the states in which nothing is left to be done."""
        seen = {start.key()}
        waiting = [start]
        while waiting:
            state = waiting.pop()
            self.visited += 1
            following = list(self.following(state))
            if not following:
                yield state
            for found in following:
                key = found.key()
                if key not in seen:
                    seen.add(key)
                    waiting.append(found)

    def following(self, state: State) -> Iterator[State]:
        """Yield the states that may come next."""
        if state.uploads:
            bucket = state.bucket()
            bucket.upload(KEY, state.uploads[0])
            yield state.with_bucket(
                bucket, uploads=state.uploads[1:], workers=(*state.workers, ())
            )
        for index, heard in enumerate(state.workers):
            if heard is not None:
                yield self.step(state, index, heard)
                if heard and state.crashes:
                    crashed = state.with_worker(index, ())
                    yield replace(crashed, crashes=state.crashes - 1)

    def step(self, state: State, index: int, heard: tuple[Heard, ...]) -> State:
        """Let a worker make its next call."""
        bucket = state.bucket()
        memory: Any = Memory(bucket, heard)
        kms: Any = HmacKey()
        keys = PseudonymKeys(kms, "a-key")
        now: tuple[Heard, ...] | None
        try:
            limit = SizeLimit(1 << 20, "memoryMb")
            store = Store(memory, BUCKET)
            Processor(store, self.contracts, keys, limit, lambda: MOMENT).process(KEY)
            now = None
        except Paused:
            # A lost race starts the attempt again, as a redelivery does.
            now = () if memory.lost_a_race else tuple(memory.heard)
        return state.with_bucket(bucket).with_worker(index, now)


def transform(
    stream: MemoryBody,
    _name: object,
    _limit: object,
    _contract: object,
    _keys: object,
    clean: IO[bytes],
    rejected: IO[bytes],
    _deadline: object,
) -> RowAccount:
    """Stand in for the transformation of a file."""
    content = stream.read()
    if content.startswith(b"refused"):
        raise FileRefusedError("file:empty")
    has_rejects = content.startswith(b"mixed")
    clean.write(b"rows of " + content)
    rejected.write(b"rejects of " + content if has_rejects else NOTHING)
    return RowAccount(1 + has_rejects, 1, int(has_rejects))


def refuse(
    refusal: FileRefusedError,
    _contract: object,
    source: dict[str, str],
    clean: IO[bytes],
    rejected: IO[bytes],
) -> RowAccount:
    """Stand in for the refusal of a file."""
    clean.write(NOTHING)
    rejected.write(b"refusal of " + source["version_id"].encode())
    return RowAccount(0, 0, 0, {}, refusal)


def expected_outputs(content: bytes, version_id: str) -> dict[str, bytes]:
    """Return what the outputs of a version must hold."""
    if content.startswith(b"refused"):
        return {"processed": NOTHING, "quarantine": b"refusal of " + version_id.encode()}
    has_rejects = content.startswith(b"mixed")
    return {
        "processed": b"rows of " + content,
        "quarantine": b"rejects of " + content if has_rejects else NOTHING,
    }


def assert_settled(bucket: MemoryBucket) -> None:
    """The manifest describes the newest version, and the outputs are that version's."""
    source = bucket.newest(KEY)
    assert source is not None
    manifest = json.loads(bucket.content(MANIFEST))
    assert manifest["source"]["version_id"] == source.version_id
    for name, content in expected_outputs(bucket.content(KEY), source.version_id).items():
        found = bucket.newest(OUTPUTS[name])
        described = manifest["outputs"][name]
        assert (found and found.etag) == (described and described["etag"])
        assert content == (found.content if found else NOTHING)


@pytest.fixture(name="explorer")
def make_explorer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Explorer:
    """An explorer of the real processor with a quick transformation."""
    monkeypatch.setattr(processing, "transform", transform)
    monkeypatch.setattr(processing, "refuse", refuse)
    (tmp_path / "people.json").write_text(json.dumps(PEOPLE))
    contracts = Contracts(tmp_path)
    contracts.find("people")
    return Explorer(contracts)


def explore(explorer: Explorer, *uploads: bytes, again: int = 0, crashes: int = 0) -> int:
    """Check every end; the first upload has happened and is delivered ``again`` so many times."""
    bucket = MemoryBucket()
    bucket.upload(KEY, uploads[0])
    workers: tuple[tuple[Heard, ...], ...] = ((),) * (1 + again)
    start = State({}, workers, uploads[1:], crashes).with_bucket(bucket)
    ends = 0
    for end in explorer.ends(start):
        assert_settled(end.bucket())
        ends += 1
    return ends


CONTENTS = (b"clean", b"mixed", b"refused")
PAIRS = [(one + b" 1", two + b" 2") for one in CONTENTS for two in CONTENTS]


def name_of(uploads: tuple[bytes, ...]) -> str:
    """Return the name of a test."""
    return b", ".join(uploads).decode()


@pytest.mark.parametrize("content", CONTENTS)
def test_two_deliveries_of_one_object_and_a_crash(explorer: Explorer, content: bytes) -> None:
    assert explore(explorer, content, again=1, crashes=1)


@pytest.mark.parametrize("uploads", PAIRS, ids=name_of)
def test_a_newer_version_and_a_crash_at_any_moment(
    explorer: Explorer, uploads: tuple[bytes, ...]
) -> None:
    assert explore(explorer, *uploads, crashes=1)


def test_a_newer_version_and_a_duplicate_at_any_moment(explorer: Explorer) -> None:
    assert explore(explorer, b"clean 1", b"clean 2", again=1)


def test_the_explorer_goes_everywhere(explorer: Explorer) -> None:
    """Two workers that each take a handful of steps meet in far more states than they take."""
    explore(explorer, b"mixed 1", b"clean 2", crashes=1)
    assert explorer.visited > 500
