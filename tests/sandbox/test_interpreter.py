"""Another interpreter, where this one lacks the packages."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import PROJECT, interpreter
from tests.sandbox.cloud import Cloud


def test_a_python_without_the_packages_hands_over_to_the_one_that_has_them(
    parity: Cloud,
) -> None:
    bare = [f"{sys.base_prefix}/bin/python3", "-S", "-m", "sandbox"]
    state = str(parity.emulator.state)
    done = subprocess.run(
        [*bare, "env", "--state", state], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert f"export AWS_ENDPOINT_URL={parity.emulator.endpoint}\n" in done.stdout


@pytest.mark.parametrize("environment", ["/nowhere", sys.prefix])
def test_a_package_that_nobody_has_is_reported(
    monkeypatch: pytest.MonkeyPatch, environment: str
) -> None:
    monkeypatch.setattr(interpreter, "ENVIRONMENT", Path(environment))
    with pytest.raises(SystemExit, match="package rich is not installed"):
        interpreter.rerun(ModuleNotFoundError(name="rich"))
