"""The requests to Step Functions."""

import pytest

from pipeline.executions import Execution, Executions
from pipeline.outcomes import NoStackError, RefusedError
from pipeline.stack import Stack
from tests.unit.pipeline.account import OUTPUTS, Account

ARN = "arn:aws:states:eu-central-1:123456789012:execution:replay:x"
MACHINE = "ReplayStateMachineArn"


def test_it_is_started_and_described(stack: Stack, account: Account) -> None:
    executions = Executions(stack, MACHINE)
    assert executions.start({"only": "refused"}) == ARN
    assert account.asked[-1][1]["input"] == '{"only": "refused"}'
    given = {"only": "refused"}
    account.executions = [
        {"status": "RUNNING", "input": '{"only": "refused"}'},
        {"status": "SUCCEEDED", "output": '{"sent": 2}'},
        {"status": "FAILED", "error": "Incomplete", "cause": "why"},
    ]
    running, done, failed = (executions.describe(ARN) for _ in range(3))
    assert running == Execution("RUNNING", given, {})
    assert done == Execution("SUCCEEDED", {}, {"sent": 2})
    assert failed == Execution("FAILED", {}, {}, "Incomplete", "why")
    assert (running.done, done.done) == (False, True)
    assert failed.failure == "Failed: Incomplete: why"
    assert done.document(ARN, counts=done.output) == {
        "execution": ARN,
        "status": "SUCCEEDED",
        "counts": {"sent": 2},
        "error": "",
        "cause": "",
    }


@pytest.mark.parametrize(
    ("cause", "says"),
    [
        ('{"errorMessage": "there is no such request", "errorType": "RequestError"}', "there is"),
        ("AROA:bob: no such case", "AROA:bob: no such case"),
        ("[]", "[]"),
        ('{"errorType": "Unknown"}', '{"errorType"'),
    ],
)
def test_a_failure_says_why(account: Account, stack: Stack, cause: str, says: str) -> None:
    account.executions = [{"status": "FAILED", "error": "RequestError", "cause": cause}]
    found = Executions(stack, MACHINE).describe(ARN)
    assert (found.status, found.error) == ("FAILED", "RequestError")
    assert found.cause.startswith(says)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"status": "TIMED_OUT"}, "Timed out"),
        ({"status": "ABORTED"}, "Aborted"),
        ({"status": "ABORTED", "cause": "Friday"}, "Aborted: Friday"),
        ({"status": "FAILED", "error": "States.Runtime"}, "Failed: States.Runtime"),
    ],
)
def test_an_end_says_what_there_is_to_say(
    account: Account, stack: Stack, found: dict[str, str], said: str
) -> None:
    account.executions = [found]
    assert Executions(stack, MACHINE).describe(ARN).failure == said


@pytest.mark.parametrize("operation", ["StartExecution", "DescribeExecution"])
def test_a_refusal_names_the_action(stack: Stack, account: Account, operation: str) -> None:
    account.denied[operation] = "no"
    executions = Executions(stack, MACHINE)
    ask = (lambda: executions.start({})) if operation == "StartExecution" else None
    with pytest.raises(RefusedError, match=f"states:{operation} on "):
        _ = ask() if ask else executions.describe(ARN)


def test_an_earlier_stack_has_none() -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if not name.startswith("Replay")}
    with pytest.raises(NoStackError, match=r"ReplayStateMachineArn.*Deploy this version"):
        Executions(Stack(outputs), MACHINE)


def test_only_executions_of_the_state_machine_are_its_own(stack: Stack) -> None:
    executions = Executions(stack, MACHINE)
    assert executions.has(ARN)
    assert not executions.has(ARN.replace(":replay:", ":replay2:"))
    assert not executions.has("arn:x")


def test_a_stack_that_may_lack_the_state_machine_says_what_that_means() -> None:
    with pytest.raises(NoStackError, match="It replays nothing"):
        Executions(Stack({}), MACHINE, "It replays nothing")
