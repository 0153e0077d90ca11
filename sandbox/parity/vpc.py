"""What a function in a VPC can reach: only its endpoints, from an isolated subnet.

Delete it once no other correction calls it.
"""

import contextvars
import ipaddress
import os
from typing import Any

from ministack import app
from ministack.services.cloudformation.provisioners import _cfn_bool as cfn_bool
from ministack.services.ec2 import _aws_pl_id_from_name as prefix_list_of
from ministack.services.ec2 import _route_tables as route_tables
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _vpc_endpoints as endpoints
from ministack.services.ec2 import _vpcs as vpcs
from ministack.services.lambda_svc import _functions as functions

ENDPOINT_NAMES = {"cloudwatch": "monitoring"}
"""Services whose endpoint's name differs from the prefix of their actions."""

HTTPS = 443

EVERYWHERE = "0.0.0.0/0"

door = contextvars.ContextVar("door", default=0)
"""The port on which the request being served arrived."""


answer = app.app


async def through_its_door(scope: Any, receive: Any, send: Any) -> None:
    """Remember the port on which a request arrived: functions have their own."""
    door.set((scope.get("server") or ("", 0))[1])
    await answer(scope, receive, send)


vars(app)["app"] = through_its_door  # the server accepts only a coroutine function


def function_of(principal: str) -> dict[str, Any] | None:
    """Return the configuration of the VPC function that a request comes from, if any.

    It is the one whose credentials the principal has. Credentials that are used elsewhere, by a
    thief, are in no VPC.
    """
    configuration = holder_of(principal)
    if configuration is None or str(door.get()) != os.environ["FUNCTIONS_PORT"]:
        return None
    return configuration if (configuration.get("VpcConfig") or {}).get("VpcId") else None


def holder_of(principal: str) -> dict[str, Any] | None:
    """Return the configuration of the function whose role session a principal is, if any."""
    if ":assumed-role/" not in principal:
        return None
    role, _, session = principal.partition(":assumed-role/")[2].partition("/")
    configuration: dict[str, Any] = (functions.get(session) or {}).get("config", {})
    return configuration if configuration.get("Role", "").rpartition("/")[2] == role else None


def endpoint_of(principal: str, action: str) -> dict[str, Any] | None:
    """Return the VPC endpoint that a principal's request goes through, if it comes from a VPC."""
    configuration = function_of(principal)
    return endpoint_for(configuration, action.partition(":")[0]) if configuration else None


def endpoint_for(configuration: dict[str, Any], service: str) -> dict[str, Any] | None:
    """Return the endpoint through which a VPC function reaches a service, if it can.

    It must be in the function's VPC and reachable: a gateway endpoint by a route in the subnets'
    route tables, to a prefix list that the function's security groups allow; an interface endpoint
    by the service's name, and through its own security groups
    (https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html,
    https://docs.aws.amazon.com/vpc/latest/privatelink/interface-endpoints.html).
    """
    network = configuration["VpcConfig"]
    name = ENDPOINT_NAMES.get(service, service)
    for endpoint in endpoints.values():
        same = endpoint["VpcId"] == network["VpcId"]
        if (
            same
            and endpoint["ServiceName"].rpartition(".")[2] == name
            and _open(network, endpoint)
        ):
            found: dict[str, Any] = endpoint
            return found
    return None


def _open(network: dict[str, Any], endpoint: dict[str, Any]) -> bool:
    """Whether names, routes and security groups let HTTPS pass from a function to an endpoint."""
    own = network.get("SecurityGroupIds") or []
    if endpoint["VpcEndpointType"] == "Gateway":
        prefix_list = prefix_list_of(endpoint["ServiceName"])
        routed = all(_routed(subnet, endpoint) for subnet in network["SubnetIds"])
        return routed and any(
            _admits(rule, {prefix_list}, EVERYWHERE) for rule in _rules(own, "IpPermissionsEgress")
        )
    # Without private DNS, the service's own name leads to the internet.
    named = cfn_bool(endpoint.get("PrivateDnsEnabled", False))
    addresses = vpcs[endpoint["VpcId"]]["CidrBlock"]
    theirs = endpoint.get("SecurityGroupIds") or []
    out = any(_admits(rule, set(theirs), addresses) for rule in _rules(own, "IpPermissionsEgress"))
    into = any(_admits(rule, set(own), addresses) for rule in _rules(theirs, "IpPermissions"))
    return named and out and into


def _routed(subnet: str, endpoint: dict[str, Any]) -> bool:
    """Whether the subnet's route table, or else the VPC's main one, leads to the endpoint."""
    tables = [table for table in route_tables.values() if table["VpcId"] == endpoint["VpcId"]]
    own = [t for t in tables if any(a.get("SubnetId") == subnet for a in t["Associations"])]
    main = [t for t in tables if any(a.get("Main") for a in t["Associations"])]
    return any(t["RouteTableId"] in endpoint["RouteTableIds"] for t in own or main)


def _rules(groups: list[str], direction: str) -> list[dict[str, Any]]:
    return [rule for group in groups for rule in security_groups.get(group, {}).get(direction, [])]


def _admits(rule: dict[str, Any], targets: set[str], addresses: str) -> bool:
    """Whether a rule lets HTTPS pass for one of these groups or prefix lists, or the addresses."""
    if rule["IpProtocol"] in ("tcp", "6"):
        if not rule["FromPort"] <= HTTPS <= rule["ToPort"]:
            return False
    elif rule["IpProtocol"] != "-1":
        return False
    named = {pair.get("GroupId") for pair in rule.get("UserIdGroupPairs", [])}
    named |= {entry["PrefixListId"] for entry in rule.get("PrefixListIds", [])}
    ranges = [ipaddress.IPv4Network(entry["CidrIp"]) for entry in rule.get("IpRanges", [])]
    wanted = ipaddress.IPv4Network(addresses)
    return bool(named & targets) or any(wanted.subnet_of(allowed) for allowed in ranges)
