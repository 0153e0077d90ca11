"""Moments: how people write a time, and how it is shown; always in UTC."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_AGO = re.compile(r"(\d{1,6})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Moment(click.ParamType[datetime]):
    """A date, a date with a time, or how long ago: ``2026-03-01``, ``2026-03-01T12:30``, ``36h``.

    Without a zone, it is UTC.
    """

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Return the moment, in UTC; fail if it is not one."""
        try:
            if ago := _AGO.fullmatch(value):
                return now() - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            moment = datetime.fromisoformat(value)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (OverflowError, TypeError, ValueError):
            self.fail(
                f"{value!r} is not a time. Write a date such as 2026-03-01, a date and a time "
                "such as 2026-03-01T12:30Z, or how long ago it was: 30m, 36h, 7d or 2w.",
                param,
                ctx,
            )


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def written(moment: datetime) -> str:
    """Return a moment to the second, as manifests write it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def lasting(span: timedelta) -> str:
    """Return a span in its largest unit: ``3 d``, ``5 h``, ``8 min``, ``20 s``."""
    seconds = int(span.total_seconds())
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{max(seconds, 0)} s"
