"""The workflow of an erasure, in the Amazon States Language.

The people of a request are added to the lists of their datasets. What has begun before may still
write rows of theirs: once that must be over, a Distributed Map gives the manifests of these
datasets to the function, in batches. The state machine sees keys of objects, and who is erased
nowhere. A dry run changes nothing, so it waits for nothing.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from lib.jobs.states import INCOMPLETE, State, choose, evaluate, fail, integration, invoke, retry
from processor.bucket.keys import MANIFESTS

# A batch has the time of one invocation.
BATCH, BATCH_BYTES = 20, 100_000
CONCURRENCY = 5
TIMEOUT_SECONDS = 24 * 3600
REFUSED = "RequestError"

_RUN = evaluate("$states.context.Execution.Name")
_REQUEST = "$string($states.context.Execution.Input.request)"
_DRY_RUN = "$states.input.dry_run"
_RETRY = retry(seconds=5, attempts=3)


def workflow(*, function_arn: str, bucket: str, wait_seconds: int) -> State:
    """Return the definition.

    Its input has the key of the request. Its output is what became of the files; the receipt has
    more. If some failed, the execution ends with ``Incomplete``: start another with the same
    input.

    Args:
        function_arn: of the function that does the steps.
        bucket: the name of the bucket.
        wait_seconds: after which nothing writes rows of people who were added to a list.
    """
    return {
        "Comment": "Erases people from the outputs of all files of their datasets",
        "QueryLanguage": "JSONata",
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "StartAt": "Begin",
        "States": {
            "Begin": invoke(function_arn, step="begin", request=evaluate(_REQUEST), run=_RUN)
            | {
                "Retry": [{"ErrorEquals": [REFUSED], "MaxAttempts": 0}, _RETRY],
                "Next": "Rehearsal",
            },
            "Rehearsal": choose(_DRY_RUN, "Datasets", otherwise="Wait"),
            "Wait": {"Type": "Wait", "Seconds": wait_seconds, "Next": "Datasets"},
            "Datasets": {
                "Type": "Map",
                "Items": evaluate("$states.input.datasets"),
                "ItemSelector": {
                    "prefix": evaluate(f"'{MANIFESTS}' & $states.context.Map.Item.Value & '/'"),
                    "request": evaluate(_REQUEST),
                    "version": evaluate("$states.input.version"),
                    "run": _RUN,
                },
                "MaxConcurrency": 1,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Files",
                    "States": {"Files": _files(function_arn, bucket)},
                },
                "Output": evaluate(
                    f"{{'lost': $sum($append(0, $states.result)), 'dry_run': {_DRY_RUN}}}"
                ),
                "Next": "Conclude",
            },
            "Conclude": invoke(
                function_arn,
                step="conclude",
                request=evaluate(_REQUEST),
                run=_RUN,
                lost=evaluate("$states.input.lost"),
                dry_run=evaluate(_DRY_RUN),
            )
            | {"Retry": [_RETRY], "Next": "Judge"},
            "Judge": choose("$states.input.failed > 0", "Fail", otherwise="Done"),
            "Fail": fail(
                INCOMPLETE,
                "$states.input.failed & ' of ' & $states.input.files & ' files failed. "
                "The receipt names them. Start it again.'",
            ),
            "Done": {"Type": "Succeed"},
        },
    }


def _files(function_arn: str, bucket: str) -> State:
    """Give the manifests of a dataset to the function; the result is how many files were lost."""
    return {
        "Type": "Map",
        "Label": "Files",
        "ItemReader": {
            "Resource": integration("s3:listObjectsV2"),
            "Arguments": {"Bucket": bucket, "Prefix": evaluate("$states.input.prefix")},
        },
        "ItemSelector": {"key": evaluate("$states.context.Map.Item.Value.Key")},
        "ItemBatcher": {
            "MaxItemsPerBatch": BATCH,
            "MaxInputBytesPerBatch": BATCH_BYTES,
            "BatchInput": {
                name: evaluate(f"$states.input.{name}") for name in ("request", "version", "run")
            },
        },
        "MaxConcurrency": CONCURRENCY,
        "ItemProcessor": {
            # A standard child: an Express one ends after five minutes.
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Erase",
            "States": {
                "Erase": invoke(
                    function_arn,
                    step="erase",
                    request=evaluate("$states.input.BatchInput.request"),
                    version=evaluate("$states.input.BatchInput.version"),
                    run=evaluate("$states.input.BatchInput.run"),
                    manifests=evaluate("[$states.input.Items.key]"),
                )
                | {
                    "Output": 0,
                    "Retry": [_RETRY],
                    "Catch": [
                        {
                            "ErrorEquals": ["States.ALL"],
                            "Output": evaluate("$count($states.input.Items)"),
                            "Next": "Lost",
                        }
                    ],
                    "End": True,
                },
                "Lost": {"Type": "Succeed"},
            },
        },
        "Output": evaluate("$sum($append(0, $states.result))"),
        "End": True,
    }
