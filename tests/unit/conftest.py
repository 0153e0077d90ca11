"""Fixtures of the unit tests."""

import pytest

from tests.unit.synthesis import Synthesized, synthesize


@pytest.fixture(scope="session", name="stack")
def make_stack() -> Synthesized:
    """The environment ``test`` with default settings, in us-east-1."""
    return Synthesized(synthesize())
