"""Lateness: datasets of which no file was processed for longer than their contracts allow."""

from datetime import datetime, timedelta


def lateness(last: datetime | None, allowed: timedelta | None, now: datetime) -> timedelta | None:
    """Return how late the next file of a dataset is; None if it is not, or nobody can tell.

    Args:
        last: when a file was processed last.
        allowed: how long the contract allows until the next one, if it says so.
        now: the time.
    """
    if last is None or allowed is None or now - last <= allowed:
        return None
    return now - last - allowed
