"""A request from its begin to its receipt, with crashes at every step."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from processor.bucket.keys import suppressed_key
from processor.bucket.store import Store
from processor.bucket.suppressed import AGE
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.erasure.expiry import Expiry
from processor.erasure.people import RequestError
from processor.erasure.requests import MOST_BYTES, Requests, receipt_key
from processor.limits.size import SizeLimit
from processor.processing import ContentionError, Processor
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBucket, client_error
from tests.unit.processor.examples import column, document

MAIL = column("mail", method="pseudonymize", options={"domain": "mail"}, output="person")
PHONE = column("phone", method="hmac")
NOTE = column("note", maxLength=5)
CONTRACTS = {
    "people": document(MAIL, NOTE),
    "orders": document(MAIL, PHONE, dataset="orders"),
    "open": document(NOTE, dataset="open"),
    "people@1.0.0": document(MAIL, NOTE) | {"contract": {"id": "a", "version": "1.0.0"}},
}
REQUEST = "erasure/requests/1.json"
FILES = {
    "incoming/people/a.csv": b"mail,note\nann,a\nbob,b\n",
    "incoming/people/b.csv": b"mail,note\nbob,b\nann,too long\n",
    "incoming/people/c.csv": b"mail,note\nbob,b\n",
    "incoming/people/d.csv": b"who\nann\n",
    "incoming/orders/a.csv": b"mail,phone\nann,1\nbob,2\nann,3\n",
}
LISTS = [suppressed_key(name) for name in ("orders", "people")]


class CrashError(BaseException):
    """The process is gone."""


class Pipeline:
    """A bucket with files and a request."""

    def __init__(self, folder: Path) -> None:
        """Process the files."""
        self.last = ""
        self.bucket = MemoryBucket()
        for name, contract in CONTRACTS.items():
            (folder / f"{name}.json").write_text(json.dumps(contract))
        self.contracts = Contracts(folder)
        for key, content in FILES.items():
            self.bucket.upload(key, content)
            self.process(key)
        self.ask({"domain": "mail", "identifiers": ["ann"]})

    def parts(self) -> tuple[Store, PseudonymKeys]:
        """Return what a new process has."""
        client: Any = self.bucket
        kms: Any = HmacKey()
        return Store(client, BUCKET), PseudonymKeys(kms, "a-key")

    def process(self, key: str) -> None:
        """Process a file."""
        store, keys = self.parts()
        limit = SizeLimit(1 << 20, "memoryMb")
        Processor(store, self.contracts, keys, limit, lambda: MOMENT).process(key)

    def ask(self, request: dict[str, Any]) -> None:
        """Write the request."""
        self.bucket.upload(REQUEST, json.dumps(request).encode())

    def requests(self) -> Requests:
        """Return the requests, as in a new process."""
        store, keys = self.parts()
        return Requests(store, self.contracts, keys, Expiry(30, 1, 30), lambda: MOMENT)

    def run(self, name: str = "run", lost: int = 0) -> dict[str, int]:
        """Do all steps, as the workflow does."""
        self.last = name
        begun = self.requests().begin(REQUEST)
        for dataset in begun["datasets"]:
            manifests = [
                one for one in self.bucket.names() if one.startswith(f"manifests/{dataset}/")
            ]
            self.requests().erase(REQUEST, name, begun["version"], manifests)
        return self.requests().conclude(REQUEST, name, lost, dry_run=begun["dry_run"])

    @property
    def receipt(self) -> Any:
        """The receipt of the last run."""
        return json.loads(self.bucket.content(receipt_key(REQUEST, self.last)))

    def left(self) -> dict[str, Any]:
        """Return the counts of rows by file."""
        return {
            key: json.loads(self.bucket.content(f"{key.replace('incoming', 'manifests')}.json"))[
                "rows"
            ]["erased"]
            for key in FILES
        }


@pytest.fixture(name="pipeline")
def make_pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline with processed files."""
    return Pipeline(tmp_path)


ERASED = dict(zip(FILES, (1, 1, 0, 0, 2), strict=True))


def test_the_receipt_says_what_is_gone_and_what_goes_when(pipeline: Pipeline) -> None:
    counts = pipeline.run()
    assert counts == {
        "files": 5,
        "changed": 3,
        "clean": 3,
        "rejected": 1,
        "refused": 1,
        "failed": 0,
    }
    assert pipeline.left() == ERASED
    receipt = pipeline.receipt
    assert (receipt["request"], receipt["counts"]) == (REQUEST, counts)
    assert receipt["concluded_at"] == "2026-03-01T12:30:00Z"
    files = {one["key"]: one for one in receipt["files"]}
    assert set(files) == set(FILES) - {"incoming/people/c.csv"}
    assert files["incoming/people/d.csv"]["refused"]
    assert {one["key"] for one in files["incoming/orders/a.csv"]["versions"]} == {
        "incoming/orders/a.csv",
        "processed/orders/a.csv.parquet",
    }
    assert pipeline.bucket.newest(REQUEST) is None
    assert b"ann" not in pipeline.bucket.content(receipt_key(REQUEST, "run"))


def test_only_the_datasets_and_columns_of_the_request_are_listed(pipeline: Pipeline) -> None:
    assert pipeline.requests().begin(REQUEST)["datasets"] == ["orders", "people"]
    assert [one for one in pipeline.bucket.names() if "suppressed" in one] == LISTS
    orders = json.loads(pipeline.bucket.content(LISTS[0]))
    assert list(orders) == ["mail"]
    pipeline.ask({"dataset": "orders", "column": "phone", "identifiers": ["1", "7"]})
    assert pipeline.requests().begin(REQUEST)["datasets"] == ["orders"]
    orders = json.loads(pipeline.bucket.content(LISTS[0]))
    for way in orders["mail"]:
        assert {name: len(ways[way]) for name, ways in orders.items()} == {"mail": 1, "phone": 2}


def test_people_stay_on_a_list(pipeline: Pipeline) -> None:
    pipeline.requests().begin(REQUEST)
    ann = json.loads(pipeline.bucket.content(LISTS[1]))["mail"]
    pipeline.ask({"domain": "mail", "identifiers": ["bob", "cat"]})
    pipeline.requests().begin(REQUEST)
    listed = json.loads(pipeline.bucket.content(LISTS[1]))["mail"]
    for way, tokens in listed.items():
        assert {*ann[way]} < {*tokens}
        assert len(tokens) == 3


def test_to_begin_again_writes_nothing(pipeline: Pipeline) -> None:
    pipeline.requests().begin(REQUEST)
    written = pipeline.bucket.written
    pipeline.requests().begin(REQUEST)
    assert pipeline.bucket.written == written


def test_a_file_that_comes_meanwhile_has_no_row_of_them(pipeline: Pipeline) -> None:
    pipeline.requests().begin(REQUEST)
    key = "incoming/people/new.csv"
    pipeline.bucket.upload(key, FILES["incoming/people/a.csv"])
    pipeline.process(key)
    pipeline.run()
    files = {one["key"]: one for one in pipeline.receipt["files"]}
    assert (files[key]["clean"], files[key]["erased"]) == (0, 1)
    assert [one["key"] for one in files[key]["versions"]] == [key]


def test_a_process_that_was_frozen_meanwhile_brings_nobody_back(pipeline: Pipeline) -> None:
    """Lambda freezes it between invocations, and its monotonic clock; the wall clock goes on."""
    moment, limit = MOMENT, SizeLimit(1 << 20, "memoryMb")
    store, keys = pipeline.parts()
    warm = Processor(store, pipeline.contracts, keys, limit, lambda: moment)
    for name in ("before", "after"):
        pipeline.bucket.upload(f"incoming/people/{name}.csv", FILES["incoming/people/a.csv"])
    warm.process("incoming/people/before.csv")
    pipeline.requests().begin(REQUEST)
    moment += timedelta(seconds=AGE)
    warm.process("incoming/people/after.csv")
    manifest = json.loads(pipeline.bucket.content("manifests/people/after.csv.json"))
    assert manifest["rows"]["erased"] == 1


def test_a_crash_at_any_moment_is_made_good_by_another_run(pipeline: Pipeline) -> None:
    before = {key: list(versions) for key, versions in pipeline.bucket.versions.items()}
    moments: list[str] = []
    pipeline.bucket.interrupt = moments.append
    pipeline.run()
    for number in range(len(moments)):
        pipeline.bucket.versions = {key: list(found) for key, found in before.items()}
        pipeline.bucket.interrupt = crashing(pipeline, number)
        with pytest.raises(CrashError):
            pipeline.run("first")
        if pipeline.bucket.newest(REQUEST):
            pipeline.run("second")
        assert pipeline.left() == ERASED
        assert pipeline.bucket.newest(REQUEST) is None
        assert {one["key"]: one["erased"] for one in pipeline.receipt["files"]} == {
            key: count for key, count in ERASED.items() if key != "incoming/people/c.csv"
        }


def test_a_step_that_is_repeated_counts_what_it_had_removed_before(pipeline: Pipeline) -> None:
    """The workflow repeats a step that crashed, under the name of the same run."""
    before = {key: list(versions) for key, versions in pipeline.bucket.versions.items()}
    moments: list[str] = []
    pipeline.bucket.interrupt = moments.append
    wanted = pipeline.run()
    for number in range(len(moments)):
        pipeline.bucket.versions = {key: list(found) for key, found in before.items()}
        pipeline.bucket.interrupt = crashing(pipeline, number)
        with pytest.raises(CrashError):
            pipeline.run()
        if pipeline.bucket.newest(REQUEST):
            assert pipeline.run() == wanted
        assert pipeline.receipt["counts"] == wanted


def crashing(pipeline: Pipeline, number: int) -> Callable[[str], None]:
    """Return what crashes at a moment."""
    seen = iter(range(number + 1))

    def interrupt(_: str) -> None:
        if next(seen, None) == number:
            pipeline.bucket.interrupt = lambda moment: None
            raise CrashError

    return interrupt


def test_files_of_which_nothing_is_known_keep_the_request(pipeline: Pipeline) -> None:
    assert pipeline.run(lost=2)["failed"] == 2
    assert pipeline.bucket.newest(REQUEST)


def test_a_file_that_fails_keeps_the_request(pipeline: Pipeline) -> None:
    processed = "processed/people/a.csv.parquet"
    pipeline.bucket.upload(processed, pipeline.bucket.content(processed))
    assert pipeline.run()["failed"] == 1
    (failed,) = (one for one in pipeline.receipt["files"] if "failed" in one)
    assert failed["key"] == "manifests/people/a.csv.json"
    assert pipeline.bucket.newest(REQUEST)
    pipeline.process("incoming/people/a.csv")
    assert pipeline.run("again")["failed"] == 0
    assert pipeline.left() == ERASED
    assert pipeline.bucket.newest(REQUEST) is None


def test_a_file_that_cannot_be_read_keeps_no_other_from_being_done(pipeline: Pipeline) -> None:
    """Producers and libraries have many ways to fail, and a batch has many files."""
    key = "quarantine/people/a.csv.jsonl.gz"
    pipeline.bucket.upload(key, b"no gzip of ann")
    manifest = json.loads(pipeline.bucket.content("manifests/people/a.csv.json"))
    described = {"etag": '"etag-1"', "key": key, "version_id": "version-1", "rows": 1, "bytes": 1}
    manifest["outputs"]["quarantine"] = described
    pipeline.bucket.upload("manifests/people/a.csv.json", json.dumps(manifest).encode())
    counts = pipeline.run()
    assert (counts["failed"], counts["rejected"]) == (1, 1)
    (failed,) = (one for one in pipeline.receipt["files"] if "failed" in one)
    assert failed == {"key": "manifests/people/a.csv.json", "failed": "BadGzipFile"}
    assert pipeline.bucket.newest(REQUEST)


def test_a_row_that_is_no_text_keeps_nobody_in(pipeline: Pipeline) -> None:
    """A producer could write one, and thereby prevent every erasure."""
    key = "incoming/people/aa.jsonl"
    odd = {"mail": "ann", "note": "\ud800"}
    lines = (json.dumps(one) for one in (odd, odd | {"mail": "bob"}, {"mail": "ann", "note": "a"}))
    pipeline.bucket.upload(key, "\n".join(lines).encode())
    pipeline.process(key)
    assert pipeline.run()["failed"] == 0
    (found,) = (one for one in pipeline.receipt["files"] if one["key"] == key)
    assert (found["clean"], found["rejected"]) == (1, 1)


ASKED = {"domain": "mail", "identifiers": ["ann"]}


def test_a_dry_run_has_the_receipt_of_an_erasure_and_changes_nothing(pipeline: Pipeline) -> None:
    before = {key: list(versions) for key, versions in pipeline.bucket.versions.items()}
    pipeline.ask(ASKED | {"dry_run": True})
    counts, dry = pipeline.run(), pipeline.receipt
    assert (counts["clean"], counts["rejected"], dry.pop("dry_run")) == (3, 1, True)
    ours = {key for key in pipeline.bucket.versions if not key.startswith("erasure/re")}
    assert ours == set(before) - {REQUEST}
    for key in ours:
        assert pipeline.bucket.versions[key] == before[key]
    assert not [one for one in pipeline.bucket.versions if "suppressed" in one]
    assert pipeline.bucket.newest(REQUEST) is None
    # The copies are the same too, but that which an erasure replaces expires only then.
    held = ids(dry)
    for file in dry["files"]:
        for copy in file.get("versions", ()):
            assert bool(copy["gone_on"]) == copy["key"].startswith(("incoming/", "quarantine/"))
            assert copy["newest"]
    pipeline.ask(ASKED)
    pipeline.run("again")
    real = pipeline.receipt
    assert real.pop("dry_run") is False
    assert ids(real) == held
    for receipt in (dry, real):
        for file in receipt["files"]:
            file.pop("versions", None)
    assert dry == real


def test_a_dry_run_names_no_file_because_others_were_erased_from_it(pipeline: Pipeline) -> None:
    pipeline.run()
    pipeline.ask(ASKED | {"identifiers": ["nobody"], "dry_run": True})
    pipeline.run("dry")
    assert not [one for one in pipeline.receipt["files"] if not one["refused"]]


def test_a_dry_run_of_the_same_name_takes_the_place_of_no_receipt(pipeline: Pipeline) -> None:
    pipeline.run("real")
    erased = pipeline.receipt
    pipeline.ask({"domain": "mail", "identifiers": ["nobody"], "dry_run": True})
    pipeline.run("dry")
    assert pipeline.receipt["dry_run"]
    assert json.loads(pipeline.bucket.content(receipt_key(REQUEST, "real"))) == erased


def ids(receipt: Any) -> set[tuple[str, str]]:
    """The copies that a receipt names."""
    return {
        (copy["key"], copy["version_id"])
        for file in receipt["files"]
        for copy in file.get("versions", ())
    }


@pytest.mark.parametrize("begun", [ASKED | {"dry_run": True}, ASKED | {"identifiers": ["bob"]}])
def test_a_request_that_is_replaced_once_it_was_begun_is_not_followed(
    pipeline: Pipeline, begun: dict[str, Any]
) -> None:
    """Else a dry run, which waits for nothing, would erase, or somebody who is on no list."""
    pipeline.ask(begun)
    version = pipeline.requests().begin(REQUEST)["version"]
    pipeline.ask(ASKED)
    with pytest.raises(RequestError):
        pipeline.requests().erase(REQUEST, "run", version, ["manifests/people/a.csv.json"])
    manifest = json.loads(pipeline.bucket.content("manifests/people/a.csv.json"))
    assert manifest["rows"]["clean"] == 2


def test_a_request_that_is_too_large_is_not_read(pipeline: Pipeline) -> None:
    pipeline.ask(ASKED | {"identifiers": ["a" * MOST_BYTES]})
    with pytest.raises(RequestError):
        pipeline.requests().begin(REQUEST)
    assert not any(body.taken for body in pipeline.bucket.bodies[-1:])


def test_a_dry_run_leaves_an_erasure_that_broke_off_to_another(pipeline: Pipeline) -> None:
    def interrupt(moment: str) -> None:
        if moment == "after put processed/people/a.csv.parquet":
            pipeline.bucket.interrupt = lambda moment: None
            raise CrashError

    pipeline.bucket.interrupt = interrupt
    with pytest.raises(CrashError):
        pipeline.run()
    manifest = pipeline.bucket.content("manifests/people/a.csv.json")
    pipeline.ask(ASKED | {"dry_run": True})
    assert pipeline.run("dry")["failed"] == 1
    assert pipeline.bucket.content("manifests/people/a.csv.json") == manifest
    pipeline.ask(ASKED)
    assert pipeline.run("again")["failed"] == 0
    assert pipeline.left() == ERASED


@pytest.mark.parametrize(
    "key",
    [
        "erasure/requests/.json",
        "erasure/requests/a/b.json",
        "erasure/requests/a",
        "erasure/requests/...json",
        "erasure/requests/ann@example.com.json",
        f"erasure/requests/{'a' * 65}.json",
        "erasure/suppressed/people.json",
        "erasure/requests/absent.json",
    ],
)
def test_no_other_object_is_a_request(pipeline: Pipeline, key: str) -> None:
    if "absent" not in key:
        pipeline.bucket.upload(key, json.dumps(ASKED).encode())
    for act in (
        lambda: pipeline.requests().begin(key),
        lambda: pipeline.requests().erase(key, "run", "version-1", []),
    ):
        with pytest.raises(RequestError):
            act()


def test_a_request_about_no_column_is_refused(pipeline: Pipeline) -> None:
    pipeline.ask({"domain": "unknown", "identifiers": ["ann"]})
    with pytest.raises(RequestError):
        pipeline.requests().begin(REQUEST)


@pytest.mark.parametrize("key", [LISTS[1], receipt_key(REQUEST, "run")])
def test_others_may_write_the_same_object(pipeline: Pipeline, key: str) -> None:
    """Once, and the step starts again; always, and it gives up."""
    lost = 0

    def interrupt(moment: str) -> None:
        nonlocal lost
        if moment == f"before put {key}" and lost < most:
            lost += 1
            raise client_error("PreconditionFailed", 412, "PutObject")

    pipeline.bucket.interrupt = interrupt
    most = 99
    with pytest.raises(ContentionError):
        pipeline.run()
    lost, most = 0, 1
    pipeline.run()
    assert pipeline.left() == ERASED
