"""What redaction finds is measured, and the page has the results."""

from typing import Any

import pytest

from tests import redaction


@pytest.fixture(name="page", scope="module")
def measure() -> tuple[str, dict[str, tuple[float, float]]]:
    """The page as it must be, and the shares."""
    return redaction.measured()


def test_the_page_is_current(page: Any) -> None:
    text, _ = page
    assert redaction.PAGE.read_text("utf-8") == text, "run .venv/bin/python -m tests.redaction"


@pytest.mark.parametrize("kind", redaction.PATTERNS)
def test_most_is_found_and_little_taken_wrongly(page: Any, kind: str) -> None:
    assert len(redaction.positives(kind)) >= 200
    assert len(redaction.negatives(kind)) >= 200
    _, shares = page
    found, kept = shares[kind]
    assert found > 0.85
    assert kept > 0.9
