"""Every interleaving of deliveries, uploads, deployments and crashes ends the same.

A worker is the real :class:`Processor`; only the transformation of a file is replaced by a quicker
one. To take one step, it runs again from the beginning, gets the same answers as before, makes one
more call, and is stopped. So a state is a bucket and the answers of each worker, and all reachable
states are visited, each once.

Time passes only in the transformation, or where S3 is slow before it. The time that a worker has
spent is part of the state, and so is how often its message has been received.

A deployment gives the function another contract. Until the next period begins, Lambda may still
invoke it with the previous ones; what was invoked goes on for as long as it needs. A message that
failed comes again in a later period.
"""

import json
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from processor import processing
from processor.account import RowAccount
from processor.bucket.store import Store
from processor.contract.model import Contract
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.deadline import Deadline, OutOfTimeError
from processor.limits.size import SizeLimit
from processor.processing import Processor
from processor.reasons import FileRefusedError, Reason
from processor.terms import OVERLAP, TransitionError
from processor.transformation import Outputs
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBody, MemoryBucket, Version
from tests.unit.processor.examples import PEOPLE

KEY = "incoming/people/a.csv"
OUTPUTS = {
    "processed": "processed/people/a.csv.parquet",
    "quarantine": "quarantine/people/a.csv.jsonl.gz",
}
MANIFEST = "manifests/people/a.csv.json"
NOTHING = b"nothing"

SECONDS = 8.0  # that an invocation has to transform
FULL_TIME = 7.0  # the least that an attempt must have to refuse an object
SLOW_START = 2.0  # seconds that S3 may take
NEEDED = {b"slow": FULL_TIME, b"stuck": 1000.0}  # seconds, by the first word of the content
LAST = 2  # receive of a message before it is parked
# A message is parked after this many receives, which take longer than a period.
RECEIVES = 5
PERIOD = 2 * OVERLAP + timedelta(seconds=1)
TICK = OVERLAP / 4  # between two invocations of a period

OLD, NEW = "1.2.0", "1.3.0"  # versions of the contract
# What becomes of a file, by the first word of its content, where that depends on the contract.
VERDICTS = {
    b"fixed": {OLD: b"refused", NEW: b"clean"},
    b"spoilt": {OLD: b"clean", NEW: b"refused"},
    b"eased": {OLD: b"mixed", NEW: b"clean"},
    b"strict": {OLD: b"clean", NEW: b"mixed"},
}


@dataclass(frozen=True)
class Heard:
    """The answer to one call, compared by its text; an S3 error if ``fields`` is None."""

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
    """The worker has made its one more call."""


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


@dataclass
class Clock:
    """A clock that moves when tests add to it."""

    seconds: float

    def __call__(self) -> float:
        """Return the time."""
        return self.seconds


@dataclass(frozen=True)
class Worker:
    """A delivery in progress: the answers since the attempt began."""

    heard: tuple[Heard, ...] = ()
    spent: float = 0.0  # seconds of the invocation, before this attempt
    receives: int = 1
    presumes: bool = True  # that the object is new, if it is small
    function: int | None = None  # the deployment that was invoked; None is a message that waits
    invoked: timedelta = timedelta()  # when that was, since the first period began
    hidden_until: int = 0  # the period in which the message may be received

    def again(self, **changes: Any) -> "Worker":
        """Return the next attempt, which presumes nothing."""
        return replace(self, heard=(), presumes=False, **changes)

    def returned(self, **changes: Any) -> "Worker":
        """Return the message, after what it was delivered to has failed."""
        return self.again(spent=0.0, function=None, invoked=timedelta(), **changes)

    def redelivered(self, last: int, period: int = 0) -> "Worker | None":
        """Return the message as it comes again, or None if this receive was the last."""
        if self.receives >= last:
            return None
        return self.returned(receives=self.receives + 1, hidden_until=period)


@dataclass(frozen=True)
class State:
    """The state of everything; ``workers`` are None when done."""

    versions: dict[str, tuple[Version, ...]]
    workers: tuple[Worker | None, ...]
    uploads: tuple[bytes, ...]  # still to come, each with a delivery of its own
    crashes: int  # that may still happen
    slow_starts: int = 0  # that may still happen
    deletions: int = 0  # of outputs, that may still happen
    parked: bool = False  # whether a message is in the dead-letter queue
    functions: tuple[str, ...] = (OLD,)  # the contract of each deployment
    deployments: tuple[str, ...] = ()  # still to come
    replays: int = 0  # messages that are sent once all deployments are over
    oldest: int = 0  # deployment that may still be invoked
    period: int = 0
    ticks: int = 0  # of this period
    settled_by: int = 0  # the newest deployment that acknowledged the newest version

    def bucket(self) -> MemoryBucket:
        """Return a bucket in this state."""
        return MemoryBucket({key: list(versions) for key, versions in self.versions.items()})

    def key(self) -> Hashable:
        """Return what distinguishes this state from others."""
        # Which worker got which answers does not matter: they are all alike.
        workers = frozenset(Counter(self.workers).items())
        left = self.uploads, self.crashes, self.slow_starts, self.deletions, self.parked
        deployed = self.functions, self.deployments, self.replays, self.oldest
        now = self.period, self.ticks, self.settled_by
        return tuple(sorted(self.versions.items())), workers, left, deployed, now

    @property
    def current(self) -> int:
        """The newest deployment."""
        return len(self.functions) - 1

    @property
    def awaited(self) -> bool:
        """Whether another period changes anything."""
        hidden = any(worker and worker.hidden_until > self.period for worker in self.workers)
        return hidden or self.oldest < self.current

    def with_bucket(self, bucket: MemoryBucket, **changes: Any) -> "State":
        """Return this state with the current content of a bucket."""
        versions = {key: tuple(found) for key, found in bucket.versions.items()}
        return replace(self, versions=versions, **changes)

    def with_worker(self, index: int, worker: Worker | None, **changes: Any) -> "State":
        """Return this state with a worker's new state."""
        workers = (*self.workers[:index], worker, *self.workers[index + 1 :])
        return replace(self, workers=workers, **changes)


class Explorer:
    """Visits all states that can be reached from one."""

    def __init__(self, contracts: dict[str, Contracts]) -> None:
        self.contracts = contracts
        self.visited = 0

    def ends(self, start: State) -> Iterator[State]:
        """Yield the states in which nothing is left to do."""
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
            workers = (*state.workers, Worker())
            yield state.with_bucket(
                bucket, uploads=state.uploads[1:], workers=workers, settled_by=0
            )
        if state.deployments:
            functions = (*state.functions, state.deployments[0])
            yield replace(state, functions=functions, deployments=state.deployments[1:])
        elif state.replays and state.oldest == state.current:
            workers = (*state.workers, Worker())
            yield replace(state, workers=workers, replays=state.replays - 1)
        if state.awaited:
            yield replace(state, period=state.period + 1, ticks=0, oldest=state.current)
        for key in OUTPUTS.values() if state.deletions else ():
            bucket = state.bucket()
            if bucket.newest(key):
                bucket.delete(key)
                yield state.with_bucket(bucket, deletions=state.deletions - 1)
        for index, worker in enumerate(state.workers):
            if worker is None:
                continue
            yield from self.steps(state, index, worker)
            if worker.heard and state.crashes:
                again = worker.returned()  # crashes are fewer than receives
                yield state.with_worker(index, again, crashes=state.crashes - 1)
            if not worker.heard and not worker.spent and state.slow_starts:
                late = replace(worker, spent=SLOW_START)
                yield state.with_worker(index, late, slow_starts=state.slow_starts - 1)

    def steps(self, state: State, index: int, worker: Worker) -> Iterator[State]:
        """Let a worker make its next call; if it was not invoked yet, it is now."""
        if worker.function is not None:
            yield self.step(state, index, worker)
        elif worker.hidden_until <= state.period:
            invoked = state.period * PERIOD + state.ticks * TICK
            later = replace(state, ticks=state.ticks + (len(self.contracts) > 1))
            for function in range(state.oldest, len(state.functions)):
                started = replace(worker, function=function, invoked=invoked, hidden_until=0)
                yield self.step(later, index, started)

    def step(self, state: State, index: int, worker: Worker) -> State:
        """Let a worker make its next call."""
        bucket = state.bucket()
        clock = Clock(worker.spent)
        deadline = Deadline(SECONDS, FULL_TIME, worker.receives >= LAST, clock)
        memory: Any = Memory(bucket, worker.heard)
        kms: Any = HmacKey()
        keys = PseudonymKeys(kms, "a-key")
        now: Worker | None = None
        parked, settled_by = state.parked, state.settled_by
        try:
            limit = SizeLimit(1 << 20, "memoryMb")
            store = Store(memory, BUCKET)
            assert worker.function is not None
            contracts = self.contracts[state.functions[worker.function]]
            processor = Processor(store, contracts, keys, limit, lambda: MOMENT)
            outcome = processor.process(
                KEY, deadline, invoked=MOMENT + worker.invoked, redelivered=not worker.presumes
            )
            source = bucket.newest(KEY)
            if not outcome.final:
                raise TransitionError
            if source and outcome.version_id == source.version_id:
                settled_by = max(settled_by, worker.function)
        except TransitionError:
            now = worker.redelivered(RECEIVES, state.period + 1)
            parked = parked or now is None
        except (OutOfTimeError, ClientError):
            now = worker.redelivered(LAST)
            parked = parked or now is None
        except Paused:
            # A lost race restarts the attempt, with the time that is left.
            now = (
                worker.again(spent=clock.seconds)
                if memory.lost_a_race
                else replace(worker, heard=tuple(memory.heard))
            )
        changed = state.with_bucket(bucket, settled_by=settled_by)
        return changed.with_worker(index, now, parked=parked)


@dataclass(frozen=True)
class QuickTransformation:
    """Stands in for the transformation of a file."""

    contract: Contract
    keys: object
    limit: object
    deadline: Any
    threads: object
    suppressed: object

    def run(self, stream: MemoryBody, _name: object, outputs: Outputs) -> RowAccount:
        """Write what the first word of the file says."""
        content = stream.read()
        self.deadline.clock.seconds += NEEDED.get(content.split()[0], 0.0)
        self.deadline.check()
        verdict = verdict_on(content, self.contract.version)
        if verdict == b"refused":
            raise FileRefusedError(Reason.FILE_EMPTY)
        has_rejects = verdict == b"mixed"
        name = content + under(self.contract.version)
        outputs.clean.write(b"rows of " + name)
        outputs.rejected.write(b"rejects of " + name if has_rejects else NOTHING)
        return RowAccount(1 + has_rejects, 1, int(has_rejects))


def under(contract_version: str) -> bytes:
    """Return the end of each output that was made under a contract."""
    return b" under " + contract_version.encode()


def verdict_on(content: bytes, contract_version: str) -> bytes:
    """Return what becomes of a file under a contract."""
    word = content.split()[0]
    return VERDICTS.get(word, {}).get(contract_version, word)


def refuse(
    refusal: FileRefusedError,
    contract: Contract,
    source: dict[str, str],
    outputs: Outputs,
) -> RowAccount:
    """Stand in for the refusal of a file."""
    outputs.clean.write(NOTHING)
    outputs.rejected.write(b"refusal of " + source["version_id"].encode())
    outputs.rejected.write(under(contract.version))
    return RowAccount(0, 0, 0, {}, refusal)


def expected_outputs(content: bytes, version_id: str, contract_version: str) -> dict[str, bytes]:
    """Return what the outputs of a version must contain."""
    end = under(contract_version)
    verdict = verdict_on(content, contract_version)
    if verdict in (b"refused", b"stuck"):
        return {"processed": NOTHING, "quarantine": b"refusal of " + version_id.encode() + end}
    return {
        "processed": b"rows of " + content + end,
        "quarantine": b"rejects of " + content + end if verdict == b"mixed" else NOTHING,
    }


def assert_settled(state: State) -> None:
    """The manifest describes the newest version under the newest contract, as the outputs are."""
    bucket = state.bucket()
    source = bucket.newest(KEY)
    assert source is not None
    manifest = json.loads(bucket.content(MANIFEST))
    assert manifest["source"]["version_id"] == source.version_id
    contract = state.functions[state.settled_by]
    assert manifest["contract"]["version"] == contract
    expected = expected_outputs(bucket.content(KEY), source.version_id, contract)
    for name, content in expected.items():
        found = bucket.newest(OUTPUTS[name])
        described = manifest["outputs"][name]
        if found or OUTPUTS[name] not in bucket.versions:  # else it was deleted
            assert (found and found.etag) == (described and described["etag"])
            assert content == (found.content if found else NOTHING)


@pytest.fixture(name="explorer")
def make_explorer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Explorer:
    """An explorer of the real processor with a quick transformation."""
    monkeypatch.setattr(processing, "Transformation", QuickTransformation)
    monkeypatch.setattr(processing, "refuse", refuse)
    return Explorer({OLD: contracts_of(OLD, tmp_path)})


@pytest.fixture(name="deploying")
def make_deploying_explorer(explorer: Explorer, tmp_path: Path) -> Explorer:
    """An explorer of two functions, which have different contracts."""
    return Explorer({**explorer.contracts, NEW: contracts_of(NEW, tmp_path)})


def contracts_of(version: str, folder: Path) -> Contracts:
    """Return the contracts of a function, already read."""
    (folder / version).mkdir()
    contract = PEOPLE | {"contract": PEOPLE["contract"] | {"version": version}}
    (folder / version / "people.json").write_text(json.dumps(contract))
    contracts = Contracts(folder / version)
    contracts.find("people")
    return contracts


def assert_refused_rightly(bucket: MemoryBucket) -> None:
    """No object that can be done in its full time was refused for being slow."""
    for version in bucket.versions.get(MANIFEST, []):
        manifest = json.loads(version.content or b"")
        refusal = manifest["refusal"]
        if refusal and refusal["reason"] == "object:takes-too-long":
            number = int(manifest["source"]["version_id"].removeprefix("version-"))
            assert (bucket.versions[KEY][number - 1].content or b"").startswith(b"stuck")


def explore(
    explorer: Explorer, *uploads: bytes, again: int = 0, age: int = 0, **what: Any
) -> Counter[str]:
    """Check every end; the first upload has happened, and is delivered ``again`` this many times.

    If it has an ``age``, it was also processed this many periods ago. ``what`` else may happen is
    the start's. Returns the number of ends, by whether a message was ``parked``.
    """
    bucket = MemoryBucket()
    bucket.upload(KEY, uploads[0])
    start = State({}, (Worker(),), (), 0).with_bucket(bucket)
    if age:
        [start] = explorer.ends(start)
    workers = (Worker(),) * (1 + again)
    start = replace(start, workers=workers, uploads=uploads[1:], period=age, ticks=0, **what)
    ends: Counter[str] = Counter()
    for end in explorer.ends(start):
        assert_refused_rightly(end.bucket())
        if end.parked:  # somebody redrives it
            redriven = replace(end, workers=(Worker(),), slow_starts=0, deletions=0, parked=False)
            for done in explorer.ends(redriven):
                assert_settled(done)
        else:
            assert_settled(end)
        ends["parked" if end.parked else "settled"] += 1
    return ends


CONTENTS = (b"clean", b"mixed", b"refused")
PAIRS = [(one + b" 1", two + b" 2") for one in CONTENTS for two in CONTENTS]


def name_of(uploads: tuple[bytes, ...]) -> str:
    """Return the name of a test."""
    return b", ".join(uploads).decode()


@pytest.mark.parametrize("content", CONTENTS)
def test_two_deliveries_of_one_object_and_a_crash(explorer: Explorer, content: bytes) -> None:
    assert explore(explorer, content, again=1, crashes=1)["settled"]


@pytest.mark.no_cover
@pytest.mark.parametrize("uploads", PAIRS, ids=name_of)
def test_a_newer_version_and_a_crash_at_any_moment(
    explorer: Explorer, uploads: tuple[bytes, ...]
) -> None:
    assert explore(explorer, *uploads, crashes=1)["settled"]


@pytest.mark.no_cover
@pytest.mark.parametrize("uploads", PAIRS, ids=name_of)
def test_a_newer_version_and_an_output_deleted_at_any_moment(
    explorer: Explorer, uploads: tuple[bytes, ...]
) -> None:
    """Rejected rows expire, and people delete rows; what is left is never of an older version."""
    assert explore(explorer, *uploads, deletions=1)["settled"]


def test_an_output_deleted_and_a_crash_at_any_moment(explorer: Explorer) -> None:
    assert explore(explorer, b"refused", again=1, crashes=1, deletions=1)["settled"]


@pytest.mark.no_cover
def test_a_newer_version_and_a_duplicate_at_any_moment(explorer: Explorer) -> None:
    assert explore(explorer, b"clean 1", b"clean 2", again=1)["settled"]


@pytest.mark.parametrize(
    "uploads",
    [(b"slow 1", b"slow 2"), (b"clean 1", b"slow 2"), (b"stuck 1", b"slow 2")],
    ids=name_of,
)
def test_no_schedule_refuses_an_object_that_its_full_time_is_enough_for(
    explorer: Explorer, uploads: tuple[bytes, ...]
) -> None:
    """Races are lost, functions start late: the message returns, or is finally parked."""
    ends = explore(explorer, *uploads, slow_starts=2)
    assert ends["settled"]
    assert ends["parked"]


def test_an_object_that_no_time_is_enough_for_is_refused_at_the_last_try(
    explorer: Explorer,
) -> None:
    assert explore(explorer, b"stuck", again=1)["settled"]
    assert explore(explorer, b"stuck", slow_starts=1)["parked"]


def test_the_explorer_goes_everywhere(explorer: Explorer) -> None:
    """Two workers that each take a few steps reach far more states than steps."""
    explore(explorer, b"mixed 1", b"clean 2", crashes=1)
    assert explorer.visited > 500


# Contracts that change

CHANGED = [*(word + b" 1" for word in VERDICTS), b"refused 1"]


FORWARD: dict[str, Any] = {"functions": (OLD,), "deployments": (NEW,), "replays": 1}
AND_BACK = FORWARD | {"deployments": (NEW, OLD)}
UNREPLAYED = FORWARD | {"replays": 0}


@pytest.mark.parametrize("content", CHANGED, ids=bytes.decode)
@pytest.mark.parametrize("how", [FORWARD, AND_BACK], ids=["forward", "and back"])
def test_the_newest_contract_wins(
    deploying: Explorer, content: bytes, how: dict[str, Any]
) -> None:
    """Whoever is invoked, in any order: an old message may be at work all the time."""
    assert explore(deploying, content, **how).keys() == {"settled"}


@pytest.mark.no_cover
def test_the_newest_contract_wins_after_a_crash_at_any_moment(deploying: Explorer) -> None:
    assert explore(deploying, b"fixed", crashes=1, **FORWARD).keys() == {"settled"}


@pytest.mark.no_cover
def test_the_newest_contract_wins_if_an_output_is_deleted_at_any_moment(
    deploying: Explorer,
) -> None:
    assert explore(deploying, b"spoilt", deletions=1, **FORWARD).keys() == {"settled"}


@pytest.mark.no_cover
def test_the_newest_contract_wins_for_a_newer_version(deploying: Explorer) -> None:
    """That a new version is processed under an old contract is not a reason to keep it so."""
    uploads = b"spoilt 1", b"corrected 2"
    assert explore(deploying, *uploads, **UNREPLAYED).keys() == {"settled"}


@pytest.mark.no_cover
def test_whoever_acknowledges_a_message_leaves_its_contract_or_a_newer_one(
    deploying: Explorer,
) -> None:
    """Without a replay: two old messages, and deployments forward and back."""
    how = AND_BACK | {"replays": 0}
    assert explore(deploying, b"fixed", again=1, **how).keys() == {"settled"}


@pytest.mark.no_cover
def test_a_duplicate_confirms_that_its_contract_is_in_force_again(deploying: Explorer) -> None:
    """What was invoked in between is still at work, and must not replace what is current."""
    assert explore(deploying, b"fixed", age=1, **AND_BACK).keys() == {"settled"}
