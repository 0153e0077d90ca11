"""What a test takes from elsewhere: nothing of another test, and nothing private.

So each test can change alone, and so can what is inside a module.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.synthesis import ROOT

NAMES = re.compile(r"\btests(?:\.\w+)*\.test_\w+")
# CDK ends a logical id with eight digits of the hash of the construct's path.
HASHED = re.compile(r"\b[A-Z][A-Za-z0-9]*[a-z][0-9A-F]{8}\b")
PRIVATE = re.compile(r"_[A-Za-z]\w*")


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


def private_names(source: str) -> set[str]:
    """Return the private names that a module defines, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.id if isinstance(node, ast.Name) else node.attr)
    return {name for name in found if PRIVATE.fullmatch(name)}


def intrusions(source: str, private: set[str]) -> Iterator[str]:
    """Yield where a module of tests names one of these of another module, with its line."""
    tree = ast.parse(source)
    parts = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            ours = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            names = [] if ours else [node.attr]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names = [] if id(node) in parts else node.value.split(".")
        yield from (f"{vars(node)['lineno']}: {name}" for name in names if name in private)


def sources(*folders: str) -> dict[Path, str]:
    """Return the modules in these folders, but for this one."""
    files = {file for folder in folders for file in (ROOT / folder).glob("**/*.py")}
    return {file: file.read_text("utf-8") for file in sorted(files - {Path(__file__)})}


@pytest.mark.no_cover
def test_no_module_takes_from_a_module_of_tests() -> None:
    found = [
        f"{file}:{one}" for file, source in sources("tests").items() for one in borrowed(source)
    ]
    assert not found, "move what is shared into a module without test_ in its name"


@pytest.mark.no_cover
def test_no_test_names_what_is_private() -> None:
    tests = sources("tests")
    shared = {file: source for file, source in tests.items() if "test_" not in file.name}
    product = (
        sources("lib", "lambda", "pipeline", "sandbox", "delivery", "samples", "benchmarks")
        | shared
    )
    private = {name for source in product.values() for name in private_names(source)}
    assert {"_attempt", "attempt"} & private == {"_attempt"}
    found = [
        f"{file}:{one}" for file, source in tests.items() for one in intrusions(source, private)
    ]
    assert not found, "use what is public, or give it a public name"


def test_no_test_names_a_resource_by_the_hash_in_its_logical_id() -> None:
    assert HASHED.search("CustomResourceProviderRole3B1BD092")
    found = [(file, *HASHED.findall(source)) for file, source in sources("tests").items()]
    assert not [one for one in found if one[1:]], "find it by its type, or by what refers to it"


@pytest.mark.parametrize(
    "line",
    [
        "from lib.settings import _check",
        "settings._check()",
        "vars(settings)['_check']",
        "patch.setattr(settings, '_check', None)",
        "patch.setattr('lib.settings._check', None)",
    ],
)
def test_a_test_that_does_is_found(line: str) -> None:
    private = private_names("def _check(): ...")
    assert list(intrusions(line, private))
    assert not list(intrusions(line.replace("_check", "check"), private))


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
