"""On which day a version goes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from processor.bucket.store import Version
from processor.erasure.expiry import Expiry

RULES = Expiry(raw=30, old_raw=1, old=30)
WRITTEN = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
REPLACED = datetime(2026, 3, 5, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rules", "key", "replaced", "gone", "locked"),
    [
        # 31 March, 12:30, is rounded up to 1 April; its old version stays for another day.
        (RULES, "incoming/a", None, "2026-04-02", None),
        (RULES, "incoming/a", REPLACED, "2026-03-06", None),
        (RULES, "quarantine/a", REPLACED, "2026-03-06", None),
        (RULES, "processed/a", REPLACED, "2026-04-04", None),
        (RULES, "processed/a", None, None, None),
        (Expiry(30, 1, 30, lock=90), "incoming/a", REPLACED, "2026-05-31", "2026-05-30"),
        (Expiry(30, 1, 30, lock=1), "processed/a", REPLACED, "2026-04-04", "2026-03-02"),
        (Expiry(30, 1, 30, lock=1), "processed/a", None, None, "2026-03-02"),
    ],
)
def test_the_day_is_that_of_the_lifecycle_rules_and_the_lock(
    rules: Expiry, key: str, replaced: datetime | None, gone: Any, locked: Any
) -> None:
    assert rules.describe(key, Version("v1", WRITTEN, replaced)) == {
        "key": key,
        "version_id": "v1",
        "newest": replaced is None,
        "gone_on": gone,
        "locked_until": locked,
    }
