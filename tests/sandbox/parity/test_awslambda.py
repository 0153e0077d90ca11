"""Lambda functions and event source mappings of a template."""

import json
import time
from typing import Any

import pytest

from tests.patience import Wait, wait_for
from tests.sandbox.cloud import Cloud, StackFailedError, allow, function

POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def test_dropped_properties_of_a_function(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, **change: Any) -> tuple[object, ...]:
        role = cloud.role("lambda.amazonaws.com")
        properties: dict[str, Any] = {
            "VpcConfig": {
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [{"Fn::GetAtt": ["Group", "GroupId"]}],
            },
            "KmsKeyArn": cloud.key(),
            "DeadLetterConfig": {"TargetArn": {"Fn::GetAtt": ["Queue", "Arn"]}},
            "ReservedConcurrentExecutions": 3,
        }
        vpc = {"VpcId": {"Ref": "Vpc"}}
        resources: dict[str, dict[str, Any]] = {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
            "Subnet": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {**vpc, "CidrBlock": "10.0.0.0/24"},
            },
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {**vpc, "GroupDescription": "function"},
            },
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Function": function(role, **properties),
        }
        ids = cloud.deploy(resources)
        if change:
            resources["Function"] = function(role, **{**properties, **change})
            cloud.deploy(resources, ids["AWS::StackName"])
        awslambda = cloud.client("lambda")
        found = awslambda.get_function_configuration(FunctionName=ids["Function"])
        concurrency = awslambda.get_function_concurrency(FunctionName=ids["Function"])
        return (
            found.get("VpcConfig", {}).get("VpcId") == ids["Vpc"],
            found.get("VpcConfig", {}).get("SubnetIds") == [ids["Subnet"]],
            bool(found.get("KMSKeyArn")),
            bool(found.get("DeadLetterConfig")),
            concurrency.get("ReservedConcurrentExecutions"),
        )

    assert probe(plain) == (False, False, False, False, None)
    assert probe(parity) == (True, True, True, True, 3)
    changed = probe(parity, ReservedConcurrentExecutions=5, Description="changed")
    assert changed == (True, True, True, True, 5)


@pytest.mark.parametrize("missing", [*POLLING, "kms:Decrypt"])
def test_a_mapping_needs_a_role_that_may_poll(plain: Cloud, parity: Cloud, missing: str) -> None:
    def deploy(cloud: Cloud, *denied: str) -> None:
        granted = [action for action in (*POLLING, "kms:Decrypt") if action not in denied]
        role = cloud.role("lambda.amazonaws.com", allow(granted))
        queue = {"KmsMasterKeyId": cloud.key()}
        mapping = {
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "FunctionName": {"Ref": "Function"},
            "BatchSize": 1,
        }
        cloud.deploy(
            {
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": queue},
                "Function": function(role),
                "Mapping": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": mapping,
                },
            }
        )

    deploy(plain, missing)
    deploy(parity)
    service, _, action = missing.partition(":")
    message = f"does not have permissions to call {action} on {service.upper()}"
    with pytest.raises(StackFailedError, match=message):
        deploy(parity, missing)


RAISING = """
class OwnError(Exception):
    pass

def handler(event, context):
    raise {"own": OwnError, "other": KeyError}[event["type"]](*event["message"])
"""


@pytest.mark.parametrize(
    ("kind", "message", "name"),
    [
        ("own", ["a: message"], "OwnError"),
        ("own", ["two\nlines: b.c"], "OwnError"),
        ("own", [], "OwnError"),
        ("other", ["a.key"], "KeyError"),
    ],
)
def test_the_type_of_an_error(
    plain: Cloud, parity: Cloud, kind: str, message: list[str], name: str
) -> None:
    def probe(cloud: Cloud) -> str:
        role = cloud.role("lambda.amazonaws.com")
        ids = cloud.deploy({"Function": function(role, RAISING)})
        event = json.dumps({"type": kind, "message": message})
        answer = cloud.client("lambda").invoke(FunctionName=ids["Function"], Payload=event)
        assert answer["FunctionError"] == "Unhandled"
        return str(json.load(answer["Payload"])["errorType"])

    assert probe(plain) == "Runtime.HandlerError"
    assert probe(parity) == name


FAILS = "def handler(event, context): raise ValueError"


def test_a_failure_does_not_stop_a_mapping(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> float:
        role = cloud.role("lambda.amazonaws.com", allow([*POLLING]))
        mapping = {
            "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
            "FunctionName": {"Ref": "Function"},
            "BatchSize": 1,
            "ScalingConfig": {"MaximumConcurrency": 2},
        }
        ids = cloud.deploy(
            {
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 600}},
                "Function": function(role, FAILS),
                "Mapping": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
            }
        )
        sqs, url = cloud.client("sqs"), ids["Queue"]
        began = time.monotonic()
        for number in range(8):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        name: Any = "ApproximateNumberOfMessages"

        def taken() -> bool | None:
            found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
            return found["Attributes"][name] == "0" or None

        wait_for("each message is taken", taken, Wait(120))
        return time.monotonic() - began

    slow, fast = probe(plain), probe(parity)
    assert slow > 3, "two at a time, a second apart"
    assert fast < slow - 1
