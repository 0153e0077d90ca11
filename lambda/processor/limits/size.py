"""The size limit: how much content a file may have."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SizeLimit:
    """The most bytes of content that a file may have, and the setting that raises it."""

    bytes: int
    setting: str
