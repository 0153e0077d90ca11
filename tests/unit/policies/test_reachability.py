"""The function reaches its endpoints through every link, and nothing else."""

from copy import deepcopy
from typing import Any

import pytest

from tests.unit.policies.reachability import RESOLVER, Network
from tests.unit.synthesis import Resource, Synthesized, synthesize

Properties = dict[str, Any]
ALL = {"s3", "kms", "sqs"}
S3 = {"ServiceName": "com.amazonaws.us-east-1.s3"}
KMS = {"ServiceName": "com.amazonaws.us-east-1.kms"}
FUNCTION_GROUP = {"GroupDescription": "Security group for Lambda functions - test"}
ENDPOINTS_GROUP = {"GroupDescription": "Its endpoints in the isolated subnets"}
ALLOWED = {"Name": "zero-trust-test-allowed"}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
ANYWHERE = {**HTTPS, "CidrIp": "0.0.0.0/0"}
TO_EVERYWHERE = {"DestinationCidrBlock": "0.0.0.0/0"}
CARRIED = (
    "AWS::EC2::",
    "AWS::Route53Resolver::",
    "Custom::S3PrefixList",
    "Custom::VpcRestrictDefaultSG",
)


@pytest.fixture(scope="module", name="template")
def make_template() -> Resource:
    """A template with more than the one interface endpoint."""
    return synthesize(settings='{"interfaceEndpoints": ["kms", "sqs"]}')


@pytest.fixture(name="stack")
def make_changeable_stack(template: Resource) -> Synthesized:
    """A template that a test may change."""
    return Synthesized(deepcopy(template))


def find(stack: Synthesized, kind: str, known: Properties) -> Properties:
    """The properties of the first resource of a kind that has these."""
    return next(
        properties
        for resource in stack.resources.values()
        if resource["Type"] in (kind, f"AWS::EC2::{kind}")
        and known.items() <= (properties := resource["Properties"]).items()
    )


def test_the_function_reaches_its_endpoints_and_nothing_else(stack: Synthesized) -> None:
    network = Network(stack)
    assert network.paths() == ALL
    assert not network.openings()


@pytest.mark.parametrize("settings", ["{}", '{"availabilityZones": 3}', '{"retainData": true}'])
def test_in_every_environment(settings: str) -> None:
    network = Network(Synthesized(synthesize(settings=settings)))
    assert network.paths() == {"s3", "kms"}
    assert not network.openings()


# The parts of the network that carry no traffic, by the end of their logical id.
APART = {
    "FlowLog": "It records; test_network.py looks after it.",
    "RestrictDefaultSecurityGroupCustomResource": "It empties a group that nobody is in.",
}


def test_every_resource_of_the_network_is_a_link(template: Resource) -> None:
    whole = Network(Synthesized(template))
    idle = set()
    for name, resource in template["Resources"].items():
        if resource["Type"].startswith(CARRIED):
            rest = {other: one for other, one in template["Resources"].items() if other != name}
            network = Network(Synthesized({**template, "Resources": rest}))
            if network.paths() == whole.paths() and not network.openings():
                idle.add(name[len("NetworkVpc") : -8])
    assert idle == set(APART)


@pytest.mark.parametrize(
    ("kind", "known", "change", "lost"),
    [
        ("VPC", {}, {"EnableDnsSupport": False}, ALL),
        ("VPC", {}, {"EnableDnsHostnames": False}, ALL),
        ("Subnet", {}, {"VpcId": "<Other>"}, ALL),
        ("SubnetRouteTableAssociation", {}, {"RouteTableId": "<Other>"}, {"s3"}),
        ("SubnetRouteTableAssociation", {}, {"SubnetId": "<Other>"}, {"s3"}),
        ("VPCEndpoint", S3, {"RouteTableIds": []}, {"s3"}),
        ("VPCEndpoint", S3, {"VpcId": "<Other>"}, {"s3"}),
        ("VPCEndpoint", S3, {"ServiceName": "com.amazonaws.us-east-1.dynamodb"}, {"s3"}),
        ("VPCEndpoint", KMS, {"PrivateDnsEnabled": False}, {"kms"}),
        ("VPCEndpoint", KMS, {"SubnetIds": []}, {"kms"}),
        ("VPCEndpoint", KMS, {"SecurityGroupIds": []}, {"kms"}),
        ("VPCEndpoint", KMS, {"VpcId": "<Other>"}, {"kms"}),
        ("SecurityGroup", FUNCTION_GROUP, {"SecurityGroupEgress": []}, {"s3"}),
        (
            "SecurityGroup",
            FUNCTION_GROUP,
            {"SecurityGroupEgress": [{**HTTPS, "DestinationPrefixListId": "pl-other"}]},
            {"s3"},
        ),
        ("SecurityGroupEgress", {}, {"ToPort": 442}, {"kms", "sqs"}),
        ("SecurityGroupEgress", {}, {"IpProtocol": "udp"}, {"kms", "sqs"}),
        ("SecurityGroupEgress", {}, {"DestinationSecurityGroupId": "<Other>"}, {"kms", "sqs"}),
        ("SecurityGroupEgress", {}, {"GroupId": "<Other>"}, {"kms", "sqs"}),
        ("SecurityGroupIngress", {}, {"FromPort": 444}, {"kms", "sqs"}),
        ("SecurityGroupIngress", {}, {"SourceSecurityGroupId": "<Other>"}, {"kms", "sqs"}),
        ("SecurityGroupIngress", {}, {"GroupId": "<Other>"}, {"kms", "sqs"}),
        (f"{RESOLVER}::FirewallDomainList", ALLOWED, {"Domains": ["s3.*"]}, {"kms", "sqs"}),
    ],
)
def test_no_link_may_be_missing(
    stack: Synthesized, kind: str, known: Properties, change: Properties, lost: set[str]
) -> None:
    find(stack, kind, known).update(change)
    assert Network(stack).paths() == ALL - lost


@pytest.mark.parametrize(
    ("kind", "known", "change", "opening"),
    [
        ("Subnet", {}, {"MapPublicIpOnLaunch": True}, "public addresses"),
        ("SubnetRouteTableAssociation", {}, {"SubnetId": "<Other>"}, "the main route table"),
        ("SecurityGroup", FUNCTION_GROUP, {"SecurityGroupEgress": [ANYWHERE]}, "to 0.0.0.0/0"),
        ("SecurityGroup", FUNCTION_GROUP, {"SecurityGroupEgress": None}, "to 0.0.0.0/0"),
        ("SecurityGroup", FUNCTION_GROUP, {"SecurityGroupIngress": [ANYWHERE]}, "from 0.0.0.0/0"),
        ("SecurityGroup", ENDPOINTS_GROUP, {"SecurityGroupEgress": [ANYWHERE]}, "to 0.0.0.0/0"),
        ("SecurityGroup", ENDPOINTS_GROUP, {"SecurityGroupEgress": None}, "to 0.0.0.0/0"),
        ("SecurityGroup", ENDPOINTS_GROUP, {"SecurityGroupIngress": [ANYWHERE]}, "from 0.0.0.0/0"),
        ("SecurityGroupEgress", {}, {"DestinationSecurityGroupId": "<Other>"}, "to <Other>"),
        ("SecurityGroupIngress", {}, {"SourceSecurityGroupId": "<Other>"}, "from <Other>"),
        (f"{RESOLVER}::FirewallDomainList", ALLOWED, {"Domains": ["*"]}, "any name"),
        (f"{RESOLVER}::FirewallRuleGroup", {}, {"FirewallRules": []}, "any name"),
    ],
)
def test_an_opening_is_found(
    stack: Synthesized, kind: str, known: Properties, change: Properties, opening: str
) -> None:
    find(stack, kind, known).update(change)
    assert any(found.startswith(opening) for found in Network(stack).openings())


@pytest.mark.parametrize(
    ("kind", "added", "opening"),
    [
        ("Route", {**TO_EVERYWHERE, "GatewayId": "<Internet>"}, "a route to 0.0.0.0/0"),
        ("Route", {**TO_EVERYWHERE, "NatGatewayId": "<Nat>"}, "a route to 0.0.0.0/0"),
        (
            "Route",
            {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "<Internet>"},
            "a route to ::/0",
        ),
        (
            "Route",
            {"DestinationCidrBlock": "10.9.0.0/16", "VpcPeeringConnectionId": "<Peer>"},
            "a route to 10.9.0.0/16",
        ),
        (
            "Route",
            {"DestinationPrefixListId": "pl-1", "TransitGatewayId": "<Transit>"},
            "a route to pl-1",
        ),
        ("SecurityGroupEgress", ANYWHERE, "to 0.0.0.0/0"),
        ("SecurityGroupEgress", {**HTTPS, "CidrIpv6": "::/0"}, "to ::/0"),
        ("SecurityGroupEgress", {**HTTPS, "DestinationSecurityGroupId": "<Other>"}, "to <Other>"),
        ("SecurityGroupIngress", ANYWHERE, "from 0.0.0.0/0"),
    ],
)
@pytest.mark.parametrize("index", [0, 1])
def test_a_new_path_is_found(
    stack: Synthesized, kind: str, added: Properties, opening: str, index: int
) -> None:
    tables, groups = (
        [name for name, one in stack.resources.items() if one["Type"] == f"AWS::EC2::{owner}"]
        for owner in ("RouteTable", "SecurityGroup")
    )
    place = {"RouteTableId": f"<{tables[index]}>", "GroupId": f"<{groups[index]}.GroupId>"}
    stack.resources["Added"] = {"Type": f"AWS::EC2::{kind}", "Properties": {**place, **added}}
    assert opening in Network(stack).openings()
