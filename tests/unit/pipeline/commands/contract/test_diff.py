"""``contract diff``."""

import subprocess
from pathlib import Path

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.conftest import Tool
from tests.unit.pipeline.contracts.contracts import document, prop, write
from tests.unit.synthesis import ROOT

X = prop("x")


def test_nothing_changes(tool: Tool, tmp_path: Path) -> None:
    file = str(write(tmp_path, document(X)))
    answer = tool("contract", "diff", file, file)
    assert (answer.code, answer.out) == (
        Exit.OK,
        "Nothing changes for producers or consumers.\n",
    )


@pytest.mark.parametrize(("more", "code"), [({}, Exit.OK), ({"required": True}, Exit.WRONG)])
def test_a_breaking_change_is_something_wrong(
    tool: Tool, tmp_path: Path, more: dict[str, bool], code: Exit
) -> None:
    old = str(write(tmp_path / "old", document(X)))
    new = str(write(tmp_path / "new", document(X, prop("y", **more))))
    answer = tool("contract", "diff", old, new)
    assert answer.code == code
    assert ("│ breaking │" in answer.out) == (code is Exit.WRONG)
    found = tool("contract", "diff", str(tmp_path / "old"), str(tmp_path / "new"), "--json")
    assert found.code == code
    assert found.json["breaking"] == (code is Exit.WRONG)
    assert {one["where"] for one in found.json["changes"]} == {"y"}


def test_a_missing_file_is_reported(tool: Tool, tmp_path: Path) -> None:
    answer = tool("contract", "diff", str(tmp_path / "x.odcs.yaml"), str(tmp_path))
    assert answer.code == Exit.FAILED


def test_a_contract_that_is_not_valid_is_a_document_too(tool: Tool, tmp_path: Path) -> None:
    good = str(write(tmp_path / "old", document(X)))
    bad = str(write(tmp_path / "new", document(X) | {"version": ""}))
    answer = tool("contract", "diff", good, bad, "--json")
    assert answer.code == Exit.WRONG
    assert "the version is empty" in answer.json["error"]
    assert tool("contract", "diff", good, bad).out == ""


def test_make_compares_with_a_commit(tmp_path: Path) -> None:
    """A repository of its own: the sources of this one may have come without git."""
    (tmp_path / ".git").mkdir()
    for name in ("contracts", "lib", "lambda", "pipeline", "Makefile"):
        (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(
        ["make", "--dry-run", "-s", "-o", "setup", "breaking", "base=x"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "git archive x contracts" in done.stdout
    assert "python -m pipeline contract diff" in done.stdout
