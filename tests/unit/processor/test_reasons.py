"""The catalogue of reasons is complete: no other reason is raised, and each is explained."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from processor.reasons import Reason, ReasonAbout
from tests.reasons import GROUPS, PAGE, render
from tests.unit.synthesis import ROOT

CATALOGUE = ROOT / "lambda" / "processor" / "reasons.py"
SOURCES = sorted({*(ROOT / "lambda").rglob("*.py")} - {CATALOGUE})
SUBJECTS = {reason.partition(":")[0] for reason in Reason}
# Such a text, or a part of it: "row:blank", "encoding:not-", ":required".
STATEMENT = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(SUBJECTS)))})?:[a-z][a-z0-9-]*")


def trees() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules, except the catalogue."""
    for file in SOURCES:
        yield file, ast.parse(file.read_text(encoding="utf-8"))


def members(tree: ast.AST) -> Iterator[str]:
    """Yield the names of the members that a module uses."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "Reason"
        ):
            yield node.attr


def literals(tree: ast.AST) -> Iterator[str]:
    """Yield the reasons that a module spells out."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and STATEMENT.fullmatch(node.value)
        ):
            yield node.value


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "write it again: .venv/bin/python -m tests.reasons"


def test_the_page_has_every_reason_once() -> None:
    stated = re.findall(r"^\| `([^`]+)` \|", render(), re.MULTILINE)
    assert sorted(stated) == sorted(Reason)
    assert {subject for _, subjects in GROUPS.values() for subject in subjects} == SUBJECTS


def test_every_reason_is_stated_somewhere() -> None:
    stated = {name for _, tree in trees() for name in members(tree)}
    assert set(Reason.__members__) - stated == set()


def test_no_reason_is_spelt_out_elsewhere() -> None:
    assert {file.name: found for file, tree in trees() if (found := set(literals(tree)))} == {}


@pytest.mark.parametrize(
    "source",
    ['fail("row:blank")', 'f"{name}:required"', 'f"encoding:not-{name}"', 'x = "file:new-one"'],
)
def test_a_reason_that_is_spelt_out_is_found(source: str) -> None:
    assert list(literals(ast.parse(source)))


@pytest.mark.parametrize("reason", Reason)
def test_a_reason_is_named_and_explained(reason: Reason) -> None:
    text = re.sub("-<(?!column)[a-z]+>$", "", reason).replace("<column>", "column")
    assert reason.name == re.sub("[:-]", "_", text).upper()
    explained = reason.explanation
    assert explained.remedies
    for sentence in (explained.means, explained.cause, *explained.remedies.values()):
        assert re.fullmatch(r"[A-Z`].+[.]", sentence), sentence
        assert "|" not in sentence


def test_a_limit_has_a_unit_and_only_a_limit() -> None:
    refusals = [
        node
        for _, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "FileRefusedError"
    ]
    limited = {
        name
        for node in refusals
        if any(keyword.arg == "limit" for keyword in node.keywords)
        for name in members(node)
    }
    assert limited == {reason.name for reason in Reason if reason.explanation.unit}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("row:blank", Reason.ROW_BLANK),
        ("email:required", Reason.COLUMN_REQUIRED),
        ("row:required", Reason.COLUMN_REQUIRED),  # of a column with this name
        ("header:column-type-list", Reason.HEADER_COLUMN_TYPE),
        ("encoding:not-utf-8", Reason.ENCODING_NOT),
    ],
)
def test_the_reason_of_a_text_is_found(text: str, reason: Reason) -> None:
    assert Reason.of(text) is reason


@pytest.mark.parametrize("text", ["", "row", "row:no-such", "email:", "file:blank"])
def test_a_text_that_states_no_reason_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="states no reason"):
        Reason.of(text)


@pytest.mark.parametrize("reason", [reason for reason in Reason if "<" in reason])
def test_a_blank_is_filled(reason: Reason) -> None:
    stated = reason.about(r"a\1")
    assert isinstance(stated, ReasonAbout)
    assert "<" not in stated
    assert r"a\1" in stated
    assert Reason.of(stated) is reason


def test_no_column_can_be_taken_for_something_else() -> None:
    """Whatever the name of a column, its reasons are never those of a file or a row."""
    rules = {reason.partition(":")[2] for reason in Reason if reason.startswith("<column>:")}
    others = {reason.partition(":")[2] for reason in Reason if not reason.startswith("<column>:")}
    assert rules & others == set()
