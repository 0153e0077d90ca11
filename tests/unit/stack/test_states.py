"""The states of workflows: what each does with an input, and what it asks of AWS."""

from typing import Any

import pytest
from aws_cdk import Stack
from ministack.services.stepfunctions import _evaluate_jsonata as evaluate_jsonata

from lib.jobs.states import choose, evaluate, fail, integration, invoke, retry


def value(expression: str, given: Any, result: Any = None) -> Any:
    """The value of an expression for a state's input, and perhaps for the result of its task."""
    return evaluate_jsonata(expression[2:-2], given, {}, result, None)


def test_a_value_is_computed_when_the_state_runs() -> None:
    assert value(evaluate("$states.input.a + 1"), {"a": 2}) == 3


@pytest.mark.parametrize(("failed", "chosen"), [(0, "Done"), (1, "Fail")])
def test_a_choice_goes_on_to_one_of_two_states(failed: int, chosen: str) -> None:
    state = choose("$states.input.failed > 0", "Fail", otherwise="Done")
    (choice,) = state["Choices"]
    found = value(choice["Condition"], {"failed": failed})
    assert (choice["Next"] if found else state["Default"]) == chosen


def test_a_failure_says_why() -> None:
    state = fail("Incomplete", "$states.input.failed & ' files failed'")
    assert (state["Type"], state["Error"]) == ("Fail", "Incomplete")
    assert value(state["Cause"], {"failed": 2}) == "2 files failed"


def test_a_service_is_one_of_the_partition_that_the_stack_is_in() -> None:
    assert Stack().resolve(integration("sqs:sendMessage")) == {
        "Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":states:::sqs:sendMessage"]]
    }


def test_a_function_gets_the_payload_and_its_answer_goes_on() -> None:
    state = invoke("a-function", step="check", request=evaluate("$states.input.request"))
    assert state["Resource"] == integration("lambda:invoke")
    assert state["Arguments"]["FunctionName"] == "a-function"
    payload = state["Arguments"]["Payload"]
    assert payload["step"] == "check"
    assert value(payload["request"], {"request": "a/key"}) == "a/key"
    answer = {"Payload": {"rows": 3}, "StatusCode": 200}
    assert value(state["Output"], {}, answer) == {"rows": 3}


def test_attempts_are_made_within_twice_as_much_time_each_time() -> None:
    retrier = retry(seconds=5, attempts=3)
    assert retrier.pop("ErrorEquals") == ["States.ALL"]
    assert retrier == {
        "IntervalSeconds": 5,
        "BackoffRate": 2,
        "MaxAttempts": 3,
        "JitterStrategy": "FULL",
    }
