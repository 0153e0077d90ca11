"""Another interpreter, where this one lacks the packages."""

import os
import sys
from pathlib import Path

import pytest

from lib import interpreter
from pipeline.outcomes import Exit


@pytest.fixture(name="upgraded")
def make_upgraded(tmp_path: Path) -> Path:
    """Return an environment of a Python that is no longer there."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/nowhere/python3.11")
    return tmp_path


@pytest.mark.parametrize("environment", [Path("/nowhere"), Path(sys.prefix), None], ids=str)
def test_a_package_that_nobody_has_is_reported(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: Path | None,
    upgraded: Path,
) -> None:
    monkeypatch.setattr(interpreter, "ENVIRONMENT", environment or upgraded)
    with pytest.raises(SystemExit) as ended:
        interpreter.rerun("sandbox", ModuleNotFoundError(name="rich"))
    assert ended.value.code == Exit.FAILED
    said = capsys.readouterr().err
    assert said == "Error: the Python package rich is not installed. Run: make setup\n"


@pytest.mark.parametrize("name", ["pipeline", "lib.network"])
def test_a_module_of_ours_that_is_missing_is_no_fault_of_the_interpreter(name: str) -> None:
    missing = ModuleNotFoundError(name=name)
    with pytest.raises(ModuleNotFoundError) as raised:
        interpreter.rerun("sandbox", missing)
    assert raised.value is missing


def test_the_same_program_is_given_the_same_arguments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class StartedError(Exception):
        """Another program runs now."""

    def start(program: str, arguments: list[str]) -> None:
        raise StartedError(program, *arguments)

    monkeypatch.setattr(os, "execv", start)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    monkeypatch.setattr(interpreter, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["sandbox/__main__.py", "up", "--lag", "3"])
    python = str(tmp_path / "bin" / "python")
    with pytest.raises(StartedError) as started:
        interpreter.rerun("sandbox", ModuleNotFoundError(name="rich"))
    assert started.value.args == (python, python, "-m", "sandbox", "up", "--lag", "3")
