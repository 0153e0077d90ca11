"""``approve``."""

import io
import sys

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool
from tests.unit.pipeline.waiting import FACTS, wait

COMMAND = ("approve", "--dataset", "customers")


class Person(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        """They can answer."""
        return True


def sent(account: Account) -> list[str]:
    """How waits were ended."""
    return [name for name, _ in account.asked if name.startswith("SendTask")]


def test_what_waits_is_shown_without_tokens(tool: Tool, account: Account) -> None:
    wait(account)
    answer = tool(*COMMAND)
    assert answer.code == Exit.OK
    for text in ("Requests that wait", "AROA:she", "email", "fraud", "2"):
        assert text in answer.out
    assert "a-token" not in answer.out
    account.executions.append({"status": "RUNNING"})
    answer = tool(*COMMAND, "--json")
    assert answer.json == {"waiting": [{"name": "1", **FACTS}]}
    assert "a-token" not in answer.out
    assert not sent(account)


def test_nothing_may_wait(tool: Tool) -> None:
    answer = tool(*COMMAND)
    assert (answer.code, answer.out) == (Exit.OK, "No request waits for an approval.\n")


def test_a_request_is_approved(tool: Tool, account: Account) -> None:
    wait(account)
    answer = tool(*COMMAND, "1", "--yes")
    assert answer.code == Exit.OK
    assert answer.out.endswith("Approved: 1\n")
    assert sent(account) == ["SendTaskSuccess"]


def test_a_request_is_refused_with_a_reason(tool: Tool, account: Account) -> None:
    wait(account)
    answer = tool(*COMMAND, "1", "--refuse", "no such case", "--json")
    assert answer.code == Exit.OK
    assert (answer.json["outcome"], answer.json["requester"]) == ("refused", "AROA:she")
    assert sent(account) == ["SendTaskFailure"]


def test_what_does_not_wait_is_not_approved(tool: Tool, account: Account) -> None:
    wait(account, status="SUCCEEDED")
    answer = tool(*COMMAND, "1", "--yes")
    assert answer.code == Exit.WRONG
    assert "No request 1 of customers waits for an approval." in answer.err
    assert not sent(account)


@pytest.mark.parametrize(("said", "code"), [("y\n", Exit.OK), ("n\n", Exit.WRONG)])
def test_a_person_is_asked(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch, said: str, code: Exit
) -> None:
    wait(account)
    monkeypatch.setattr(sys, "stdin", Person(said))
    answer = tool(*COMMAND, "1")
    assert answer.code == code
    assert "Let this person see these values?" in answer.err
    assert ("the request still waits" in answer.err) == (code == Exit.WRONG)
    assert sent(account) == (["SendTaskSuccess"] if code == Exit.OK else [])


def test_nobody_is_asked_without_a_terminal(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(account)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    answer = tool(*COMMAND, "1", "--json")
    assert answer.code == Exit.USAGE
    assert "add --yes" in answer.err
    assert not sent(account)
