"""The requests to Step Functions."""

import pytest

from pipeline.executions import Execution, Replays
from pipeline.outcomes import NoStackError, RefusedError
from pipeline.stack import Stack
from tests.unit.pipeline.account import OUTPUTS, Account

ARN = "arn:aws:states:eu-central-1:123456789012:execution:replay:x"


def test_a_replay_is_started_and_described(stack: Stack, account: Account) -> None:
    replays = Replays(stack)
    assert replays.start({"only": "refused"}) == ARN
    assert account.asked[-1][1]["input"] == '{"only": "refused"}'
    account.executions = [
        {"status": "RUNNING"},
        {"status": "SUCCEEDED", "output": '{"only": "refused", "sent": 2, "errors": []}'},
        {"status": "FAILED", "error": "Incomplete", "cause": "why"},
    ]
    assert replays.describe(ARN) == Execution("RUNNING", {})
    assert replays.describe(ARN) == Execution("SUCCEEDED", {"sent": 2})
    assert replays.describe(ARN) == Execution("FAILED", {}, "Incomplete", "why")


@pytest.mark.parametrize("operation", ["StartExecution", "DescribeExecution"])
def test_a_refusal_names_the_action(stack: Stack, account: Account, operation: str) -> None:
    account.denied[operation] = "no"
    replays = Replays(stack)
    ask = (lambda: replays.start({})) if operation == "StartExecution" else None
    with pytest.raises(RefusedError, match=f"states:{operation} on "):
        _ = ask() if ask else replays.describe(ARN)


def test_an_earlier_stack_has_none() -> None:
    outputs = {name: value for name, value in OUTPUTS.items() if not name.startswith("Replay")}
    with pytest.raises(NoStackError, match=r"ReplayStateMachineArn.*Deploy this version"):
        Replays(Stack(outputs))
