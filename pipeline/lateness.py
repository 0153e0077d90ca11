"""Lateness: datasets of which no file was processed for longer than their contracts allow."""

from datetime import datetime, timedelta

from pipeline.moments import lasting

NEVER = timedelta.max
"""How late a dataset is of which no file was ever processed."""


def lateness(last: datetime | None, allowed: timedelta | None, now: datetime) -> timedelta | None:
    """Return how late the next file of a dataset is; None if it is not.

    Args:
        last: when a file was processed last; None if none ever was.
        allowed: how long the contract allows until the next one, if it says so.
        now: the time.
    """
    if allowed is None:
        return None
    if last is None:
        return NEVER
    late = now - last - allowed
    return late if late > timedelta(0) else None


def late_by(late: timedelta | None) -> str | None:
    """Return a lateness for people."""
    return None if late is None else "no clean file yet" if late == NEVER else lasting(late)


def document(late: timedelta | None) -> dict[str, bool | int | None]:
    """Return a lateness for JSON: whether a dataset is late, and the seconds unless for ever."""
    known = None if late is None or late == NEVER else round(late.total_seconds())
    return {"late": late is not None, "late_seconds": known}
