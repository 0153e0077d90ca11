"""A file without a person: after crashes at every step, and whatever the processor does meanwhile.

The eraser and the processor are real; a bucket in memory stops one of them at any request, before
or after it has taken effect, and lets the other one run, or nobody.
"""

import gzip
import io
import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from processor.bucket.keys import suppressed_key
from processor.bucket.store import Store
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.erasure.erasing import Eraser, FileErased
from processor.erasure.expiry import Expiry
from processor.erasure.people import Request
from processor.limits.size import SizeLimit
from processor.processing import ContentionError, Processor
from processor.suppression import suppression_tokens
from tests.parquet import read_parquet
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBucket
from tests.unit.processor.examples import column, document

KEY = "incoming/people/a.csv"
PROCESSED = "processed/people/a.csv.parquet"
QUARANTINE = "quarantine/people/a.csv.jsonl.gz"
MANIFEST = "manifests/people/a.csv.json"
PEOPLE = document(
    column("mail", method="pseudonymize", options={"domain": "mail"}, output="person"),
    column("note", maxLength=5),
)
FILE = b"""mail,note
ann,a
bob,b
ann,too long
bob,too long
ann,a,b
"""
LATER = b"mail,note\nann,c\nbob,d\ncat,too long\n"
ANN, BOB = Request(("ann",), domain="mail"), Request(("bob",), domain="mail")
ROWS = {"read": 5, "clean": 1, "rejected": 1, "erased": 3}


class CrashError(BaseException):
    """The process is gone."""


class Pipeline:
    """A bucket with a processor and an eraser."""

    def __init__(self, folder: Path) -> None:
        """Begin with an empty bucket."""
        self.bucket = MemoryBucket()
        self.folder = folder
        self.runs = itertools.count()
        self.deploy(PEOPLE)

    def deploy(self, contract: dict[str, Any]) -> None:
        """Have everything know a contract from now on."""
        (self.folder / "people.json").write_text(json.dumps(contract))
        self.contracts = Contracts(self.folder)

    def parts(self) -> tuple[Store, PseudonymKeys]:
        """Return what a new process has."""
        client: Any = self.bucket
        kms: Any = HmacKey()
        return Store(client, BUCKET), PseudonymKeys(kms, "a-key", "another-key")

    def process(self, *, redelivered: bool = True) -> None:
        """Process the file."""
        store, keys = self.parts()
        limit = SizeLimit(1 << 20, "memoryMb")
        processor = Processor(store, self.contracts, keys, limit, lambda: MOMENT)
        processor.process(KEY, redelivered=redelivered)

    def upload(self, content: bytes) -> None:
        """Upload and process a version of the file."""
        self.bucket.upload(KEY, content)
        self.process()

    def suppress(self, *people: str) -> None:
        """Put people onto the list."""
        _, keys = self.parts()
        listed = {"mail": suppression_tokens(keys, "people", "mail", pa.array(people))}
        self.bucket.upload(suppressed_key("people"), json.dumps(listed).encode())

    def erase(self, request: Request = ANN, run: str = "") -> FileErased:
        """Erase somebody from the file, in a run of its own if none is named."""
        store, keys = self.parts()
        expiry, run = Expiry(30, 1, 30), run or f"run {next(self.runs)}"
        eraser = Eraser(store, self.contracts, keys, expiry, run=run, now=lambda: MOMENT)
        return eraser.erase(MANIFEST, request)

    @property
    def manifest(self) -> Any:
        """The manifest."""
        return json.loads(self.bucket.content(MANIFEST))

    @property
    def notes(self) -> list[str]:
        """What is left of the clean rows."""
        table = read_parquet(io.BytesIO(self.bucket.content(PROCESSED)))
        return sorted(row["note"] for row in table.to_pylist())

    @property
    def raw(self) -> list[str]:
        """What is left of the rejected rows."""
        lines = gzip.decompress(self.bucket.content(QUARANTINE)).splitlines()
        return [json.loads(line)["raw"] for line in lines]

    def check(self) -> None:
        """Make sure that the manifest describes the outputs and accounts for all rows."""
        manifest = self.manifest
        for name, key in (("processed", PROCESSED), ("quarantine", QUARANTINE)):
            newest = self.bucket.newest(key)
            described = manifest["outputs"][name]
            assert (described and described["etag"]) == (newest and newest.etag)
            if newest:
                assert described["version_id"] == newest.version_id
                assert described["bytes"] == len(newest.content or b"")
        rows = manifest["rows"]
        assert rows["read"] == rows["clean"] + rows["rejected"] + rows["erased"]
        assert rows["clean"] == len(self.notes) == manifest["outputs"]["processed"]["rows"]
        if manifest["outputs"]["quarantine"]:
            assert rows["rejected"] == len(self.raw) == manifest["outputs"]["quarantine"]["rows"]


@pytest.fixture(name="pipeline")
def make_pipeline(tmp_path: Path) -> Pipeline:
    """A pipeline that has processed the file."""
    found = Pipeline(tmp_path)
    found.upload(FILE)
    return found


def requests_of(pipeline: Pipeline, act: Callable[[], object]) -> int:
    """Return how many moments an act has: before and after each request."""
    moments: list[str] = []
    pipeline.bucket.interrupt = moments.append
    act()
    pipeline.bucket.interrupt = lambda moment: None
    return len(moments)


def at(pipeline: Pipeline, number: int, act: Callable[[], object]) -> None:
    """Do something once, at a moment."""
    seen = iter(range(number + 1))

    def interrupt(_: str) -> None:
        if next(seen, None) == number:
            pipeline.bucket.interrupt = lambda moment: None
            act()

    pipeline.bucket.interrupt = interrupt


def crash() -> None:
    """End the process."""
    raise CrashError


def copies(pipeline: Pipeline, act: Callable[[], object]) -> Iterator[int]:
    """Yield each moment of an act, each with the bucket as it was."""
    before = {key: list(versions) for key, versions in pipeline.bucket.versions.items()}
    count = requests_of(pipeline, act)
    for number in range(count):
        pipeline.bucket.versions = {key: list(found) for key, found in before.items()}
        yield number
    assert count > 10


def test_clean_and_rejected_rows_go_and_are_accounted_for(pipeline: Pipeline) -> None:
    before = pipeline.manifest
    found = pipeline.erase()
    assert (found.key, found.clean, found.rejected, found.refused) == (KEY, 1, 2, False)
    assert (pipeline.notes, pipeline.raw) == (["b"], ["bob,too long"])
    pipeline.check()
    after = pipeline.manifest
    assert after["rows"] == ROWS
    assert after["rejected_by_reason"] == {"note:max-length": 1}
    assert after.pop("erased_at") == "2026-03-01T12:30:00Z"
    assert after.pop("erased_by") == {"run": "run 0", "clean": 1, "rejected": 2}
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"rows", "rejected_by_reason", "outputs"}


def test_the_raw_file_and_old_versions_are_listed(pipeline: Pipeline) -> None:
    found = {(one["key"], one["version_id"]): one for one in pipeline.erase().versions}
    assert list(found) == [(name, "version-1") for name in (KEY, PROCESSED, QUARANTINE)]
    assert {one["gone_on"] for one in found.values()} == {"2026-04-02", "2026-04-01", "2026-03-03"}
    assert len(pipeline.erase().versions) == 3


def test_a_run_counts_all_that_it_removed(pipeline: Pipeline) -> None:
    """People of one request are erased at once, but a step may be repeated."""
    for run, removed in (("first", (1, 2)), ("first", (1, 2)), ("second", (0, 0))):
        found = pipeline.erase(run=run)
        assert (found.clean, found.rejected) == removed


def test_to_erase_again_or_nobody_changes_nothing(pipeline: Pipeline) -> None:
    pipeline.erase()
    written = pipeline.bucket.written
    assert (pipeline.erase().clean, pipeline.erase(Request(("eve",), domain="mail")).clean) == (
        0,
        0,
    )
    assert pipeline.bucket.written == written


def test_a_file_without_the_person_lists_nothing(pipeline: Pipeline) -> None:
    found = pipeline.erase(Request(("eve",), domain="mail"))
    assert (found.clean, found.rejected, found.versions) == (0, 0, [])
    assert pipeline.manifest["rows"]["erased"] == 0


def contract_of(method: str, domain: str | None, epoch: int) -> dict[str, Any]:
    """A contract whose tokens are made in some way."""
    options = {"domain": domain} if domain else {}
    if method == "encrypt":
        options["reidentification"] = "fraud"
    mail = column("mail", method=method, options=options, output="person")
    return document(mail, column("note", maxLength=5), epoch=epoch)


METHODS = ("pseudonymize", "hmac", "encrypt")


@pytest.mark.parametrize("domain", ["mail", None])
@pytest.mark.parametrize("after", METHODS)
@pytest.mark.parametrize("before", METHODS)
def test_tokens_of_every_method_and_epoch_are_found(
    pipeline: Pipeline, before: str, after: str, domain: str | None
) -> None:
    """Those of the file's manifest, whatever the contract says by now."""
    where: dict[str, Any] = (
        {"domain": domain} if domain else {"dataset": "people", "column": "mail"}
    )
    ann = Request(("ann",), **where)
    pipeline.deploy(contract_of(before, domain, epoch=1))
    pipeline.upload(FILE)
    pipeline.deploy(contract_of(after, domain, epoch=2))
    (made,) = pipeline.manifest["tokens"]
    assert made["epoch"] == 1
    found = pipeline.erase(ann)
    assert (found.clean, found.rejected, pipeline.notes) == (1, 2, ["b"])
    pipeline.upload(LATER)
    (made,) = pipeline.manifest["tokens"]
    assert made["epoch"] == 2
    assert (pipeline.erase(ann).clean, pipeline.notes) == (1, ["d"])
    pipeline.check()


def test_the_processor_takes_it_for_done(pipeline: Pipeline) -> None:
    """And if it must process it again, the rows stay away."""
    pipeline.suppress("ann")
    pipeline.erase()
    written = pipeline.bucket.written
    pipeline.process()
    assert pipeline.bucket.written == written
    pipeline.bucket.delete(PROCESSED)
    pipeline.process()
    assert (pipeline.notes, pipeline.raw) == (["b"], ["bob,too long"])
    assert pipeline.manifest["rows"] == ROWS
    pipeline.check()


def test_a_refused_file_has_no_rows(pipeline: Pipeline) -> None:
    pipeline.upload(b"who\nann\n")
    found = pipeline.erase()
    assert replace(found, versions=[]) == FileErased(KEY, refused=True)


def test_what_a_refused_file_leaves_is_listed(pipeline: Pipeline) -> None:
    """The raw files, and what the outputs were when it was clean: they may hold the person."""
    pipeline.upload(b"who\nann\n")
    found = [(one["key"], one["version_id"]) for one in pipeline.erase().versions]
    assert [version for key, version in found if key == KEY] == ["version-2", "version-1"]
    assert (PROCESSED, "version-1") in found
    assert (QUARANTINE, "version-1") in found


def test_a_file_without_a_contract_has_no_rows(pipeline: Pipeline) -> None:
    manifest = pipeline.manifest | {"contract": None}
    pipeline.bucket.upload(MANIFEST, json.dumps(manifest).encode())
    assert replace(pipeline.erase(), versions=[]) == FileErased(KEY, refused=True)


def test_a_manifest_may_be_gone(pipeline: Pipeline) -> None:
    pipeline.bucket.delete(MANIFEST)
    assert pipeline.erase() == FileErased(MANIFEST)


def test_quarantine_may_have_expired(pipeline: Pipeline) -> None:
    pipeline.bucket.delete(QUARANTINE)
    found = pipeline.erase()
    assert (found.clean, found.rejected) == (1, 0)
    assert pipeline.manifest["rows"] == {"read": 5, "clean": 1, "rejected": 3, "erased": 1}


def test_manifests_of_version_1_0_0_have_no_count(pipeline: Pipeline) -> None:
    manifest = pipeline.manifest
    del manifest["rows"]["erased"]
    pipeline.bucket.upload(MANIFEST, json.dumps(manifest).encode())
    pipeline.erase(Request(("eve",), domain="mail"))
    pipeline.erase()
    assert pipeline.manifest["rows"] == ROWS


def test_outputs_that_no_manifest_describes_are_left_to_the_processor(pipeline: Pipeline) -> None:
    pipeline.bucket.upload(PROCESSED, pipeline.bucket.content(PROCESSED))
    written = pipeline.bucket.written
    with pytest.raises(ContentionError):
        pipeline.erase()
    assert pipeline.bucket.written == written


def test_a_crash_at_any_moment_is_made_good_by_the_next_run(pipeline: Pipeline) -> None:
    """All rows are counted, in one run or in both."""
    for number in copies(pipeline, pipeline.erase):
        at(pipeline, number, crash)
        with pytest.raises(CrashError):
            pipeline.erase()
        found = pipeline.erase()
        assert (pipeline.notes, pipeline.raw) == (["b"], ["bob,too long"])
        pipeline.check()
        assert pipeline.manifest["rows"] == ROWS
        assert (found.clean, found.rejected) in ((1, 2), (0, 0))
        assert [one["key"] for one in found.versions] == [KEY, PROCESSED, QUARANTINE]


def test_two_crashes_and_another_person(pipeline: Pipeline) -> None:
    before = {key: list(versions) for key, versions in pipeline.bucket.versions.items()}
    count = requests_of(pipeline, pipeline.erase)
    for first in range(count):
        for second in range(count):
            pipeline.bucket.versions = {key: list(found) for key, found in before.items()}
            for number, request in ((first, ANN), (second, BOB)):
                at(pipeline, number, crash)
                with pytest.raises(CrashError):
                    pipeline.erase(request)
            pipeline.erase(BOB)
            pipeline.erase(ANN)
            assert (pipeline.notes, pipeline.raw) == ([], [])
            pipeline.check()
            assert pipeline.manifest["rows"]["erased"] == 5


def test_a_crash_is_made_good_by_the_processor_too(pipeline: Pipeline) -> None:
    pipeline.suppress("ann")
    for number in copies(pipeline, pipeline.erase):
        at(pipeline, number, crash)
        with pytest.raises(CrashError):
            pipeline.erase()
        pipeline.process()
        pipeline.erase()
        assert (pipeline.notes, pipeline.raw) == (["b"], ["bob,too long"])
        assert pipeline.manifest["rows"] == ROWS
        pipeline.check()


@pytest.mark.parametrize("crashes", [False, True], ids=["", "and a crash"])
def test_a_new_version_may_be_processed_at_any_moment(pipeline: Pipeline, crashes: bool) -> None:
    pipeline.suppress("ann")

    def act() -> None:
        pipeline.upload(LATER)
        if crashes:
            raise CrashError

    for number in copies(pipeline, pipeline.erase):
        at(pipeline, number, act)
        if crashes:
            with pytest.raises(CrashError):
                pipeline.erase()
        else:
            pipeline.erase()
        pipeline.erase()
        assert (pipeline.notes, pipeline.raw) == (["d"], ["cat,too long"])
        assert pipeline.manifest["rows"] == {"read": 3, "clean": 1, "rejected": 1, "erased": 1}
        pipeline.check()


@pytest.mark.parametrize("redelivered", [False, True])
def test_an_erasure_may_run_at_any_moment_of_the_processor(
    pipeline: Pipeline, redelivered: bool
) -> None:
    """Of a file that is new to it, or that somebody replaced."""
    pipeline.suppress("ann")
    pipeline.bucket.upload(KEY, LATER)

    def act() -> None:
        with suppress(ContentionError):  # the workflow comes again
            pipeline.erase()

    for number in copies(pipeline, lambda: pipeline.process(redelivered=redelivered)):
        at(pipeline, number, act)
        pipeline.process(redelivered=redelivered)
        pipeline.erase()
        assert (pipeline.notes, pipeline.raw) == (["d"], ["cat,too long"])
        pipeline.check()
