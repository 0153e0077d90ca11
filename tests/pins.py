"""The lists of packages that pip, pipenv and the function's bundle read.

``python -m tests.pins`` writes them from ``uv.lock`` and ``pyproject.toml``; `make pins` runs it.
"""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
NOTE = "# Written by `make pins` from pyproject.toml and uv.lock: change pyproject.toml instead.\n"
EXPORTS = {
    "requirements.txt": "--no-default-groups",
    "requirements-dev.txt": "--group=dev",
    "lambda/requirements.txt": "--only-group=function",
}
"""Each list for pip, and the group of ``pyproject.toml`` that is in it."""

LISTS = (*EXPORTS, "Pipfile")


def read(name: str) -> str:
    """Return what a list must be; uv reads only the lock, without a network."""
    if name == "Pipfile":
        return NOTE + _pipfile()
    options = ("--quiet", "--frozen", "--offline", "--no-emit-project", "--no-annotate")
    exported = subprocess.run(
        [sys.executable, "-m", "uv", "export", *options, "--no-header", EXPORTS[name]],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    return NOTE + _with_extras(exported)


def _with_extras(exported: str) -> str:
    """Add the extras that ``pyproject.toml`` names, which uv leaves out of its exports.

    Before 23.3, pip does not find the hash of ``coverage`` for ``coverage[toml]``.
    """
    for package in demanded("dev"):
        if package.extras:
            named = f"{canonicalize_name(package.name)}{{}}=="
            extras = f"[{','.join(sorted(package.extras))}]"
            exported = exported.replace("\n" + named.format(""), "\n" + named.format(extras))
    return exported


def demanded(group: str = "") -> list[Requirement]:
    """Return the packages of a dependency group in ``pyproject.toml``, or by default those of
    synth.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    named = project["dependency-groups"][group] if group else project["project"]["dependencies"]
    found: list[Requirement] = []
    for one in named:
        found += demanded(one["include-group"]) if isinstance(one, dict) else [Requirement(one)]
    return found


def _pipfile() -> str:
    """Return the named packages; pipenv finds their dependencies itself."""
    packages = demanded()
    names = {canonicalize_name(package.name) for package in packages}
    others = [one for one in demanded("dev") if canonicalize_name(one.name) not in names]
    lines = ["[packages]", *map(_entry, packages), "", "[dev-packages]", *map(_entry, others)]
    return "\n".join([*lines, "", "[requires]", 'python_version = "3.11"', ""])


def _entry(package: Requirement) -> str:
    """Return the line of a package in a Pipfile."""
    details: dict[str, object] = {"version": str(package.specifier)}
    if package.extras:
        details["extras"] = sorted(package.extras)
    if package.marker:
        details["markers"] = str(package.marker).replace('"', "'")
    if len(details) == 1:
        return f"{package.name} = {json.dumps(details['version'])}"
    table = ", ".join(f"{name} = {json.dumps(value)}" for name, value in details.items())
    return f"{package.name} = {{{table}}}"


def main() -> None:
    """Write each list that is out of date."""
    for name in LISTS:
        file, text = ROOT / name, read(name)
        if not file.exists() or file.read_text("utf-8") != text:
            file.write_text(text, encoding="utf-8")
            print(f"Wrote {name}")


if __name__ == "__main__":
    main()
