"""States of a workflow, in the Amazon States Language, with expressions in JSONata.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from typing import Any

from aws_cdk import Aws

State = dict[str, Any]

INCOMPLETE = "Incomplete"
"""The error of an execution that did not do all of its work."""


def evaluate(expression: str) -> str:
    """A value that is computed when the state runs."""
    return f"{{% {expression} %}}"


def integration(action: str) -> str:
    """The resource of a task: an action of a service, such as ``sqs:sendMessage``.

    https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
    """
    return f"arn:{Aws.PARTITION}:states:::{action}"


def choose(condition: str, then: str, *, otherwise: str) -> State:
    """A state that goes on to one of two others; ``condition`` is an expression."""
    choice = {"Condition": evaluate(condition), "Next": then}
    return {"Type": "Choice", "Choices": [choice], "Default": otherwise}


def fail(error: str, cause: str) -> State:
    """A state that ends the execution as failed; ``cause`` is an expression for people."""
    return {"Type": "Fail", "Error": error, "Cause": evaluate(cause)}


def invoke(function_arn: str, **payload: str) -> State:
    """A task that invokes a function; its output is what the function returns."""
    return {
        "Type": "Task",
        "Resource": integration("lambda:invoke"),
        "Arguments": {"FunctionName": function_arn, "Payload": payload},
        "Output": evaluate("$states.result.Payload"),
    }


def retry(*, seconds: int, attempts: int) -> State:
    """A retrier of a task: nearly all errors are tried again, after a random time.

    Args:
        seconds: the longest time before the first of the attempts; it doubles with each.
        attempts: besides the one that failed.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": seconds,
        "BackoffRate": 2,
        "MaxAttempts": attempts,
        "JitterStrategy": "FULL",
    }
