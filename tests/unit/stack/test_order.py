"""The order in which CloudFormation creates the resources; it deletes them in reverse."""

from collections.abc import Iterable
from functools import cache
from itertools import pairwise

import pytest

from tests.unit.stack.order import Order
from tests.unit.synthesis import references, synthesize

EVERYTHING = (
    '{"availabilityZones": 3, "interfaceEndpoints": ["kms", "logs", "monitoring", "sqs", "sts"]}'
)
RETAINED = '{"retainData": true, "objectLockDays": 30}'
SETTINGS = ["{}", EVERYTHING, RETAINED]


@cache
def order_of(settings: str) -> Order:
    """The order of a template with these settings."""
    return Order(synthesize(settings=settings))


def in_turn(order: Order, names: Iterable[str]) -> None:
    """Fail unless each waits for the next one."""
    for first, second in pairwise(names):
        assert second in order.awaited(first), f"{first} does not wait for {second}"


@pytest.mark.parametrize("settings", SETTINGS)
def test_nobody_writes_into_the_bucket_once_it_is_emptied(settings: str) -> None:
    order = order_of(settings)
    function = order.one("AWS::Lambda::Function", "DataProcessor")
    turn = [
        order.one("AWS::Lambda::EventSourceMapping"),
        function,
        order.one(
            "AWS::EC2::SecurityGroup", "FunctionSecurityGroup"
        ),  # until no interface is left
        order.one("AWS::IAM::Role", "ProcessorRole"),
        *order.of_type("Custom::S3AutoDeleteObjects"),
        order.one("AWS::S3::BucketPolicy"),
        order.one("AWS::S3::Bucket"),
    ]
    assert ("retainData" in settings) != any("AutoDelete" in name for name in turn)
    in_turn(order, turn)


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_file_is_read_before_network_and_bucket_are_closed(
    settings: str,
) -> None:
    order = order_of(settings)
    guards = order.of_type(
        "AWS::EC2::FlowLog",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPCEndpoint",
        "AWS::Route53Resolver::FirewallRuleGroupAssociation",
        "AWS::S3::BucketPolicy",
        "Custom::VpcRestrictDefaultSG",
    )
    assert {order.resources[name]["Type"] for name in guards} >= {
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::VPCEndpoint",
        "AWS::Route53Resolver::FirewallRuleGroupAssociation",
        "AWS::S3::BucketPolicy",
    }
    assert guards <= order.awaited(order.one("AWS::Lambda::EventSourceMapping"))


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_role_outlives_a_log_group_that_it_could_create_again(settings: str) -> None:
    """A late log line would create the group again, without key and retention."""
    order = order_of(settings)
    checked = []
    for name in order.of_type("AWS::Lambda::Function"):
        properties = order.resources[name]["Properties"]
        (role,) = references(properties["Role"])
        (group,) = references(properties["LoggingConfig"])
        granted = str(order.resources[role]["Properties"])
        if "AWSLambdaBasicExecutionRole" in granted or "CreateLogGroup" in granted:
            assert group in order.awaited(role), name
            checked.append(name)
    assert checked


@pytest.mark.parametrize("settings", SETTINGS)
def test_nothing_waits_for_itself(settings: str) -> None:
    order = order_of(settings)
    assert not [name for name in order.resources if name in order.awaited(name)]


@pytest.mark.parametrize("settings", SETTINGS)
def test_an_update_moves_the_function_once_its_endpoints_are_reachable(settings: str) -> None:
    """In a new security group without rules, the function would time out on every file."""
    order = order_of(settings)
    way = order.of_type(
        "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress", "AWS::EC2::VPCEndpoint"
    )
    assert way
    assert way <= order.awaited(order.one("AWS::Lambda::Function", "DataProcessor"))


@pytest.mark.parametrize("part", ["Erasure", "Reidentification"])
def test_a_state_machine_waits_for_the_function_that_it_invokes(part: str) -> None:
    """It has the function's ARN as text, from which CloudFormation sees no order."""
    order = Order(synthesize(settings='{"auditTrail": true}', encrypts=True))
    types = ("AWS::StepFunctions::StateMachine", "AWS::Lambda::Function")
    in_turn(order, [order.one(one, part) for one in types])
