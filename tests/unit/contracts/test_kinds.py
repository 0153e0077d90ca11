"""Contracts of the kinds that are public: what is accepted, and what is refused, and why."""

from pathlib import Path

import pytest

from tests.unit.contracts.kinds import ACCEPTED, REFUSED
from tests.unit.contracts.orders import mistakes


def check(directory: Path, text: str) -> list[str]:
    """The sentences about a contract in a file of its own name."""
    name = text.partition("schema:\n  - name: ")[2].partition("\n")[0]
    return mistakes(directory, text, f"{name}.odcs.yaml")


@pytest.mark.parametrize("kind", ACCEPTED)
def test_it_is_accepted(directory: Path, kind: str) -> None:
    assert check(directory, ACCEPTED[kind]) == []


@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused_with_what_to_write(directory: Path, kind: str) -> None:
    text, reason = REFUSED[kind]
    assert reason in "\n".join(check(directory, text))
