"""The catalogue: what each reason means, and what to do about it."""

from dataclasses import dataclass
from typing import Any

from processor.reasons import Reason


@dataclass(frozen=True)
class Advice:
    """What people need to know about a reason.

    Attributes:
        reason: its text in a manifest or in quarantine.
        means: what is wrong.
        cause: what usually causes it.
        remedies: what to do, by role: producer, steward, operator.
    """

    reason: str
    means: str
    cause: str
    remedies: dict[str, str]

    @property
    def document(self) -> dict[str, Any]:
        """For JSON."""
        return vars(self)

    @property
    def sentences(self) -> str:
        """What to do, as sentences."""
        return " ".join(f"As {who}: {what}" for who, what in self.remedies.items())


def advice(text: str) -> Advice:
    """Return the advice about a reason; an unknown one is of another version of the processor."""
    try:
        explained = Reason.of(text).explanation
    except ValueError:
        means = "This version of the tool does not know the reason; docs/reasons.md may."
        return Advice(text, means, "", {})
    return Advice(text, explained.means, explained.cause, explained.remedies)
