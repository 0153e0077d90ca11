"""When a dataset is late."""

from datetime import datetime, timedelta

import pytest

from pipeline.lateness import NEVER, document, late_by, lateness
from tests.unit.pipeline.account import MOMENT

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("last", "allowed", "late"),
    [
        (MOMENT - DAY, DAY, None),
        (MOMENT - 3 * DAY, DAY, 2 * DAY),
        (MOMENT, timedelta(0), None),
        (None, DAY, NEVER),
        (None, None, None),
        (MOMENT - 3 * DAY, None, None),
    ],
)
def test_a_dataset_is_late_after_its_time(
    last: datetime | None, allowed: timedelta | None, late: timedelta | None
) -> None:
    assert lateness(last, allowed, MOMENT) == late


@pytest.mark.parametrize(
    ("late", "text", "in_json"),
    [
        (None, None, {"late": False, "late_seconds": None}),
        (2 * DAY, "2 d", {"late": True, "late_seconds": 172_800}),
        (NEVER, "no clean file yet", {"late": True, "late_seconds": None}),
    ],
)
def test_a_lateness_can_be_read(
    late: timedelta | None, text: str | None, in_json: dict[str, bool | int | None]
) -> None:
    assert late_by(late) == text
    assert document(late) == in_json
