"""The corrections as a whole."""

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from sandbox import PROJECT


def importing(version: str, state: Path) -> "subprocess.CompletedProcess[str]":
    """Import the corrections where this version of MiniStack is said to be installed."""
    program = (
        "import sys; from importlib import metadata; "
        "metadata.version = lambda name: sys.argv[1]; import sandbox.parity"
    )
    return subprocess.run(
        [sys.executable, "-c", program, version],
        cwd=PROJECT,
        env={**os.environ, "STATE_DIR": str(state)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_they_are_for_one_version(tmp_path: Path) -> None:
    refused = importing("1.6.0", tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1] == (
        "ImportError: The sandbox's corrections are for MiniStack 1.5.33, but 1.6.0 is installed. "
        "Install the pinned version: pip install -r requirements-dev.txt"
    )


def test_it_is_the_pinned_one(tmp_path: Path) -> None:
    assert importing(metadata.version("ministack"), tmp_path).returncode == 0
    pins = (PROJECT / "requirements-dev.txt").read_text().split()
    assert f"ministack=={metadata.version('ministack')}" in pins
