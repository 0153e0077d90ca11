"""The perimeter: who may pass which door, whatever their own policies say.

The doors are the bucket's policy and the policies of the network's endpoints. A door denies or
leaves out; what somebody may do at all is said by their own policies.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws, CustomResourceProviderBase, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from lib.access.access_policies import DATASET_TAG
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys
from lib.constructs.network import Network
from lib.environment import Environment
from processor.bucket.keys import MANIFESTS, OUTPUTS, PROCESSED, QUARANTINE

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
    data: DataBucket, environment: Environment, *, keys: Keys, network: Network
) -> None:
    """Deny at the bucket what no policy elsewhere shall be able to allow.

    CloudFormation works on the bucket and not on its objects, lifecycle rules are no requests,
    and the bucket's policy can always be changed: nothing here prevents any of these.

    Args:
        data: to be closed.
        environment: names the function's role and the one that alone may remove versions where
            data are retained; says whether administrators of the account are restricted.
        keys: of which one alone may encrypt the objects.
        network: through the endpoint of which alone the function's role may come.
    """
    bucket, settings, role_arn = data.bucket, environment.settings, environment.names.role_arn
    break_glass = environment.names.break_glass_role_arn
    remover = break_glass if settings.retain_data else _emptying_role_arn(bucket)
    for statement in (
        *_encryption_statements(bucket, keys.data),
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
        *(
            _business_statements(bucket, role_arn, remover)
            if settings.restrict_administrators
            else ()
        ),
    ):
        bucket.add_to_resource_policy(statement)
    if settings.retain_data:
        bucket.add_to_resource_policy(
            _deny(
                "DenyVersionRemoval",
                ["s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"],
                [bucket.arn_for_objects("*")],
                ArnNotEquals={"aws:PrincipalArn": break_glass},
            )
        )


def _business_statements(
    bucket: s3.Bucket, role_arn: str, remover_arn: str
) -> list[iam.PolicyStatement]:
    """Deny reading raw data and writing outputs to everybody whose task it is not.

    The function alone reads raw files and writes outputs, one role removes them, and rejected rows
    are read by whoever is tagged for their dataset as stewards are. An administrator has to change
    something first: this policy, a role's tags or trust, the function's code. AWS logs each of
    these as a management event in CloudTrail, where it logs reads only if somebody asked for it.

    Who has no tag is taken to be of a dataset that no contract can be for. Without that default
    AWS could not tell what the statement is about, and might leave it out.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    own = f"{QUARANTINE}${{aws:PrincipalTag/{DATASET_TAG}, 'NONE'}}/*"
    return [
        iam.PolicyStatement(
            sid="DenyReadingRawData",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject*"],
            not_resources=[
                bucket.arn_for_objects(name) for name in (own, f"{PROCESSED}*", f"{MANIFESTS}*")
            ],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": role_arn}},
        ),
        # All but reading: writing has many names.
        iam.PolicyStatement(
            sid="DenyForgingOutputs",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            not_actions=["s3:GetObject*"],
            resources=[bucket.arn_for_objects(f"{name}*") for name in OUTPUTS],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": [role_arn, remover_arn]}},
        ),
    ]


def _emptying_role_arn(bucket: s3.Bucket) -> str:
    """The role of the function that empties a bucket before it is deleted, where CDK has one."""
    provider = Stack.of(bucket).node.find_child(
        "Custom::S3AutoDeleteObjectsCustomResourceProvider"
    )
    assert isinstance(provider, CustomResourceProviderBase)
    return provider.role_arn


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


def close_endpoints(
    network: Network, environment: Environment, *, keys: Keys, data: DataBucket
) -> None:
    """Let through each endpoint only what processing a file needs.

    No bucket of AWS's own is on the list of S3. Functions of a VPC may need some: packages of
    Amazon Linux, layers of container images in ECR, patches of Systems Manager, and answers to
    CloudFormation. This function installs nothing and is no image, Lambda fetches its code
    outside the VPC, and CDK's own functions, which do answer, are not in it.
    """
    bucket = data.bucket
    function = {"ArnEquals": {"aws:PrincipalArn": environment.names.role_arn}}
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
