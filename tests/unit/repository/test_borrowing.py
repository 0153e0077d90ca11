"""What a test takes from elsewhere: nothing of another test, so each can change alone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.synthesis import ROOT

NAMES = re.compile(r"\btests(?:\.\w+)*\.test_\w+")


def borrowed(source: str) -> Iterator[str]:
    """Yield what a module takes from a module of tests, with its line."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = NAMES.findall(node.value)
        else:
            continue
        for name in names:
            if name.startswith("tests.") and ".test_" in name:
                yield f"{node.lineno}: {name}"


def test_no_module_takes_from_a_module_of_tests() -> None:
    files = sorted({*(ROOT / "tests").glob("**/*.py")} - {Path(__file__)})
    found = [f"{file}:{one}" for file in files for one in borrowed(file.read_text("utf-8"))]
    assert not found, "move what is shared into a module without test_ in its name"


@pytest.mark.parametrize(
    "line",
    [
        "from tests.unit.stack.test_app import make",
        "from tests.unit.stack import test_app as app",
        "import tests.unit.stack.test_app",
        "importlib.import_module('tests.unit.stack.test_app')",
        "WORK = 'x = 1; from tests.unit.stack.test_app import make'",
        "patch.setattr('tests.unit.stack.test_app.make', None)",
    ],
)
def test_a_module_that_does_is_found(line: str) -> None:
    assert list(borrowed(line))
