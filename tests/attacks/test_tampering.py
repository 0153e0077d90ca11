"""Tampering: files, their versions and their manifests, and what protects them."""

from typing import Any

from tests.attacks.attempt import Actor, Attempt, allowed, refused

OURS: dict[str, Any] = {"Bucket": "{bucket}"}
VERSION = {**OURS, "Key": "{manifest}", "VersionId": "{manifest_version}"}
PUBLIC_ACCESS = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)

# The settings in these attempts are the bucket's own: if they succeed, nothing changes.
ATTEMPTS = [
    Attempt("delete a raw file", "s3.delete_object", {**OURS, "Key": "{incoming}"}),
    Attempt("delete a manifest", "s3.delete_object", {**OURS, "Key": "{manifest}"}),
    Attempt("delete a version", "s3.delete_object", VERSION),
    Attempt("replace a raw file", "s3.put_object", {**OURS, "Key": "{incoming}", "Body": "x"}),
    Attempt("write elsewhere", "s3.put_object", {**OURS, "Key": "{own}", "Body": "x"}),
    Attempt(
        "copy a clean file to incoming",
        "s3.copy_object",
        {**OURS, "Key": "{incoming}", "CopySource": {**OURS, "Key": "{processed}"}},
    ),
    Attempt(
        "tag a file",
        "s3.put_object_tagging",
        {**OURS, "Key": "{processed}", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    ),
    Attempt("read another version", "s3.get_object", VERSION),
    Attempt("list versions", "s3.list_object_versions", OURS),
    Attempt("list what is none of its business", "s3.list_objects_v2", {**OURS, "Prefix": "x/"}),
    Attempt("list everything", "s3.list_objects_v2", OURS),
    Attempt("open the bucket", "s3.put_bucket_policy", {**OURS, "Policy": "{bucket_policy}"}),
    Attempt("read the bucket's policy", "s3.get_bucket_policy", OURS),
    Attempt(
        "change the lifecycle",
        "s3.put_bucket_lifecycle_configuration",
        {
            **OURS,
            "LifecycleConfiguration": {
                "Rules": [
                    {
                        "ID": "attack",
                        "Status": "Disabled",
                        "Filter": {"Prefix": "{own}"},
                        "Expiration": {"Days": 3650},
                    }
                ]
            },
        },
    ),
    Attempt(
        "stop versioning",
        "s3.put_bucket_versioning",
        {**OURS, "VersioningConfiguration": {"Status": "Enabled"}},
    ),
    Attempt(
        "let the public in",
        "s3.put_public_access_block",
        {**OURS, "PublicAccessBlockConfiguration": PUBLIC_ACCESS},
    ),
    Attempt(
        "change the default encryption",
        "s3.put_bucket_encryption",
        {
            **OURS,
            "ServerSideEncryptionConfiguration": {
                "Rules": [
                    {
                        "ApplyServerSideEncryptionByDefault": {
                            "SSEAlgorithm": "aws:kms",
                            "KMSMasterKeyID": "{data_key}",
                        },
                        "BucketKeyEnabled": True,
                    }
                ]
            },
        },
    ),
    Attempt(
        "bring back access lists",
        "s3.put_bucket_ownership_controls",
        {
            **OURS,
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        },
    ),
    Attempt("delete the bucket", "s3.delete_bucket", OURS),
]
OVERWRITE = Attempt(
    "overwrite a manifest", "s3.put_object", {**OURS, "Key": "{manifest}", "Body": "x"}
)


@refused(*ATTEMPTS)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*ATTEMPTS, OVERWRITE)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@allowed(OVERWRITE)
def test_allowed_to_the_function(inside: Actor, call: Attempt) -> None:
    inside.may(call)
