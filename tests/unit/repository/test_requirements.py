"""Every list of packages matches the lock, and pins everything for builds and tests by hash."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlparse

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import pins
from tests.pins import ROOT

PINNED = re.compile(
    r"(?P<name>[a-z0-9-]+)(?P<extras>\[[a-z0-9,-]+\])?==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))?"
)
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))


def lock_is_current(project: Path) -> "subprocess.CompletedProcess[str]":
    """Ask uv, without a network, whether a project's lock is current."""
    return subprocess.run(
        [sys.executable, "-m", "uv", "lock", "--check", "--offline", "--python", sys.executable],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("UV_")},
        capture_output=True,
        text=True,
        check=False,
    )


def read_list(name: str) -> dict[str, re.Match[str]]:
    """Package → its pin, from a list for pip; each has hashes, and there is nothing else."""
    text = re.sub("^#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
    packages = {}
    for entry in text.replace(" \\\n", "").splitlines():
        pin, *hashes = re.split(r" +--hash=", entry)
        match = PINNED.fullmatch(pin)
        assert match, f"{name}: {pin!r} is not a pin"
        assert hashes, f"{name}: {pin} has no hash"
        assert all(re.fullmatch("sha256:[0-9a-f]{64}", one) for one in hashes), entry
        packages[match[0]] = match
    return packages


def read_pipfile(section: str) -> list[Requirement]:
    """The requirements in a section of the Pipfile."""
    packages = tomllib.loads((ROOT / "Pipfile").read_text(encoding="utf-8"))[section]
    found = []
    for name, value in packages.items():
        details = value if isinstance(value, dict) else {"version": value}
        marker = f"; {details['markers']}" if "markers" in details else ""
        extras = ",".join(details.get("extras", ()))
        found.append(Requirement(f"{name}[{extras}]{details['version']}{marker}"))
    return found


def test_the_lock_is_of_what_the_project_names() -> None:
    done = lock_is_current(ROOT)
    assert done.returncode == 0, f"{done.stderr}\nrun: make pins"


def test_a_lock_of_other_versions_is_reported(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PROJECT.replace("rich==15.0.0", "rich==14.0.0"))
    (tmp_path / "README.md").touch()
    (tmp_path / "uv.lock").write_bytes((ROOT / "uv.lock").read_bytes())
    assert lock_is_current(tmp_path).returncode


@pytest.mark.parametrize("name", pins.LISTS)
def test_a_list_is_what_the_lock_gives(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == pins.read(name), "run: make pins"


def test_the_lock_is_of_the_public_index() -> None:
    packages = [package for package in LOCK["package"] if "registry" in package["source"]]
    assert len(packages) == len(LOCK["package"]) - 1, "all but the project itself"
    assert {package["source"]["registry"] for package in packages} == {"https://pypi.org/simple"}
    files = [file for one in packages for file in [one.get("sdist"), *one.get("wheels", ())]]
    hosts = {urlparse(file["url"]).hostname for file in files if file}
    assert hosts == {"files.pythonhosted.org"}


def test_the_function_gets_the_same_on_every_machine() -> None:
    """When pip installs for another platform, it evaluates markers on this one."""
    assert not [pin[0] for pin in read_list("lambda/requirements.txt").values() if pin["marker"]]


@pytest.mark.parametrize("part", ["requirements.txt", "lambda/requirements.txt"])
def test_the_tests_run_what_synth_and_the_function_run(part: str) -> None:
    assert set(read_list(part)) < set(read_list("requirements-dev.txt"))


@pytest.mark.parametrize("part", ["packages", "dev-packages"])
def test_pipenv_installs_the_same_versions(part: str) -> None:
    locked = {
        f"{pin['name']}=={pin['version']}" for pin in read_list("requirements-dev.txt").values()
    }
    wanted = {f"{canonicalize_name(one.name)}{one.specifier}" for one in read_pipfile(part)}
    assert wanted
    assert wanted <= locked


def demands(packages: Iterable[Requirement]) -> Iterator[Requirement]:
    """All requirements of packages and their dependencies."""
    waiting, seen = list(packages), set()
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
    """The names of the packages that must have one exact version."""
    return {
        canonicalize_name(one.name) for one in found if re.match("==[^*]+$", str(one.specifier))
    }


def test_pipenv_can_lock_the_pipfile() -> None:
    """It locks ``packages`` first, in the newest versions; ``dev-packages`` must accept those."""
    packages = read_pipfile("packages")
    locked = list(demands(packages))
    pinned = {canonicalize_name(one.name) for one in packages} | exact(locked)
    newest = {canonicalize_name(one.name) for one in locked} - pinned
    wanted = exact(demands(read_pipfile("dev-packages")))
    assert "botocore" in wanted
    assert not newest & wanted, "pin them in [project] of pyproject.toml"


def test_old_versions_of_pip_find_the_hashes_of_packages_with_extras() -> None:
    """Needed while a supported Python comes with pip before 23.3 (3.11.7, 3.12.1)."""
    listed = read_list("requirements-dev.txt")
    brought = [Requirement(pin) for pin in listed]
    asked = {f"{canonicalize_name(one.name)}" for one in demands(brought) if one.extras}
    assert "coverage" in asked
    found = {pin["name"] for pin in listed.values() if pin["extras"]}
    assert asked <= found, "name them in pyproject.toml, with their extras"


def test_every_package_is_in_one_version_and_has_its_reason() -> None:
    for group in ("", *tomllib.loads(PROJECT)["dependency-groups"]):
        packages = pins.demanded(group)
        assert exact(packages) == {canonicalize_name(one.name) for one in packages}
    for before, line in pairwise(PROJECT[: PROJECT.index("[tool.uv]")].splitlines()):
        if re.search('".+==.+"', line):
            assert "  # " in line or before.strip().startswith("# "), f"say what it is for: {line}"


def test_synth_and_the_function_have_the_same_versions() -> None:
    """Synth tries a contract's patterns on the engine that will run them."""
    synth, function = (
        {canonicalize_name(one.name): str(one.specifier) for one in pins.demanded(group)}
        for group in ("", "function")
    )
    assert {"boto3", "botocore", "pyarrow"} <= synth.keys() & function.keys()
    for name in synth.keys() & function.keys():
        assert synth[name] == function[name], name


def test_the_project_is_installed_with_what_the_lock_has() -> None:
    """``--no-build-isolation``: no build runs packages that have no hash."""
    for needed in tomllib.loads(PROJECT)["build-system"]["requires"]:
        assert needed in read_list("requirements-dev.txt")


def test_the_cli_is_pinned_and_locked() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
