"""Exfiltration: data moved to where somebody else can read it."""

import contextlib
import dataclasses
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.attacks.attempt import BY_IDENTITY, BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import SEE_POLICIES, client_of
from tests.patience import PERMISSION, wait_for

OURS: dict[str, Any] = {"Bucket": "{bucket}"}
OWN: dict[str, Any] = {"Bucket": "{own_bucket}"}
SOURCE = {"Bucket": "{bucket}", "Key": "{processed}"}
EVENTS = [{"timestamp": 0, "message": "loot"}]
TO_OWN_QUEUE = {
    "QueueConfigurations": [{"QueueArn": "{own_queue_arn}", "Events": ["s3:ObjectCreated:*"]}]
}
REPLICATION = {
    "Role": "{own_role_arn}",
    "Rules": [
        {
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": "{own}"},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:{partition}:s3:::{own_bucket}"},
        }
    ],
}
NO_LISTS = ("AccessDenied", "AccessControlListNotSupported")
"""S3 may check the bucket's settings first."""

OUT_OF_THE_BUCKET = [
    Attempt("put into another bucket", "s3.put_object", {**OWN, "Key": "loot", "Body": "x"}),
    Attempt(
        "copy into another bucket", "s3.copy_object", {**OWN, "Key": "l", "CopySource": SOURCE}
    ),
    Attempt("upload parts to another bucket", "s3.create_multipart_upload", {**OWN, "Key": "l"}),
    Attempt("list another bucket", "s3.list_objects_v2", OWN),
    Attempt("read another bucket", "s3.get_object", {**OWN, "Key": "bait"}),
    Attempt(
        "create a bucket",
        "s3.create_bucket",
        {"Bucket": "{own}-new"},
        # Outside us-east-1, S3 may first ask for the location.
        codes=("AccessDenied", "IllegalLocationConstraintException"),
    ),
    Attempt("list all buckets", "s3.list_buckets"),
    Attempt(
        "publish an object",
        "s3.put_object_acl",
        {**OURS, "Key": "{processed}", "ACL": "public-read"},
        codes=NO_LISTS,
    ),
    Attempt(
        "publish the bucket", "s3.put_bucket_acl", {**OURS, "ACL": "public-read"}, codes=NO_LISTS
    ),
    Attempt(
        "write a published object",
        "s3.put_object",
        {**OURS, "Key": "{processed}", "Body": "x", "ACL": "public-read"},
        codes=NO_LISTS,
    ),
    Attempt(
        "replicate to another bucket",
        "s3.put_bucket_replication",
        {**OURS, "ReplicationConfiguration": REPLICATION},
        undo=(Attempt("stop it", "s3.delete_bucket_replication", OURS),),
    ),
    Attempt(
        "announce objects elsewhere",
        "s3.put_bucket_notification_configuration",
        {**OURS, "NotificationConfiguration": TO_OWN_QUEUE, "SkipDestinationValidation": True},
    ),
    Attempt(
        "serve the bucket as a website",
        "s3.put_bucket_website",
        {**OURS, "WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}},
        undo=(Attempt("stop it", "s3.delete_bucket_website", OURS),),
    ),
    Attempt(
        "log accesses elsewhere",
        "s3.put_bucket_logging",
        {
            **OURS,
            "BucketLoggingStatus": {
                "LoggingEnabled": {"TargetBucket": "{own_bucket}", "TargetPrefix": "l"}
            },
        },
        undo=(Attempt("stop it", "s3.put_bucket_logging", {**OURS, "BucketLoggingStatus": {}}),),
    ),
]
BY_ANOTHER_SERVICE = [
    Attempt(
        "send a message elsewhere",
        "sqs.send_message",
        {"QueueUrl": "{own_queue_url}", "MessageBody": "loot"},
    ),
    Attempt(
        "log elsewhere",
        "logs.put_log_events",
        {"logGroupName": "{own_group}", "logStreamName": "loot", "logEvents": EVENTS},
    ),
    Attempt("ask who it is", "sts.get_caller_identity", by_network=True),
    Attempt("list tables", "dynamodb.list_tables"),
    Attempt("list topics", "sns.list_topics"),
    Attempt("list secrets", "secretsmanager.list_secrets"),
]
WITH_STOLEN_CREDENTIALS = [
    Attempt("read a raw file", "s3.get_object", {**OURS, "Key": "{incoming}"}),
    Attempt("read a clean file", "s3.get_object", {**OURS, "Key": "{processed}"}),
    Attempt("read rejected rows", "s3.get_object", {**OURS, "Key": "{quarantine}"}),
    Attempt(
        "read an old version",
        "s3.get_object",
        {**OURS, "Key": "{processed}", "VersionId": "{processed_version}"},
    ),
    Attempt("list clean files", "s3.list_objects_v2", {**OURS, "Prefix": "processed/"}),
    Attempt("list everything", "s3.list_objects_v2", OURS),
    Attempt("list versions", "s3.list_object_versions", OURS),
    Attempt("write a clean file", "s3.put_object", {**OURS, "Key": "{processed}", "Body": "x"}),
]


@refused(*OUT_OF_THE_BUCKET, *BY_ANOTHER_SERVICE)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*OUT_OF_THE_BUCKET, *WITH_STOLEN_CREDENTIALS)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@refused(
    Attempt("put into its bucket", "s3.put_object", {"Bucket": "{stranger_bucket}", "Key": "l"}),
    Attempt(
        "copy into its bucket",
        "s3.copy_object",
        {"Bucket": "{stranger_bucket}", "Key": "l", "CopySource": SOURCE},
    ),
)
def test_refused_to_the_function_for_a_stranger(
    inside: Actor, stranger: Actor, attempt: Attempt
) -> None:
    Actor(inside.name, inside.call, stranger.facts, inside.clean_up, inside.reaches).is_refused(
        attempt
    )


@refused(
    Attempt("read a clean file", "s3.get_object", {**OURS, "Key": "{processed}"}),
    Attempt("list clean files", "s3.list_objects_v2", OURS),
    Attempt("put a file in", "s3.put_object", {**OURS, "Key": "{incoming}", "Body": "x"}),
    Attempt("read the bucket's policy", "s3.get_bucket_policy", OURS),
    Attempt(
        "copy into its bucket",
        "s3.copy_object",
        {"Bucket": "{stranger_bucket}", "Key": "l", "CopySource": SOURCE},
    ),
    Attempt(
        "receive messages",
        "sqs.receive_message",
        {"QueueUrl": "{queue_url}"},
        # SQS does not reveal to strangers whether a queue exists.
        codes=(
            "AccessDenied",
            "KMS.AccessDeniedException",
            "AWS.SimpleQueueService.NonExistentQueue",
        ),
    ),
    Attempt(
        "assume the function's role",
        "sts.assume_role",
        {"RoleArn": "{role_arn}", "RoleSessionName": "stranger"},
    ),
    # AWS does not reveal to strangers whether a function or a key exists; the sandbox does.
    Attempt(
        "invoke the function",
        "lambda.invoke",
        {"FunctionName": "{function_arn}", "InvocationType": "DryRun"},
        codes=("AccessDeniedException", "ResourceNotFoundException"),
    ),
    Attempt(
        "derive a pseudonymisation key",
        "kms.generate_mac",
        {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
        codes=("AccessDeniedException", "NotFoundException"),
    ),
)
def test_refused_to_a_stranger(stranger: Actor, attempt: Attempt) -> None:
    stranger.is_refused(attempt)


@pytest.fixture(scope="class", name="undenied")
def drop_denials(admin: boto3.Session, outside: Actor, facts: dict[str, str]) -> Iterator[Actor]:
    """The thief, after somebody has detached the denials from the function's role."""
    iam = client_of(admin, "iam")
    denials = [
        {"RoleName": facts["role"], "PolicyArn": attached["PolicyArn"]}
        for attached in iam.list_attached_role_policies(RoleName=facts["role"])["AttachedPolicies"]
        if _only_denies(iam, attached["PolicyArn"])
    ]
    assert denials

    # S3 may take longer to notice than IAM.
    notices = (SEE_POLICIES, WITH_STOLEN_CREDENTIALS[0])
    try:
        for denial in denials:
            iam.detach_role_policy(**denial)
        wait_for(
            "end of the denials",
            lambda: not any(BY_IDENTITY in outside.refusal(call) for call in notices) or None,
            PERMISSION,
        )
        yield outside
    finally:
        for denial in denials:
            iam.attach_role_policy(**denial)
        wait_for(
            "return of the denials",
            lambda: BY_IDENTITY in outside.refusal(SEE_POLICIES) or None,
            PERMISSION,
        )


def _only_denies(iam: Any, policy: str) -> bool:
    version = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=policy, VersionId=version)["PolicyVersion"]
    statements = found["Document"]["Statement"]
    effects = {
        one["Effect"] for one in (statements if isinstance(statements, list) else [statements])
    }
    return effects == {"Deny"}


class TestTheBucketAlone:
    """The bucket's policy holds for the function's role even without the role's own denials."""

    @refused(
        *(
            dataclasses.replace(attempt, reason=BY_RESOURCE)
            for attempt in WITH_STOLEN_CREDENTIALS
            if attempt.name in ("read a raw file", "list clean files", "write a clean file")
        )
    )
    def test_refused_outside_the_network(self, undenied: Actor, attempt: Attempt) -> None:
        undenied.is_refused(attempt)


def test_refused_presigned_url(stolen: boto3.Session, facts: dict[str, str]) -> None:
    """A URL that the function signs is worth nothing outside its network."""
    # S3 accepts no other signatures for objects under a KMS key, nor elsewhere than here.
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    strict = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    with contextlib.closing(client_of(stolen, "s3", config=strict)) as s3:
        url = s3.generate_presigned_url(
            "get_object", Params={"Bucket": facts["bucket"], "Key": facts["processed"]}
        )
    with pytest.raises(urllib.error.HTTPError) as refusal, urllib.request.urlopen(url):
        pass
    with refusal.value as answer:
        assert answer.code == 403
        assert b"AccessDenied" in answer.read()


@allowed(
    Attempt("read a raw file", "s3.get_object", {**OURS, "Key": "{incoming}"}),
    Attempt("list clean files", "s3.list_objects_v2", {**OURS, "Prefix": "processed/"}),
    Attempt(
        "write a clean file", "s3.put_object", {**OURS, "Key": "processed/{own}", "Body": "x"}
    ),
    Attempt(
        "upload a large clean file",
        "s3.create_multipart_upload",
        {**OURS, "Key": "processed/{own}"},
    ),
)
def test_allowed_to_the_function(inside: Actor, call: Attempt) -> None:
    inside.may(call)


@allowed(
    Attempt(
        "put into its bucket",
        "s3.put_object",
        {"Bucket": "{stranger_bucket}", "Key": "l", "Body": "x"},
    )
)
def test_allowed_to_the_administrator(
    administrator: Actor, stranger: Actor, call: Attempt
) -> None:
    """The stranger's bucket admits the account, so our policies refuse the function."""
    Actor("the administrator", administrator.call, stranger.facts, administrator.call).may(call)
