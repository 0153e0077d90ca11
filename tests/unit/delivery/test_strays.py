"""Which stacks are strays: those of pull requests that have not changed for long enough."""

from datetime import UTC, datetime, timedelta

import pytest

from delivery.strays import choose

NOW = datetime(2026, 11, 26, 3, 17, tzinfo=UTC)


def choose_one(name: str, created: float, updated: float | None = None) -> list[str]:
    """The stray suffixes among one stack, which changed a number of hours ago."""
    stack: dict[str, object] = {"StackName": name, "CreationTime": NOW - timedelta(hours=created)}
    if updated is not None:
        stack["LastUpdatedTime"] = NOW - timedelta(hours=updated)
    return list(choose([stack], NOW - timedelta(hours=6)))


@pytest.mark.parametrize("name", ["TapStack-pr-7", "TapStack-pr-12345"])
def test_an_old_stack_of_a_pull_request_is_one(name: str) -> None:
    assert choose_one(name, created=7) == [name.removeprefix("TapStack-")]


@pytest.mark.parametrize(
    "name",
    [
        "TapStack-dev",
        "TapStack-prod",
        "TapStack-pr",
        "TapStack-pr-",
        "TapStack-pr-0",
        "TapStack-pr-x",
        "TapStack-pr-7-prod",
        "TapStack-pr-7\n",
        "OtherTapStack-pr-7",
        "CDKToolkit",
    ],
)
def test_no_other_stack_is_one(name: str) -> None:
    assert not choose_one(name, created=100)


@pytest.mark.parametrize(
    ("created", "updated", "stray"),
    [(5.9, None, False), (6.1, None, True), (100, 5.9, False), (100, 6.1, True)],
)
def test_a_recently_changed_stack_is_none(
    created: float, updated: float | None, *, stray: bool
) -> None:
    assert bool(choose_one("TapStack-pr-7", created, updated)) == stray
