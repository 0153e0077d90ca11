"""What is said about a reason comes from the catalogue."""

import pytest

from pipeline.catalogue import advice
from processor.reasons import Reason


@pytest.mark.parametrize("reason", Reason, ids=str)
def test_every_reason_is_explained(reason: Reason) -> None:
    known = advice(reason.replace("<column>", "email"))
    assert known.means == reason.explanation.means
    assert known.cause == reason.explanation.cause
    assert known.remedies == reason.explanation.remedies
    assert all(f"As {who}: {what}" in known.sentences for who, what in known.remedies.items())
    assert known.document["reason"] == known.reason


def test_a_reason_of_a_later_version_is_not_hidden() -> None:
    known = advice("later")
    assert known.reason == "later"
    assert "does not know" in known.means
    assert known.sentences == ""
