"""What mypy checks, and the types of AWS's services that it knows: those that we touch."""

import importlib.util
import re
import tomllib
from pathlib import Path

from tests.unit.synthesis import ROOT

FOLDERS = ("lib", "sandbox", "delivery", "benchmarks", "tests")
IMPORT = re.compile(r"^(?:from|import) (aws_cdk\b[\w.]*)(?: import (\w+))?", re.MULTILINE)
FOR_TYPES = re.compile(r"^if typing\.TYPE_CHECKING:\n(.*?)^else:$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"^ +import (aws_cdk[\w.]*) as ", re.MULTILINE)
ALL_INTERFACES = "aws_cdk.interfaces"


def locate(module: str) -> Path | None:
    """The file of a package of aws_cdk; None for what is not one, such as a class."""
    specification = importlib.util.find_spec("aws_cdk")
    assert specification
    assert specification.origin
    file = Path(specification.origin).parent.joinpath(*module.split(".")[1:], "__init__.py")
    return file if file.exists() else None


def list_imports() -> set[str]:
    """The packages of aws_cdk that the project imports."""
    sources = [ROOT / "app.py", *(file for one in FOLDERS for file in (ROOT / one).rglob("*.py"))]
    found = {
        name
        for source in sources
        for package, inner in IMPORT.findall(source.read_text(encoding="utf-8"))
        for name in (package, f"{package}.{inner}")
    }
    return {name for name in found if locate(name)}


def list_signatures(module: str) -> set[str]:
    """The packages of aws_cdk that the signatures in one of them name."""
    file = locate(module)
    assert file, module
    block = FOR_TYPES.search(file.read_text(encoding="utf-8"))
    return set(NAMED.findall(block[1])) if block else set()


def test_mypy_knows_the_services_in_every_signature_that_the_project_can_use() -> None:
    """It would take a value of one that it does not know for correct, whatever it is."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = {
        name.removesuffix(".*")
        for override in settings["tool"]["mypy"]["overrides"]
        if override.get("follow_imports") == "normal"
        for name in override["module"]
    }
    touched: set[str] = set()
    coming = list_imports()
    while coming:
        touched |= coming
        coming = set().union(*map(list_signatures, coming)) - touched
    inner = {name for name in touched if name.startswith(f"{ALL_INTERFACES}.")}
    assert known == (touched - inner) | {ALL_INTERFACES, "aws_cdk._jsii"}


def test_mypy_checks_what_the_other_tools_check() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (checked,) = re.findall("^CHECKED := (.*)$", makefile, re.MULTILINE)
    assert sorted(settings["tool"]["mypy"]["files"]) == sorted(checked.split())
