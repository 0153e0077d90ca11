"""When a dataset is late."""

from datetime import datetime, timedelta

import pytest

from pipeline.lateness import lateness
from tests.unit.pipeline.account import MOMENT

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("last", "allowed", "late"),
    [
        (MOMENT - DAY, DAY, None),
        (MOMENT - 3 * DAY, DAY, 2 * DAY),
        (MOMENT, timedelta(0), None),
        (None, DAY, None),
        (MOMENT - 3 * DAY, None, None),
    ],
)
def test_a_dataset_is_late_after_its_time(
    last: datetime | None, allowed: timedelta | None, late: timedelta | None
) -> None:
    assert lateness(last, allowed, MOMENT) == late
