"""The workflow of a request to re-identify, in the Amazon States Language.

It is checked, then waits for somebody's approval, then is answered. The function writes the token
of the wait where approvers alone can read.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
"""

from lib.jobs.states import State, evaluate, integration, invoke

WAIT_SECONDS = 24 * 3600  # for an approval
TIMEOUT_SECONDS = WAIT_SECONDS + 3600

# Lambda's own errors, after which the same request may succeed.
# https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
TRANSIENT = [
    f"Lambda.{name}"
    for name in (
        "ClientExecutionTimeoutException",
        "ServiceException",
        "AWSLambdaException",
        "SdkClientException",
        "TooManyRequestsException",
    )
]
_NAME = "$states.context.Execution.Name"


def workflow(function_arn: str) -> State:
    """Return the definition.

    Its input has the key of the request and the name of the column. Its output is what was done:
    who asked, who approved, of which column, for what purpose, how many tokens, and where the
    values are. A refusal is an execution that failed: its cause says why.

    Args:
        function_arn: of the function that checks, asks and answers.
    """
    return {
        "Comment": "Re-identifies tokens for one person after another has approved",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Check",
        "States": {
            "Check": _step(
                function_arn,
                step="check",
                request=evaluate("$string($states.input.request)"),
                column=evaluate("$string($states.input.column)"),
            )
            | {"Next": "Approve"},
            "Approve": _step(
                function_arn,
                step="ask",
                facts=evaluate("$states.input"),
                link=evaluate("$states.context.Execution.Id"),
                token=evaluate("$states.context.Task.Token"),
            )
            | {
                "Resource": integration("lambda:invoke.waitForTaskToken"),
                "TimeoutSeconds": WAIT_SECONDS,
                # Only the place of the signature is the approver's; the function looks there.
                "Output": evaluate(
                    "{'facts': $states.input, 'signature': $string($states.result.signature)}"
                ),
                "Next": "Answer",
            },
            "Answer": _step(
                function_arn,
                step="answer",
                facts=evaluate("$states.input.facts"),
                signature=evaluate("$states.input.signature"),
            )
            # The values are written once, under the name of the execution.
            | {
                "Retry": [{"ErrorEquals": TRANSIENT, "MaxAttempts": 3, "JitterStrategy": "FULL"}],
                "End": True,
            },
        },
    }


def _step(function_arn: str, **payload: str) -> State:
    """A step of the function, which is not tried again: a check claims one of a day's slots."""
    return invoke(function_arn, **payload, execution=evaluate(_NAME))
