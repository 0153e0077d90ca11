"""Step Functions: Distributed Maps in batches, and the permissions of a state machine's role.

Delete each of these once MiniStack itself does this:

- ``distributed_map``: evaluates JSONata in a Distributed Map, batches its items, and bounds what
  its children return together;
- ``missing_object``: names the error of HeadObject without such an object as the SDK does;
- ``waits_take_no_time``: ends a Wait at once (no correction: it saves the time);
- ``queries_as_the_role``: runs a query of Athena as the role, and waits for its end;
- ``role_of_an_execution``, ``tasks_need_permissions``, ``waiting_tasks_need_permissions``: asks
  what the execution role may do.
"""

import contextvars
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ministack import app
from ministack.core import iam_actions
from ministack.core.responses import get_account_id, get_region
from ministack.services import athena, stepfunctions
from ministack.services.kms import _resolve_key as resolve_key
from ministack.services.s3 import _buckets as buckets
from ministack.services.stepfunctions import _apply_jsonata_output as output_of
from ministack.services.stepfunctions import _apply_jsonata_template as evaluate
from ministack.services.stepfunctions import _ExecutionError as ExecutionError
from ministack.services.stepfunctions import _executions as executions
from ministack.services.stepfunctions import _read_map_items as read_items
from ministack.services.stepfunctions import _state_machines as state_machines
from ministack.services.stepfunctions import _state_query_language as query_language
from ministack.services.sts import register_session

from sandbox.parity import sqs
from sandbox.parity.awslambda import role_may
from sandbox.parity.correction import Function, replaces
from sandbox.parity.kms import caller

PAYLOAD = 256 * 1024
"""The most bytes that a state may receive or return:
https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
"""

State = dict[str, Any]

role = contextvars.ContextVar("role", default="")
"""The ARN of the role of the execution that is running."""


# --- Distributed Map -----------------------------------------------------------------------------


@replaces(stepfunctions, "_run_distributed_map")
def distributed_map(
    original: Function, state: State, given: Any, effective: Any, iterator: State, *rest: Any
) -> Any:
    """Run a Distributed Map of JSONata: each child gets a batch of the selected items.

    https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html

    The original sees a map over the batches. Maps of JSONPath are left to it.
    """
    execution, context = rest
    if query_language(state, context) != "JSONata":
        return original(state, given, effective, iterator, *rest)
    _require("states:StartExecution", execution["stateMachineArn"])
    reader = {
        **state["ItemReader"],
        "Arguments": evaluate(state["ItemReader"]["Arguments"], given),
    }
    _require("s3:ListBucket", f"arn:aws:s3:::{reader['Arguments']['Bucket']}")
    items = [
        evaluate(state["ItemSelector"], given, {**context, "Map": {"Item": {"Value": item}}})
        for item in read_items(reader, {}, context)
    ]
    batcher = evaluate(state["ItemBatcher"], given)
    batches = [
        {"BatchInput": batcher["BatchInput"], "Items": some}
        for some in _batches(items, batcher["MaxItemsPerBatch"], batcher["MaxInputBytesPerBatch"])
    ]
    plain = {
        "Label": state["Label"],
        "MaxConcurrency": evaluate(state["MaxConcurrency"], given),
        "QueryLanguage": "JSONPath",
        "End": True,
    }
    results, _ = original(plain, batches, batches, iterator, *rest)
    if len(json.dumps(results, separators=(",", ":"))) > PAYLOAD:
        raise ExecutionError("States.DataLimitExceeded", "The result of the map is too large")
    return output_of(state, given, context, result=results), state.get("Next")


def _batches(items: list[Any], most: int, most_bytes: int) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for item in items:
        if batch and (len(batch) == most or len(json.dumps([*batch, item])) > most_bytes):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


# --- Tasks ---------------------------------------------------------------------------------------


class Needed(NamedTuple):
    """A permission that a task needs: the action, its resource, and the context of conditions."""

    action: str
    resource: str
    context: dict[str, str]


def _to_ask_for_metadata(given: dict[str, Any]) -> Iterator[Needed]:
    yield Needed("s3:GetObject", f"arn:aws:s3:::{given['Bucket']}/{given['Key']}", {})


def _to_send(given: dict[str, Any]) -> Iterator[Needed]:
    account, name = given["QueueUrl"].split("/")[-2:]
    queue = f"arn:aws:sqs:{get_region()}:{account}:{name}"
    yield Needed("sqs:SendMessage", queue, {})
    if key := resolve_key(sqs.key_of(queue) or ""):
        facts = {
            "kms:viaservice": f"sqs.{get_region()}.amazonaws.com",
            "kms:encryptioncontext:aws:sqs:arn": queue,
        }
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        for action in ("kms:GenerateDataKey", "kms:Decrypt"):
            yield Needed(action, key["Arn"], facts)


def _to_publish(given: dict[str, Any]) -> Iterator[Needed]:
    yield Needed("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": given["Namespace"]})


def _to_invoke(given: dict[str, Any]) -> Iterator[Needed]:
    yield Needed("lambda:InvokeFunction", given["FunctionName"], {})


HEAD_OBJECT = "aws-sdk:s3:headObject"
NEEDED: dict[str, Callable[[dict[str, Any]], Iterator[Needed]]] = {
    "lambda:invoke": _to_invoke,
    HEAD_OBJECT: _to_ask_for_metadata,
    "sqs:sendMessage": _to_send,
    "aws-sdk:cloudwatch:putMetricData": _to_publish,
}
"""What the tasks of this project need, by integration."""


@replaces(stepfunctions, "_run_execution")
def role_of_an_execution(original: Function, execution_arn: str) -> None:
    """Remember the role that an execution acts as."""
    execution = executions.get(execution_arn) or {}
    machine = state_machines.get(execution.get("stateMachineArn")) or {}
    role.set(machine.get("roleArn", ""))
    original(execution_arn)


@replaces(stepfunctions, "_jsonata_wait_seconds")
def waits_take_no_time(original: Function, *state: Any) -> int:
    """Check how long a state waits, and do not wait: nobody would watch a demo for that long."""
    original(*state)
    return 0


@replaces(stepfunctions, "_invoke_resource")
def tasks_need_permissions(original: Function, resource: str, given: Any) -> Any:
    """Refuse a task whose permissions the execution role lacks.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
    """
    _require_for(resource, given)
    return original(resource, given)


ATHENA = "arn:aws:states:::athena:"
POLL_SECONDS = 0.05


@replaces(stepfunctions, "_invoke_resource")
def queries_as_the_role(original: Function, resource: str, given: Any) -> Any:
    """Do a task of Athena's with the permissions of the execution role.

    With ``.sync`` a query's state ends when the query does, and fails with it.
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
    """
    if not resource.startswith(ATHENA):
        return original(resource, given)
    action, _, pattern = resource.removeprefix(ATHENA).partition(".")
    answer = _ask_athena(action, given)
    if pattern != "sync":
        return answer
    while True:
        found = _ask_athena("getQueryExecution", {"QueryExecutionId": answer["QueryExecutionId"]})
        status = found["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return found
        if status["State"] not in ("QUEUED", "RUNNING"):
            raise ExecutionError("States.TaskFailed", json.dumps(found["QueryExecution"]))
        time.sleep(POLL_SECONDS)


def _ask_athena(action: str, given: Any) -> Any:
    """Send a request to Athena as the execution role."""
    account, name = get_account_id(), role.get().rpartition("/")[2]
    key = f"ASIA{hashlib.sha256(role.get().encode()).hexdigest()[:16].upper()}"
    session = f"arn:aws:sts::{account}:assumed-role/{name}/execution"
    secret = {"SecretAccessKey": key, "SessionToken": key}
    register_session(key, {"Arn": session, "UserId": f"{name}:execution", **secret})
    operation = action[0].upper() + action[1:]
    headers = {"x-amz-target": f"AmazonAthena.{operation}"}
    body = json.dumps(given).encode()
    where: Any = ("athena", "POST", "/", headers, body, {}, get_region(), account)
    _require(f"athena:{operation}", iam_actions.extract_resource_arn(*where))
    began = caller.set(key)
    try:
        status, _, answer = app.call_service_handler_sync(
            athena.handle_request, "POST", "/", headers, body, {}
        )
    finally:
        caller.reset(began)
    found = json.loads(answer or b"{}")
    if status >= 400:
        raise ExecutionError("Athena.AmazonAthenaException", found.get("message", str(found)))
    return found


@replaces(stepfunctions, "_invoke_with_callback")
def waiting_tasks_need_permissions(
    original: Function, resource: str, given: Any, *rest: Any
) -> Any:
    """Do the same for a task that waits for its token."""
    _require_for(resource.removesuffix(".waitForTaskToken"), given)
    return original(resource, given, *rest)


def _require_for(resource: str, given: Any) -> None:
    integration = resource.partition(":states:::")[2]
    if integration in NEEDED:
        for needed in NEEDED[integration](given):
            _require(*needed)


@replaces(stepfunctions, "_dispatch_aws_sdk_rest_xml")
def missing_object(original: Function, info: Any, service: str, action: str, given: Any) -> Any:
    """Say, as the SDK does, that there is no such object, or refuse who cannot list the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    if (service, action) == ("s3", "headObject"):
        bucket = given["Bucket"]
        if given["Key"] not in (buckets.get(bucket) or {"objects": {}})["objects"]:
            _require("s3:ListBucket", f"arn:aws:s3:::{bucket}")
            raise ExecutionError("S3.NoSuchKeyException", "null (Service: S3, Status Code: 404)")
    return original(info, service, action, given)


def _require(action: str, resource: str, context: dict[str, str] | None = None) -> None:
    if role.get() and not role_may(role.get(), action, resource, context):
        service = action.partition(":")[0]
        name = {
            "s3": "S3",
            "sqs": "Sqs",
            "kms": "Kms",
            "cloudwatch": "CloudWatch",
            "lambda": "Lambda",
        }.get(service)
        error = f"{name}.{name}Exception" if name else "States.TaskFailed"
        raise ExecutionError(
            error, f"{role.get()} is not authorized to perform {action} on {resource}"
        )
