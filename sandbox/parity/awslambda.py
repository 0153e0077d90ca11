"""Lambda: properties of a template's function, and what its event source mapping needs.

Delete each of these once MiniStack itself does this:

- ``dropped_properties``: keeps a function's VPC, key, dead-letter queue and reserved concurrency;
- ``create_mapping``: refuses an event source mapping whose role cannot poll the queue or use its
  key;
- ``type_of_an_error``: says which exception a function raised, as a state machine's retries ask;
- ``BACKOFF``: goes on with other messages after one has failed.
"""

from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.iam_evaluator import _gather_role_policies as role_policies
from ministack.core.iam_evaluator import _permissions_boundary as permissions_boundary
from ministack.core.iam_evaluator import _resource_policy as resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.iam import _roles as roles
from ministack.services.kms import _resolve_key as resolve_key
from ministack.services.lambda_svc import _functions as functions
from ministack.services.lambda_svc import _vpc_config_with_id as vpc_config_with_id

from sandbox.parity import sqs
from sandbox.parity.correction import (
    RESOURCE_TYPES,
    Function,
    Properties,
    Provisioned,
    completes,
    replaces,
)

TRACEBACK = "Traceback (most recent call last)"
POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What the execution role needs for a queue
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""


BACKOFF = 0.0
"""Seconds for which a mapping sends no message after a function failed; MiniStack's is a second.

Lambda does not stop: it only lowers how many messages of a queue it sends at a time. The failed
message stays hidden for its visibility timeout.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-backoff-strategy
"""

vars(lambda_svc)["_ESM_BACKOFF_SECONDS"] = BACKOFF


@completes("AWS::Lambda::Function")
def dropped_properties(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Apply network, key, dead letter target and reserved concurrency of a template's function.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
    """
    function = functions[provisioned[0]]
    function["config"].update(
        VpcConfig=vpc_config_with_id(properties.get("VpcConfig")),
        KMSKeyArn=properties.get("KmsKeyArn", ""),
        DeadLetterConfig=properties.get("DeadLetterConfig", {}),
    )
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    return provisioned


def create_mapping(
    logical_id: str,
    properties: Properties,
    stack: str,
    create: Function = RESOURCE_TYPES["AWS::Lambda::EventSourceMapping"]["create"],
) -> Provisioned:
    """Create a mapping from a queue only if the execution role may poll it and use its key."""
    queue = properties.get("EventSourceArn", "")
    if ":sqs:" in queue:
        name = properties["FunctionName"].rpartition(":")[2]
        role = functions[name]["config"]["Role"]
        refused = next((action for action in POLLING if not role_may(role, action, queue)), None)
        key = resolve_key(sqs.key_of(queue) or "")
        facts = {
            "kms:viaservice": f"sqs.{get_region()}.amazonaws.com",
            "kms:encryptioncontext:aws:sqs:arn": queue,
        }
        if refused is None and key and not role_may(role, "kms:Decrypt", key["Arn"], facts):
            refused = "kms:Decrypt"
        if refused:
            raise ValueError(
                "The function execution role does not have permissions to call "
                f"{refused.partition(':')[2]} on {refused.partition(':')[0].upper()}"
            )
    created: Provisioned = create(logical_id, properties, stack)
    return created


RESOURCE_TYPES["AWS::Lambda::EventSourceMapping"]["create"] = create_mapping


def role_may(
    role_arn: str, action: str, resource: str, context: dict[str, str] | None = None
) -> bool:
    """Whether a role's session may do something, by its own and the resource's policies."""
    account = get_account_id()
    name = role_arn.rpartition("/")[2]
    service = action.partition(":")[0]
    ctx = iam.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/mapping",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=context or {},
    )
    limits = permissions_boundary(roles, name, account)
    result = iam.evaluate(ctx, role_policies(name, account), *limits)
    policy: tuple[Any, str] | None = resource_policy(service, resource)
    if policy:
        result = iam.combine_resource_policy(
            result, ctx, *policy, required=service == "kms", limits=limits
        )
    return bool(result.decision == "Allow")


@replaces(lambda_svc, "_execute_function_warm")
def type_of_an_error(original: Function, *rest: Any) -> dict[str, Any]:
    """Call an error by the exception that the function raised, and not ``Runtime.HandlerError``.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html

    The log ends with the traceback, whose last line has the type and then the message.
    """
    answer: dict[str, Any] = original(*rest)
    if answer.get("error") and TRACEBACK in answer.get("log", ""):
        body = answer["body"]
        before = answer["log"].rstrip().removesuffix(body["errorMessage"].rstrip())
        body["errorType"] = before.rstrip(": ").splitlines()[-1].rpartition(".")[2]
    return answer
