"""What manifests say, and which are wanted."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest

from pipeline import records
from pipeline.outcomes import PipelineError
from pipeline.records import Choice, Record
from processor.account import RowAccount
from processor.bucket.manifest import FORMAT, compose
from processor.bucket.store import Source
from processor.reasons import FileRefusedError, Reason
from tests.unit.pipeline.account import MOMENT, REFUSED, broken, manifest

KEY = "incoming/customers/a.csv"


def record(**changes: Any) -> Record:
    """The record of a file."""
    return Record.parse(json.dumps(manifest(KEY, **changes)).encode(), "manifests/x.json")


def test_a_record_is_what_the_manifest_says() -> None:
    found = record()
    assert (found.key, found.dataset, found.version) == (KEY, "customers", "v1")
    assert (found.outcome, found.refusal) == ("processed", None)
    assert (found.read, found.clean, found.rejected, found.erased) == (10, 9, 1, 0)
    assert found.processed_at == MOMENT
    assert found.all_reasons == {"email:required": 1}


def test_a_refused_file_is_called_so() -> None:
    found = record(**{**REFUSED, "rejected_by_reason": {}})
    assert (found.outcome, found.refusal) == ("refused", "file:rejected-share")
    assert found.all_reasons == {"file:rejected-share": 0}


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"[]", b"{}", b'{"rows": 1, "refusal": null}', b"\xff", b"[" * 100_000],
)
def test_what_is_no_manifest_is_named(content: bytes) -> None:
    with pytest.raises(PipelineError, match=r"manifests/x\.json is not a manifest"):
        Record.parse(content, "manifests/x.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"manifest_version": 2},
        {"manifest_version": None},
        {"outcome": "archived"},
        {"dataset": 5},
        {"rows": {"read": None, "clean": 0, "rejected": 0}},
        {"rejected_by_reason": {"email:required": "1"}},
        {"rejected_by_reason": ["email:required"]},
        {"refusal": {"reason": 5}},
        {"source": {"key": KEY}},
        {"contract": "customers"},
        {"anonymity": {"k": 1}},
        {"anonymity": {"k": "many", "required": 2}},
        {"quality": [{}]},
        {"quality": [broken(measured="many")]},
        {"quality": [broken(passed="no")]},
        {"quality": [broken(severity=3)]},
        {"outputs": {"processed": {"key": "processed/x", "rows": 1}}},
        {"outputs": None},
        {"processed_at": 1},
    ],
    ids=str,
)
def test_another_format_is_not_guessed_at(changes: dict[str, Any]) -> None:
    with pytest.raises(PipelineError, match="Use the version that was deployed"):
        record(**changes)


def test_the_format_is_what_the_processor_writes() -> None:
    assert records.FORMAT == FORMAT


def test_a_moment_without_a_zone_is_none() -> None:
    with pytest.raises(PipelineError, match=r"ValueError at .*2026-03-01T12:30:00"):
        record(processed_at="2026-03-01T12:30:00")


@pytest.mark.parametrize(
    ("choice", "plain", "refused"),
    [
        (Choice(), True, True),
        (Choice(dataset="customers"), True, True),
        (Choice(dataset="customer"), False, False),
        (Choice(outcome="processed"), True, False),
        (Choice(outcome="refused"), False, True),
        (Choice(outcome="rejects"), True, False),
        (Choice(since=MOMENT, until=MOMENT + timedelta(seconds=1)), True, True),
        (Choice(until=MOMENT), False, False),
        (Choice(since=MOMENT + timedelta(seconds=1)), False, False),
        (Choice(reason="email:required"), True, False),
        (Choice(reason="email:*"), True, False),
        (Choice(reason="email"), False, False),
        (Choice(reason="file:rejected-share"), False, True),
        (Choice(reason="phone:*"), False, False),
    ],
)
def test_a_choice(choice: Choice, plain: bool, refused: bool) -> None:
    assert (choice.wants(record()), choice.wants(record(**REFUSED))) == (plain, refused)


def test_a_reason_may_be_chosen_whatever_its_characters() -> None:
    odd = {"rejected_by_reason": {"a[b]:required": 1}}
    assert Choice(reason="a[b]:required").wants(record(**odd))


def test_a_file_without_rejects_is_not_one_with() -> None:
    rows = {"read": 9, "clean": 9, "rejected": 0}
    assert not Choice(outcome="rejects").wants(record(rows=rows))


@pytest.mark.parametrize("refused", [False, True])
def test_what_the_processor_writes_can_be_read(refused: bool) -> None:
    refusal = FileRefusedError(Reason.FILE_REJECTED_SHARE, line=3) if refused else None
    source = Source(KEY, "v7", '"e"', 3, MOMENT, None, io.BytesIO())
    written = compose(
        bucket="a-bucket",
        source=source,
        dataset="customers",
        terms={"contract": None, "epoch": None, "tokens": []},
        account=RowAccount(3, 0, 3, {Reason.COLUMN_REQUIRED.about("email"): 3}, refusal),
        outputs={"processed": None, "quarantine": None},
        processed_at=MOMENT,
    )
    found = Record.parse(json.dumps(written).encode(), "manifests/x.json")
    assert (found.key, found.version, found.read) == (KEY, "v7", 3)
    assert found.outcome == ("refused" if refused else "processed")
    assert found.reasons == {"email:required": 3}
    assert found.refusal == ("file:rejected-share" if refused else None)
