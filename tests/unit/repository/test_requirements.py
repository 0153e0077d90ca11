"""The lists of packages say the same thing, and pin it."""

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.unit.synthesis import ROOT

PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(\[(?P<extras>[^]]*)\])?==(?P<version>[^\s;]+)(; .*)?")


def read_pins(name: str) -> dict[str, str]:
    """Package with extras → version, of a requirements file; every line must be a pin."""
    pins = {}
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-")):
            match = PIN.fullmatch(line)
            assert match, f"{name}: {line!r} is not a pin"
            pins[f"{match['name']}[{match['extras'] or ''}]"] = match["version"]
    return pins


def read_pipfile(section: str) -> dict[str, str]:
    """The same of a section of the Pipfile."""
    packages = tomllib.loads((ROOT / "Pipfile").read_text(encoding="utf-8"))[section]
    pins = {}
    for name, value in packages.items():
        details = value if isinstance(value, dict) else {"version": value}
        pins[f"{name}[{','.join(details.get('extras', []))}]"] = details["version"][2:]
    return pins


def test_pipfile_and_requirements_say_the_same() -> None:
    assert read_pipfile("packages") == read_pins("requirements.txt")
    assert read_pipfile("dev-packages") == read_pins("requirements-dev.txt")


def demands(packages: Iterable[str]) -> Iterator[Requirement]:
    """Everything that packages, and those that they bring along, demand of each other."""
    waiting, seen = [Requirement(package) for package in packages], set()
    while waiting:
        package = waiting.pop()
        if str(package) in seen:
            continue
        seen.add(str(package))
        with suppress(metadata.PackageNotFoundError):  # it is for another platform
            for demand in map(Requirement, metadata.requires(package.name) or ()):
                extras = [{"extra": extra} for extra in ("", *package.extras)]
                if not demand.marker or any(map(demand.marker.evaluate, extras)):
                    waiting.append(demand)
                    yield demand


def exact(found: Iterable[Requirement]) -> set[str]:
    """The names of the packages of which one version is demanded."""
    return {
        canonicalize_name(one.name) for one in found if re.match("==[^*]+$", str(one.specifier))
    }


def test_pipenv_can_lock_the_pipfile() -> None:
    """It locks ``packages`` first, in the newest versions; ``dev-packages`` must do with those."""
    packages = read_pipfile("packages")
    locked = list(demands(packages))
    pinned = {canonicalize_name(name.partition("[")[0]) for name in packages} | exact(locked)
    newest = {canonicalize_name(one.name) for one in locked} - pinned
    wanted = exact(demands(read_pipfile("dev-packages")))
    assert "botocore" in wanted
    assert not newest & wanted, "pin them in [packages] and in requirements.txt"


def test_development_adds_to_what_synth_needs() -> None:
    lines = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8").splitlines()
    assert "-r requirements.txt" in lines
    assert not set(read_pins("requirements.txt")) & set(read_pins("requirements-dev.txt"))


def test_what_they_bring_along_is_pinned_too() -> None:
    assert "-c constraints.txt" in (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert "jsii[]" in read_pins("constraints.txt")


def test_the_tests_run_what_the_function_runs() -> None:
    shipped = dict(
        re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / "lambda/requirements.txt").read_text(), re.M)
    )
    ours = {
        name.partition("[")[0]: version
        for file in ("requirements.txt", "requirements-dev.txt", "constraints.txt")
        for name, version in read_pins(file).items()
    }
    assert {"pyarrow", "boto3", "botocore", "aws-lambda-powertools"} <= set(shipped)
    assert {name: ours.get(name.replace("-", "_"), ours.get(name)) for name in shipped} == shipped


def test_every_dependency_of_the_function_has_its_hashes() -> None:
    text = (ROOT / "lambda/requirements.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z])", text):
        if "==" in block:
            assert "--hash=sha256:" in block, block.splitlines()[0]


def test_the_cli_is_pinned_and_locked() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_every_dependency_earns_a_line_in_the_documentation() -> None:
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    packages = [*read_pins("requirements.txt"), *read_pins("requirements-dev.txt")]
    assert not [p for p in packages if f"`{p.partition('[')[0]}`" not in page]
