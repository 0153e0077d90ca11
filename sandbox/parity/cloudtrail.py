"""CloudTrail: trails of templates, which must be able to write, and send events to a log group.

Log files are not written into the bucket, and data events are not recorded.

Delete each of these once MiniStack itself does this:

- ``create_trail``, ``update_trail``: refuses a bucket or a key that does not admit the trail, and
  keeps a new trail's log group;
- ``create``, ``update``, ``delete``: has the resource type Trail;
- ``remember_request``, ``record_event``, ``deliver_again_and_again``: sends the events of a trail
  to its log group.
"""

import contextvars
import json
import queue
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ministack.core import iam_actions
from ministack.core import iam_evaluator as iam
from ministack.core.iam_actions import _param as parameter_of
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch_logs
from ministack.services.cloudformation.provisioners import _cfn_bool as cfn_bool
from ministack.services.cloudformation.provisioners import _physical_name as physical_name
from ministack.services.cloudtrail import _DISPATCH as HANDLERS
from ministack.services.cloudtrail import _err as error
from ministack.services.cloudtrail import _trail_arn as arn_of
from ministack.services.cloudtrail import _trails as trails
from ministack.services.s3 import _bucket_policies as bucket_policies

from sandbox.parity import kms
from sandbox.parity.correction import RESOURCE_TYPES, Function, Properties, Provisioned, replaces
from sandbox.parity.policies import Request, also_checks

SERVICE = "cloudtrail.amazonaws.com"
ENCRYPTING = ("kms:GenerateDataKey", "kms:DescribeKey")

Response = tuple[int, dict[str, str], bytes]


# --- What a trail needs --------------------------------------------------------------------------


def refusal(trail: Mapping[str, Any]) -> Response | None:
    """Return CloudTrail's answer if the bucket or the key does not admit the trail, or None.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html#API_CreateTrail_Errors
    """
    arn, bucket, key = arn_of(trail["Name"]), trail["S3BucketName"], trail.get("KmsKeyId")
    context = {"aws:sourcearn": arn, "kms:encryptioncontext:aws:cloudtrail:arn": arn}
    answer: Response | None = None
    if not admits(bucket, arn):
        message = f"Incorrect S3 bucket policy is detected for bucket: {bucket}"
        answer = error("InsufficientS3BucketPolicyException", message)
    elif key and not kms.service_may(SERVICE, ENCRYPTING, key, context):
        message = f"Insufficient permissions to access S3 bucket {bucket} or KMS key {key}."
        answer = error("InsufficientEncryptionPolicyException", message)
    return answer


def admits(bucket: str, trail_arn: str) -> bool:
    """Whether a bucket's policy lets a trail look at the bucket, and write log files.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
    """
    arn, account = f"arn:aws:s3:::{bucket}", get_account_id()
    return all(
        iam.evaluate_resource_policy(
            bucket_policies.get(bucket),
            iam.EvalContext(
                principal_arn="*",
                principal_type="Service",
                principal_account="",
                action=action,
                resource_arn=resource,
                region=get_region(),
                service_context={
                    "aws:sourcearn": trail_arn,
                    "aws:sourceaccount": account,
                    "aws:securetransport": "true",
                    "s3:x-amz-acl": "bucket-owner-full-control",
                },
            ),
            service=SERVICE,
        ).decision
        == "Allow"
        for action, resource in (
            ("s3:GetBucketAcl", arn),
            ("s3:PutObject", f"{arn}/AWSLogs/{account}/CloudTrail/any"),
        )
    )


def create_trail(request: dict[str, Any]) -> Response:
    """Refuse a trail that could not write, and keep where it sends its events."""
    answer: Response = refusal(request) or create_uncorrected(request)
    if answer[0] == 200:
        update_uncorrected(request)
    return answer


def update_trail(request: dict[str, Any]) -> Response:
    """Refuse a change after which the trail could not write."""
    trail = trails.get(request["Name"].rpartition("/")[2]) or {}
    answer: Response = (trail and refusal({**trail, **request})) or update_uncorrected(request)
    return answer


create_uncorrected, update_uncorrected = HANDLERS["CreateTrail"], HANDLERS["UpdateTrail"]
HANDLERS.update(CreateTrail=create_trail, UpdateTrail=update_trail)


# --- Trails of templates -------------------------------------------------------------------------

SWITCHES = (
    "EnableLogFileValidation",
    "IncludeGlobalServiceEvents",
    "IsMultiRegionTrail",
    "IsOrganizationTrail",
)
TEXTS = (
    "S3BucketName",
    "S3KeyPrefix",
    "SnsTopicName",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
)
SELECTORS = ("AdvancedEventSelectors", "EventSelectors")


def create(logical_id: str, properties: Properties, stack: str) -> Provisioned:
    """Create a template's trail.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudtrail-trail.html
    """
    name = properties.get("TrailName") or physical_name(stack, logical_id, max_len=128)
    return apply("CreateTrail", name, properties)


def update(name: str, _old: Properties, new: Properties, *_: object) -> Provisioned:
    """Change it as the template says."""
    return apply("UpdateTrail", name, new)


def delete(name: str, _properties: Properties) -> None:
    """Delete it, unless somebody else has."""
    HANDLERS["DeleteTrail"]({"Name": name})


def apply(action: str, name: str, properties: Properties) -> Provisioned:
    """Create or update a trail, then everything about it that has a call of its own."""
    ask(
        action,
        Name=name,
        KmsKeyId=properties.get("KMSKeyId", ""),
        **{one: cfn_bool(properties[one]) for one in SWITCHES if one in properties},
        **{one: properties[one] for one in TEXTS if one in properties},
    )
    arn = arn_of(name)
    for selectors in SELECTORS:
        if properties.get(selectors):
            ask("PutEventSelectors", TrailName=name, **{selectors: properties[selectors]})
    ask("AddTags", ResourceId=arn, TagsList=properties.get("Tags", []))
    ask("StartLogging" if cfn_bool(properties["IsLogging"]) else "StopLogging", Name=name)
    return name, {"Arn": arn}


def ask(action: str, **request: Any) -> None:
    """Call CloudTrail.

    Raises:
        ValueError: it refused.
    """
    status, _, body = HANDLERS[action](request)
    if status != 200:
        raise ValueError(json.loads(body)["message"])


RESOURCE_TYPES["AWS::CloudTrail::Trail"] = {"create": create, "update": update, "delete": delete}


# --- Events --------------------------------------------------------------------------------------

DELIVERY_SECONDS = 1.0
"""How often events are delivered. AWS takes about five minutes."""

DATA_EVENTS = {
    "dynamodb": ("Get", "Put", "Query"),
    "lambda": ("Invoke",),
    "logs": ("PutLogEvents",),
    "s3": ("Get", "PutObject", "DeleteObject", "List", "AbortMultipart"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessage"),
}
"""How actions begin that are data events, or none, by service: no trail gets them here."""

VERSIONS = {
    "AddPermission": "20150331v2",
    "CreateEventSourceMapping": "20150331",
    "CreateFunction": "20150331",
    "DeleteFunction": "20150331",
    "UpdateFunctionCode": "20150331v2",
    "UpdateFunctionConfiguration": "20150331v2",
}
"""The versions of Lambda's API that the names of these end with in events:
https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html"""

SETTINGS = {
    "PutAccelerateConfiguration": "PutBucketAccelerateConfiguration",
    "PutAnalyticsConfiguration": "PutBucketAnalyticsConfiguration",
    "PutBucketCORS": "PutBucketCors",
    "PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    "PutEncryptionConfiguration": "PutBucketEncryption",
    "PutIntelligentTieringConfiguration": "PutBucketIntelligentTieringConfiguration",
    "PutInventoryConfiguration": "PutBucketInventoryConfiguration",
    "PutLifecycleConfiguration": "PutBucketLifecycle",
    "PutMetricsConfiguration": "PutBucketMetricsConfiguration",
    "PutReplicationConfiguration": "PutBucketReplication",
}
"""The events of settings of a bucket whose permission has another name; that to delete one is the
same: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html"""

PARAMETERS = {
    "athena": ("WorkGroup",),
    "cloudtrail": ("Name", "TrailName"),
    "glue": ("DatabaseName", "Name"),
    "lambda": ("FunctionName",),
    "scheduler": ("GroupName", "groupName"),
    "states": ("name", "stateMachineArn"),
}
"""The parameters by which an event tells what was changed, by service; no others are recorded."""


class Sent(NamedTuple):
    """What was sent for a request."""

    method: str
    body: bytes
    query: Mapping[str, Any]


NOTHING = Sent("", b"", {})

sent = contextvars.ContextVar("sent", default=NOTHING)
"""What was sent for the request being served."""

Pending = tuple[contextvars.Context, list[str], dict[str, Any]]

pending: "queue.SimpleQueue[Pending]" = queue.SimpleQueue()
"""Events that were not delivered yet, with the context of their requests and their log groups."""


@replaces(iam_actions, "extract_resource_arn")
def remember_request(original: Function, service: str, *request: Any) -> Any:
    """Remember what was sent for a request, which a check of it does not get."""
    method, _path, _headers, body, query, *_ = request
    sent.set(Sent(method, body, query))
    return original(service, *request)


@also_checks
def record_event(request: Request) -> None:
    """Keep a request that was allowed for the trails, unless it is a data event.

    CloudFormation's own calls are not requests here, so no event says that it made it.
    """
    service, _, name = request.context.action.partition(":")
    if trails and not name.startswith(DATA_EVENTS.get(service, ("Head",))):
        pending.put((contextvars.copy_context(), groups_of_trails(), event_of(request)))


def event_of(request: Request) -> dict[str, Any]:
    """The event of a request.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    context, arn = request.context, request.context.resource_arn
    service, _, action = context.action.partition(":")
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": request.principal.type,
            "arn": context.principal_arn,
            "accountId": context.principal_account,
        },
        "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name_of(service, action),
        "awsRegion": get_region(),
        "sourceIPAddress": "127.0.0.1",
        "requestParameters": parameters_of(service, arn),
        "resources": [{"ARN": arn, "accountId": get_account_id()}],
        "eventID": new_uuid(),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": get_account_id(),
    }


def name_of(service: str, action: str) -> str:
    """The name of an event: the operation's, which is not always that of its permission."""
    if service == "lambda":
        return action + VERSIONS.get(action, "")
    name = SETTINGS.get(action, action)
    deletes = service == "s3" and sent.get().method == "DELETE"
    return name.replace("Put", "Delete", 1) if deletes else name


def parameters_of(service: str, arn: str) -> dict[str, str]:
    """What a request says about its resource: by what was sent, or by the resource's ARN."""
    resource = arn.split(":", 5)[-1]
    name = resource.rpartition("/")[2]
    found: dict[str, str] = {}
    match service, resource.partition("/")[0]:
        case "iam", "role":
            found = {"roleName": name}
        case "iam", "policy":
            found = {"policyArn": arn}
        case "s3", bucket:
            found = {"bucketName": bucket}
        case "lambda", _:
            found = {"functionName": arn}
        case "kms", _:
            found = {"keyId": name}
        case "scheduler", _:
            found = {"name": name}
    _, body, query = sent.get()
    for parameter in PARAMETERS.get(service, ()):
        if value := parameter_of(body, query, parameter):
            found[parameter[0].lower() + parameter[1:]] = value
    return found


def deliver_again_and_again() -> None:
    """Send the events of each second to the log groups that they are for."""
    while True:
        context, groups, event = pending.get()
        lines = {group: [event] for group in groups}
        time.sleep(DELIVERY_SECONDS)
        while not pending.empty():
            _, groups, event = pending.get()
            for group in groups:
                lines.setdefault(group, []).append(event)
        for group, events in lines.items():
            context.run(deliver, group, events)


def deliver(group: str, events: list[dict[str, Any]]) -> None:
    """Send events to a log group, each as a line of its own.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
    """
    stream = f"{get_account_id()}_CloudTrail_{get_region()}"
    place, now = {"logGroupName": group, "logStreamName": stream}, int(time.time() * 1_000)
    lines = [{"timestamp": now, "message": json.dumps(event)} for event in events]
    vars(cloudwatch_logs)["_create_log_stream"](place)
    vars(cloudwatch_logs)["_put_log_events"]({**place, "logEvents": lines})


def groups_of_trails() -> list[str]:
    """The log groups of the trails that are logging."""
    arns = [
        trail.get("CloudWatchLogsLogGroupArn") for trail in trails.values() if trail["IsLogging"]
    ]
    return [arn.removesuffix(":*").rpartition(":")[2] for arn in arns if arn]


threading.Thread(target=deliver_again_and_again, daemon=True).start()
