"""What is here only for a time says when it can be deleted.

Those are the corrections of the emulator, one by one, and the benchmarks.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.unit.synthesis import ROOT

CORRECTIONS = sorted((ROOT / "sandbox/parity").glob("*.py"))
BENCHMARKS = sorted((ROOT / "benchmarks").glob("**/*.py"))
OVERVIEWS = ("__init__.py", "correction.py")  # what explains the others
# What installs a correction: a decorator, or a place in one of MiniStack's tables.
INSTALLERS = ("replaces", "completes", "refuses", "also_checks")
TABLES = ("RESOURCE_TYPES", "HANDLERS", "ACTIONS", "LOG_GROUP")
DELETION = re.compile(r"^Delete (?:each of these once MiniStack|.+? (?:once|with) )", re.MULTILINE)
WHOLE = re.compile(r"^Delete it once ", re.MULTILINE)


def names(node: ast.AST) -> set[str]:
    """Return the names in a part of a program."""
    return {found.id for found in ast.walk(node) if isinstance(found, ast.Name)}


def corrections(source: str) -> Iterator[str]:
    """Yield the functions of a module that are installed as corrections."""
    tree = ast.parse(source)
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            if any(names(decorator) & set(INSTALLERS) for decorator in node.decorator_list):
                yield node.name
        elif isinstance(node, ast.Assign) and names(node.targets[0]) & set(TABLES):
            yield from sorted(names(node.value) & functions)
        elif isinstance(node, ast.Expr | ast.For) and names(node) & {*TABLES, "NAMED"}:
            yield from sorted(names(node) & functions)


def unexplained(source: str) -> list[str]:
    """Return the corrections of a module whose end its docstring does not name."""
    said = ast.get_docstring(ast.parse(source)) or ""
    if WHOLE.search(said):
        return []
    return [name for name in corrections(source) if f"``{name}``" not in said]


@pytest.mark.parametrize(
    "file",
    [file for file in CORRECTIONS if file.name not in OVERVIEWS],
    ids=lambda file: file.stem,
)
def test_a_correction_says_when_it_can_be_deleted(file: object) -> None:
    source = (ROOT / str(file)).read_text("utf-8")
    said = ast.get_docstring(ast.parse(source)) or ""
    assert DELETION.search(said)
    assert not unexplained(source)


def test_all_ways_to_install_a_correction_are_known() -> None:
    found = {file.stem for file in CORRECTIONS if list(corrections(file.read_text("utf-8")))}
    indirect = {"kms", "vpc"}  # which others call
    assert found | indirect >= {file.stem for file in CORRECTIONS if file.name not in OVERVIEWS}


@pytest.mark.parametrize(
    "file",
    [file for file in BENCHMARKS if file != ROOT / "benchmarks/__init__.py"],
    ids=lambda file: file.relative_to(ROOT / "benchmarks").as_posix(),
)
def test_a_benchmark_says_when_it_can_be_deleted(file: object) -> None:
    said = ast.get_docstring(ast.parse((ROOT / str(file)).read_text("utf-8"))) or ""
    assert DELETION.search(said)


@pytest.mark.parametrize(
    "installed",
    [
        "@replaces(iam, 'enforce')\ndef gap(): ...",
        "@completes('AWS::IAM::Role')\ndef gap(): ...",
        "@also_checks\ndef gap(): ...",
        "def gap(): ...\nRESOURCE_TYPES['AWS::IAM::Role']['delete'] = gap",
        "def gap(): ...\nLOG_GROUP.update(create=gap)",
        "def gap(): ...\nfor named in NAMED:\n    gap(named)",
    ],
)
def test_a_correction_that_does_not_is_found(installed: str) -> None:
    said = (
        '"""Roles.\n\nDelete each of these once MiniStack itself does this:\n\n- ``%s``: x.\n"""\n'
    )
    assert unexplained(said % "other" + installed) == ["gap"]
    assert unexplained(said % "gap" + installed) == []
