"""The handler: which messages failed, what is counted, and that nothing raw is ever logged."""

import gzip
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pytest

from lib.monitoring.dashboard import QUERIES
from processor import processing
from processor.account import RowAccount
from processor.bucket.keys import suppressed_key
from processor.checks.columns import RowCheck
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.readers import detection
from processor.suppression import suppression_tokens
from processor.transformation import Transformation
from processor.writers.parquet import CleanRows
from processor.writers.quarantine import RejectedRows
from tests.unit.processor.aws import HmacKey, MemoryBucket, client_error
from tests.unit.processor.examples import GOOD, HEADER, PEOPLE, SECRET, column, document
from tests.unit.processor.messages import CONTEXT, body, fail_with_secret, handle, read_log

KEY = "incoming/people/a.csv"


def test_an_object_is_processed_logged_and_counted(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    version = bucket.upload(KEY, f"{HEADER}{GOOD}bad\n".encode())
    assert handle(index, body(KEY)) == []
    assert "manifests/people/a.csv.json" in bucket.names()
    [line], [metrics] = read_log(capsys)
    assert line["message"] == "object processed"
    assert (line["key"], line["version_id"]) == (KEY, version)
    assert line["rows"] == {"read": 2, "clean": 1, "rejected": 1}
    assert (line["service"], line["function_request_id"]) == ("data-processor", "a-request")
    counted = {name: metrics[name] for name in metrics if name[0] in "FRDS"}
    assert counted == {
        "FilesProcessed": [1.0],
        "RejectedShare": [50.0],
        "RowsRead": [2.0],
        "RowsClean": [1.0],
        "RowsRejected": [1.0],
    }
    [directive] = metrics["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "ZeroTrust"
    assert sorted(directive["Dimensions"]) == [["service"], ["service", "dataset"]]
    assert (metrics["service"], metrics["dataset"]) == ("data-processor", "people")


def test_each_outcome_has_its_metric(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.upload(KEY, f"{SECRET}\n{SECRET}\n".encode())
    bucket.upload("incoming/animals/a.csv", b"x\n")
    bucket.upload("incoming/people/", b"")
    keys = [KEY, KEY, "incoming/people/gone.csv", "incoming/animals/a.csv", "incoming/people/"]
    assert handle(index, *map(body, keys)) == []
    lines, metrics = read_log(capsys)
    assert [line["message"] for line in lines] == [
        "object quarantined",
        "object duplicate",
        "object deleted",
        "object quarantined",
        "object marker",
    ]
    assert lines[0]["refusal"] == "header:unknown-column"
    names = [
        "FilesQuarantined",
        "DuplicateDeliveries",
        "SourcesDeleted",
        "FilesQuarantined",
        "FolderMarkers",
    ]
    for found, name in zip(metrics, names, strict=True):
        assert found[name] == [1.0]
    # A name that a producer chose is not a dimension: each would be a separate metric.
    assert metrics[3]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert "dataset" not in metrics[3]


def test_only_a_file_with_rows_that_was_not_refused_has_a_share(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refused file has an alarm of its own."""
    files = {
        "empty": HEADER.encode(),
        "good": (HEADER + GOOD).encode(),
        "refused": (HEADER + GOOD).encode() + b"\xff\n",
    }
    for name, content in files.items():
        bucket.upload(f"incoming/people/{name}.csv", content)
        assert handle(index, body(f"incoming/people/{name}.csv")) == []
    found = read_log(capsys)[1]
    assert [metrics["RowsRead"] for metrics in found] == [[0.0], [1.0], [1.0]]
    assert [metrics.get("RejectedShare") for metrics in found] == [None, [0.0], None]


def test_erased_rows_are_counted_where_there_are_any(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    listed = {"id": suppression_tokens(keys, "people", "id", pa.array(["P1"]))}
    bucket.upload(suppressed_key("people"), json.dumps(listed).encode())
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == []
    [line], [metrics] = read_log(capsys)
    assert line["rows"]["read"] == 1
    assert (metrics["RowsErased"], metrics["RowsClean"]) == ([1.0], [0.0])


def test_broken_rules_that_refuse_nothing_are_counted(
    index: ModuleType,
    bucket: MemoryBucket,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """Only by how many rules a file breaks: a metric has no name of a rule, and no value."""
    rules = [
        {"name": name, "metric": "rowCount", "operator": "mustBe", "bounds": [bound], **severity}
        for name, bound, severity in (
            ("a", 9, {"severity": "warning"}),
            ("b", 9, {"severity": "warning"}),
            ("c", 9, {"severity": "info"}),
            ("d", 1, {"severity": "warning"}),
            ("e", 1, {}),
        )
    ]
    contract = tmp_path / "contracts/people.json"
    contract.write_text(json.dumps(PEOPLE | {"quality": rules}))
    for rows in (1, 2):
        bucket.upload(KEY, (HEADER + GOOD * rows).encode())
        assert handle(index, body(KEY)) == []
    lines, metrics = read_log(capsys)
    assert [one["QualityWarnings"] for one in metrics] == [[2.0], [3.0]]
    [directive] = metrics[0]["_aws"]["CloudWatchMetrics"]
    assert {"Name": "QualityWarnings", "Unit": "Count"} in directive["Metrics"]
    assert ["service", "dataset"] in [sorted(one, reverse=True) for one in directive["Dimensions"]]
    assert [line.get("refusal") for line in lines] == [None, "file:quality-e"]
    rules = [one for one in rules if one.get("severity") != "warning"]
    contract.write_text(json.dumps(PEOPLE | {"quality": rules}))
    index.make_processor.cache_clear()
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == []
    assert "QualityWarnings" not in read_log(capsys)[1][0]


def test_what_a_contract_encrypts_needs_the_key_for_that(
    index: ModuleType,
    bucket: MemoryBucket,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    options = {"reidentification": "fraud-investigation"}
    contract = document(column("email", method="encrypt", options=options))
    (tmp_path / "contracts/people.json").write_text(json.dumps(contract))
    bucket.upload(KEY, f"email\n{SECRET}\n".encode())
    assert handle(index, body(KEY)) == ["m0"]
    assert bucket.names() == [KEY]
    [line], _ = read_log(capsys)
    assert line["error"] == "NoReversibleKeyError"
    assert "the contract of people encrypts email" in line["reason"]
    monkeypatch.setenv("REVERSIBLE_KEY_ID", "another-key")
    index.make_processor.cache_clear()
    assert handle(index, body(KEY)) == []
    manifest = json.loads(bucket.content("manifests/people/a.csv.json"))
    assert manifest["tokens"] == [
        {
            "algorithm": "AES-256-SIV",
            "version": 1,
            "epoch": 1,
            "domain": None,
            "normalize": [],
            "columns": ["email"],
        }
    ]


def test_only_the_failed_messages_come_again(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.upload(KEY, (HEADER + GOOD).encode())
    test_event = json.dumps({"Event": "s3:TestEvent"})
    failed = handle(index, SECRET, body(KEY), test_event, body("processed/x"))
    assert failed == ["m0", "m3"]
    assert bucket.newest("manifests/people/a.csv.json")
    lines, metrics = read_log(capsys)
    assert [one["DeliveriesFailed"] for one in metrics if "DeliveriesFailed" in one] == [[1], [1]]
    assert [(line["error"], line["reason"]) for line in lines if line["level"] == "ERROR"] == [
        ("NotificationError", "the message is not an event notification of S3"),
        ("LayoutError", "the object does not lie under incoming/"),
    ]


def flatten(line: dict[str, Any]) -> dict[str, Any]:
    """The fields of a log line as Logs Insights names them."""
    flat: dict[str, Any] = {}
    for name, value in line.items():
        inner = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inner, dict):
            flat |= {f"{name}.{key}": one for key, one in inner.items()}
        else:
            flat[name] = value
    return flat


def test_the_saved_queries_name_what_is_logged(
    index: ModuleType,
    bucket: MemoryBucket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With dots for fields of fields."""
    bucket.upload(KEY, (HEADER + GOOD).encode())
    bucket.upload("incoming/people/refused.csv", f"{SECRET}\n".encode())
    bucket.upload("incoming/people/denied.csv", (HEADER + GOOD).encode())
    for key in (KEY, "incoming/people/refused.csv"):
        assert handle(index, body(key)) == []

    def deny(_moment: str) -> None:
        raise client_error("AccessDenied", 403, "GetObject")

    monkeypatch.setattr(bucket, "interrupt", deny)
    assert handle(index, body("incoming/people/denied.csv")) == ["m0"]
    lines = [flatten(line) for line in read_log(capsys)[0]]
    failed, refused, done = (
        next(line for line in lines if known in line and line["key"] == key)
        for known, key in (
            ("error", "incoming/people/denied.csv"),
            ("refusal", "incoming/people/refused.csv"),
            ("rows.read", KEY),
        )
    )
    logged = {"@timestamp", "reason", *failed, *refused, *done}
    for query in QUERIES.values():
        fields = {*query.get("fields", ())}
        conditions = " ".join(query["filter_statements"])
        fields |= set(re.findall(r"^(?:ispresent\()?([\w.@]+)", conditions))
        fields |= set(re.findall(r"(?:latest\(| by )([\w.]+)", str(query.get("stats_statements"))))
        assert fields <= logged, query
    assert failed["message"] == "failed"


def change_contract(tmp_path: Path, index: ModuleType) -> None:
    """Deploy the function with a contract of another epoch."""
    (tmp_path / "contracts/people.json").write_text(json.dumps(PEOPLE | {"epoch": 2}))
    index.make_processor.cache_clear()


def test_a_message_comes_again_if_the_contract_has_just_changed(
    index: ModuleType, bucket: MemoryBucket, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == []
    change_contract(tmp_path, index)
    read_log(capsys)
    assert handle(index, body(KEY)) == ["m0"]
    lines, [metrics] = read_log(capsys)
    assert [line["message"] for line in lines] == ["object processed", "failed"]
    assert lines[1]["reason"] == "the contract has just changed; the message is not done"
    assert metrics["FilesProcessed"] == [1.0]
    assert json.loads(bucket.content("manifests/people/a.csv.json"))["epoch"] == 2


def test_an_invocation_is_as_old_as_its_beginning(
    index: ModuleType,
    bucket: MemoryBucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Not as its turn to an object: it may have been at work since before the deployment."""
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == []
    change_contract(tmp_path, index)
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: 200_000)
    read_log(capsys)
    assert handle(index, body(KEY)) == ["m0"]
    [line], metrics = read_log(capsys)
    assert metrics == []
    assert line["reason"] == "a later invocation used another contract; the message is not done"
    assert json.loads(bucket.content("manifests/people/a.csv.json"))["epoch"] == 1


def test_all_messages_may_fail(index: ModuleType) -> None:
    assert handle(index, "?", "?") == ["m0", "m1"]


def test_one_bad_object_of_a_message_does_not_keep_the_others_waiting(
    index: ModuleType, bucket: MemoryBucket
) -> None:
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body("elsewhere/x", KEY)) == ["m0"]
    assert bucket.newest("manifests/people/a.csv.json")


def test_clients_and_contracts_are_made_once(index: ModuleType) -> None:
    assert index.make_processor() is index.make_processor()


# Nothing raw is logged, whatever fails. The secret is where the failure is.

FILES = {
    "header": f"{SECRET},name\n1,2\n".encode(),
    "no header, data first": f"{SECRET}\n".encode(),
    "rejects": f"{HEADER}{SECRET},{SECRET},,{SECRET},{SECRET}\n{SECRET}\n".encode(),
    "malformed": f'{HEADER}"{SECRET}"{SECRET}\n'.encode(),
    "not UTF-8": HEADER.encode() + SECRET.encode() + b"\xff" + SECRET.encode(),
    "UTF-16": SECRET.encode("utf-16"),
    "too long": HEADER.encode() + SECRET.encode() * 100_000,
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_no_bad_file_is_quoted(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    bucket.upload(KEY, content)
    assert handle(index, body(KEY)) == []
    read_log(capsys)
    assert SECRET not in bucket.content("manifests/people/a.csv.json").decode()
    lines = gzip.decompress(bucket.content("quarantine/people/a.csv.jsonl.gz")).decode()
    assert (SECRET in lines) == (content == FILES["rejects"]), "rows alone are kept, in quarantine"


FAILURES = {
    "in framing": (detection, "CsvRecords", fail_with_secret),
    "in the checks": (RowCheck, "check", fail_with_secret),
    "in the output": (CleanRows, "write", fail_with_secret),
    "in the rejects": (RejectedRows, "write", fail_with_secret),
    "in the account": (Transformation, "run", lambda *_: RowAccount(2, 1, 0)),
    "in the manifest": (processing, "compose", fail_with_secret),
    "in S3": (MemoryBucket, "put_object", lambda *_, **__: denied()),
    "in KMS": (HmacKey, "generate_mac", lambda *_, **__: denied()),
}


def denied() -> None:
    """Fail as S3 or KMS does."""
    raise client_error("AccessDenied", 403, "Some", message=SECRET)


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
def test_no_error_is_quoted_but_all_can_be_found(
    monkeypatch: pytest.MonkeyPatch,
    index: ModuleType,
    bucket: MemoryBucket,
    capsys: pytest.CaptureFixture[str],
    failure: tuple[Any, str, Any],
) -> None:
    monkeypatch.setattr(*failure)
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == ["m0"]
    [line], [metrics] = read_log(capsys)
    assert metrics["DeliveriesFailed"] == [1]
    assert (line["message"], line["key"], line["message_id"]) == ("failed", KEY, "m0")
    assert line["error"] in {"RuntimeError", "RowAccountError", "ClientError"}
    assert line.get("code", "Some: AccessDenied") == "Some: AccessDenied"
    assert all(":" in place for place in line["places"])
    assert any(place.startswith("processing.py:") for place in line["places"])


def test_a_broken_contract_says_which(
    index: ModuleType, bucket: MemoryBucket, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "contracts/people.json").write_text("{}")
    bucket.upload(KEY, (HEADER + GOOD).encode())
    assert handle(index, body(KEY)) == ["m0"]
    [line], _ = read_log(capsys)
    assert line["reason"] == "people.json: KeyError: 'columns'"


# What libraries say
