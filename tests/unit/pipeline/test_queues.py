"""The requests to the queues."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from pipeline.outcomes import RefusedError
from pipeline.queues import Depth, Move, Parked, Queues
from pipeline.stack import Stack
from tests.unit.pipeline.account import MOMENT, Account


@pytest.fixture(name="queues")
def make_queues(stack: Stack) -> Queues:
    """The queues of the account."""
    return Queues(stack)


def test_messages_are_counted(queues: Queues, account: Account) -> None:
    account.waiting = 7
    account.park("incoming/customers/a")
    assert queues.depths() == (Depth(7, 0), Depth(1, 0))
    assert Depth(3, 2).all == 5


def test_parked_messages_are_looked_at_and_released(queues: Queues, account: Account) -> None:
    for number in range(25):
        account.park(f"incoming/customers/{number}", "incoming/payments/x")
    account.park(body="not of S3")
    account.park("elsewhere/x")
    found = queues.peek()
    assert len(found) == 27
    assert found[0] == Parked(("incoming/customers/0", "incoming/payments/x"), MOMENT, 5)
    assert [one.keys for one in found[-2:]] == [(), ()]
    assert not account.hidden


def test_no_more_are_looked_at_than_people_read(
    queues: Queues, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.queues.MOST_SHOWN", 10)
    for number in range(25):
        account.park(f"incoming/customers/{number}")
    assert len(queues.peek()) == 10


def test_messages_that_come_again_meanwhile_are_not_looked_at_for_ever(
    queues: Queues, account: Account
) -> None:
    for number in range(25):
        account.park(f"incoming/customers/{number}")
    looks: list[str] = []

    def interrupt(operation: str) -> None:
        looks.append(operation)
        assert looks.count("ReceiveMessage") < 10
        if len(account.hidden) == 20:  # the first ones have been hidden for a minute
            account.hidden -= {f"m{number}" for number in range(20)}

    account.interrupt = interrupt
    assert len(queues.peek()) >= 20


@pytest.mark.parametrize("code", ["InvalidParameterValue", "MessageNotInflight"])
def test_what_is_no_longer_hidden_needs_no_release(
    queues: Queues, account: Account, code: str
) -> None:
    account.park("incoming/customers/a")
    account.broken["ChangeMessageVisibility"] = code
    assert len(queues.peek()) == 1


def test_a_release_may_fail_for_another_reason(queues: Queues, account: Account) -> None:
    account.park("incoming/customers/a")
    account.broken["ChangeMessageVisibility"] = "ServiceUnavailable"
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        queues.peek()


def test_what_was_received_is_released_whatever_happens(queues: Queues, account: Account) -> None:
    for number in range(15):
        account.park(f"incoming/customers/{number}")

    def interrupt(operation: str) -> None:
        if operation == "ReceiveMessage" and account.hidden:
            raise KeyboardInterrupt

    account.interrupt = interrupt
    with pytest.raises(KeyboardInterrupt):
        queues.peek()
    assert not account.hidden


def test_a_redrive_is_begun_and_followed(queues: Queues, account: Account) -> None:
    queues.move()
    assert queues.moving() is None
    account.moves = [{"Status": "FAILED", "FailureReason": "why"}]
    assert queues.moving() == Move("FAILED", 0, "why")
    account.moves = [
        {
            "Status": "RUNNING",
            "ApproximateNumberOfMessagesMoved": 3,
            "ApproximateNumberOfMessagesToMove": 7,
            "StartedTimestamp": 1_772_368_200_000,
        }
    ]
    assert queues.moving() == Move("RUNNING", 3, "", 7, 1_772_368_200_000)


@pytest.mark.parametrize(
    ("operation", "action", "ask"),
    [
        ("GetQueueAttributes", "sqs:GetQueueAttributes", Queues.depths),
        ("ReceiveMessage", "sqs:ReceiveMessage", Queues.peek),
        ("ChangeMessageVisibility", "sqs:ChangeMessageVisibility", Queues.peek),
        ("StartMessageMoveTask", "sqs:StartMessageMoveTask", Queues.move),
        ("ListMessageMoveTasks", "sqs:ListMessageMoveTasks", Queues.moving),
    ],
)
def test_a_refusal_names_the_action(
    queues: Queues,
    account: Account,
    operation: str,
    action: str,
    ask: Callable[[Queues], object],
) -> None:
    account.park("incoming/customers/a")
    account.denied[operation] = "no"
    with pytest.raises(RefusedError, match=action):
        ask(queues)


def test_a_message_was_sent_in_utc(queues: Queues, account: Account) -> None:
    account.park("incoming/customers/a")
    assert queues.peek()[0].sent == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
