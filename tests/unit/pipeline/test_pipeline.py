"""The tool as people start it."""

import importlib
import runpy
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from lib import interpreter
from tests.unit.synthesis import ROOT

SHARED = ("click", "rich", "pygments", "markdown_it", "mdurl")
"""Packages that other programs on a machine have too."""


def start(*python: str, path: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    """Check a file that does not exist, with packages of a folder."""
    return subprocess.run(
        [*python, "-m", "pipeline", "contract", "check", "customers", "nowhere.csv"],
        cwd=ROOT,
        env={"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: python -m pipeline ")


def test_what_is_missing_is_left_to_the_interpreter(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pipeline.program", None)
    monkeypatch.setattr(interpreter, "rerun", lambda *given: sys.exit(repr(given)))
    with pytest.raises(SystemExit, match=r"\('pipeline', ModuleNotFoundError\(.*pipeline.program"):
        runpy.run_module("pipeline", run_name="__main__")
    monkeypatch.undo()
    monkeypatch.setattr(sys, "argv", ["pipeline", "--help"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("pipeline", run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("Usage: python -m pipeline ")


@pytest.mark.parametrize("packages", [(), SHARED], ids=["none", "some"])
def test_a_python_without_the_packages_hands_over_to_the_one_that_has_them(
    tmp_path: Path, packages: Sequence[str]
) -> None:
    for name in packages:
        (folder,) = importlib.import_module(name).__path__
        (tmp_path / name).symlink_to(folder)
    expected = start(sys.executable)
    done = start(f"{sys.base_prefix}/bin/python3", "-S", path=tmp_path)
    assert "nowhere.csv" in expected.stderr
    assert (done.returncode, done.stderr) == (expected.returncode, expected.stderr)
