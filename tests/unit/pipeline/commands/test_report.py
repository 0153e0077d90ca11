"""``report``."""

from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import MOMENT, REFUSED, Account, broken
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(autouse=True)
def three_days_later(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of one dataset, and one of another, three days ago."""
    account.process("incoming/customers/a.csv")
    account.process("incoming/customers/b.csv", 1, **REFUSED)
    account.process(
        "incoming/payments/c.csv", anonymity={"k": 3, "required": 2}, quality=[broken()]
    )
    monkeypatch.setattr("pipeline.commands.report.now", lambda: MOMENT + timedelta(days=3))
    monkeypatch.setattr(
        "pipeline.commands.report.read_intervals", lambda _: {"customers": timedelta(days=1)}
    )


def test_it_writes_a_page(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "a page.html"
    answer = tool("report", "--output", str(file))
    assert (answer.code, answer.out, answer.err) == (Exit.OK, f"Wrote {file}\n", "")
    page = file.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "payments" in page
    assert "2 d late" in page


def test_it_is_of_some_files(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    tool("report", "--output", str(file), "--dataset", "customers", "--since", "2026-03-01T13:00Z")
    page = file.read_text("utf-8")
    assert "payments" not in page
    assert "1 file, 1 of them refused" in page
    assert "2026-03-01T13:00:00Z" in page


def test_json_has_the_numbers(tool: Tool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    customers, payments = tool("report", "--json").json["datasets"]
    assert not list(tmp_path.iterdir())
    assert customers["rows"] == {"read": 20, "clean": 9, "rejected": 11, "erased": 0}
    assert customers["late_seconds"] == 2 * 86_400
    assert customers["periods"] == [{"label": "2026-03-01", "clean": 9, "rejected": 11}]
    assert customers["reasons"][0]["reason"] == "file:rejected-share"
    assert (payments["late_seconds"], payments["anonymity"]["least"]) == (None, 3)
    assert customers["broken_rules"] == []
    assert [(one["rule"], one["files"]) for one in payments["broken_rules"]] == [("enough", 1)]


def test_a_manifest_that_cannot_be_read_is_counted(
    tool: Tool, account: Account, tmp_path: Path
) -> None:
    account.put("manifests/customers/a.csv.json", b"not JSON")
    file = tmp_path / "page.html"
    answer = tool("report", "--output", str(file))
    assert answer.code == Exit.WRONG
    assert answer.err.startswith("Not counted: manifests/customers/a.csv.json is not a manifest")
    page = file.read_text("utf-8")
    assert "1 manifest could not be read, and\nis not counted." in page
    assert "a.csv" not in page
    assert "payments" in page
    assert tool("report", "--json").json["unreadable"] == 1


def test_a_dataset_without_a_file_is_late(tool: Tool, account: Account, tmp_path: Path) -> None:
    for key in [key for key in account.objects if "customers" in key]:
        del account.objects[key]
    customers, payments = tool("report", "--json").json["datasets"]
    assert (customers["files"], customers["periods"]) == (0, [])
    assert (customers["late"], customers["late_seconds"]) == (True, None)
    assert (payments["files"], payments["late"]) == (1, False)
    file = tmp_path / "page.html"
    tool("report", "--output", str(file), "--dataset", "customers")
    page = file.read_text("utf-8")
    assert "no clean file yet" in page
    assert "No file of it was processed yet, but its contract says how often" in page
    assert "<svg" not in page


def test_nobody_can_tell_whether_unread_files_are_late(tool: Tool, account: Account) -> None:
    for key in [key for key in account.objects if "manifests/customers" in key]:
        account.put(key, b"not JSON")
    customers, _ = tool("report", "--json").json["datasets"]
    assert (customers["files"], customers["late"]) == (0, False)


def test_a_page_that_cannot_be_written(tool: Tool, tmp_path: Path) -> None:
    answer = tool("report", "--output", str(tmp_path / "none" / "page.html"))
    assert answer.code == Exit.FAILED
    assert "cannot be written: No such file or directory" in answer.err
