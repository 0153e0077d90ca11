"""The path of one object; every interleaving of deliveries and crashes ends the same."""

import gzip
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from processor import __version__
from processor.account import RowAccount, RowAccountError
from processor.bucket import manifest as manifests
from processor.bucket.store import Store
from processor.contracts import Contracts, parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.processing import SMALL, ContentionError, Processor, UnfinishedError
from processor.terms import OVERLAP, TransitionError, digest
from processor.transformation import Transformation
from tests.parquet import read_parquet
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBucket
from tests.unit.processor.examples import PEOPLE

KEY = "incoming/people/a.csv"
PROCESSED = "processed/people/a.csv.parquet"
QUARANTINE = "quarantine/people/a.csv.jsonl.gz"
MANIFEST = "manifests/people/a.csv.json"
SUPPRESSED = "erasure/suppressed/people.json"
HEADER = "id,name,phone,born,balance\n"
GOOD = "P1,ann,0151234567,1990-02-28,12.50\n"
CLEAN = (HEADER + GOOD).encode()
MIXED = (HEADER + "P2,bob,,1990-02-30,x\n\n" + GOOD).encode()
REFUSED = b"who,knows\n1,2\n"
LIMIT = SizeLimit(2 * SMALL, "memoryMb")
# The requests about a file that is new, by its content.
NEW = {
    CLEAN: [f"put {PROCESSED}", f"list {QUARANTINE}", f"put {MANIFEST}"],
    MIXED: [f"put {PROCESSED}", f"put {QUARANTINE}", f"put {MANIFEST}"],
    REFUSED: [f"list {PROCESSED}", f"put {QUARANTINE}", f"put {MANIFEST}"],
}
# Once a minute, a process asks whether somebody is to be left out of the dataset.
NEW = {content: [f"get {KEY}", f"list {SUPPRESSED}", *others] for content, others in NEW.items()}
DIGEST = digest(parse(PEOPLE))
NOTHING = dict.fromkeys(["line", "column", "name", "limit", "setting"])


@pytest.fixture(name="bucket")
def make_bucket() -> MemoryBucket:
    """An empty bucket."""
    return MemoryBucket()


@pytest.fixture(name="contracts")
def make_contracts(tmp_path: Path) -> Contracts:
    """The contracts of the function."""
    (tmp_path / "people.json").write_text(json.dumps(PEOPLE))
    return Contracts(tmp_path)


@pytest.fixture(name="processor")
def make_processor(bucket: MemoryBucket, contracts: Contracts) -> Processor:
    """A processor of the bucket."""
    return new_processor(bucket, contracts)


def new_processor(
    client: Any,
    contracts: Contracts,
    limit: SizeLimit = LIMIT,
    settings: dict[str, int] | None = None,
) -> Processor:
    """Make a processor, as in a new process."""
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    return Processor(
        Store(client, BUCKET), contracts, keys, limit, lambda: MOMENT, settings=settings
    )


def manifest(bucket: MemoryBucket, key: str = MANIFEST) -> Any:
    """Read a manifest."""
    return json.loads(bucket.content(key))


def rows(bucket: MemoryBucket) -> list[dict[str, Any]]:
    """Read the clean rows."""
    found: list[dict[str, Any]] = read_parquet(io.BytesIO(bucket.content(PROCESSED))).to_pylist()
    return found


def rejects(bucket: MemoryBucket, key: str = QUARANTINE) -> list[Any]:
    """Read the rejected rows."""
    return [json.loads(line) for line in gzip.decompress(bucket.content(key)).splitlines()]


@pytest.mark.parametrize(
    "how",
    [
        {"StorageClass": "GLACIER"},
        {"StorageClass": "DEEP_ARCHIVE"},
        {"StorageClass": "INTELLIGENT_TIERING", "ArchiveStatus": "DEEP_ARCHIVE_ACCESS"},
    ],
    ids=str,
)
def test_an_object_in_an_archive_is_refused(
    bucket: MemoryBucket, processor: Processor, how: dict[str, str]
) -> None:
    """No attempt would succeed; once restored and uploaded again, it is a new version."""
    version = bucket.upload(KEY, CLEAN)
    bucket.archive(KEY, **how)
    assert processor.process(KEY).kind == "quarantined"
    found = manifest(bucket)
    assert found["refusal"] == NOTHING | {"reason": "object:archived"}
    assert found["source"]["version_id"] == version
    assert processor.process(KEY).kind == "duplicate"
    bucket.upload(KEY, CLEAN)
    assert processor.process(KEY).kind == "processed"


def test_an_object_that_left_its_archive_meanwhile_is_processed(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, CLEAN)
    bucket.archive(KEY, StorageClass="GLACIER")

    def replace(moment: str) -> None:
        if moment == f"before head {KEY}":
            bucket.upload(KEY, CLEAN)

    bucket.interrupt = replace
    assert processor.process(KEY).kind == "processed"


def test_a_clean_file_leaves_rows_and_a_manifest(
    bucket: MemoryBucket, processor: Processor
) -> None:
    version = bucket.upload(KEY, CLEAN)
    outcome = processor.process(KEY)
    assert (outcome.kind, outcome.version_id, outcome.dataset) == ("processed", version, "people")
    assert outcome.account == RowAccount(1, 1, 0)
    assert bucket.names() == [KEY, MANIFEST, PROCESSED]
    assert [row["phone"] for row in rows(bucket)] == ["********67"]
    output = bucket.newest(PROCESSED)
    assert output is not None
    assert manifest(bucket) == {
        "manifest_version": 1,
        "outcome": "processed",
        "dataset": "people",
        "source": {
            "bucket": BUCKET,
            "key": KEY,
            "version_id": version,
            "etag": '"etag-1"',
            "size": len(CLEAN),
            "last_modified": "2026-03-01T12:30:00Z",
        },
        "contract": {"id": "a-contract", "version": "1.2.0", "digest": DIGEST},
        "epoch": 1,
        "settings": {},
        "in_force_at": "2026-03-01T12:30:00Z",
        "tokens": [
            {
                "algorithm": "HMAC-SHA256",
                "version": 2,
                "epoch": 1,
                "domain": None,
                "normalize": [],
                "columns": ["person_token"],
            }
        ],
        "rows": {"read": 1, "clean": 1, "rejected": 0, "erased": 0},
        "rejected_by_reason": {},
        "refusal": None,
        "dropped_columns": 0,
        "anonymity": None,
        "quality": [],
        "outputs": {
            "processed": {
                "key": PROCESSED,
                "etag": output.etag,
                "version_id": output.version_id,
                "rows": 1,
                "bytes": len(bucket.content(PROCESSED)),
            },
            "quarantine": None,
        },
        "processed_at": "2026-03-01T12:30:00Z",
        "processor_version": __version__,
    }
    text = bucket.content(MANIFEST).decode()
    assert text == json.dumps(json.loads(text), sort_keys=True) + "\n"  # Athena reads by lines


def test_rejected_rows_go_to_quarantine(bucket: MemoryBucket, processor: Processor) -> None:
    bucket.upload(KEY, MIXED)
    assert processor.process(KEY).kind == "processed"
    assert rejects(bucket) == [
        {
            "row": 1,
            "line": 2,
            "reasons": ["born:date", "balance:decimal"],
            "raw": "P2,bob,,1990-02-30,x",
        },
        {"row": 2, "line": 3, "reasons": ["row:blank"], "raw": ""},
    ]
    found = manifest(bucket)
    assert found["rows"] == {"read": 3, "clean": 1, "rejected": 2, "erased": 0}
    assert found["rejected_by_reason"] == {
        "born:date": 1,
        "balance:decimal": 1,
        "row:blank": 1,
    }
    assert found["outputs"]["quarantine"]["rows"] == 2
    assert found["outputs"]["quarantine"]["bytes"] == len(bucket.content(QUARANTINE))


@pytest.mark.parametrize(
    ("key", "content", "dataset", "refusal"),
    [
        (KEY, b"", "people", {"reason": "file:empty", "line": 1}),
        (KEY, REFUSED, "people", {"reason": "header:unknown-column", "line": 1, "column": 1}),
        (
            KEY,
            b"id,born\n",
            "people",
            {"reason": "header:missing-column", "line": 1, "name": "name"},
        ),
        (KEY, CLEAN + b'"', "people", {"reason": "record:malformed", "line": 3}),
        (
            KEY,
            CLEAN + b"x" * LIMIT.bytes,
            "people",
            {"reason": "object:too-large", "limit": LIMIT.bytes, "setting": "memoryMb"},
        ),
        ("incoming/animals/a.csv", CLEAN, "animals", {"reason": "dataset:no-contract"}),
        ("incoming/a.csv", CLEAN, None, {"reason": "dataset:none"}),
    ],
)
def test_a_refused_object_is_quarantined_whole(
    bucket: MemoryBucket,
    processor: Processor,
    key: str,
    content: bytes,
    dataset: str | None,
    refusal: dict[str, Any],
) -> None:
    version = bucket.upload(key, content)
    outcome = processor.process(key)
    assert outcome.kind == "quarantined"
    assert outcome.dataset == ("people" if dataset == "people" else None)
    name = key.removeprefix("incoming/")
    assert bucket.names() == [key, f"manifests/{name}.json", f"quarantine/{name}.jsonl.gz"]
    found = manifest(bucket, f"manifests/{name}.json")
    assert found["outcome"] == "quarantined"
    assert found["dataset"] == dataset
    assert found["refusal"] == NOTHING | refusal
    assert found["outputs"]["processed"] is None
    assert found["rows"]["read"] == found["rows"]["rejected"]
    assert found["contract"] == (
        {"id": "a-contract", "version": "1.2.0", "digest": DIGEST} if dataset == "people" else None
    )
    assert rejects(bucket, f"quarantine/{name}.jsonl.gz") == [
        {
            "reason": refusal["reason"],
            "line": refusal.get("line"),
            "source": {"key": key, "version_id": version},
        }
    ]


def test_a_duplicate_delivery_changes_nothing(bucket: MemoryBucket, processor: Processor) -> None:
    version = bucket.upload(KEY, MIXED)
    processor.process(KEY)
    written = bucket.written
    outcome = processor.process(KEY)
    assert (outcome.kind, outcome.version_id, outcome.dataset) == ("duplicate", version, "people")
    assert outcome.account is None
    assert bucket.written == written
    assert all(body.closed for body in bucket.bodies)


def test_a_new_version_replaces_what_the_old_one_left(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, MIXED)
    processor.process(KEY)
    version = bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    assert rejects(bucket) == []
    assert manifest(bucket)["source"]["version_id"] == version
    assert manifest(bucket)["outputs"]["quarantine"]["rows"] == 0
    bucket.upload(KEY, REFUSED)
    processor.process(KEY)
    assert rows(bucket) == []
    assert pq.read_schema(io.BytesIO(bucket.content(PROCESSED))).names[0] == "person_token"
    assert [line["reason"] for line in rejects(bucket)] == ["header:unknown-column"]
    assert manifest(bucket)["outputs"]["processed"]["rows"] == 0


def test_outputs_that_were_tampered_with_are_made_again(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    good = bucket.content(PROCESSED)
    bucket.upload(PROCESSED, b"something else")
    assert processor.process(KEY).kind == "processed"
    assert bucket.content(PROCESSED) == good


@pytest.mark.parametrize(
    "key",
    [
        "incoming/",
        "incoming/people/",
        "incoming/people/2026/",
        "incoming/no-such-dataset/",
        "incoming/people_$folder$",
        "incoming/people/2026_$folder$",
        "incoming/people/_SUCCESS",
    ],
)
def test_an_empty_object_that_marks_a_folder_is_no_file(
    bucket: MemoryBucket, processor: Processor, key: str
) -> None:
    version = bucket.upload(key, b"")
    outcome = processor.process(key)
    assert (outcome.kind, outcome.version_id) == ("marker", version)
    assert bucket.names() == [key]


@pytest.mark.parametrize("key", ["incoming/people/", "incoming/people/_SUCCESS", KEY])
def test_a_file_is_a_file_whatever_its_name_or_size(
    bucket: MemoryBucket, processor: Processor, key: str
) -> None:
    """Content under a marker's name, or none under a file's name."""
    bucket.upload(key, CLEAN if key != KEY else b"")
    outcome = processor.process(key)
    assert outcome.kind == ("processed" if key != KEY else "quarantined")
    # The results of an older version are replaced, not left behind.
    bucket.upload(key, b"")
    assert processor.process(key).kind == "quarantined"


@pytest.mark.parametrize("done", [False, True])
def test_a_deleted_object_is_not_processed(
    bucket: MemoryBucket, processor: Processor, done: bool
) -> None:
    bucket.upload(KEY, CLEAN)
    if done:
        processor.process(KEY)
    bucket.delete(KEY)
    written = bucket.written
    outcome = processor.process(KEY)
    assert (outcome.kind, outcome.version_id) == ("deleted", None)
    assert bucket.written == written


@pytest.mark.parametrize("content", [MIXED, REFUSED], ids=["mixed", "refused"])
def test_a_message_about_what_has_expired_is_done(
    bucket: MemoryBucket, processor: Processor, content: bytes
) -> None:
    """Raw data and quarantine expire; the manifest and the clean rows stay."""
    bucket.upload(KEY, content)
    processor.process(KEY)
    bucket.delete(KEY)
    bucket.delete(QUARANTINE)
    written = bucket.written
    assert processor.process(KEY).kind == "deleted"
    assert bucket.written == written


def test_an_output_where_rows_expired_is_a_case_for_a_person(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, MIXED)
    processor.process(KEY)
    bucket.delete(KEY)
    bucket.upload(QUARANTINE, b"of nobody")
    with pytest.raises(UnfinishedError):
        processor.process(KEY)


def test_a_new_version_after_everything_raw_has_expired_is_processed(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, MIXED)
    processor.process(KEY)
    bucket.delete(KEY)
    bucket.delete(QUARANTINE)
    version = bucket.upload(KEY, CLEAN)
    assert processor.process(KEY).kind == "processed"
    assert manifest(bucket)["source"]["version_id"] == version
    assert manifest(bucket)["outputs"]["quarantine"] is None


def crash_before_the_manifest(bucket: MemoryBucket, processor: Processor) -> None:
    """Leave outputs that no manifest describes."""

    def crash(moment: str) -> None:
        if moment == f"before put {MANIFEST}":
            raise ConnectionError

    bucket.interrupt = crash
    with pytest.raises(ConnectionError):
        processor.process(KEY)
    bucket.interrupt = lambda moment: None


def test_an_object_deleted_half_way_is_a_case_for_a_person(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, CLEAN)
    crash_before_the_manifest(bucket, processor)
    bucket.delete(KEY)
    with pytest.raises(UnfinishedError):
        processor.process(KEY)


def test_rows_that_do_not_add_up_leave_nothing(
    monkeypatch: pytest.MonkeyPatch, bucket: MemoryBucket, processor: Processor
) -> None:
    monkeypatch.setattr(Transformation, "run", lambda *_: RowAccount(3, 1, 1))
    bucket.upload(KEY, CLEAN)
    with pytest.raises(RowAccountError):
        processor.process(KEY)
    assert bucket.names() == [KEY]


def test_whoever_is_always_interrupted_gives_up(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, CLEAN)

    def interfere(moment: str) -> None:
        if moment == f"before put {PROCESSED}":
            bucket.upload(PROCESSED, b"of somebody else")

    bucket.interrupt = interfere
    with pytest.raises(ContentionError, match="5 attempts"):
        processor.process(KEY)
    assert all(body.closed for body in bucket.bodies)


def test_the_time_is_the_real_one_unless_given(bucket: MemoryBucket, contracts: Contracts) -> None:
    client: Any = bucket
    kms: Any = HmacKey()
    bucket.upload(KEY, CLEAN)
    Processor(Store(client, BUCKET), contracts, PseudonymKeys(kms, "a-key"), LIMIT).process(KEY)
    assert manifest(bucket)["processed_at"] > "2026-03-01T12:30:00Z"


# Crashes, with the real transformation


def moments(content: bytes, contracts: Contracts) -> list[str]:
    """Return every moment of processing at which a crash can matter."""
    bucket = MemoryBucket()
    bucket.upload(KEY, content)
    seen: list[str] = []
    bucket.interrupt = seen.append
    new_processor(bucket, contracts).process(KEY)
    return seen


@pytest.mark.parametrize("content", [CLEAN, MIXED, REFUSED], ids=["clean", "mixed", "refused"])
def test_after_a_crash_anywhere_the_next_delivery_ends_as_if_it_had_not_been(
    contracts: Contracts, content: bytes
) -> None:
    def end_state(crash_at: str | None) -> dict[str, bytes]:
        bucket = MemoryBucket()
        bucket.upload(KEY, content)

        def crash(moment: str) -> None:
            if moment == crash_at:
                raise ConnectionError

        bucket.interrupt = crash
        if crash_at:
            with pytest.raises(ConnectionError):
                new_processor(bucket, contracts).process(KEY)
        bucket.interrupt = lambda moment: None
        new_processor(bucket, contracts).process(KEY)
        assert settled(bucket)
        return {key: bucket.content(key) for key in bucket.names() if key != MANIFEST}

    expected = end_state(None)
    found = moments(content, contracts)
    assert len(found) == 2 * len(NEW[content])
    for moment in found:
        assert end_state(moment) == expected


@pytest.mark.parametrize("content", NEW, ids=["clean", "mixed", "refused"])
def test_a_new_small_object_takes_four_requests(contracts: Contracts, content: bytes) -> None:
    found = moments(content, contracts)
    assert [moment.removeprefix("before ") for moment in found[::2]] == NEW[content]


@pytest.mark.parametrize(
    ("old", "new", "requests"),
    [(CLEAN, CLEAN, 9), (MIXED, MIXED, 10), (REFUSED, CLEAN, 11)],
    ids=["clean", "mixed", "refused, clean"],
)
def test_a_small_object_that_replaces_one_takes_nine_to_eleven_requests(
    bucket: MemoryBucket, processor: Processor, old: bytes, new: bytes, requests: int
) -> None:
    """docs/cost.md has the price."""
    bucket.upload(KEY, old)
    processor.process(KEY)
    bucket.upload(KEY, new)
    seen: list[str] = []
    bucket.interrupt = seen.append
    assert processor.process(KEY).account
    assert len([moment for moment in seen if moment.startswith("before ")]) == requests


def test_a_small_object_that_seemed_new_replaces_what_a_crash_left(
    bucket: MemoryBucket, processor: Processor
) -> None:
    """The crash left rejects that no manifest describes; this version has none."""
    bucket.upload(KEY, REFUSED)
    crash_before_the_manifest(bucket, processor)
    bucket.upload(KEY, CLEAN)
    assert processor.process(KEY).kind == "processed"
    assert rejects(bucket) == []
    assert settled(bucket)


@pytest.mark.parametrize("redelivered", [True, False])
def test_nothing_is_transformed_in_vain_where_that_would_be_dear(
    bucket: MemoryBucket, processor: Processor, redelivered: bool
) -> None:
    """A message that comes again may have been about done; a large object takes long."""
    size = len(CLEAN) if redelivered else SMALL + 1
    bucket.upload(KEY, (HEADER + GOOD * size).encode()[: size - 1] + b"\n")
    processor.process(KEY)
    bucket.bodies.clear()
    assert processor.process(KEY, redelivered=redelivered).kind == "duplicate"
    assert [body.taken for body in bucket.bodies if body.taken] == [len(bucket.content(MANIFEST))]


def settled(bucket: MemoryBucket) -> bool:
    """Whether the manifest describes the newest version and all current outputs."""
    source = bucket.newest(KEY)
    found = manifest(bucket)
    etags = {}
    for name, key in (("processed", PROCESSED), ("quarantine", QUARANTINE)):
        newest = bucket.newest(key)
        etags[name] = newest and newest.etag
    described = {name: output and output["etag"] for name, output in found["outputs"].items()}
    return (
        bool(source)
        and etags == described
        and (source is not None and found["source"]["version_id"] == source.version_id)
    )


# Versions of a contract


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (None, ("1.2.0", 1, 0)),
        ("1.2.0", ("1.2.0", 1, 0)),
        ("1.1.0", ("1.1.0", 0, 1)),
        ("1.3.0", "contract:unknown-version"),
        ("../people", "contract:unknown-version"),
        ("", "contract:unknown-version"),
    ],
)
def test_the_producer_chooses_the_version_of_the_contract(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path, named: str | None, expected: Any
) -> None:
    stricter = json.loads(json.dumps(PEOPLE))
    stricter["contract"]["version"] = "1.1.0"
    stricter["columns"][2]["required"] = True
    (tmp_path / "people@1.1.0.json").write_text(json.dumps(stricter))
    bucket.upload(KEY, (HEADER + GOOD.replace("0151234567", "")).encode(), named)
    outcome = processor.process(KEY)
    found = manifest(bucket)
    if isinstance(expected, str):
        assert outcome.kind == "quarantined"
        assert found["refusal"] == NOTHING | {"reason": expected}
        assert found["contract"] is None
        assert found["dataset"] == "people"
        return
    assert (found["contract"]["version"], found["rows"]["clean"], found["rows"]["rejected"]) == (
        expected
    )
    assert found["contract"]["id"] == PEOPLE["contract"]["id"]


def test_versions_of_a_contract_share_their_tokens(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path
) -> None:
    old = PEOPLE | {"contract": PEOPLE["contract"] | {"version": "1.1.0"}}
    (tmp_path / "people@1.1.0.json").write_text(json.dumps(old))
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    tokens = [row["person_token"] for row in rows(bucket)]
    bucket.upload(KEY, CLEAN, "1.1.0")
    processor.process(KEY)
    assert manifest(bucket)["contract"]["version"] == "1.1.0"
    assert [row["person_token"] for row in rows(bucket)] == tokens


def test_a_folder_chooses_no_version(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path
) -> None:
    (tmp_path / "people@1.1.0.json").write_text(json.dumps(PEOPLE))
    bucket.upload("incoming/people@1.1.0/a.csv", CLEAN)
    assert processor.process("incoming/people@1.1.0/a.csv").kind == "quarantined"
    found = manifest(bucket, "manifests/people@1.1.0/a.csv.json")
    assert found["refusal"]["reason"] == "dataset:no-contract"


# A contract that changed

LATER = MOMENT + 3 * OVERLAP
# The file is refused without a name, which the lenient contract does not ask for.
NAMELESS = b"id,phone,born,balance\nP1,0151234567,1990-02-28,12.50\n"
LENIENT = PEOPLE | {"columns": [one for one in PEOPLE["columns"] if one["name"] != "name"]}


def deployed(bucket: MemoryBucket, folder: Path, contract: dict[str, Any] | None) -> Processor:
    """Return the processor after a deployment with one contract, or with none."""
    folder.mkdir()
    if contract:
        (folder / "people.json").write_text(json.dumps(contract))
    return new_processor(bucket, Contracts(folder))


@pytest.mark.parametrize("redelivered", [True, False])
def test_a_refused_file_becomes_clean_and_a_clean_file_refused(
    bucket: MemoryBucket, tmp_path: Path, redelivered: bool
) -> None:
    """Under another contract a version of an object is processed again, as a new one would be."""
    strict = deployed(bucket, tmp_path / "strict", PEOPLE)
    lenient = deployed(bucket, tmp_path / "lenient", LENIENT)
    bucket.upload(KEY, NAMELESS)
    moment = MOMENT
    for processor, kind in (
        *((strict, "quarantined"), (lenient, "processed")),
        *((strict, "quarantined"), (lenient, "processed")),
    ):
        outcome = processor.process(KEY, invoked=moment, redelivered=redelivered)
        assert (outcome.kind, outcome.final) == (kind, True)
        assert settled(bucket)
        refused = kind == "quarantined"
        assert manifest(bucket)["outcome"] == kind
        assert len(rejects(bucket)) == refused
        if not refused:
            assert [row["phone"] for row in rows(bucket)] == ["********67"]
        elif bucket.newest(PROCESSED):
            assert rows(bucket) == []
        written = bucket.written
        assert processor.process(KEY, invoked=moment).kind == "duplicate"
        assert bucket.written == written
        moment += 3 * OVERLAP


@pytest.mark.parametrize(
    "changed",
    [
        PEOPLE | {"epoch": 2},
        PEOPLE | {"contract": {"id": "a-contract", "version": "1.2.1"}},
        PEOPLE | {"contract": {"id": "another", "version": "1.2.0"}},
        PEOPLE | {"maxRejectedShare": "0.5"},
        PEOPLE | {"columns": [PEOPLE["columns"][0] | {"maxLength": 9}, *PEOPLE["columns"][1:]]},
        PEOPLE | {"columns": PEOPLE["columns"][::-1]},
        None,
    ],
    ids=["epoch", "version", "id", "policy", "rule", "order of columns", "no contract"],
)
def test_every_change_of_a_contract_is_one(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path, changed: dict[str, Any] | None
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    after = deployed(bucket, tmp_path / "after", changed)
    assert after.process(KEY, invoked=LATER).kind == ("processed" if changed else "quarantined")
    assert after.process(KEY, invoked=LATER).kind == "duplicate"
    assert settled(bucket)
    if changed is None:
        assert rows(bucket) == []
        assert processor.process(KEY, invoked=LATER + 3 * OVERLAP).kind == "processed"


def test_a_refused_file_is_tried_again_under_other_settings(
    bucket: MemoryBucket, contracts: Contracts
) -> None:
    """It may have been refused for one of them, and its message is how an operator asks again."""
    small = new_processor(bucket, contracts, SizeLimit(10, "memoryMb"), {"memoryMb": 512})
    large = new_processor(bucket, contracts, LIMIT, {"memoryMb": 1024})
    bucket.upload(KEY, CLEAN)
    assert small.process(KEY).kind == "quarantined"
    assert manifest(bucket)["settings"] == {"memoryMb": 512}
    assert small.process(KEY).kind == "duplicate"
    assert large.process(KEY, invoked=LATER).kind == "processed"
    assert small.process(KEY, invoked=LATER + 3 * OVERLAP).kind == "duplicate"
    assert settled(bucket)


def test_a_file_without_a_contract_is_refused_for_the_reason_of_today(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path
) -> None:
    """A contract of the dataset is there by now, but not in the version that the file names."""
    bucket.upload(KEY, CLEAN, "9.9.9")
    before = deployed(bucket, tmp_path / "before", None)
    assert before.process(KEY).kind == "quarantined"
    assert manifest(bucket)["refusal"]["reason"] == "dataset:no-contract"
    assert before.process(KEY).kind == "duplicate"
    assert processor.process(KEY, invoked=LATER).kind == "quarantined"
    assert manifest(bucket)["refusal"]["reason"] == "contract:unknown-version"
    assert processor.process(KEY, invoked=LATER + 3 * OVERLAP).kind == "duplicate"


def test_another_derivation_of_tokens_makes_them_again(
    bucket: MemoryBucket, processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    monkeypatch.setattr("processor.deidentification.token.Token.version", 99)
    assert processor.process(KEY, invoked=LATER).kind == "processed"


def test_another_processor_alone_is_no_reason(
    bucket: MemoryBucket, processor: Processor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    monkeypatch.setattr(manifests, "__version__", "0.0.0")
    assert processor.process(KEY).kind == "duplicate"


def test_the_order_of_keys_is_no_change(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    columns = [dict(reversed(one.items())) for one in PEOPLE["columns"]]
    same = dict(reversed((PEOPLE | {"columns": columns}).items()))
    assert deployed(bucket, tmp_path / "same", same).process(KEY).kind == "duplicate"


def test_a_manifest_of_version_1_0_has_no_current_contract(
    bucket: MemoryBucket, processor: Processor
) -> None:
    """It does not say which contract it was: the file is processed again, with the same rows."""
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    expected = rows(bucket)
    old = manifest(bucket)
    del old["contract"]["digest"], old["in_force_at"], old["tokens"]
    bucket.upload(MANIFEST, json.dumps(old).encode())
    assert processor.process(KEY, invoked=LATER).kind == "processed"
    assert rows(bucket) == expected
    assert processor.process(KEY, invoked=LATER).kind == "duplicate"


def test_minutes_after_another_contract_a_message_comes_again(
    bucket: MemoryBucket, processor: Processor, tmp_path: Path
) -> None:
    """The file is processed at once, but this may be the function as it was."""
    changed = deployed(bucket, tmp_path / "changed", LENIENT)
    bucket.upload(KEY, NAMELESS)
    processor.process(KEY)
    outcome = changed.process(KEY, invoked=MOMENT + OVERLAP)
    assert (outcome.kind, outcome.final) == ("processed", False)
    assert changed.process(KEY, invoked=LATER).final
    assert processor.process(KEY, invoked=LATER + 2 * OVERLAP).final is False


@pytest.mark.parametrize("redelivered", [True, False])
@pytest.mark.parametrize("earlier", [timedelta(), 5 * OVERLAP])
def test_what_a_later_invocation_published_is_not_replaced_by_an_earlier_one(
    bucket: MemoryBucket,
    processor: Processor,
    tmp_path: Path,
    redelivered: bool,
    earlier: timedelta,
) -> None:
    """It was at work while the contract changed: the old one shows what the new one hides."""
    bucket.upload(KEY, NAMELESS)
    processor.process(KEY, invoked=LATER)
    before = manifest(bucket)
    old = deployed(bucket, tmp_path / "old", LENIENT)
    with pytest.raises(TransitionError):
        old.process(KEY, invoked=LATER - earlier, redelivered=redelivered)
    assert manifest(bucket) == before


def test_a_duplicate_after_a_while_confirms_the_contract(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY)
    before = manifest(bucket)
    assert processor.process(KEY, invoked=LATER).kind == "duplicate"
    assert manifest(bucket) == before | {"in_force_at": "2026-03-01T12:36:00Z"}
    assert settled(bucket)


def test_an_earlier_invocation_leaves_what_is_known_of_a_later_time(
    bucket: MemoryBucket, processor: Processor
) -> None:
    bucket.upload(KEY, CLEAN)
    processor.process(KEY, invoked=LATER)
    bucket.delete(PROCESSED)
    assert processor.process(KEY, invoked=MOMENT).kind == "processed"
    assert manifest(bucket)["in_force_at"] == "2026-03-01T12:36:00Z"
