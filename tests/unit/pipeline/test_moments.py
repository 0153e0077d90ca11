"""Moments as people write them."""

from datetime import UTC, datetime, timedelta

import click
import pytest

from pipeline.moments import Moment, lasting, now, written

MARCH = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01", MARCH),
        ("2026-03-01T12:30", MARCH + timedelta(hours=12.5)),
        ("2026-03-01T12:30Z", MARCH + timedelta(hours=12.5)),
        ("2026-03-01T12:30+02:00", MARCH + timedelta(hours=10.5)),
    ],
)
def test_a_moment_is_in_utc(text: str, moment: datetime) -> None:
    assert Moment().convert(text, None, None) == moment


@pytest.mark.parametrize(
    ("text", "ago"),
    [("30m", 1_800), ("36h", 129_600), ("7d", 604_800), ("2w", 1_209_600)],
)
def test_a_moment_is_some_time_ago(text: str, ago: int) -> None:
    moment = Moment().convert(text, None, None)
    passed = now() - moment
    assert ago <= passed.total_seconds() < ago + 60


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "7", "7 d", "-7d", "1y", "2026-02-30", "999999w", "0001-01-01T00:00+14:00"],
)
def test_anything_else_is_not_a_time(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"is not a time\. Write a date such as"):
        Moment().convert(text, None, None)


def test_a_moment_is_written_as_manifests_write_it() -> None:
    assert written(datetime.fromisoformat("2026-03-01T12:30:01.9+02:00")) == "2026-03-01T10:30:01Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (86_400, "1 d"), (1e6, "11 d")],
)
def test_a_span_has_its_largest_unit(seconds: float, text: str) -> None:
    assert lasting(timedelta(seconds=seconds)) == text
