"""Fixtures of the unit tests."""

from pathlib import Path

import pytest

from tests.unit.synthesis import Synthesized, synthesize


@pytest.fixture(scope="session", name="stack")
def make_stack() -> Synthesized:
    """The environment ``test`` with default settings, in us-east-1."""
    return Synthesized(synthesize())


@pytest.fixture(name="directory")
def make_directory(tmp_path: Path) -> Path:
    """A folder for contracts."""
    directory = tmp_path / "contracts"
    directory.mkdir()
    return directory
