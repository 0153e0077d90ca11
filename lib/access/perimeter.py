"""The perimeter: who is kept out at the bucket and the endpoints, whatever their own policies say.

The bucket's policy denies, and the endpoints' policies allow only what is needed. Everybody also
needs their own policies to do anything.
"""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from lib.access.compaction_role import OF_COMPACTIONS
from lib.access.query_access import NOT_VIA_ATHENA
from lib.compliance.cdk_functions import emptying_role_arn
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys, one_or_all
from lib.constructs.network import Network
from lib.constructs.queries import SEVERAL
from lib.environment import Environment
from lib.names import COMPACTED, DATASET_TAG, RESULTS
from processor.bucket.keys import (
    INCOMING,
    MANIFESTS,
    OUTPUTS,
    PROCESSED,
    QUARANTINE,
    RECEIPTS,
    SUPPRESSED,
)
from processor.bucket.keys import REQUESTS as ERASURE_REQUESTS
from processor.reidentification.requests import APPROVALS, REQUESTS, SIGNATURES, SLOTS, VALUES

ENCRYPTION = "s3:x-amz-server-side-encryption"
ENCRYPTION_KEY = f"{ENCRYPTION}-aws-kms-key-id"
CUSTOMER_ALGORITHM = f"{ENCRYPTION}-customer-algorithm"
STORAGE_CLASS = "s3:x-amz-storage-class"
# The storage classes whose objects can be read at once. These are listed, and not the archives, so
# that a class which AWS adds is refused until somebody has reviewed it.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
READABLE_CLASSES = (
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER_IR",
)
OF_CONSUMERS, OF_STEWARDS, OF_SEVERAL = (
    f"{RESULTS}{folder}/" for folder in ("consumer", "steward", SEVERAL)
)
# Anonymous requests have none, so that it has a default: see _business_statements.
OWN_ID = "${aws:userid, '-'}"
ACCOUNT = {"aws:PrincipalAccount": Aws.ACCOUNT_ID}


def close_bucket(
    data: DataBucket, environment: Environment, *, keys: Keys, network: Network
) -> None:
    """Deny at the bucket what no other policy may allow.

    This does not prevent CloudFormation's work on the bucket, which does not touch objects, nor
    lifecycle rules, which are not requests, nor changes to the bucket's policy.

    Args:
        data: the bucket.
        environment: names the function's role, and the only role that can remove versions where
            data are retained; says whether the account's administrators are restricted.
        keys: the data key is the only one that may encrypt objects.
        network: the function's role may come only through its endpoint.
    """
    bucket, settings, names = data.bucket, environment.settings, environment.names
    erasers = [names.eraser_role_arn] if keys.erases else []
    functions = [
        names.role_arn,
        *([names.reidentifier_role_arn] if keys.reversible else []),
        *erasers,
    ]
    break_glass = environment.names.break_glass_role_arn
    remover = break_glass if settings.retain_data else emptying_role_arn(bucket)
    for statement in (
        *_encryption_statements(bucket, keys.data),
        # A write that names no class gets STANDARD, and lacks this condition key.
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
            ArnEquals={"aws:PrincipalArn": one_or_all(functions)},
            StringNotEquals={"aws:SourceVpce": network.s3_endpoint.vpc_endpoint_id},
        ),
        # Anonymous callers and AWS services have no account, and need no access: a service's
        # request on behalf of a principal counts as that principal's.
        _deny(
            "DenyOtherAccounts",
            ["s3:*"],
            [bucket.bucket_arn, bucket.arn_for_objects("*")],
            StringNotEquals=ACCOUNT,
        ),
        *(
            _business_statements(
                bucket,
                keys,
                [names.role_arn, *erasers],
                functions,
                remover,
                compacter=names.compaction.role_arn if settings.compacted_datasets else None,
            )
            if settings.restrict_administrators
            else ()
        ),
        *(_erasure_statements(bucket, names.eraser_role_arn, remover) if keys.erases else ()),
        *(
            _reidentification_statements(bucket, environment, remover)
            if settings.restrict_administrators and keys.reversible
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
    bucket: s3.Bucket,
    keys: Keys,
    writers: list[str],
    readers: list[str],
    remover_arn: str,
    *,
    compacter: str | None,
) -> list[iam.PolicyStatement]:
    """Deny reading raw data and writing outputs or results to everybody who does not need it.

    Only the function can read raw files and write outputs, only Athena can write results of
    queries, and one role can remove them. Only principals tagged for a dataset, as stewards are,
    can read its rejected rows and its stewards' results. An administrator
    must first change something: this policy, a role's tags or trust, or the function's code.
    CloudTrail records each of these as a management event by default, while it does not record
    reads.

    A principal without the tag gets a dataset that no contract can have. Without that default, AWS
    could not resolve the statement's resource, and might ignore the statement.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    own = f"${{aws:PrincipalTag/{DATASET_TAG}, '-'}}/*"
    readable = [f"{name}*" for name in (PROCESSED, MANIFESTS, OF_CONSUMERS, OF_SEVERAL)]
    if keys.reversible:  # who asks for values, and who approves, read their own
        readable += [f"{VALUES}*/{OWN_ID}/*", f"{APPROVALS}{own}"]
    if keys.erases:  # who asked for an erasure; others have no policy that lets them
        readable.append(f"{RECEIPTS}*")
    if compacter:
        readable += [f"{COMPACTED}*", f"{OF_COMPACTIONS}*"]
    results = [bucket.arn_for_objects(f"{RESULTS}*")]
    return [
        iam.PolicyStatement(
            sid="DenyReadingRawData",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:GetObject*"],
            not_resources=[
                bucket.arn_for_objects(name)
                for name in (f"{QUARANTINE}{own}", f"{OF_STEWARDS}{own}", *readable)
            ],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": one_or_all(readers)}},
        ),
        # Everything but reading: there are many actions that write.
        iam.PolicyStatement(
            sid="DenyForgingOutputs",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            not_actions=["s3:GetObject*"],
            resources=[bucket.arn_for_objects(f"{name}*") for name in OUTPUTS],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": [*writers, remover_arn]}},
        ),
        *([_keep_from_compacted(bucket, [compacter, remover_arn])] if compacter else []),
        # Athena may answer a query with the result of an earlier one. It writes with the
        # permissions of whoever queries, and chooses the names.
        # https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html
        _deny(
            "DenyForgingResults",
            ["s3:PutObject"],
            results,
            **NOT_VIA_ATHENA,
        ),
        iam.PolicyStatement(
            sid="DenyChangingResults",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            not_actions=[
                "s3:AbortMultipartUpload",
                "s3:GetObject*",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            resources=results,
            conditions={"ArnNotEquals": {"aws:PrincipalArn": remover_arn}},
        ),
    ]


def _keep_from_compacted(bucket: s3.Bucket, writers: list[str]) -> iam.PolicyStatement:
    """Deny changing what was compacted to everybody but those who do."""
    return iam.PolicyStatement(
        sid="DenyForgingCompacted",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        not_actions=["s3:GetObject*"],
        resources=[bucket.arn_for_objects(f"{COMPACTED}*")],
        conditions={"ArnNotEquals": {"aws:PrincipalArn": writers}},
    )


def _reidentification_statements(
    bucket: s3.Bucket, environment: Environment, remover_arn: str
) -> list[iam.PolicyStatement]:
    """Deny forging what re-identification relies on: who asked, who signed, and what came of it.

    Only the function writes values, slots, and what waits for approval. Everybody else writes
    requests and signatures under their own user id, if at all.
    """
    written = (VALUES, SLOTS, APPROVALS)
    compacted = [COMPACTED] if environment.settings.compacted_datasets else []
    return [
        iam.PolicyStatement(
            sid="DenyForgingValues",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            not_actions=["s3:GetObject*"],
            resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in written],
            conditions={
                "ArnNotEquals": {
                    "aws:PrincipalArn": [environment.names.reidentifier_role_arn, remover_arn]
                }
            },
        ),
        # A denial cannot name what is below another user's id, so it names all that is not.
        iam.PolicyStatement(
            sid="DenyForgingUsers",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObject", "s3:ReplicateObject"],
            not_resources=[
                bucket.arn_for_objects(f"{place}*")
                for place in (
                    *(INCOMING, *OUTPUTS, *compacted, RESULTS, *written),
                    *(ERASURE_REQUESTS, SUPPRESSED, RECEIPTS),
                    *(f"{place}*/{OWN_ID}/" for place in (REQUESTS, SIGNATURES)),
                )
            ],
        ),
    ]


def _erasure_statements(
    bucket: s3.Bucket, eraser_arn: str, remover_arn: str
) -> list[iam.PolicyStatement]:
    """Keep requests, which name people, from everybody but the function, and lists from all else.

    People write requests, and read receipts. A list that somebody else writes would keep rows of
    others out, or let those of a person in again.
    """
    eraser = {"ArnNotEquals": {"aws:PrincipalArn": eraser_arn}}
    return [
        _deny(
            "DenyReadingErasureRequests",
            ["s3:GetObject*"],
            [bucket.arn_for_objects(f"{ERASURE_REQUESTS}*")],
            **eraser,
        ),
        iam.PolicyStatement(
            sid="DenyForgingErasures",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            not_actions=["s3:GetObject*"],
            resources=[bucket.arn_for_objects(f"{name}*") for name in (SUPPRESSED, RECEIPTS)],
            conditions={"ArnNotEquals": {"aws:PrincipalArn": [eraser_arn, remover_arn]}},
        ),
    ]


def _encryption_statements(bucket: s3.Bucket, key: kms.IKey) -> list[iam.PolicyStatement]:
    """Deny writes that request an encryption other than the bucket's default.

    A write that requests none gets the default, the environment's key, and is allowed: ``aws s3
    cp`` does that. ``aws:kms`` without a key would mean the key ``aws/s3``.
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

    The S3 endpoint admits none of AWS's own buckets. Other functions in a VPC may need them for
    Amazon Linux packages, ECR image layers, Systems Manager patches, or answers to CloudFormation.
    This function installs nothing and is not an image, Lambda fetches its code outside the VPC,
    and CDK's own functions, which do answer, are not in it.
    """
    bucket = data.bucket
    names = environment.names
    processor, reidentifier = [names.role_arn], [names.reidentifier_role_arn]
    functions = [*processor, *(reidentifier if keys.reversible else [])]
    within = {"StringEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}}
    erasers = [names.eraser_role_arn] if keys.erases else []
    functions += erasers
    derivations = [([*processor, *erasers], [key.key_arn for key in keys.deriving])]
    if keys.reversible:
        derivations.append((reidentifier, [keys.reversible.key_arn]))
    for endpoint, actions, resources, roles in (
        *(
            (network.s3_endpoint, ["s3:ListBucketVersions"], [bucket.bucket_arn], erasers),
            (
                network.s3_endpoint,
                ["s3:DeleteObject"],
                [bucket.arn_for_objects(f"{ERASURE_REQUESTS}*")],
                erasers,
            ),
        )[: 2 * len(erasers)],
        (network.s3_endpoint, ["s3:ListBucket"], [bucket.bucket_arn], functions),
        (
            network.s3_endpoint,
            ["s3:GetObject", "s3:PutObject"],
            [bucket.arn_for_objects("*")],
            functions,
        ),
        *(
            (network.kms_endpoint, ["kms:GenerateMac"], found, roles)
            for roles, found in derivations
        ),
    ):
        endpoint.add_to_policy(
            iam.PolicyStatement(
                principals=[iam.AnyPrincipal()],
                actions=actions,
                resources=resources,
                conditions={
                    "ArnEquals": {"aws:PrincipalArn": one_or_all(roles)},
                    **within,
                },
            )
        )
    # The function needs none of the others: the settings ask for them.
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
    """Return a denial for everybody, under conditions."""
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=actions,
        resources=resources,
        conditions=conditions,
    )
