"""What a function in an isolated VPC reaches, without and with the corrections."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sandbox.cloud import Caller, Cloud, allow, deny, function, outcome, policy

ADDRESSES = "10.2.0.0/16"
IN_VPC = {"VpcId": {"Ref": "Vpc"}}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
ANYONE = {"Principal": "*"}


@dataclass(frozen=True)
class Network:
    """A VPC function's surroundings, and a session of its role."""

    cloud: Cloud
    ids: dict[str, str]
    caller: Caller
    key: str
    bucket: str

    def puts(self) -> str:
        """The outcome of the function's PutObject."""
        s3 = self.caller.client("s3")
        return outcome(lambda: s3.put_object(Bucket=self.bucket, Key="k", Body=b"x"))

    def encrypts(self) -> str:
        """The outcome of the function's Encrypt."""
        kms = self.caller.client("kms")
        return outcome(lambda: kms.encrypt(KeyId=self.key, Plaintext=b"x"))

    def asks_ec2(self) -> str:
        """The outcome of the function's DescribeVpcs."""
        ec2 = self.caller.client("ec2")
        return outcome(ec2.describe_vpcs)


def build(cloud: Cloud, **change: dict[str, Any]) -> Network:
    """Deploy a function that reaches S3 and KMS; ``change`` replaces properties by resource."""
    (prefix_list,) = cloud.client("ec2").describe_managed_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": ["com.amazonaws.us-east-1.s3"]}]
    )["PrefixLists"]
    to_s3 = {**HTTPS, "DestinationPrefixListId": prefix_list["PrefixListId"]}
    to_endpoints = {
        **HTTPS,
        "DestinationSecurityGroupId": {"Fn::GetAtt": ["EndpointGroup", "GroupId"]},
    }
    properties: dict[str, tuple[str, dict[str, Any]]] = {
        "Vpc": ("EC2::VPC", {"CidrBlock": ADDRESSES}),
        "Subnet": ("EC2::Subnet", {**IN_VPC, "CidrBlock": "10.2.0.0/24"}),
        "Table": ("EC2::RouteTable", IN_VPC),
        "Association": (
            "EC2::SubnetRouteTableAssociation",
            {"SubnetId": {"Ref": "Subnet"}, "RouteTableId": {"Ref": "Table"}},
        ),
        "EndpointGroup": (
            "EC2::SecurityGroup",
            {
                **IN_VPC,
                "GroupDescription": "endpoints",
                "SecurityGroupIngress": [{**HTTPS, "CidrIp": ADDRESSES}],
            },
        ),
        "FunctionGroup": (
            "EC2::SecurityGroup",
            {
                **IN_VPC,
                "GroupDescription": "function",
                "SecurityGroupEgress": [to_s3, to_endpoints],
            },
        ),
        "S3": (
            "EC2::VPCEndpoint",
            {
                **IN_VPC,
                "ServiceName": "com.amazonaws.us-east-1.s3",
                "VpcEndpointType": "Gateway",
                "RouteTableIds": [{"Ref": "Table"}],
            },
        ),
        "Kms": (
            "EC2::VPCEndpoint",
            {
                **IN_VPC,
                "ServiceName": "com.amazonaws.us-east-1.kms",
                "VpcEndpointType": "Interface",
                "SubnetIds": [{"Ref": "Subnet"}],
                "SecurityGroupIds": [{"Fn::GetAtt": ["EndpointGroup", "GroupId"]}],
                "PrivateDnsEnabled": True,
            },
        ),
    }
    role = cloud.role("lambda.amazonaws.com", allow(["s3:*", "kms:*", "ec2:*"]))
    inside = {
        "SubnetIds": [{"Ref": "Subnet"}],
        "SecurityGroupIds": [{"Fn::GetAtt": ["FunctionGroup", "GroupId"]}],
    }
    resources = {
        name: {"Type": f"AWS::{kind}", "Properties": {**given, **change.get(name, {})}}
        for name, (kind, given) in properties.items()
    }
    resources["Function"] = function(role, VpcConfig=inside)
    ids = cloud.deploy(resources)
    key = cloud.key()
    caller = cloud.become(
        role, session=ids["Function"], endpoint=cloud.emulator.functions_endpoint
    )
    return Network(cloud, ids, caller, key, cloud.bucket(key))


@pytest.fixture(scope="module", name="open_network")
def make_open_network(parity: Cloud) -> Network:
    """A network in which S3 and KMS can be reached."""
    return build(parity)


def test_a_function_reaches_only_its_vpcs_endpoints(plain: Cloud, open_network: Network) -> None:
    closed = build(plain)
    assert (closed.puts(), closed.encrypts(), closed.asks_ec2()) == ("ok", "ok", "ok")
    reached = (open_network.puts(), open_network.encrypts(), open_network.asks_ec2())
    assert reached == ("ok", "ok", "UnauthorizedOperation"), "S3's own use of the key comes along"


def test_the_refusal_says_why(open_network: Network) -> None:
    with pytest.raises(Exception, match="cannot reach ec2: its VPC has no endpoint"):
        open_network.caller.client("ec2").describe_vpcs()


def test_a_missing_route_comes_before_a_missing_permission(parity: Cloud) -> None:
    """On AWS a call without a route is never answered, so no policy is evaluated."""
    network = build(parity)
    iam = parity.client("iam")
    name = network.caller.role_arn.rpartition("/")[2]
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    with pytest.raises(Exception, match="cannot reach ec2"):
        network.caller.client("ec2").describe_vpcs()


def test_the_refusal_names_the_endpoints_policy(parity: Cloud) -> None:
    document = policy({**allow("s3:GetObject"), **ANYONE})
    network = build(parity, S3={"PolicyDocument": document})
    reason = "because no VPC endpoint policy allows the s3:PutObject action"
    with pytest.raises(Exception, match=reason):
        network.caller.client("s3").put_object(Bucket=network.bucket, Key="k", Body=b"x")


def test_other_sessions_of_the_role_are_not_in_the_vpc(open_network: Network) -> None:
    outside = open_network.cloud.become(open_network.caller.role_arn, session="someone")
    assert outcome(outside.client("ec2").describe_vpcs) == "ok"


def test_the_functions_credentials_used_elsewhere_are_not_in_the_vpc(
    open_network: Network,
) -> None:
    role, function_name = open_network.caller.role_arn, open_network.ids["Function"]
    stolen = open_network.cloud.become(role, session=function_name)
    assert outcome(stolen.client("ec2").describe_vpcs) == "ok"


@pytest.mark.parametrize(
    ("change", "reaches_s3", "reaches_kms"),
    [
        pytest.param({"S3": {"RouteTableIds": []}}, False, True, id="no route"),
        pytest.param(
            {"FunctionGroup": {"SecurityGroupEgress": [{**HTTPS, "CidrIp": ADDRESSES}]}},
            False,
            True,
            id="no prefix list",
        ),
        pytest.param(
            {"FunctionGroup": {"SecurityGroupEgress": [{**HTTPS, "CidrIp": "10.9.0.0/16"}]}},
            False,
            False,
            id="other addresses",
        ),
        pytest.param(
            {
                "FunctionGroup": {
                    "SecurityGroupEgress": [
                        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "0.0.0.0/0"}
                    ]
                }
            },
            False,
            False,
            id="other port",
        ),
        pytest.param(
            {"FunctionGroup": {"SecurityGroupEgress": []}}, True, True, id="everything out"
        ),
        pytest.param(
            {"EndpointGroup": {"SecurityGroupIngress": []}}, True, False, id="no ingress"
        ),
        pytest.param(
            {
                "EndpointGroup": {
                    "SecurityGroupIngress": [{"IpProtocol": "icmp", "CidrIp": "0.0.0.0/0"}]
                }
            },
            True,
            False,
            id="other protocol",
        ),
        pytest.param({"Kms": {"PrivateDnsEnabled": False}}, True, False, id="no private DNS"),
        pytest.param(
            {"S3": {"PolicyDocument": policy({**allow("s3:GetObject"), **ANYONE})}},
            False,
            True,
            id="policy of the gateway endpoint",
        ),
        pytest.param(
            {
                "Kms": {
                    "PolicyDocument": policy(
                        {**allow("*"), **ANYONE}, {**deny("kms:Encrypt"), **ANYONE}
                    )
                }
            },
            True,
            False,
            id="policy of the interface endpoint",
        ),
    ],
)
def test_the_path_must_be_open(
    parity: Cloud, change: dict[str, dict[str, Any]], *, reaches_s3: bool, reaches_kms: bool
) -> None:
    network = build(parity, **change)
    assert (network.puts() == "ok", network.encrypts() == "ok") == (reaches_s3, reaches_kms)


@pytest.mark.parametrize(
    ("key", "logical_id"), [("aws:SourceVpce", "S3"), ("aws:SourceVpc", "Vpc")]
)
def test_conditions_see_where_a_request_comes_from(
    plain: Cloud, open_network: Network, key: str, logical_id: str
) -> None:
    def probe(network: Network, expected: str) -> str:
        bucket = network.cloud.bucket()
        s3 = network.cloud.client("s3")
        document = policy({**deny("s3:PutObject", StringNotEquals={key: expected}), **ANYONE})
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        own = network.caller.client("s3")
        return outcome(lambda: own.put_object(Bucket=bucket, Key="k", Body=b"x"))

    closed = build(plain)
    assert probe(closed, closed.ids[logical_id]) == "AccessDenied"
    assert probe(open_network, open_network.ids[logical_id]) == "ok"
    assert probe(open_network, "other") == "AccessDenied"


def test_a_service_comes_through_no_endpoint(open_network: Network) -> None:
    """S3 uses the key on the function's behalf, but not from its VPC."""
    not_via_endpoints = {
        **deny("kms:GenerateDataKey", Null={"aws:SourceVpce": "false"}),
        **ANYONE,
    }
    key = open_network.cloud.key(not_via_endpoints)
    bucket = open_network.cloud.bucket(key)
    s3 = open_network.caller.client("s3")
    assert outcome(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x")) == "ok"
