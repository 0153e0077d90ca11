"""Privilege: more of it, by another identity, other code or another network."""

from typing import Any

from tests.attacks.attempt import Actor, Attempt, allowed, refused

ROLE: dict[str, Any] = {"RoleName": "{role}"}
OWN_ROLE: dict[str, Any] = {"RoleName": "{own_role}"}
FUNCTION: dict[str, Any] = {"FunctionName": "{function}"}
EVERYTHING = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)
DRY: dict[str, Any] = {"DryRun": True}

IDENTITY = [
    Attempt(
        "assume another role",
        "sts.assume_role",
        {"RoleArn": "{own_role_arn}", "RoleSessionName": "attack"},
    ),
    Attempt(
        "assume its own role again",
        "sts.assume_role",
        {"RoleArn": "{role_arn}", "RoleSessionName": "attack"},
    ),
    Attempt(
        "attach a policy",
        "iam.attach_role_policy",
        {**OWN_ROLE, "PolicyArn": "{administrator}"},
    ),
    Attempt(
        "write a policy of its own",
        "iam.put_role_policy",
        {**ROLE, "PolicyName": "attack", "PolicyDocument": EVERYTHING},
        undo=(Attempt("delete it", "iam.delete_role_policy", {**ROLE, "PolicyName": "attack"}),),
    ),
    Attempt(
        "drop its denials", "iam.delete_role_policy", {**ROLE, "PolicyName": "no-such-policy"}
    ),
    Attempt("unbound a role", "iam.delete_role_permissions_boundary", OWN_ROLE),
    Attempt(
        "let others assume a role",
        "iam.update_assume_role_policy",
        {**OWN_ROLE, "PolicyDocument": "{trust}"},
    ),
    Attempt("read its own policies", "iam.list_role_policies", ROLE),
    Attempt(
        "create a user",
        "iam.create_user",
        {"UserName": "{own}"},
        undo=(Attempt("delete it", "iam.delete_user", {"UserName": "{own}"}),),
    ),
    Attempt(
        "create a role",
        "iam.create_role",
        {"RoleName": "{own}-new", "AssumeRolePolicyDocument": "{trust}"},
        undo=(Attempt("delete it", "iam.delete_role", {"RoleName": "{own}-new"}),),
    ),
    Attempt("create keys for a user", "iam.create_access_key", {"UserName": "{own}-none"}),
    Attempt(
        "rewrite a policy",
        "iam.create_policy_version",
        {"PolicyArn": "{consumer_policy}", "PolicyDocument": EVERYTHING},
    ),
]
CODE = [
    Attempt(
        "replace its own code",
        "lambda.update_function_code",
        {**FUNCTION, "DryRun": True, "ZipFile": {"base64": "{archive}"}},
    ),
    Attempt(
        "change its own settings",
        "lambda.update_function_configuration",
        {**FUNCTION, "Timeout": 300},
    ),
    Attempt("invoke itself", "lambda.invoke", {**FUNCTION, "InvocationType": "DryRun"}),
    Attempt("read its own code", "lambda.get_function", FUNCTION),
    Attempt("list functions", "lambda.list_functions"),
    Attempt(
        "let others invoke it",
        "lambda.add_permission",
        {
            **FUNCTION,
            "StatementId": "attack",
            "Action": "lambda:InvokeFunction",
            "Principal": "{account}",
        },
        undo=(
            Attempt(
                "forbid it", "lambda.remove_permission", {**FUNCTION, "StatementId": "attack"}
            ),
        ),
    ),
    Attempt(
        "pass a role to a new function",
        "lambda.create_function",
        {
            "FunctionName": "{own}",
            "Role": "{own_role_arn}",
            "Runtime": "python3.11",
            "Handler": "index.handler",
            "Code": {"ZipFile": "x"},
        },
        undo=(Attempt("delete it", "lambda.delete_function", {"FunctionName": "{own}"}),),
    ),
    Attempt("see the stack", "cloudformation.describe_stacks"),
]
NETWORK = [
    Attempt(
        "make a network interface",
        "ec2.create_network_interface",
        {**DRY, "SubnetId": "{subnet}"},
    ),
    Attempt("see network interfaces", "ec2.describe_network_interfaces"),
    Attempt("see subnets", "ec2.describe_subnets"),
    Attempt("make an internet gateway", "ec2.create_internet_gateway", DRY),
    Attempt(
        "make an endpoint",
        "ec2.create_vpc_endpoint",
        {**DRY, "VpcId": "{vpc}", "ServiceName": "{services}.dynamodb"},
    ),
    Attempt(
        "open its endpoint",
        "ec2.modify_vpc_endpoint",
        {**DRY, "VpcEndpointId": "{endpoint}", "ResetPolicy": True},
    ),
    Attempt(
        "open its security group",
        "ec2.authorize_security_group_egress",
        {
            **DRY,
            "GroupId": "{security_group}",
            "IpPermissions": [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
        },
    ),
    Attempt("see machines", "ec2.describe_instances"),
]


@refused(*IDENTITY, *CODE, *NETWORK)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*IDENTITY, *CODE, *NETWORK)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@refused(
    Attempt(
        "assume the function's role",
        "sts.assume_role",
        {"RoleArn": "{role_arn}", "RoleSessionName": "attack"},
    )
)
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    """The role's trust policy names the Lambda service, only for this function."""
    bystander.is_refused(attempt)


@allowed(Attempt("ask who it is", "sts.get_caller_identity"))
def test_allowed_to_stolen_credentials(outside: Actor, call: Attempt) -> None:
    """AWS tells everybody who they are: the credentials are valid, but useless."""
    outside.may(call)


@allowed(
    Attempt("see network interfaces", "ec2.describe_network_interfaces"),
    Attempt("list functions", "lambda.list_functions"),
    Attempt("read policies", "iam.list_role_policies", ROLE),
)
def test_allowed_to_an_administrator(bystander: Actor, call: Attempt) -> None:
    bystander.may(call)
