"""VPC endpoints, which all requests of a function in an isolated subnet go through."""

from typing import Any

from ministack.core import iam_evaluator as iam

from sandbox.parity import vpc
from sandbox.parity.kms import VIA_SERVICE
from sandbox.parity.policies import Request, also_checks


@also_checks
def isolated_function_needs_an_endpoint(request: Request) -> Any:
    """Let a VPC function reach only what its VPC has an open endpoint for, and the policy allows.

    On AWS a request without a way times out; here it is refused, and the refusal says why. An
    endpoint's policy must allow the request besides all other policies
    (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html). What a service
    does in the function's name does not pass through the function's VPC.
    """
    function = vpc.function_of(request.principal.arn)
    if function is None or VIA_SERVICE in request.context.service_context:
        return None
    endpoint = vpc.endpoint_for(function, request.service)
    if endpoint is None:
        return iam.AuthError(
            "AccessDenied",
            f"{function['FunctionName']} cannot reach {request.service}: its VPC has no endpoint "
            "for it, or no route, security group rule or private DNS name leads there. On AWS "
            "this call times out.",
        )
    policy = endpoint.get("PolicyDocument")
    result = iam.evaluate_resource_policy(policy, request.context) if policy else None
    if result is None or result.decision == "Allow":
        return None
    result.principal_arn = request.principal.arn
    return result
