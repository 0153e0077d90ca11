"""Encryption: an object is stored under anything but the environment's key."""

from typing import Any

from tests.attacks.attempt import BY_RESOURCE, Actor, Attempt, allowed, refused

KMS = {"ServerSideEncryption": "aws:kms"}
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0123456789abcdef" * 2}


def write(key: str, name: str, **encryption: Any) -> Attempt:
    """An attempt to write an object with some encryption."""
    parameters = {"Bucket": "{bucket}", "Key": key, "Body": "x", **encryption}
    return Attempt(name, "s3.put_object", parameters, reason=BY_RESOURCE)


def attempts(key: str) -> list[Attempt]:
    """All wrong ways to encrypt an object."""
    place = {"Bucket": "{bucket}", "Key": key}
    return [
        write(key, "with S3's own keys", ServerSideEncryption="AES256"),
        write(key, "with two layers", ServerSideEncryption="aws:kms:dsse"),
        write(key, "with the account's key for S3", **KMS),
        write(key, "with the account's key for S3, named", **KMS, SSEKMSKeyId="alias/aws/s3"),
        write(key, "with the key of the logs", **KMS, SSEKMSKeyId="{logs_key}"),
        write(key, "with the key of the environment", **KMS, SSEKMSKeyId="{environment_key}"),
        write(key, "with a stranger's key", **KMS, SSEKMSKeyId=STRANGERS_KEY),
        write(key, "with a key of one's own", **CUSTOMER),
        Attempt(
            "in parts with S3's own keys",
            "s3.create_multipart_upload",
            {**place, "ServerSideEncryption": "AES256"},
            reason=BY_RESOURCE,
        ),
        Attempt(
            "in parts with the key of the logs",
            "s3.create_multipart_upload",
            {**place, **KMS, "SSEKMSKeyId": "{logs_key}"},
            reason=BY_RESOURCE,
        ),
    ]


STRANGERS_KEY = (
    "arn:{partition}:kms:{region}:111111111111:key/00000000-0000-0000-0000-000000000000"
)


@refused(*attempts("processed/{own}"))
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*attempts("{incoming}"))
def test_refused_to_a_producer(producer: Actor, attempt: Attempt) -> None:
    producer.is_refused(attempt)


@refused(*attempts("{incoming}"))
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    bystander.is_refused(attempt)


@allowed(
    write("processed/{own}", "by default"),
    write("processed/{own}", "with the right key", **KMS, SSEKMSKeyId="{data_key}"),
)
def test_allowed_to_the_function(inside: Actor, call: Attempt) -> None:
    inside.may(call)


@allowed(
    write("{incoming}", "by default"),
    write("{incoming}", "with the right key", **KMS, SSEKMSKeyId="{data_key}"),
)
def test_allowed_to_a_producer(producer: Actor, call: Attempt) -> None:
    producer.may(call)
