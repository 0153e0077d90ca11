"""SQS: queues under a KMS key, and moving messages back out of a dead-letter queue.

Delete each of these once MiniStack itself does this:

- ``messages_need_the_key``: asks whether senders and receivers may use the queue's key;
- ``deliveries_need_the_key``: asks whether S3 may use the queue's key;
- ``start_message_move_task``: answers StartMessageMoveTask;
- ``list_message_move_tasks``: answers ListMessageMoveTasks;
- ``queue_of_a_move_task``: checks permissions on the queue of a move task.
"""

import json
import time
from typing import Any

from ministack.core import iam_actions
from ministack.core import iam_evaluator as iam
from ministack.core.concurrency import esm_wake
from ministack.core.responses import new_uuid
from ministack.services import sqs
from ministack.services.sqs import _HANDLERS as HANDLERS
from ministack.services.sqs import _Err as SqsError
from ministack.services.sqs import _queue_by_arn as queue_by_arn

from sandbox.parity import kms
from sandbox.parity.correction import Function, replaces
from sandbox.parity.policies import Request, also_checks

NEEDED = {"sqs:SendMessage": "kms:GenerateDataKey", "sqs:ReceiveMessage": "kms:Decrypt"}
"""What a producer and a consumer of an encrypted queue may need to do with its key:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

move_tasks: list[dict[str, Any]] = []
"""The message move tasks so far, the newest first."""


def key_of(queue_arn: str) -> str | None:
    """Return the KMS key of a queue, if it is encrypted."""
    queue = queue_by_arn(queue_arn)
    key: str | None = queue["attributes"].get("KmsMasterKeyId") if queue else None
    return key


@also_checks
def messages_need_the_key(request: Request) -> Any:
    """Require the key of an encrypted queue to send or receive a message."""
    queue = request.context.resource_arn
    needed = NEEDED.get(request.context.action)
    key = key_of(queue) if needed else None
    if needed is None or key is None:
        return None
    refusal = kms.refusal(key, needed, "sqs", {"aws:sqs:arn": queue})
    return iam.AuthError("KMS.AccessDeniedException", refusal.message) if refusal else None


@replaces(sqs, "queue_policy_allows")
def deliveries_need_the_key(
    original: Function, queue_arn: str, service: str, source_arn: str, source_account: str
) -> bool:
    """Let a service deliver to an encrypted queue only if the key's policy admits the service.

    S3 cannot deliver notifications otherwise:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    allowed = original(queue_arn, service, source_arn, source_account)
    key = key_of(queue_arn)
    if not allowed or key is None:
        return bool(allowed)
    source = {"aws:sourcearn": source_arn, "aws:sourceaccount": source_account}
    return kms.service_may(service, ("kms:GenerateDataKey", "kms:Decrypt"), key, source)


def start_message_move_task(request: dict[str, Any], _url: str) -> dict[str, str]:
    """Move a dead-letter queue's messages to their original queue, or to a given one.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
    """
    source = queue_by_arn(request["SourceArn"])
    if source is None:
        raise SqsError(
            "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        )
    messages, source["messages"] = source["messages"], []
    moved = 0
    for message in messages:
        origin = (message.get("sys") or {}).get("DeadLetterQueueSourceArn")
        destination = queue_by_arn(request.get("DestinationArn") or origin or "")
        if destination is None:
            source["messages"].append(message)
            continue
        destination["messages"].append(_as_new(message))
        moved += 1
    task = {
        "TaskHandle": new_uuid(),
        "Status": "COMPLETED",
        "SourceArn": request["SourceArn"],
        "ApproximateNumberOfMessagesMoved": moved,
        "ApproximateNumberOfMessagesToMove": len(messages),
        "StartedTimestamp": int(time.time() * 1000),
    }
    move_tasks.insert(0, task)
    esm_wake.set()
    return {"TaskHandle": str(task["TaskHandle"])}


def _as_new(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as a redrive delivers it: with a new identifier, never received.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    now = time.time()
    return {
        **message,
        "id": new_uuid(),
        "sys": {**message["sys"], "SentTimestamp": str(int(now * 1000))},
        "enqueued_at": now,
        "visible_at": now,
        "receive_count": 0,
        "receipt_handle": None,
        "first_receive_at": None,
    }


def list_message_move_tasks(request: dict[str, Any], _url: str) -> dict[str, Any]:
    """List the newest move tasks of a dead-letter queue; they are done as soon as they start."""
    of_source = [task for task in move_tasks if task["SourceArn"] == request["SourceArn"]]
    return {"Results": of_source[: int(request.get("MaxResults", 1))]}


HANDLERS["StartMessageMoveTask"] = start_message_move_task
HANDLERS["ListMessageMoveTasks"] = list_message_move_tasks


@replaces(iam_actions, "extract_resource_arn")
def queue_of_a_move_task(original: Function, service: str, *request: Any) -> Any:
    """Check a move task's permissions on the dead-letter queue that it names."""
    if service == "sqs":
        _method, _path, _headers, body, *_ = request
        if b'"SourceArn"' in (body or b""):
            return json.loads(body)["SourceArn"]
    return original(service, *request)
