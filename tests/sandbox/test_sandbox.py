"""The commands, as a user types them."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox import PROJECT, SandboxError, __main__, deployment, emulator
from tests.sandbox.cloud import Cloud

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(name="sandbox")
def make_sandbox(tmp_path: Path) -> Iterator[Command]:
    """``python -m sandbox`` with a state directory of its own."""
    state = tmp_path / "state"

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=PROJECT,
            env={**os.environ, "SANDBOX_STATE": str(state)},
            capture_output=True,
            text=True,
            check=False,
        )

    yield run
    emulator.stop(state)


def test_a_python_without_the_packages_hands_over_to_the_one_that_has_them(
    parity: Cloud,
) -> None:
    bare = [f"{sys.base_prefix}/bin/python3", "-S", "-m", "sandbox"]
    state = str(parity.emulator.state)
    done = subprocess.run(
        [*bare, "env", "--state", state], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert f"export AWS_ENDPOINT_URL={parity.emulator.endpoint}\n" in done.stdout


def test_a_life(sandbox: Command, tmp_path: Path) -> None:
    up = sandbox("up")
    assert (up.returncode, up.stderr) == (0, "")
    assert "The sandbox is up at https://127.0.0.1:" in up.stdout
    assert "already up" in sandbox("up").stdout
    status = sandbox("status").stdout
    assert up.stdout.split()[-1] in status
    assert "us-east-1" in status
    assert sandbox("logs").returncode == 0
    assert "Ready" in sandbox("logs", "--server").stdout
    assert sandbox("down").stdout == "The sandbox is down.\n"
    assert not (tmp_path / "state").exists()
    assert sandbox("down").stdout == "The sandbox was not up.\n"
    assert "down" in sandbox("status").stdout


def test_a_life_with_lag(sandbox: Command) -> None:
    assert sandbox("up", "--lag", "2.5").returncode == 0
    assert "2.5 s" in sandbox("status").stdout
    assert "export SANDBOX_LAG=2.5\n" in sandbox("env").stdout
    assert "already up" in sandbox("up").stdout
    assert "already up" in sandbox("up", "--lag", "2.5").stdout
    other = sandbox("up", "--lag", "0")
    assert other.returncode == 1
    assert "is up with a lag of 2.5 s. End it first: python -m sandbox down" in other.stderr


@pytest.mark.parametrize("lag", ["-1", "31", "nan", "some"])
def test_a_lag_that_is_invalid(capsys: pytest.CaptureFixture[str], lag: str) -> None:
    with pytest.raises(SystemExit):
        __main__.main(["up", f"--lag={lag}"])
    assert f"'{lag}' is not a number of seconds from 0 to 30" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["deploy", "logs", "env", "destroy --suffix dev"])
def test_a_command_that_needs_the_sandbox_says_how_to_start_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: str
) -> None:
    assert __main__.main([*command.split(), "--state", str(tmp_path)]) == 1
    assert "Start it with: python3 -m sandbox up" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command", ["", "up", "deploy", "destroy", "status", "logs", "env", "down"]
)
def test_help(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as ended:
        __main__.main([*command.split(), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"python3 -m sandbox {command}".strip() in text
    assert "--state" in text or not command


def test_environment_as_shell_commands(here: Cloud) -> None:
    """``eval`` of them points the AWS tools of a shell at the sandbox."""
    script = 'eval "$("$0" -m sandbox env)"; printf %s "$AWS_ENDPOINT_URL $AWS_PROFILE"'
    shell = subprocess.run(
        ["sh", "-c", script, sys.executable],
        cwd=PROJECT,
        env={**os.environ, "AWS_PROFILE": "production"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout.strip() == here.emulator.endpoint


def test_deploying_several_environments(
    here: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """These tests check what the CDK CLI is asked to do, not what it does."""
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(deployment, "deploy", lambda *arguments: asked.append(arguments))
    assert __main__.main(["deploy", "--suffix", "one", "two", "--outputs", "out.json"]) == 0
    outputs = Path("out.json")
    assert asked == [(here.emulator, "one", outputs), (here.emulator, "two", outputs)]
    assert capsys.readouterr().out == "Outputs of two: out.json\n"


def test_destroying(here: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(deployment, "destroy", lambda *arguments: asked.append(arguments))
    assert __main__.main(["destroy", "--suffix", "one"]) == 0
    assert asked == [(here.emulator, "one")]


def test_a_failure_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_state: Path) -> None:
        raise SandboxError("No room left.")

    monkeypatch.setattr(emulator, "find", fail)
    assert __main__.main(["up"]) == 1
    assert capsys.readouterr().err == "Error: No room left.\n"
