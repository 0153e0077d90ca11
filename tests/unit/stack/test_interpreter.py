"""Another interpreter, where this one lacks the packages."""

import os
import sys
from pathlib import Path

import pytest

from lib import interpreter


@pytest.mark.parametrize("environment", ["/nowhere", sys.prefix])
def test_a_package_that_nobody_has_is_reported(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setattr(interpreter, "ENVIRONMENT", Path(environment))
    with pytest.raises(SystemExit, match=r"package rich is not installed\. Run: make setup"):
        interpreter.rerun("sandbox", ModuleNotFoundError(name="rich"))


def test_the_same_program_is_given_the_same_arguments(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class StartedError(Exception):
        """Another program runs now."""

    def start(program: str, arguments: list[str]) -> None:
        raise StartedError(program, *arguments)

    monkeypatch.setattr(os, "execv", start)
    monkeypatch.setattr(interpreter, "ENVIRONMENT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["sandbox/__main__.py", "up", "--lag", "3"])
    python = str(tmp_path / "bin" / "python")
    with pytest.raises(StartedError) as started:
        interpreter.rerun("sandbox", ModuleNotFoundError(name="rich"))
    assert started.value.args == (python, python, "-m", "sandbox", "up", "--lag", "3")
