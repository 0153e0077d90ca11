"""The size limit: how much content of a file is processed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SizeLimit:
    """The most bytes of content that are processed, and the setting to change for more."""

    bytes: int
    setting: str
