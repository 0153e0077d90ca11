"""Another function: with the same role, and in the same network, it gets nothing."""

import base64
import contextlib
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.attacks import intruder
from tests.attacks.attempt import BY_IDENTITY, Actor, Attempt, refused

OURS: dict[str, Any] = {"Bucket": "{bucket}"}
QUEUE: dict[str, Any] = {"QueueUrl": "{queue_url}"}

RECORDS = [
    Attempt(name, operation, parameters, reason=BY_IDENTITY)
    for name, operation, parameters in (
        ("read a raw file", "s3.get_object", {**OURS, "Key": "{incoming}"}),
        ("read a clean file", "s3.get_object", {**OURS, "Key": "{processed}"}),
        ("forge a manifest", "s3.put_object", {**OURS, "Key": "{manifest}", "Body": "x"}),
        ("list raw files", "s3.list_objects_v2", {**OURS, "Prefix": "incoming/"}),
        (
            "derive a pseudonym key",
            "kms.generate_mac",
            {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
        ),
    )
]
SERVICES = [
    Attempt(
        "read messages",
        "sqs.receive_message",
        {**QUEUE, "VisibilityTimeout": 0},
        reason=BY_IDENTITY,
    ),
    Attempt("see the queue", "sqs.get_queue_attributes", QUEUE, reason=BY_IDENTITY),
    Attempt(
        "begin a log of the function's",
        "logs.create_log_stream",
        {"logGroupName": "{log_group}", "logStreamName": "{own}"},
        reason=BY_IDENTITY,
    ),
    Attempt("see network interfaces", "ec2.describe_network_interfaces"),
]


@pytest.fixture(scope="module", name="function")
def make_function(admin: boto3.Session, facts: dict[str, str]) -> Iterator[Any]:
    """Calls another function with the role, the network and the attacker's code."""
    awslambda: Any = admin.client("lambda")
    ours = awslambda.get_function_configuration(FunctionName=facts["function"])
    awslambda.create_function(
        FunctionName=facts["own"],
        Runtime=ours["Runtime"],
        Handler="index.handler",
        Role=ours["Role"],
        Code={"ZipFile": base64.b64decode(facts["archive"])},
        Timeout=60,
        VpcConfig={name: ours["VpcConfig"][name] for name in ("SubnetIds", "SecurityGroupIds")},
    )
    try:
        awslambda.get_waiter("function_active_v2").wait(FunctionName=facts["own"])
        yield awslambda
    finally:
        awslambda.delete_function(FunctionName=facts["own"])


def invoke(awslambda: Any, facts: dict[str, str], event: dict[str, Any]) -> dict[str, str]:
    """The other function's answer."""
    answer = awslambda.invoke(FunctionName=facts["own"], Payload=json.dumps(event))
    with contextlib.closing(answer["Payload"]) as payload:
        reply: dict[str, str] = json.load(payload)
    assert "FunctionError" not in answer, reply
    return reply


@pytest.fixture(scope="module", name="within")
def be_within(function: Any, power: str, facts: dict[str, str], administrator: Actor) -> Actor:
    """The other function's code, in the network."""

    def call(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
        return invoke(function, facts, {"operation": operation, "parameters": parameters})

    reached = frozenset({"s3", "kms"})
    return Actor(f"another function {power}", call, facts, administrator.call, reached)


@pytest.fixture(scope="module", name="thief")
def be_thief(function: Any, power: str, facts: dict[str, str], administrator: Actor) -> Actor:
    """Somebody with the other function's credentials, elsewhere."""
    reply = invoke(function, facts, {"operation": "tell credentials"})
    key, secret, token = (reply[name] for name in intruder.CREDENTIALS)
    session = boto3.Session(key, secret, token)

    def call(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
        return intruder.call(session, operation, parameters)

    return Actor(f"the thief of its credentials {power}", call, facts, administrator.call)


@refused(*RECORDS)
def test_refused_to_another_function(within: Actor, attempt: Attempt) -> None:
    within.is_refused(attempt)


@refused(*RECORDS, *SERVICES)
def test_refused_to_its_credentials(thief: Actor, attempt: Attempt) -> None:
    thief.is_refused(attempt)
