"""Encryption: objects stored under anything but the environment's key."""

import dataclasses
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.attacks.attempt import BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import PUT_FILE, client_of
from tests.patience import KEY_STATE, wait_for

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
        # S3 now refuses such keys by itself, with its own message.
        # https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html
        dataclasses.replace(write(key, "with a key of one's own", **CUSTOMER), reason=""),
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


IS_DISABLED = "DisabledException"


@pytest.fixture(name="disabled_key")
def disable_key(admin: boto3.Session, producer: Actor, facts: dict[str, str]) -> Iterator[None]:
    """The data key, disabled during a test."""
    kms = client_of(admin, "kms")
    kms.disable_key(KeyId=facts["data_key"])
    try:
        wait_for(
            "disabled key", lambda: IS_DISABLED in producer.refusal(PUT_FILE) or None, KEY_STATE
        )
        yield
    finally:
        kms.enable_key(KeyId=facts["data_key"])
        wait_for("enabled key", lambda: producer.is_allowed(PUT_FILE) or None, KEY_STATE)


@refused(dataclasses.replace(PUT_FILE, codes=("KMS.DisabledException",)))
@pytest.mark.usefixtures("disabled_key")
def test_refused_while_the_key_is_disabled(producer: Actor, attempt: Attempt) -> None:
    producer.is_refused(attempt)
