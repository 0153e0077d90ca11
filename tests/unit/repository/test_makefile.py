"""The steps of the Makefile: none of them can hang forever."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.synthesis import ROOT

TOOLS = "actionlint|cdk|checkov|gh|make|mypy|npm|pylint|pytest|python3?|ruff|uv|zizmor"
TOOL = rf"[\w./-]*\b(?:{TOOLS})"
COMMAND = re.compile(
    rf"(?:^|[;|&('{{]|\bdo\b|\b[A-Z_]+=\S+ )\s*({TOOL}\b(?: +\S+(?: venv)?)?)", re.MULTILINE
)
LIMITED = re.compile(rf"{TOOL} -m lib\.time_limit (?P<minutes>\d+) [a-z]+ {TOOL}\b")
UNLIMITED = {
    "cdk deploy": "it asks, and waits for an answer",
    "cdk destroy": "it asks, and waits for an answer",
    "cdk import": "it may ask, and waits for an answer",
    "make --no-print-directory": "each step of what it makes has a limit",
    "python -c": "it writes what was deployed into a file",
    "python3 -c": "it looks at its own version",
    "python3 -m venv": "it is what the limit of the next steps runs on",
}
TARGETS = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
DONE = (
    "--old-file=setup",
    *(f"--old-file=.cache/{one}" for one in ("checkov", "awscli", "peers", "datacontract")),
)
FAKE = """#!/bin/sh
echo "${0##*/} $*" >>"$CALLS"
[ "$HANGS" != "${0##*/}" ] || exec sleep 600
"""


def make(*arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run make as from a shell that make did not start."""
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=inherited | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def find_unlimited(*arguments: str) -> set[str]:
    """The tools that a target would run without a limit."""
    done = make("--dry-run", "--always-make", *arguments)
    assert done.returncode == 0, done.stderr
    recipe = done.stdout.replace("\\\n", " ")
    assert all(float(limit["minutes"]) > 0 for limit in LIMITED.finditer(recipe))
    return set(COMMAND.findall(LIMITED.sub("", recipe)))


@pytest.mark.parametrize("target", TARGETS)
def test_every_tool_has_a_limit(target: str) -> None:
    assert find_unlimited(target) <= set(UNLIMITED)


@pytest.mark.parametrize(
    "check", ["lint", "unit", "fuzz", "checkov", "emulator", "deployed", "sbom"]
)
def test_all_checks_are_one_target(check: str) -> None:
    everything = make("--dry-run", "test", *DONE).stdout
    recipe = make("--dry-run", check, *DONE).stdout
    assert recipe
    assert recipe in everything


@pytest.mark.parametrize("target", ["deploy", "destroy"])
def test_what_asks_nobody_has_a_limit_too(target: str) -> None:
    asks = {"cdk deploy", "cdk destroy"}
    assert find_unlimited(target) & asks
    assert not find_unlimited(target, "approval=never") & asks


@pytest.mark.parametrize(
    ("target", "hangs"),
    [
        ("lint", "ruff"),
        ("lint", "mypy"),
        ("unit", "pytest"),
        ("fuzz", "python"),
        ("checkov", "cdk"),
        ("emulator", "pytest"),
        ("deployed", "python"),
        ("lagging", "python"),
        ("readers", "pytest"),
        ("chaos", "python"),
        ("backlog", "python"),
        ("accept", "python"),
        ("pipeline", "python"),
        ("demo", "python"),
        ("demo-privacy", "python"),
        ("up", "python"),
        ("down", "python"),
    ],
)
def test_a_step_that_hangs_is_ended_and_reported(tmp_path: Path, target: str, hangs: str) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("cdk", "mypy", "pylint", "pytest", "python", "ruff"):
        (tools / name).write_text(FAKE)
        (tools / name).chmod(0o755)
    done = make(
        f"VENV={os.path.relpath(tmp_path, ROOT)}",
        f"PYTHON={sys.executable}",
        *DONE,
        *(target, "minutes=0.01"),
        HANGS=hangs,
        CALLS=str(tmp_path / "calls"),
    )
    calls = (tmp_path / "calls").read_text().splitlines()
    assert done.returncode == 2
    assert f"Error: make {target} was not done within 0.01 minutes, and was ended: " in (
        done.stdout + done.stderr
    )
    assert [call for call in calls if call.startswith(hangs)]
    ends = ("deployed", "lagging", "chaos", "backlog", "pipeline")
    assert calls[-1] == "python -m sandbox down" or target not in ends


STRAYS = """#!/bin/sh
echo "${0##*/} $*" >>"$CALLS"
case "$*" in
    *delivery.strays*) printf '%s\\n' $STRAYS; exit "$FOUND";;
    *"make destroy suffix=$STAYS "*) exit 1;;
esac
"""


@pytest.mark.parametrize(
    ("strays", "stays", "found", "status"),
    [
        ("", "none", 0, 0),
        ("pr-1", "none", 0, 0),
        ("pr-1 pr-2 pr-3", "none", 0, 0),
        ("pr-1 pr-2 pr-3", "pr-1", 0, 2),
        ("pr-1 pr-2 pr-3", "pr-2", 0, 2),
        ("pr-1 pr-2 pr-3", "pr-3", 0, 2),
        ("", "none", 1, 2),
    ],
)
def test_a_stray_that_stays_keeps_no_other(
    tmp_path: Path, strays: str, stays: str, found: int, status: int
) -> None:
    (tmp_path / "python").write_text(STRAYS)
    (tmp_path / "python").chmod(0o755)
    done = make(
        f"PYTHON={tmp_path / 'python'}",
        *("--old-file=setup", "strays", "hours=3"),
        CALLS=str(tmp_path / "calls"),
        STRAYS=strays,
        STAYS=stays,
        FOUND=str(found),
    )
    calls = (tmp_path / "calls").read_text()
    assert done.returncode == status
    assert calls.count("-m delivery.strays --hours 3\n") == 1
    assert re.findall(r" make destroy suffix=(\S+) approval=never$", calls, re.MULTILINE) == (
        strays.split()
    )


@pytest.mark.parametrize("status", [0, 2])
def test_ci_makes_the_tests_and_has_a_limit(tmp_path: Path, status: int) -> None:
    (tmp_path / "make").write_text(f'#!/bin/sh\necho "make $*"\nexit {status}\n')
    (tmp_path / "make").chmod(0o755)
    done = subprocess.run(
        [ROOT / ".ci" / "run"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("make test\n", status)
    limit = re.search(r"lib\.time_limit ([\d.]+) ", (ROOT / ".ci" / "run").read_text("utf-8"))
    assert limit
    assert float(limit[1]) * 60 + 60 < 30 * 60


@pytest.mark.parametrize(
    ("installed", "changed"),
    [
        (".venv/.installed", "pyproject.toml"),
        (".venv/.installed", "requirements-dev.txt"),
        (".venv/.installed", "lambda/requirements.txt"),
        ("node_modules/.package-lock.json", "package-lock.json"),
        (".cache/checkov", "uv.lock"),
        (".cache/awscli", "uv.lock"),
        (".cache/peers", "uv.lock"),
        (".cache/datacontract", "uv.lock"),
    ],
)
def test_a_changed_list_of_packages_is_installed(
    tmp_path: Path, installed: str, changed: str
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    lists = ("pyproject.toml", "requirements-dev.txt", "lambda/requirements.txt")
    for name in (*lists, "uv.lock", "package-lock.json", ".venv/.installed", installed):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    def is_current(*options: str) -> bool:
        command = ["make", "--question", *options, installed]
        return subprocess.run(command, cwd=tmp_path, check=False).returncode == 0

    assert is_current()
    assert not is_current(f"--what-if={changed}")
