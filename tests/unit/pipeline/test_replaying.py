"""What ``replay`` and ``reconcile`` share."""

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool

ARN = "arn:aws:states:eu-central-1:123456789012:execution:replay:x"
RUNNING = {"status": "RUNNING"}
DONE = {"status": "SUCCEEDED", "output": '{"looked_at": 1234, "sent": 0, "settled": 1234}'}
FAILED = {"status": "FAILED", "error": "Incomplete", "cause": "2 of 9 files failed: \x1b"}
INVALID = {"status": "FAILED", "error": "InvalidInput", "cause": "dataset must be a folder"}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look again without waiting."""
    monkeypatch.setattr("pipeline.executions.INTERVAL", 0)


def test_it_waits_for_the_end_and_counts(tool: Tool, account: Account) -> None:
    account.executions = [RUNNING, RUNNING, DONE]
    answer = tool("reconcile")
    assert (answer.code, answer.err) == (Exit.OK, f"The execution has begun: {ARN}\n")
    assert "looked at" in answer.out
    assert "1,234" in answer.out
    account.executions = [DONE]
    found = tool("reconcile", "--json").json
    assert found["counts"] == {"looked_at": 1234, "sent": 0, "settled": 1234}
    assert found["execution"].endswith(":x")


def test_a_failure_is_something_wrong(tool: Tool, account: Account) -> None:
    account.executions = [FAILED]
    answer = tool("reconcile")
    assert answer.code == Exit.WRONG
    assert answer.out == "Failed: Incomplete: 2 of 9 files failed: \\x1b\n"


def test_a_wrong_input_is_a_mistake_of_use(tool: Tool, account: Account) -> None:
    account.executions = [INVALID]
    answer = tool("reconcile", "--dataset", "a b")
    assert answer.code == Exit.USAGE
    assert "refused the input: dataset must be a folder" in answer.err


def test_after_ctrl_c_it_says_what_goes_on(tool: Tool, account: Account) -> None:
    def interrupt(operation: str) -> None:
        if operation == "DescribeExecution":
            raise KeyboardInterrupt

    account.interrupt = interrupt
    answer = tool("reconcile")
    assert answer.code == Exit.INTERRUPTED
    assert [line for line in answer.err.splitlines() if line] == [
        f"The execution has begun: {ARN}",
        "The execution goes on without this command.",
        "Interrupted.",
    ]


@pytest.mark.parametrize("command", [["reconcile"], ["replay", "--only", "all"]])
def test_an_expired_session_does_not_lose_the_execution(
    tool: Tool, account: Account, command: list[str]
) -> None:
    account.broken["DescribeExecution"] = "ExpiredTokenException"
    answer = tool(*command, "--json")
    assert (answer.code, answer.out) == (Exit.FAILED, "")
    begun, error = answer.err.splitlines()
    assert begun == f"The execution has begun: {ARN}"
    assert "ExpiredTokenException" in error
