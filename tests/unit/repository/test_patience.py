"""How long the tests wait for AWS and for the sandbox, by their own clock."""

import pytest

from tests import patience, target
from tests.patience import Wait, wait_for
from tests.target import Place, Target

AWS = Target(in_sandbox=False, lag=0.0, plain_endpoint="")
SANDBOX = Target(in_sandbox=True, lag=0.0, plain_endpoint="http://127.0.0.1:1")
LAGGING = SANDBOX._replace(lag=3.0)


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        """The time, in seconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.now += seconds


@pytest.fixture(name="clock")
def replace_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the waits; a poll takes a second."""
    clock = Clock()
    monkeypatch.setattr(patience, "time", clock)
    monkeypatch.setattr(patience, "INTERVAL", 1.0)
    return clock


def test_what_exists_is_not_waited_for(clock: Clock) -> None:
    assert wait_for("thing", lambda: "found", Wait(10)) == "found"
    assert clock.now == 0


def test_what_appears_is_found_when_it_appears(clock: Clock) -> None:
    assert wait_for("thing", lambda: clock.now if clock.now >= 4 else None, Wait(10)) == 4


@pytest.mark.parametrize(("limit", "looks"), [(0, 1), (10, 11)])
def test_what_does_not_appear_is_given_up(clock: Clock, limit: float, looks: int) -> None:
    seen: list[float] = []
    with pytest.raises(TimeoutError, match=f"there was no thing within {limit} s"):
        wait_for("thing", lambda: seen.append(clock.now), Wait(limit))
    assert len(seen) == looks


def test_an_answer_that_wavers_does_not_count(clock: Clock) -> None:
    answers = [None, 1, 2, None, 4, 5, 6, 7, 8]
    assert wait_for("thing", lambda: answers[int(clock.now)], Wait(60, steady=3)) == 7
    clock.now = 0
    with pytest.raises(TimeoutError):
        wait_for("thing", lambda: int(clock.now) % 3 or None, Wait(60, steady=3))


def test_nothing_but_none_and_false_is_no_finding(clock: Clock) -> None:
    assert wait_for("thing", lambda: 0, Wait(10)) == 0
    assert wait_for("thing", lambda: "", Wait(10)) == ""
    assert clock.now == 0
    assert wait_for("thing", lambda: clock.now >= 4, Wait(10)) is True
    assert clock.now == 4


@pytest.mark.parametrize(
    ("answers", "steady", "expected"),
    [
        (AWS, 15, Wait(300, 15)),
        (SANDBOX, 15, Wait(30, 0)),
        (LAGGING, 15, Wait(60, 1)),
        (LAGGING, 0, Wait(60, 0)),
    ],
)
def test_each_target_has_its_limit(
    monkeypatch: pytest.MonkeyPatch, answers: Target, steady: float, expected: Wait
) -> None:
    monkeypatch.setattr(patience, "TARGET", answers)
    assert patience.limit(30, 300, steady=steady) == expected


POINTED = {
    "AWS_ENDPOINT_URL": "https://127.0.0.1:4567",
    "SANDBOX_PLAIN_ENDPOINT": "http://127.0.0.1:4568",
    "SANDBOX_LAG": "2.5",
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (POINTED, Target(True, 2.5, "http://127.0.0.1:4568")),
        ({**POINTED, "SANDBOX_LAG": "0.0"}, Target(True, 0.0, "http://127.0.0.1:4568")),
        ({}, AWS),
        ({**POINTED, "AWS_ENDPOINT_URL": ""}, AWS),
        ({**POINTED, "AWS_ENDPOINT_URL": "https://sts.eu-central-1.amazonaws.com"}, AWS),
        ({"AWS_ENDPOINT_URL": "https://127.0.0.1:4566"}, AWS),
    ],
    ids=["sandbox", "no lag", "AWS", "taken back", "replaced", "another emulator"],
)
def test_who_answers(environ: dict[str, str], expected: Target) -> None:
    assert target.find(environ) == expected


def test_where_a_stack_is() -> None:
    arn = "arn:aws-cn:lambda:cn-north-1:123456789012:function:data-processor-dev"
    assert target.place_of({"LambdaFunctionArn": arn}) == Place("123456789012", "cn-north-1")
    assert str(Place("1", "x")) == "account 1, region x"
