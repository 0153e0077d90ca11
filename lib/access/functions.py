"""What every function of ours in the network may do, and what stays denied to it.

Each function has a role of its own, whose allow policy is also its boundary.
"""

from collections.abc import Iterator, Sequence

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from lib.access.denials import deny
from lib.compliance.rule_packs import acknowledge
from lib.constructs.keys import Keys, via
from lib.constructs.network import Network

NETWORK_INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
SOURCE_FUNCTION = "lambda:SourceFunctionArn"


def streams_of(name: str) -> str:
    """The ARN of the streams of a log group, by its name."""
    return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}:*"


def use_data_key(bucket: s3.IBucket, keys: Keys) -> iam.PolicyStatement:
    """Let the code read and write objects of the bucket, which are encrypted."""
    return iam.PolicyStatement(
        sid="UseDataKey",
        actions=["kms:Decrypt", "kms:GenerateDataKey"],
        resources=[keys.data.key_arn],
        conditions={
            "StringEquals": {"kms:ViaService": via("s3")},
            # The bucket's ARN with a bucket key; an object's where a producer declined it.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
            "StringLike": {
                "kms:EncryptionContext:aws:s3:arn": [
                    bucket.bucket_arn,
                    bucket.arn_for_objects("*"),
                ]
            },
        },
    )


def write_logs(log_group_arn: str) -> iam.PolicyStatement:
    """Let Lambda write what the function logs."""
    return iam.PolicyStatement(
        sid="WriteLogs",
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[log_group_arn],
    )


def decrypt_environment(function_arn: str, key_arn: str) -> iam.PolicyStatement:
    """Let Lambda read the function's environment variables."""
    return iam.PolicyStatement(
        sid="DecryptEnvironment",
        actions=["kms:Decrypt"],
        resources=[key_arn],
        conditions={
            "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": function_arn}
        },
    )


def attach_to_network() -> iam.PolicyStatement:
    """Let Lambda manage the function's network interfaces.

    AWS requires '*' for these: the interfaces do not exist yet, and Describe actions support no
    resources. https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    return iam.PolicyStatement(
        sid="AttachToNetwork",
        actions=NETWORK_INTERFACE_ACTIONS,
        resources=["*"],
    )


def acknowledge_interfaces(policy: iam.ManagedPolicy) -> None:
    """Accept that a policy has these actions on '*'."""
    acknowledge(
        policy,
        "Lambda asks for the network interface actions on '*': the interfaces do not exist "
        "yet. DenyServiceActionsToCode takes them from the code itself.",
        "AwsSolutions-IAM5[Resource::*]",
        "CKV_AWS_111",
    )


def deny_beyond_the_path(
    function_arn: str, network: Network, *polling: str
) -> list[iam.PolicyStatement]:
    """What stays denied if somebody attaches a wider policy and removes the boundary.

    ``polling`` are the actions by which Lambda polls for the function.
    """
    return [
        # Outside the network, the credentials open neither data nor keys.
        _deny_outside("DenyStorageOutside", ["s3:*"], network.s3_endpoint),
        _deny_outside("DenyDerivationOutside", ["kms:GenerateMac"], network.kms_endpoint),
        *_deny_by_caller(function_arn, polling),
    ]


def _deny_by_caller(function_arn: str, polling: Sequence[str]) -> Iterator[iam.PolicyStatement]:
    """Separate what the function's code does, what Lambda does for it, and other functions.

    Requests with the credentials of a function's code carry its ARN, even when they are stolen.
    Lambda's own requests, which poll the queue and manage network interfaces, carry none.
    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    other = {"ArnNotEquals": {SOURCE_FUNCTION: function_arn}}  # or none
    code = {"Null": {SOURCE_FUNCTION: "false"}}
    yield deny(
        "DenyRecordsToOthers",
        actions=["s3:*", "kms:GenerateMac"],
        resources=["*"],
        conditions=other,
    )
    yield deny("DenyOtherFunctions", actions=["*"], resources=["*"], conditions={**other, **code})
    yield deny(
        "DenyServiceActionsToCode",
        actions=[*NETWORK_INTERFACE_ACTIONS, *polling],
        resources=["*"],
        conditions=code,
    )


def _deny_outside(sid: str, actions: list[str], endpoint: ec2.IVpcEndpoint) -> iam.PolicyStatement:
    """Deny requests that did not come through an endpoint of the network.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpce
    """
    return deny(
        sid,
        actions=actions,
        resources=["*"],
        conditions={"StringNotEquals": {"aws:SourceVpce": endpoint.vpc_endpoint_id}},
    )
