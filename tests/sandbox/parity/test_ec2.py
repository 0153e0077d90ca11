"""EC2: missing types and answers, without and with the corrections."""

import json
from typing import Any

import pytest

from tests.sandbox.cloud import Cloud, StackFailedError, allow, policy

VPC = {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.1.0.0/16"}}
IN_VPC = {"VpcId": {"Ref": "Vpc"}}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
GROUP = {
    "Type": "AWS::EC2::SecurityGroup",
    "Properties": {**IN_VPC, "GroupDescription": "group"},
}
GROUP_ID = {"Fn::GetAtt": ["Group", "GroupId"]}
S3_ENDPOINT = {
    "Type": "AWS::EC2::VPCEndpoint",
    "Properties": {
        **IN_VPC,
        "ServiceName": "com.amazonaws.us-east-1.s3",
        "VpcEndpointType": "Gateway",
        "RouteTableIds": [{"Ref": "Table"}],
        "PolicyDocument": policy({**allow("s3:GetObject"), "Principal": "*"}),
    },
}
KMS_ENDPOINT = {
    "Type": "AWS::EC2::VPCEndpoint",
    "Properties": {
        **IN_VPC,
        "ServiceName": "com.amazonaws.us-east-1.kms",
        "VpcEndpointType": "Interface",
        "SecurityGroupIds": [GROUP_ID],
        "PrivateDnsEnabled": True,
    },
}
NETWORK = {
    "Vpc": VPC,
    "Table": {"Type": "AWS::EC2::RouteTable", "Properties": IN_VPC},
    "Group": GROUP,
    "S3": S3_ENDPOINT,
    "Kms": KMS_ENDPOINT,
}


def refused(cloud: Cloud, resources: dict[str, Any], resource_type: str) -> None:
    """Check that a template is refused because of a type."""
    with pytest.raises(StackFailedError, match=f"Unrecognized resource types.*{resource_type}"):
        cloud.deploy(resources)


@pytest.mark.parametrize(
    ("resource_type", "other", "direction", "egress"),
    [
        ("AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "IpPermissions", False),
        (
            "AWS::EC2::SecurityGroupEgress",
            "DestinationSecurityGroupId",
            "IpPermissionsEgress",
            True,
        ),
    ],
)
def test_security_group_rules_of_their_own(
    plain: Cloud, parity: Cloud, resource_type: str, other: str, direction: str, *, egress: bool
) -> None:
    def resources(port: int) -> dict[str, Any]:
        properties = {
            "GroupId": GROUP_ID,
            "IpProtocol": "tcp",
            "FromPort": port,
            "ToPort": port,
            other: GROUP_ID,
            "Description": "self",
        }
        return {
            "Vpc": VPC,
            "Group": GROUP,
            "Rule": {"Type": resource_type, "Properties": properties},
        }

    refused(plain, resources(443), resource_type)

    ids = parity.deploy(resources(443))
    ec2 = parity.client("ec2")

    def ports() -> list[int]:
        (group,) = ec2.describe_security_groups(GroupIds=[ids["Group"]])["SecurityGroups"]
        return [rule.get("FromPort") for rule in group[direction]]

    assert ports() == [443], "and the rule that lets everything out is gone"
    (rule,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[ids["Rule"]])[
        "SecurityGroupRules"
    ]
    assert (rule["IsEgress"], rule["ReferencedGroupInfo"]["GroupId"]) == (egress, ids["Group"])
    parity.deploy(resources(8443), ids["AWS::StackName"])
    assert ports() == [8443]
    del (without := resources(443))["Rule"]
    parity.deploy(without, ids["AWS::StackName"])
    assert ports() == []


def test_flow_logs(plain: Cloud, parity: Cloud) -> None:
    def resources(traffic: str) -> dict[str, Any]:
        properties = {
            "ResourceId": {"Ref": "Vpc"},
            "ResourceType": "VPC",
            "TrafficType": traffic,
            "LogGroupName": "flow-logs",
            "DeliverLogsPermissionArn": "arn:aws:iam::000000000000:role/flow-logs",
            "Tags": [{"Key": "Owner", "Value": "data"}],
        }
        return {"Vpc": VPC, "Flow": {"Type": "AWS::EC2::FlowLog", "Properties": properties}}

    refused(plain, resources("ALL"), "AWS::EC2::FlowLog")

    def described(vpc: str) -> list[tuple[object, ...]]:
        chosen = [{"Name": "resource-id", "Values": [vpc]}]
        found = parity.client("ec2").describe_flow_logs(Filters=chosen)["FlowLogs"]
        return [
            (
                log["TrafficType"],
                log["LogGroupName"],
                log["DeliverLogsPermissionArn"].rpartition("/")[2],
                log["MaxAggregationInterval"],
                log["Tags"][0]["Value"],
            )
            for log in found
        ]

    ids = parity.deploy(resources("ALL"))
    assert described(ids["Vpc"]) == [("ALL", "flow-logs", "flow-logs", 600, "data")]
    parity.deploy(resources("REJECT"), ids["AWS::StackName"])
    assert described(ids["Vpc"]) == [("REJECT", "flow-logs", "flow-logs", 600, "data")]
    assert parity.destroy(ids["AWS::StackName"]) == "DELETE_COMPLETE"
    assert described(ids["Vpc"]) == []


def test_a_vpc_has_its_address_range_as_attribute(plain: Cloud, parity: Cloud) -> None:
    value = {"Fn::GetAtt": ["Vpc", "CidrBlock"]}
    parameter = {"Type": "String", "Value": value}
    resources = {"Vpc": VPC, "Range": {"Type": "AWS::SSM::Parameter", "Properties": parameter}}

    def probe(cloud: Cloud) -> str:
        name = cloud.deploy(resources)["Range"]
        return str(cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"])

    with pytest.raises(StackFailedError, match="attribute CidrBlock does not exist"):
        probe(plain)
    assert probe(parity) == "10.1.0.0/16"


def test_a_gateway_endpoint_puts_routes_into_its_tables(plain: Cloud, parity: Cloud) -> None:
    def routes(cloud: Cloud, ids: dict[str, str]) -> list[object]:
        tables = cloud.client("ec2").describe_route_tables(RouteTableIds=[ids["Table"]])
        return [
            route["DestinationPrefixListId"][:3]
            for route in tables["RouteTables"][0]["Routes"]
            if route.get("GatewayId") == ids["S3"]
        ]

    assert routes(plain, plain.deploy(NETWORK)) == []
    ids = parity.deploy(NETWORK)
    assert routes(parity, ids) == ["pl-"]
    rest = {name: resource for name, resource in NETWORK.items() if name != "S3"}
    parity.deploy(rest, ids["AWS::StackName"])
    assert routes(parity, ids) == []


def test_endpoints_are_described_in_full(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> list[tuple[object, ...]]:
        ids = cloud.deploy(NETWORK)
        endpoints = [ids["S3"], ids["Kms"]]
        found = cloud.client("ec2").describe_vpc_endpoints(VpcEndpointIds=endpoints)
        by_id = {endpoint["VpcEndpointId"]: endpoint for endpoint in found["VpcEndpoints"]}
        return [
            (
                json.loads(endpoint.get("PolicyDocument", "{}"))
                .get("Statement", [{}])[0]
                .get("Action"),
                [group["GroupId"] == ids["Group"] for group in endpoint.get("Groups", [])],
                endpoint.get("PrivateDnsEnabled"),
            )
            for endpoint in (by_id[name] for name in endpoints)
        ]

    assert probe(plain) == [(None, [], None), (None, [], None)]
    assert probe(parity) == [("s3:GetObject", [], False), ("*", [True], True)]


def test_filters_choose_endpoints(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[bool, int]:
        ids = cloud.deploy(NETWORK)
        describe = cloud.client("ec2").describe_vpc_endpoints

        def found(**filters: str) -> list[str]:
            chosen = [{"Name": k.replace("_", "-"), "Values": [v]} for k, v in filters.items()]
            return [e["VpcEndpointId"] for e in describe(Filters=chosen)["VpcEndpoints"]]

        own = found(vpc_id=ids["Vpc"], vpc_endpoint_type="Gateway") == [ids["S3"]]
        return own, len(found(vpc_id="vpc-none"))

    own, none = probe(plain)
    assert (own, none > 0) == (False, True)
    assert probe(parity) == (True, 0)
