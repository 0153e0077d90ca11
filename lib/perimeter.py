"""The perimeter: who may pass which door, whatever their own policies say.

The doors are the bucket's policy and the policies of the network's endpoints. A door denies or
leaves out; what somebody may do at all is said by their own policies.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from lib.keys import Keys
from lib.network import Network

ENCRYPTION = "s3:x-amz-server-side-encryption"
ENCRYPTION_KEY = f"{ENCRYPTION}-aws-kms-key-id"
CUSTOMER_ALGORITHM = f"{ENCRYPTION}-customer-algorithm"
STORAGE_CLASS = "s3:x-amz-storage-class"
# Of all classes those whose objects can be read at once. They are named, and not the archives, so
# that a class which AWS adds is refused until somebody has looked at it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
READABLE_CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
)
ACCOUNT = {"aws:PrincipalAccount": Aws.ACCOUNT_ID}


def close_bucket(
    bucket: s3.Bucket,
    *,
    key: kms.IKey,
    role_arn: str,
    network: Network,
    break_glass_role_arn: str | None,
) -> None:
    """Deny at the bucket what no policy elsewhere shall be able to allow.

    Administrators, CloudFormation and the emptying of the bucket are not the function's role and
    write no objects, so nothing here stands in their way.

    Args:
        bucket: to be closed.
        key: the only one that may encrypt its objects.
        role_arn: the function's role, which may come through the network's endpoint only.
        network: the function's.
        break_glass_role_arn: the only role that may remove a version; None leaves that to IAM.
    """
    for statement in (
        *_encryption_statements(bucket, key),
        # A write that names no class gets STANDARD, and has no such key.
        _deny(
            "DenyUnreadableClasses",
            ["s3:PutObject"],
            [bucket.arn_for_objects("*")],
            Null={STORAGE_CLASS: "false"},
            StringNotEquals={STORAGE_CLASS: list(READABLE_CLASSES)},
        ),
        _deny(
            "DenyFunctionOutsideNetwork",
            ["s3:*"],
            [bucket.bucket_arn, bucket.arn_for_objects("*")],
            ArnEquals={"aws:PrincipalArn": role_arn},
            StringNotEquals={"aws:SourceVpce": network.s3_endpoint.vpc_endpoint_id},
        ),
        # Strangers and services of AWS have no account, and no business here: what a service does
        # for somebody of the account counts as his.
        _deny(
            "DenyOtherAccounts",
            ["s3:*"],
            [bucket.bucket_arn, bucket.arn_for_objects("*")],
            StringNotEquals=ACCOUNT,
        ),
    ):
        bucket.add_to_resource_policy(statement)
    if break_glass_role_arn:
        # Lifecycle rules are no requests: they still expire versions.
        bucket.add_to_resource_policy(
            _deny(
                "DenyVersionRemoval",
                ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
                [bucket.arn_for_objects("*")],
                ArnNotEquals={"aws:PrincipalArn": break_glass_role_arn},
            )
        )


def _encryption_statements(bucket: s3.Bucket, key: kms.IKey) -> list[iam.PolicyStatement]:
    """Deny writes that ask for another encryption than the bucket's default.

    A write that asks for none gets the default, the environment's key, and is welcome: that is
    what ``aws s3 cp`` does. ``aws:kms`` without a key would be the key ``aws/s3``.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
    """
    writes = (["s3:PutObject"], [bucket.arn_for_objects("*")])
    return [
        _deny(
            "DenyOtherEncryption",
            *writes,
            Null={ENCRYPTION: "false"},
            StringNotEquals={ENCRYPTION: "aws:kms"},
        ),
        _deny(
            "DenyOtherKeys",
            *writes,
            Null={ENCRYPTION_KEY: "false"},
            StringNotEquals={ENCRYPTION_KEY: key.key_arn},
        ),
        _deny(
            "DenyUnnamedKey",
            *writes,
            Null={ENCRYPTION: "false", ENCRYPTION_KEY: "true"},
        ),
        _deny("DenyCustomerKeys", *writes, Null={CUSTOMER_ALGORITHM: "false"}),
    ]


def close_endpoints(network: Network, *, bucket: s3.IBucket, keys: Keys, role_arn: str) -> None:
    """Let through each endpoint only what the way of a file needs.

    No bucket of AWS's own is on the list of S3. Functions of a VPC may need some: packages of
    Amazon Linux, layers of container images in ECR, patches of Systems Manager, and answers to
    CloudFormation. This function installs nothing and is no image, Lambda fetches its code
    outside the VPC, and CDK's own functions, which do answer, are not in it.
    """
    function = {"ArnEquals": {"aws:PrincipalArn": role_arn}}
    within = {"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}}
    for endpoint, actions, resources in (
        (network.s3_endpoint, ["s3:ListBucket"], [bucket.bucket_arn]),
        (
            network.s3_endpoint,
            ["s3:GetObject", "s3:PutObject"],
            [bucket.arn_for_objects("*")],
        ),
        (network.kms_endpoint, ["kms:GenerateMac"], [keys.pseudonym.key_arn]),
    ):
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=actions,
                resources=resources,
                conditions={**function, **within},
            )
        )
    # The function itself needs none of the others: they are for those who ask for them.
    for endpoint in network.other_endpoints:
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=["*"],
                resources=["*"],
                conditions={"StringEquals": {**ACCOUNT, **within["StringEquals"]}},
            )
        )


def _deny(
    sid: str, actions: list[str], resources: list[str], **conditions: Mapping[str, Any]
) -> iam.PolicyStatement:
    """Deny to everybody, under conditions."""
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=actions,
        resources=resources,
        conditions=conditions,
    )
