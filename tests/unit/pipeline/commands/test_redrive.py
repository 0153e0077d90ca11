"""``redrive``."""

import io

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool

EARLIER = {
    "Status": "COMPLETED",
    "ApproximateNumberOfMessagesMoved": 700,
    "ApproximateNumberOfMessagesToMove": 700,
    "StartedTimestamp": 1_000,
}
RUNNING = {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 1, "StartedTimestamp": 2_000}
COMPLETED = {
    "Status": "COMPLETED",
    "ApproximateNumberOfMessagesMoved": 2,
    "ApproximateNumberOfMessagesToMove": 2,
    "StartedTimestamp": 2_000,
}
FAILED = {
    "Status": "FAILED",
    "FailureReason": "AWS.SimpleQueueService.NonExistentQueue",
    "StartedTimestamp": 2_000,
}


class Keyboard(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again without waiting."""
    monkeypatch.setattr("pipeline.commands.redrive.INTERVAL", 0)


@pytest.fixture(name="parked")
def park(account: Account) -> None:
    """Two parked messages, and a redrive that takes two looks."""
    account.park("incoming/customers/a\x1b.csv")
    account.park(body="not of S3")
    account.moves = [EARLIER, RUNNING, COMPLETED]


def begun(account: Account) -> bool:
    """Whether a redrive was begun."""
    return "StartMessageMoveTask" in [name for name, _ in account.asked]


def test_nothing_is_parked(tool: Tool, account: Account) -> None:
    answer = tool("redrive")
    assert (answer.code, answer.out) == (Exit.OK, "Nothing is parked.\n")
    assert tool("redrive", "--json").json == {"parked": [], "status": "NOTHING", "moved": 0}
    assert not begun(account)


def test_messages_that_somebody_else_looks_at_are_not_nothing(
    tool: Tool, account: Account
) -> None:
    account.park("incoming/customers/a.csv")
    account.hidden = set(account.messages)
    answer = tool("redrive", "--yes")
    assert (answer.code, answer.out) == (Exit.WRONG, "")
    assert "about 1 message is hidden" in answer.err
    answer = tool("redrive", "--yes", "--json")
    assert answer.code == Exit.WRONG
    assert answer.json == {"parked": [], "status": "HIDDEN", "moved": 0}
    assert not begun(account)


def test_more_may_be_parked_than_is_shown(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.queues.MOST_SHOWN", 10)
    account.moves = [EARLIER, {**COMPLETED, "ApproximateNumberOfMessagesMoved": 25}]
    for number in range(25):
        account.park(f"incoming/customers/{number}.csv")
    answer = tool("redrive", "--yes")
    assert "Only 10 of about 25 parked messages could be looked at" in answer.err
    assert "All that nobody else looks at are sent." in answer.err


def test_some_messages_may_be_hidden(tool: Tool, account: Account) -> None:
    account.moves = [EARLIER, COMPLETED]
    for number in range(3):
        account.park(f"incoming/customers/{number}.csv")
    account.hidden = {"m0"}
    account.interrupt = lambda operation: (
        account.hidden.clear() if operation == "StartMessageMoveTask" else None
    )
    answer = tool("redrive", "--yes")
    assert "Only 2 of about 3 parked messages could be looked at" in answer.err


@pytest.mark.usefixtures("parked")
def test_nothing_is_said_if_all_are_shown(tool: Tool) -> None:
    assert tool("redrive", "--yes").err == ""


@pytest.mark.usefixtures("parked")
def test_it_shows_asks_and_moves(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    answer = tool("redrive")
    assert answer.code == Exit.OK
    assert r"incoming/customers/a\x1b.csv" in answer.out
    assert "not a notification of this bucket" in answer.out
    assert "Completed: 2 messages moved." in answer.out
    assert "back to the queue?" in answer.err
    assert begun(account)


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize(
    ("keys", "code"),
    [("n\n", Exit.WRONG), ("\n", Exit.WRONG), ("", Exit.INTERRUPTED)],
    ids=["no", "return", "end of input"],
)
def test_without_agreement_nothing_is_moved(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch, keys: str, code: Exit
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(keys))
    answer = tool("redrive")
    assert answer.code == code
    assert "Nothing was changed: the messages are still parked." in answer.err
    assert ("Interrupted" in answer.err) == (code == Exit.INTERRUPTED)
    assert not begun(account)


@pytest.mark.usefixtures("parked")
def test_without_agreement_json_has_what_is_parked(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    answer = tool("redrive", "--json")
    assert answer.code == Exit.WRONG
    assert (answer.json["status"], answer.json["moved"]) == ("DECLINED", 0)
    assert len(answer.json["parked"]) == 2
    assert not begun(account)


@pytest.mark.usefixtures("parked")
def test_where_nobody_can_answer_it_does_not_ask(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    answer = tool("redrive")
    assert answer.code == Exit.USAGE
    assert "--yes" in answer.err
    assert not begun(account)


@pytest.mark.usefixtures("parked")
def test_json_has_what_was_parked(tool: Tool) -> None:
    found = tool("redrive", "--yes", "--json").json
    assert found == {
        "parked": [
            {
                "keys": ["incoming/customers/a\x1b.csv"],
                "sent": "2026-03-01T12:30:00Z",
                "receives": 5,
            },
            {"keys": [], "sent": "2026-03-01T12:30:00Z", "receives": 5},
        ],
        "status": "COMPLETED",
        "moved": 2,
        "expected": 2,
        "failure": "",
    }


@pytest.mark.usefixtures("parked")
def test_an_earlier_redrive_is_not_reported(tool: Tool, account: Account) -> None:
    account.moves = [EARLIER, EARLIER, EARLIER, RUNNING, COMPLETED]
    answer = tool("redrive", "--yes")
    assert answer.code == Exit.OK
    assert "Completed: 2 messages moved." in answer.out


@pytest.mark.usefixtures("parked")
def test_a_redrive_that_fails_is_something_wrong(tool: Tool, account: Account) -> None:
    account.moves = [EARLIER, FAILED]
    answer = tool("redrive", "--yes")
    assert answer.code == Exit.WRONG
    assert "Failed: 0 of about 2 messages moved: AWS.SimpleQueueService" in answer.out


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize(("moved", "to_move"), [(1, 1), (1, 2), (2, 3)])
def test_fewer_than_were_parked_is_something_wrong(
    tool: Tool, account: Account, moved: int, to_move: int
) -> None:
    over = {
        **COMPLETED,
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": to_move,
    }
    account.moves = [EARLIER, over]
    answer = tool("redrive", "--yes")
    assert answer.code == Exit.WRONG
    assert f"{moved} of about {max(2, to_move)} messages moved" in answer.out
    assert "Try again" in answer.err


@pytest.mark.usefixtures("parked")
def test_a_redrive_that_is_under_way_is_followed(tool: Tool, account: Account) -> None:
    account.moves = [RUNNING, RUNNING, COMPLETED]
    answer = tool("redrive")
    assert answer.code == Exit.OK
    assert "under way already" in answer.err
    assert not begun(account)


@pytest.mark.usefixtures("parked")
@pytest.mark.parametrize("known", [[], [EARLIER] * 200], ids=["none", "an earlier one"])
def test_a_redrive_that_sqs_forgot(
    tool: Tool, account: Account, known: list[dict[str, object]]
) -> None:
    account.moves = list(known)
    answer = tool("redrive", "--yes")
    assert answer.code == Exit.FAILED
    assert "does not know the redrive" in answer.err
