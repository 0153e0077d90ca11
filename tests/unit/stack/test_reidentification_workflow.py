"""The workflow of a request: nothing is answered before its approval, whoever says what."""

from typing import Any

from ministack.services.stepfunctions import _evaluate_jsonata as evaluate_jsonata

from lib.jobs.reidentification_workflow import TIMEOUT_SECONDS, WAIT_SECONDS, workflow

STATES = workflow("a-function")["States"]
FACTS = {"request": "reidentification/requests/…", "etag": '"1"', "tokens": 3}
CONTEXT = {
    "Execution": {"Name": "1", "Id": "arn:…:1"},
    "Task": {"Token": "a-token"},
}


def evaluate(value: Any, given: Any, result: Any = None) -> Any:
    """The value of an expression, or of all in an object."""
    if isinstance(value, dict):
        return {name: evaluate(one, given, result) for name, one in value.items()}
    if isinstance(value, str) and value.startswith("{%"):
        return evaluate_jsonata(value[2:-2], given, CONTEXT, result, None)
    return value


def test_a_request_is_checked_then_waits_then_is_answered() -> None:
    assert [(name, one.get("Next")) for name, one in STATES.items()] == [
        ("Check", "Approve"),
        ("Approve", "Answer"),
        ("Answer", None),
    ]
    assert STATES["Approve"]["Resource"].endswith(":states:::lambda:invoke.waitForTaskToken")
    assert WAIT_SECONDS == STATES["Approve"]["TimeoutSeconds"] == 86_400 < TIMEOUT_SECONDS


def test_the_function_gets_the_key_and_the_column_and_no_more_of_the_input() -> None:
    given = {"request": "a/key", "column": "email", "requester": "somebody", "dataset": "other"}
    payload = evaluate(STATES["Check"]["Arguments"]["Payload"], given)
    assert payload == {"step": "check", "request": "a/key", "column": "email", "execution": "1"}


def test_the_wait_has_its_token() -> None:
    payload = evaluate(STATES["Approve"]["Arguments"]["Payload"], FACTS)
    assert payload == {
        "step": "ask",
        "facts": FACTS,
        "link": "arn:…:1",
        "token": "a-token",
        "execution": "1",
    }


def test_an_approver_says_where_the_signature_is_and_nothing_else() -> None:
    said = {"signature": "reidentification/signatures/…", "etag": '"2"', "tokens": 1000}
    after = evaluate(STATES["Approve"]["Output"], FACTS, said)
    assert after == {"facts": FACTS, "signature": said["signature"]}
    payload = evaluate(STATES["Answer"]["Arguments"]["Payload"], after)
    assert payload == {
        "step": "answer",
        "facts": FACTS,
        "signature": said["signature"],
        "execution": "1",
    }


def test_only_the_answer_is_tried_again() -> None:
    assert {name for name, one in STATES.items() if "Retry" in one} == {"Answer"}
    assert all("Catch" not in one for one in STATES.values())


def test_it_is_tried_again_after_errors_of_lambda_not_of_the_function() -> None:
    (retry,) = STATES["Answer"]["Retry"]
    assert set(retry["ErrorEquals"]) == {
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
    }
