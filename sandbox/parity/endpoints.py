"""VPC endpoints, which carry all requests of a function in an isolated subnet.

Delete each of these once MiniStack itself does this:

- ``isolated_function_needs_a_way``: refuses a VPC function's request that no endpoint carries;
- ``endpoint_policy_must_allow``: refuses what the endpoint's policy does not allow.
"""

from typing import Any

from ministack.core import iam_evaluator as iam
from ministack.core.responses import get_account_id

from sandbox.parity import vpc
from sandbox.parity.correction import Function, replaces
from sandbox.parity.kms import VIA_SERVICE
from sandbox.parity.policies import Request, also_checks, because


@replaces(iam, "enforce")
def isolated_function_needs_a_way(
    original: Function, access_key: str, action: str, service: str, region: str, **rest: Any
) -> Any:
    """Let a VPC function reach only services with an open endpoint in its VPC.

    On AWS a request without a route times out, even if every policy allows it; here it is refused,
    and the refusal says why. A service's requests on behalf of the function do not pass through
    its VPC.
    """
    principal = iam.resolve_principal(access_key, get_account_id()) if access_key else None
    function = vpc.function_of(getattr(principal, "arn", ""))
    by_service = VIA_SERVICE in (rest.get("service_context") or {})
    if function is None or by_service or vpc.endpoint_for(function, service):
        return original(access_key, action, service, region, **rest)
    return iam.AuthError(
        "AccessDenied",
        f"{function['FunctionName']} cannot reach {service}: its VPC has no endpoint for it, or "
        "no route, security group rule or private DNS name leads there. On AWS this call times "
        "out.",
    )


@also_checks
def endpoint_policy_must_allow(request: Request) -> Any:
    """Check the policy of the endpoint that a VPC function's request goes through.

    It must allow the request, in addition to all other policies
    (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html).
    """
    if VIA_SERVICE in request.context.service_context:
        return None
    endpoint = vpc.endpoint_of(request.principal.arn, request.context.action) or {}
    policy = endpoint.get("PolicyDocument")
    result = iam.evaluate_resource_policy(policy, request.context) if policy else None
    if result is None or result.decision == "Allow":
        return None
    result.principal_arn = request.principal.arn
    because.set(
        "with an explicit deny in a VPC endpoint policy"
        if result.decision == "Deny"
        else f"because no VPC endpoint policy allows the {request.context.action} action"
    )
    return result
