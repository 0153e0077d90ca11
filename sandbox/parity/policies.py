"""Policy evaluation: condition keys that MiniStack lacks, and checks in addition to its own.

Delete each of these once MiniStack itself does this:

- ``bucket_policy_denies_root``: applies a bucket policy's denial to the root user;
- ``message_says_which_policy``: says which policy refused;
- ``missing_condition_keys``: resolves the condition keys of MISSING_KEYS;
- ``conditions_of_a_write``: resolves those of an S3 write;
- ``policy_variables``: resolves policy variables;
- ``letters_of_a_value``: takes a wildcard in the value of a variable for a letter.

Delete ``all_checks`` once no other correction adds a check.
"""

import contextvars
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ministack.core import iam_actions
from ministack.core import iam_evaluator as iam
from ministack.core.iam_evaluator import _action_matches as action_matches
from ministack.core.iam_evaluator import _resource_policy as resource_policy
from ministack.core.iam_evaluator import _signed_request as signed_request
from ministack.core.responses import get_account_id
from ministack.services.iam import _roles as roles

from sandbox.parity import vpc
from sandbox.parity.correction import Function, replaces
from sandbox.parity.kms import VIA_SERVICE, caller

KEY_HEADER = "x-amz-server-side-encryption-aws-kms-key-id"
CLASS_HEADER = "x-amz-storage-class"
CUSTOMER_HEADER = "x-amz-server-side-encryption-customer-algorithm"

CALLED_VIA = "aws:calledvia"
"""The condition key of the services that call on a principal's behalf, for those that set it."""

ENCRYPTION_CONTEXT = "kms:encryptioncontext:"

ROOT_MAY_ALWAYS = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
"""What the account's root user may do whatever the bucket's policy denies, so that nobody is
locked out (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html).
"""


# --- Checks of a request in addition to MiniStack's ----------------------------------------------


@dataclass(frozen=True)
class Request:
    """A request that MiniStack's own checks have allowed."""

    principal: Any
    """The caller: MiniStack's ``PrincipalInfo``."""
    service: str
    """The service called, as in the prefix of its actions."""
    context: Any
    """What conditions can use: MiniStack's ``EvalContext``."""


request_body = contextvars.ContextVar("request_body", default=b"")
"""The body of the request being served."""

because = contextvars.ContextVar("because", default="")
"""Which policy refused the request being served: the end of AWS's message."""

Check = Callable[[Request], Any]
"""Returns MiniStack's ``EvalResult`` or ``AuthError`` for a refusal, or None."""

checks: list[Check] = []


def also_checks(check: Check) -> Check:
    """Let a check refuse requests that would otherwise be allowed."""
    checks.append(check)
    return check


@replaces(iam, "enforce")
def all_checks(
    original: Function, access_key: str, action: str, service: str, region: str, **rest: Any
) -> Any:
    """Ask MiniStack first, then every correction's check; remember the caller and the request."""
    request_body.set(_body_of_signed_request())
    because.set("")
    denied = original(access_key, action, service, region, **rest)
    if isinstance(denied, iam.AuthError) or not access_key:
        return denied
    caller.set(access_key)
    principal = iam.resolve_principal(access_key, get_account_id())
    context = iam.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=rest.get("resource_arn", "*"),
        region=region,
        service_context={k.lower(): v for k, v in (rest.get("service_context") or {}).items()},
        principal_keys=principal.keys,
    )
    request = Request(principal, service, context)
    if denied:
        because.set(_reason(denied, request))
        return denied
    return next(filter(None, (check(request) for check in checks)), None)


def _reason(denied: Any, request: Request) -> str:
    """Return which policy decided, in AWS's words.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    principal, context = request.principal, request.context
    own = iam.evaluate(context, principal.policies).decision
    within = iam.evaluate(context, principal.policies, *principal.limits).decision
    if denied.resource_policy_arn:
        return "with an explicit deny in a resource-based policy"
    if denied.decision == "Deny":
        kind = "an identity-based policy" if own == "Deny" else "a permissions boundary"
        return f"with an explicit deny in {kind}"
    kind = "resource-based policy" if within == "Allow" else "permissions boundary"
    kind = kind if own == "Allow" else "identity-based policy"
    return f"because no {kind} allows the {context.action} action"


@replaces(iam_actions, "access_denied_response")
def message_says_which_policy(
    original: Function, service: str, action: str, principal: str, request_id: str, **rest: Any
) -> Any:
    """Name the policy that decided each refusal; MiniStack names only identity-based policies."""
    if because.get() and not rest.get("error_code") and not rest.get("message"):
        resource = rest.get("resource_arn", "*")
        rest["message"] = (
            f"User: {principal} is not authorized to perform: {action} on resource: {resource} "
            f"{because.get()}"
        )
    return original(service, action, principal, request_id, **rest)


def _body_of_signed_request() -> bytes:
    """Return the body of the request being served, which MiniStack forgets after verifying it."""
    request = signed_request.get()
    return request.body if request else request_body.get()


@also_checks
def bucket_policy_denies_root(request: Request) -> Any:
    """Apply an explicit Deny of a bucket's policy to the account's root user too.

    Identity policies do not apply to the root user, resource policies do
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
    """
    by_root = request.principal.policies is None
    if request.service != "s3" or not by_root or request.context.action in ROOT_MAY_ALWAYS:
        return None
    arn = request.context.resource_arn
    policy = resource_policy("s3", arn)
    result = iam.evaluate_resource_policy(policy[0] if policy else None, request.context)
    if result.decision != "Deny":
        return None
    result.resource_policy_arn = arn
    because.set("with an explicit deny in a resource-based policy")
    return result


# --- Condition keys ------------------------------------------------------------------------------


def principal_arn(ctx: Any) -> str:
    """Return ``aws:PrincipalArn``: for a role's session the role's ARN, not the session's."""
    session: str = ctx.principal_arn
    if ":assumed-role/" not in session:
        return session
    role = roles.get(session.split("/")[1])
    return str(role["Arn"]) if role else session


def via_service(ctx: Any) -> str:
    """Return ``aws:ViaAWSService``: whether a service calls on the principal's behalf."""
    return str(_by_service(ctx)).lower()


def _by_service(ctx: Any) -> bool:
    return bool({VIA_SERVICE, CALLED_VIA} & ctx.service_context.keys())


def source_endpoint(ctx: Any) -> str | None:
    """Return ``aws:SourceVpce``; a service's own request comes through no endpoint."""
    return _source(ctx).get("VpcEndpointId")


def source_vpc(ctx: Any) -> str | None:
    """Return ``aws:SourceVpc``, if the request came through an endpoint."""
    return _source(ctx).get("VpcId")


def _source(ctx: Any) -> dict[str, Any]:
    if _by_service(ctx):
        return {}
    return vpc.endpoint_of(ctx.principal_arn, ctx.action) or {}


def source_function(ctx: Any) -> str | None:
    """Return ``lambda:SourceFunctionArn``: the function whose credentials are used.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    return (vpc.holder_of(ctx.principal_arn) or {}).get("FunctionArn")


def mac_algorithm(ctx: Any) -> str | None:
    """Return ``kms:MacAlgorithm`` of GenerateMac and VerifyMac."""
    return _kms_parameters(ctx).get("MacAlgorithm")


def tls_version(ctx: Any) -> str | None:
    """Return ``s3:TlsVersion`` as clients negotiate it today: the emulator does not see it."""
    return "1.3" if ctx.secure_transport else None


MISSING_KEYS: dict[str, Callable[[Any], str | None]] = {
    "aws:principalarn": principal_arn,
    "aws:principalisawsservice": lambda _ctx: "false",
    "aws:sourcevpc": source_vpc,
    "aws:sourcevpce": source_endpoint,
    "aws:viaawsservice": via_service,
    "kms:calleraccount": lambda ctx: ctx.principal_account or None,
    "kms:macalgorithm": mac_algorithm,
    "lambda:sourcefunctionarn": source_function,
    "s3:tlsversion": tls_version,
}
"""The condition keys that MiniStack treats as absent, or gives a wrong value
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html)."""


@replaces(iam, "_resolve_condition_key")
def missing_condition_keys(original: Function, key: str, ctx: Any) -> Any:
    """Resolve the missing keys, and ``kms:EncryptionContext:…`` of a call to KMS."""
    name = key.lower()
    if name in MISSING_KEYS:
        return MISSING_KEYS[name](ctx)
    known = original(key, ctx)
    if known is not None or not name.startswith(ENCRYPTION_CONTEXT):
        return known
    sent = _kms_parameters(ctx).get("EncryptionContext") or {}
    return next((v for k, v in sent.items() if ENCRYPTION_CONTEXT + k.lower() == name), None)


def _kms_parameters(ctx: Any) -> dict[str, Any]:
    """Return the parameters of a call to KMS; none if a service calls KMS for a caller."""
    if VIA_SERVICE in ctx.service_context or not ctx.action.startswith("kms:"):
        return {}
    parameters: dict[str, Any] = json.loads(request_body.get() or b"{}")
    return parameters


@replaces(iam_actions, "_s3_object_context")
def conditions_of_a_write(
    original: Function, action: str, query: dict[str, Any], path: str, headers: dict[str, str]
) -> Any:
    """Give conditions the KMS key that a write names or supplies, and its storage class.

    ``s3:x-amz-server-side-encryption-aws-kms-key-id``, ``…-customer-algorithm`` and
    ``s3:x-amz-storage-class``, each absent where its header is.
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
    """
    context = original(action, query, path, headers)
    if action == "s3:PutObject":
        names = (KEY_HEADER, CUSTOMER_HEADER, CLASS_HEADER)
        context.update({f"s3:{name}": headers[name] for name in names if headers.get(name)})
    return context


# --- Policy variables ----------------------------------------------------------------------------

VARIABLE = re.compile(r"\$\{(?P<name>[^},]+)(?:, '(?P<default>[^'}]*)')?\}")

IS_EQUAL = re.compile(r"String(Not)?Equals", re.IGNORECASE)
"""In operators without wildcards."""

LITERAL = {ord("*"): "\ue02a", ord("?"): "\ue03f"}
"""Represents a literal wildcard character; from Unicode's private use area."""

NO_VALUE = "\ue000"
"""A value that equals nothing, and is like nothing."""


@replaces(iam, "_first_match")
def policy_variables(original: Function, ctx: Any, statements: list[Any], effect: str) -> Any:
    """Replace ``${…}`` with values in resources and conditions.

    A pattern whose variable has no value matches nothing: a resource is then outside a
    ``NotResource``, and for operators with ``Not`` a value differs from all. An empty tag has no
    value. Wildcards in a value are ordinary characters.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    applicable = [
        _with_values(statement, ctx)
        for statement in statements
        if statement.effect == effect
        and action_matches(ctx.action, statement.actions, statement.not_actions)
    ]
    return original(ctx, applicable, effect)


@replaces(iam, "fnmatch_iam_cs")
def letters_of_a_value(original: Function, text: str, pattern: str) -> Any:
    """Compare a text with a pattern in which values were inserted, character by character."""
    return original(text.translate(LITERAL), pattern)


def _with_values(statement: Any, ctx: Any) -> Any:
    if "${" not in str(statement):
        return statement
    return replace(
        statement,
        resources=_fill(statement.resources, ctx),
        not_resources=_fill(statement.not_resources, ctx),
        conditions={
            operator: {key: _fill(values, ctx, operator) for key, values in tests.items()}
            for operator, tests in statement.conditions.items()
        },
    )


def _fill(given: Any, ctx: Any, operator: str = "") -> Any:
    """Return texts of a policy with their variables' values, leaving out those without.

    ``operator`` is the condition's, if the texts are its values.
    """
    texts = [given] if isinstance(given, str) else given
    if "${" not in str(texts):
        return given
    letters = {} if IS_EQUAL.search(operator) else LITERAL
    filled = [_with_value(text, ctx, letters) for text in texts]
    return [text for text in filled if text is not None] or [NO_VALUE]


def _with_value(text: str, ctx: Any, letters: dict[int, str]) -> str | None:
    resolve = vars(iam)["_resolve_condition_key"]
    values = [resolve(found["name"], ctx) or found["default"] for found in VARIABLE.finditer(text)]
    if not all(values):
        return None
    left = iter(values)
    return VARIABLE.sub(lambda _: str(next(left)).translate(letters), text)
