"""CloudWatch Logs: a log group's key must admit the service, and queries are saved.

Delete each of these once MiniStack itself does this:

- ``what_a_log_groups_policy_names``: matches ``…:log-group:NAME:*`` in policies;
- ``identifiers_of_events``: gives each event an identifier;
- ``key_of_a_created_group``: refuses a key whose policy does not admit the service;
- ``create_log_group``: does so in a template too, and names a group without a name;
- ``update_log_group``: does so in an update too;
- ``create_query_definition``, ``update_query_definition``, ``delete_query_definition``: has saved
  queries in templates.
"""

import itertools
from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.responses import get_account_id, get_region, new_uuid
from ministack.services import cloudwatch_logs
from ministack.services.cloudformation.provisioners import _physical_name as physical_name

from sandbox.parity import kms
from sandbox.parity.correction import RESOURCE_TYPES, Function, Properties, Provisioned, replaces

NEEDED = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey")
"""What the service does with a log group's key
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)."""

LOG_GROUP = RESOURCE_TYPES["AWS::Logs::LogGroup"]


def refusal(log_group: str, key: str | None) -> str | None:
    """Return AWS's message when the service cannot use the key for this log group, or None."""
    region = get_region()
    arn = f"arn:aws:logs:{region}:{get_account_id()}:log-group:{log_group}"
    context = {"kms:encryptioncontext:aws:logs:arn": arn}
    if not key or kms.service_may(f"logs.{region}.amazonaws.com", NEEDED, key, context):
        return None
    return f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'"


TAGGING = ("logs:ListTagsForResource", "logs:TagResource", "logs:UntagResource")


@replaces(iam, "enforce")
def what_a_log_groups_policy_names(
    original: Function, access_key: str, action: str, *more: Any, **rest: Any
) -> Any:
    """Match a log group with ``…:log-group:NAME:*``, its ARN in a template, whatever the action.

    All actions but those for tags take the ARN with this suffix, and MiniStack checks it without.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    arn = rest.get("resource_arn", "")
    of_group = arn.partition(":log-group:")[2]
    if action.startswith("logs:") and of_group and ":" not in of_group and action not in TAGGING:
        rest["resource_arn"] = f"{arn}:log-stream:"
    return original(access_key, action, *more, **rest)


event_numbers = itertools.count(1)


@replaces(cloudwatch_logs, "_append_log_events")
def identifiers_of_events(
    original: Function, stream: dict[str, Any], events: list[dict[str, Any]]
) -> Any:
    """Give each event the identifier that FilterLogEvents answers with; Lambda's have none.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html
    """
    numbered = [{"eventId": f"{next(event_numbers):056d}", **event} for event in events]
    return original(stream, numbered)


@replaces(cloudwatch_logs, "_create_log_group")
def key_of_a_created_group(original: Function, request: dict[str, Any]) -> Any:
    """Refuse CreateLogGroup with a key whose policy does not admit the service."""
    message = refusal(request.get("logGroupName", ""), request.get("kmsKeyId"))
    if message:
        return cloudwatch_logs.error_response_json("InvalidParameterException", message, 400)
    return original(request)


def create_log_group(
    logical_id: str, properties: Properties, stack: str, create: Function = LOG_GROUP["create"]
) -> Provisioned:
    """Create a template's log group, if the service may use its key; CloudFormation names it."""
    name = properties.get("LogGroupName") or physical_name(stack, logical_id, max_len=512)
    _must_admit_service(name, properties)
    created: Provisioned = create(logical_id, {**properties, "LogGroupName": name}, stack)
    return created


def update_log_group(
    physical_id: str, old: Properties, new: Properties, *rest: Any
) -> Provisioned:
    """Update a template's log group, if the service may use its new key."""
    name = new.get("LogGroupName", physical_id)
    _must_admit_service(name, new)
    updated: Provisioned = update_uncorrected(
        physical_id, old, {**new, "LogGroupName": name}, *rest
    )
    return updated


def _must_admit_service(log_group: str, properties: Properties) -> None:
    message = refusal(log_group, properties.get("KmsKeyId"))
    if message:
        raise ValueError(message)


update_uncorrected = LOG_GROUP["update"]
LOG_GROUP.update(create=create_log_group, update=update_log_group)


# --- Saved queries -------------------------------------------------------------------------------


def create_query_definition(_logical_id: str, _properties: Properties, _stack: str) -> Provisioned:
    """Accept a saved query, which only the console of CloudWatch shows.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-querydefinition.html
    """
    identifier = new_uuid()
    return identifier, {"QueryDefinitionId": identifier}


def update_query_definition(identifier: str, *_: object) -> Provisioned:
    """Accept a change of it."""
    return identifier, {"QueryDefinitionId": identifier}


def delete_query_definition(*_: object) -> None:
    """Accept its deletion; nothing was kept."""


RESOURCE_TYPES["AWS::Logs::QueryDefinition"] = {
    "create": create_query_definition,
    "update": update_query_definition,
    "delete": delete_query_definition,
}
