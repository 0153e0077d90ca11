"""The network: a working path to S3 and KMS, and no other."""

import pytest

from lib.settings import SettingsError
from tests.unit.synthesis import Resource, Synthesized, synthesize

GATEWAYS = {
    "AWS::EC2::InternetGateway",
    "AWS::EC2::NatGateway",
    "AWS::EC2::EgressOnlyInternetGateway",
    "AWS::EC2::TransitGatewayAttachment",
    "AWS::EC2::VPCPeeringConnection",
    "AWS::EC2::VPNGateway",
    "AWS::EC2::EIP",
    "AWS::EC2::Route",
}


def endpoint(stack: Synthesized, service: str) -> Resource:
    """The properties of the VPC endpoint of a service."""
    return stack.one("AWS::EC2::VPCEndpoint", ServiceName=f"com.amazonaws.us-east-1.{service}")[1]


def function_groups(stack: Synthesized) -> list[str]:
    """The ids of the security groups of the function."""
    _, function = stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
    groups: list[str] = function["VpcConfig"]["SecurityGroupIds"]
    return groups


def rules(stack: Synthesized, group: str, direction: str) -> list[Resource]:
    """The rules of a group: inside it, and as separate resources."""
    logical_id = group.strip("<>").removesuffix(".GroupId")
    inside = stack.resources[logical_id]["Properties"].get(f"SecurityGroup{direction}", [])
    alone = [
        rule["Properties"]
        for rule in stack.find(f"AWS::EC2::SecurityGroup{direction}").values()
        if rule["Properties"]["GroupId"] == group
    ]
    return [*inside, *alone]


def test_nothing_leads_out_of_the_vpc(stack: Synthesized) -> None:
    assert not {resource["Type"] for resource in stack.resources.values()} & GATEWAYS


def test_subnets_are_isolated_and_give_no_public_address(stack: Synthesized) -> None:
    subnets = stack.find("AWS::EC2::Subnet")
    assert len(subnets) == 2
    for subnet in subnets.values():
        assert subnet["Properties"]["MapPublicIpOnLaunch"] is False


def test_the_vpc_is_named_and_resolves_names(stack: Synthesized) -> None:
    _, vpc = stack.one("AWS::EC2::VPC")
    assert {"Key": "Name", "Value": "zero-trust-vpc-test"} in vpc["Tags"]
    assert vpc["EnableDnsSupport"] is True  # or the private names of endpoints would not resolve
    assert vpc["EnableDnsHostnames"] is True


def test_the_default_security_group_is_emptied(stack: Synthesized) -> None:
    _, restriction = stack.one("Custom::VpcRestrictDefaultSG")
    vpc, _ = stack.one("AWS::EC2::VPC")
    assert restriction["DefaultSecurityGroupId"] == f"<{vpc}.DefaultSecurityGroup>"


def test_s3_is_routed_from_every_subnet_of_the_function(stack: Synthesized) -> None:
    _, function = stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
    tables = {
        item["Properties"]["SubnetId"]: item["Properties"]["RouteTableId"]
        for item in stack.find("AWS::EC2::SubnetRouteTableAssociation").values()
    }
    gateway = endpoint(stack, "s3")
    assert gateway["VpcEndpointType"] == "Gateway"
    subnets = function["VpcConfig"]["SubnetIds"]
    assert subnets
    for subnet in subnets:
        assert tables[subnet] in gateway["RouteTableIds"]


def test_kms_has_an_interface_in_every_subnet_of_the_function(stack: Synthesized) -> None:
    _, function = stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
    kms = endpoint(stack, "kms")
    assert kms["VpcEndpointType"] == "Interface"
    assert kms["PrivateDnsEnabled"] is True
    assert kms["SubnetIds"] == function["VpcConfig"]["SubnetIds"]


def test_both_ends_of_the_path_to_kms_are_open(stack: Synthesized) -> None:
    (function_group,) = function_groups(stack)
    (endpoint_group,) = endpoint(stack, "kms")["SecurityGroupIds"]
    https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
    out = {**https, "DestinationSecurityGroupId": endpoint_group}
    into = {**https, "SourceSecurityGroupId": function_group}
    assert any(out.items() <= r.items() for r in rules(stack, function_group, "Egress"))
    assert any(into.items() <= r.items() for r in rules(stack, endpoint_group, "Ingress"))


def test_the_function_may_send_to_s3s_own_addresses(stack: Synthesized) -> None:
    (group,) = function_groups(stack)
    lookup, _ = stack.one("Custom::S3PrefixList")
    # Inside the group: a group without rules is created with one that allows everything.
    inside = stack.resources[group.strip("<>").removesuffix(".GroupId")]["Properties"]
    assert inside["SecurityGroupEgress"] == [
        {
            "Description": "Function to S3",
            "IpProtocol": "tcp",
            "FromPort": 443,
            "ToPort": 443,
            "DestinationPrefixListId": f"<{lookup}.PrefixLists.0.PrefixListId>",
        }
    ]


def test_the_groups_allow_nothing_else(stack: Synthesized) -> None:
    (function_group,) = function_groups(stack)
    (endpoint_group,) = endpoint(stack, "kms")["SecurityGroupIds"]
    assert not rules(stack, function_group, "Ingress")
    assert len(rules(stack, function_group, "Egress")) == 2  # S3 and the endpoints, as above
    assert len(rules(stack, endpoint_group, "Ingress")) == 1
    # CDK's form of "none": an impossible rule instead of AWS's default, which allows everything.
    (none,) = rules(stack, endpoint_group, "Egress")
    assert none["CidrIp"] == "255.255.255.255/32"
    assert none["IpProtocol"] == "icmp"


def test_flow_logs_of_all_traffic_go_to_an_encrypted_group(stack: Synthesized) -> None:
    _, flow_log = stack.one("AWS::EC2::FlowLog")
    vpc, _ = stack.one("AWS::EC2::VPC")
    assert flow_log["ResourceId"] == f"<{vpc}>"
    assert flow_log["TrafficType"] == "ALL"
    group = stack.resources[flow_log["LogGroupName"].strip("<>")]["Properties"]
    assert group["KmsKeyId"] == f"<{stack.key('logs')[0]}.Arn>"
    role = stack.resources[flow_log["DeliverLogsPermissionArn"].strip("<>").removesuffix(".Arn")]
    (trust,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}


def test_interface_endpoints_follow_the_settings() -> None:
    stack = Synthesized(synthesize(settings='{"interfaceEndpoints": ["kms", "sqs", "sts"]}'))
    services = {
        item["Properties"]["ServiceName"].rpartition(".")[2]
        for item in stack.find("AWS::EC2::VPCEndpoint").values()
        if item["Properties"]["VpcEndpointType"] == "Interface"
    }
    assert services == {"kms", "sqs", "sts"}


def test_zones_follow_the_settings_and_move_no_subnet() -> None:
    def blocks(zones: int) -> list[str]:
        stack = Synthesized(synthesize(settings=f'{{"availabilityZones": {zones}}}'))
        return [
            item["Properties"]["CidrBlock"] for item in stack.find("AWS::EC2::Subnet").values()
        ]

    assert len(blocks(1)) == 1
    assert blocks(3)[:1] == blocks(1)
    assert blocks(3)[:2] == blocks(2)


def test_the_smallest_network_holds_three_zones() -> None:
    settings = '{"vpcCidr": "192.168.10.0/26", "availabilityZones": 3}'
    assert len(Synthesized(synthesize(settings=settings)).find("AWS::EC2::Subnet")) == 3


def test_zones_are_taken_by_name_where_they_are_named() -> None:
    settings = '{"availabilityZones": ["us-east-1b", "us-east-1d"]}'
    subnets = Synthesized(synthesize(settings=settings)).find("AWS::EC2::Subnet").values()
    zones = [subnet["Properties"]["AvailabilityZone"] for subnet in subnets]
    assert zones == ["us-east-1b", "us-east-1d"]


def test_a_region_without_the_zones_stops_the_synth() -> None:
    with pytest.raises(SettingsError, match="in us-west-1 an account has two zones"):
        synthesize(region="us-west-1", settings='{"availabilityZones": 3}')


def test_reviewers_find_the_functions_group_by_its_description(stack: Synthesized) -> None:
    (group,) = function_groups(stack)
    properties = stack.resources[group.strip("<>").removesuffix(".GroupId")]["Properties"]
    assert properties["GroupDescription"] == "Security group for Lambda functions - test"
