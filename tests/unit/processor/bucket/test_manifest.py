"""The manifest says what became of a file, and quotes nothing of it."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.bucket.store import Store
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.processing import Processor
from tests.unit.processor.aws import BUCKET, MOMENT, HmacKey, MemoryBucket
from tests.unit.processor.examples import EXAMPLES, GOOD, HEADER, PEOPLE, column, document

COLUMNS = (
    column("id", unique=True, required=True, maxLength=2),
    column("born", "date", "generalize", {"to": "year"}),
    column("region", "integer", unique=False),
    column("paid", "decimal", precision=4, scale=1, unique=True),
)
LIMIT = SizeLimit(1 << 30, "memoryMb")


def new_processor(client: Any, folder: Path, contract: dict[str, Any]) -> Processor:
    """Return a processor whose contracts are in a folder: this one."""
    (folder / "people.json").write_text(json.dumps(contract))
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    return Processor(Store(client, BUCKET), Contracts(folder), keys, LIMIT)


@pytest.mark.parametrize(("k", "outcome"), [(2, "processed"), (3, "quarantined")])
def test_the_manifest_has_what_was_measured_and_dropped(
    tmp_path: Path, k: int, outcome: str
) -> None:
    policies = {
        "unknownColumns": "drop",
        "anonymity": {"k": k, "quasiIdentifiers": ["region"]},
    }
    bucket = MemoryBucket()
    bucket.upload("incoming/people/a.csv", b"id,region,SECRET\na,1,\nb,1,\n")
    processor = new_processor(bucket, tmp_path, document(*COLUMNS) | policies)
    processor.process("incoming/people/a.csv")
    manifest = json.loads(bucket.content("manifests/people/a.csv.json"))
    assert manifest["outcome"] == outcome
    assert manifest["dropped_columns"] == (1 if outcome == "processed" else 0)
    assert manifest["anonymity"] == {
        "k": 2,
        "required": k,
        "classes": 1,
        "rows_below": 0 if outcome == "processed" else 2,
        "counted": "rows",
    }
    assert "SECRET" not in str(manifest)


@pytest.mark.parametrize(
    ("severity", "outcome"), [("warning", "processed"), ("error", "quarantined")]
)
def test_the_manifest_has_the_quality_rules(tmp_path: Path, severity: str, outcome: str) -> None:
    rule = {
        **{"name": "known regions", "metric": "invalidValues", "columns": ["region"]},
        **{"operator": "mustBeLessThan", "bounds": [40], "unit": "percent"},
        **{"valid": ["7"], "severity": severity},
    }
    bucket = MemoryBucket()
    bucket.upload("incoming/people/a.csv", b"id,region\na,4321\nb,7\n")
    processor = new_processor(bucket, tmp_path, document(*COLUMNS) | {"quality": [rule]})
    processor.process("incoming/people/a.csv")
    manifest = json.loads(bucket.content("manifests/people/a.csv.json"))
    assert manifest["outcome"] == outcome
    assert manifest["quality"] == [
        {
            "rule": "known regions",
            "metric": "invalidValues",
            "columns": ["region"],
            "measured": 50.0,
            "rows": 2,
            "condition": "less than 40 percent",
            "passed": False,
            "severity": severity,
        }
    ]
    head = bucket.head_object(Bucket=BUCKET, Key="manifests/people/a.csv.json")
    refused = None if outcome == "processed" else "file:quality-known regions"
    assert head["Metadata"].get("refusal-reason") == refused
    assert not {"4321", "'7'"} & set(str(manifest).split())


RAW = "Zaphod"
PIECES = [
    *(RAW, HEADER, GOOD, GOOD.replace("ann", RAW), f"{RAW},{RAW}\n", f"id,{RAW}\n"),
    *(f'{{"id": "P1", "{RAW}": "{RAW}"}}\n', f'{{"born": "{RAW}"}}\n', '{"id": ', "[", "}"),
    *('"', ",", "\n", "\r", "\0", "\ufeff", "\udcff", "PAR1", f"P2,{RAW},1,2,3\n"),
]


@EXAMPLES
@given(
    pieces=st.lists(st.sampled_from(PIECES), max_size=8),
    start=st.sampled_from(["", HEADER]),
    name=st.sampled_from(["a", "a.csv", "a.jsonl", "a.parquet", "a.csv.gz"]),
    version=st.sampled_from([None, "1.2.0", RAW]),
)
def test_no_manifest_quotes_its_file(
    tmp_path: Path, pieces: list[str], start: str, name: str, version: str | None
) -> None:
    """Whatever the file: people who must not see raw values may read manifests."""
    bucket = MemoryBucket()
    content = (start + "".join(pieces)).encode(errors="surrogateescape")
    bucket.upload(f"incoming/people/{name}", content, version)
    outcome = new_processor(bucket, tmp_path, PEOPLE).process(f"incoming/people/{name}")
    assert outcome.kind in ("processed", "quarantined")
    assert RAW not in bucket.content(f"manifests/people/{name}.json").decode()


@pytest.mark.parametrize(
    ("key", "content", "outcome", "reason"),
    [
        ("people/a.csv", "id,born\n1,2026-01-01\n", "processed", None),
        ("people/a.csv", "SECRET\n1\n", "quarantined", "header:unknown-column"),
        ("animals/a.csv", "id\n1\n", "quarantined", "dataset:no-contract"),
    ],
)
def test_what_became_of_a_file_is_known_without_reading_its_manifest(
    tmp_path: Path, key: str, content: str, outcome: str, reason: str | None
) -> None:
    """Also of a manifest that was only confirmed, and of a file without a contract."""
    bucket = MemoryBucket()
    processor = new_processor(bucket, tmp_path, document(*COLUMNS[:2]))
    for uploaded in (content, content):
        bucket.upload(f"incoming/{key}", uploaded.encode())
        source = bucket.newest(f"incoming/{key}")
        assert source
        for moment in (MOMENT, MOMENT + timedelta(hours=1)):
            processor.process(f"incoming/{key}", invoked=moment)
            head = bucket.head_object(Bucket=BUCKET, Key=f"manifests/{key}.json")
            manifest = json.loads(bucket.content(f"manifests/{key}.json"))
            contract = manifest["contract"]
            assert head["Metadata"] == {
                "outcome": outcome,
                "source-etag": source.etag.strip('"'),
                **({"contract-digest": contract["digest"]} if contract else {}),
                **({"refusal-reason": reason} if reason else {}),
            }
    assert bool(contract) is key.startswith("people")
