"""Expiry: on which day a version of an object goes by itself.

S3 counts from when a version was written or, once another took its place, from then, and rounds up
to the next midnight UTC. An object that expires becomes an old version behind a delete marker. A
version under Object Lock stays until its retention ends.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from processor.bucket.keys import INCOMING, QUARANTINE
from processor.bucket.store import Version

_RAW = (INCOMING, QUARANTINE)


@dataclass(frozen=True)
class Expiry:
    """The days of the bucket's lifecycle rules, and of its default retention.

    Attributes:
        raw: of objects under ``incoming/`` and ``quarantine/``.
        old_raw: of their old versions.
        old: of old versions of the others.
        lock: of every version, from when it was written; 0 without Object Lock.
    """

    raw: int
    old_raw: int
    old: int
    lock: int = 0

    def describe(self, key: str, version: Version) -> dict[str, Any]:
        """Return what a receipt says about a version: when it goes, and until when it is locked.

        ``gone_on`` is None for the newest version of an object that does not expire.
        """
        raw = key.startswith(_RAW)
        old = self.old_raw if raw else self.old
        gone: datetime | None = None
        if version.replaced_at:
            gone = _after(version.replaced_at, old)
        elif raw:
            gone = _after(_after(version.written, self.raw), old)
        locked = version.written + timedelta(self.lock) if self.lock else None
        if gone and locked:
            gone = max(gone, _after(locked, 0))
        return {
            "key": key,
            "version_id": version.version_id,
            "newest": version.replaced_at is None,
            "gone_on": gone and gone.date().isoformat(),
            "locked_until": locked and locked.date().isoformat(),
        }


def _after(moment: datetime, days: int) -> datetime:
    """Return the first midnight that is this many days later."""
    late = moment.astimezone(UTC) + timedelta(days)
    midnight = datetime.combine(late.date(), time(), UTC)
    return midnight if midnight == late else midnight + timedelta(1)
