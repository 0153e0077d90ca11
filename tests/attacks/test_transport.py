"""Transport: without TLS, with an old version, or without credentials."""

import contextlib
import dataclasses
import socket
import ssl
import urllib.parse
from typing import Any

import boto3
import pytest

from tests.attacks.attempt import BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import client_of
from tests.attacks.intruder import UNREACHABLE

OURS: dict[str, Any] = {"Bucket": "{bucket}"}
OBJECTS = [
    Attempt("read a file", "s3.get_object", {**OURS, "Key": "{processed}"}),
    Attempt("list files", "s3.list_objects_v2", OURS),
    Attempt("put a file in", "s3.put_object", {**OURS, "Key": "{incoming}", "Body": "x"}),
    Attempt("delete a file", "s3.delete_object", {**OURS, "Key": "{processed}"}),
]
BUCKET = [
    Attempt("read the bucket's encryption", "s3.get_bucket_encryption", OURS),
    Attempt("read the bucket's versioning", "s3.get_bucket_versioning", OURS),
]
QUEUE: dict[str, Any] = {"QueueUrl": "{queue_url}"}
MESSAGES = [
    Attempt("read messages", "sqs.receive_message", {**QUEUE, "VisibilityTimeout": 0}),
    Attempt("read the queue's attributes", "sqs.get_queue_attributes", QUEUE),
]


def or_closed(attempt: Attempt) -> Attempt:
    """An attempt that may find the port closed: in some regions SQS has none without TLS."""
    return dataclasses.replace(attempt, codes=("AccessDenied", UNREACHABLE))


@refused(*OBJECTS, *BUCKET, *map(or_closed, MESSAGES))
def test_refused_without_tls(plainly: Actor, attempt: Attempt) -> None:
    plainly.is_refused(attempt)


@refused(*OBJECTS, *BUCKET)
def test_refused_to_nobody(nobody: Actor, attempt: Attempt) -> None:
    nobody.is_refused(attempt)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=str)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_refused_old_tls(admin: boto3.Session, version: ssl.TLSVersion) -> None:
    """There is not even a connection, so no policy is evaluated."""
    with contextlib.closing(client_of(admin, "s3")) as s3:
        target = urllib.parse.urlsplit(s3.meta.endpoint_url)
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = version
    with (
        socket.create_connection((target.hostname, target.port or 443), timeout=10) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
        old.wrap_socket(plain, server_hostname=target.hostname),
    ):
        pass


def test_refused_by_the_bucket(plainly: Actor) -> None:
    """The bucket refuses, not just a closed port."""
    name, operation, parameters = OBJECTS[0].name, OBJECTS[0].operation, OBJECTS[0].parameters
    plainly.is_refused(Attempt(name, operation, parameters, reason=BY_RESOURCE))


@allowed(*OBJECTS[:2], *BUCKET, *MESSAGES[1:])
def test_allowed_with_tls(administrator: Actor, call: Attempt) -> None:
    administrator.may(call)
