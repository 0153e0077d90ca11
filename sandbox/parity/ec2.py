"""EC2: resource types that MiniStack lacks, and incomplete answers.

Delete each of these once MiniStack itself does this:

- ``security_group_rule``: has the resource types SecurityGroupIngress and SecurityGroupEgress;
- ``create_flow_log``, ``update_flow_log``, ``delete_flow_log``: has the resource type FlowLog;
- ``describe_flow_logs``: answers DescribeFlowLogs;
- ``address_range_attribute``: returns a VPC's CidrBlock as an attribute;
- ``gateway_routes``: adds a gateway endpoint's routes to its route tables;
- ``delete_endpoint``: removes these routes with the endpoint;
- ``all_fields_of_an_endpoint``: describes an endpoint's policy, groups and DNS names;
- ``describe_vpc_endpoints``: filters the endpoints that it describes.
"""

import json
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import ec2
from ministack.services.cloudformation.provisioners import (
    _ec2_sg_egress_permissions as egress_permissions,
)
from ministack.services.cloudformation.provisioners import (
    _ec2_sg_permissions as permissions,
)
from ministack.services.cloudformation.provisioners import _ec2_sg_reconcile as reconcile
from ministack.services.ec2 import _ACTION_MAP as ACTIONS
from ministack.services.ec2 import _aws_pl_id_from_name as prefix_list_of
from ministack.services.ec2 import _esc as escaped
from ministack.services.ec2 import _flow_logs as flow_logs
from ministack.services.ec2 import _now_ts as now
from ministack.services.ec2 import _parse_filters as filters_of
from ministack.services.ec2 import _parse_member_list as member_list
from ministack.services.ec2 import _route_tables as route_tables
from ministack.services.ec2 import _security_groups as security_groups
from ministack.services.ec2 import _sg_rule_id as rule_id_of
from ministack.services.ec2 import _tags as tags
from ministack.services.ec2 import _vpc_endpoints as endpoints
from ministack.services.ec2 import _xml as answer

from sandbox.parity.correction import (
    RESOURCE_TYPES,
    Function,
    Properties,
    Provisioned,
    completes,
    replaces,
)

FULL_ACCESS = {
    "Statement": [{"Action": "*", "Effect": "Allow", "Principal": "*", "Resource": "*"}]
}
"""An endpoint's policy when its template has none."""

ENDPOINT_FILTERS = {
    "service-name": "ServiceName",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-type": "VpcEndpointType",
    "vpc-id": "VpcId",
}


# --- Security group rules as separate resources --------------------------------------------------


def security_group_rule(direction: str) -> dict[str, Function]:
    """Return the handlers of AWS::EC2::SecurityGroupIngress or …Egress.

    ``direction`` is the field of the rules in a group: ``IpPermissions`` or
    ``IpPermissionsEgress``. The first egress rule replaces the default one, which allows
    everything:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroupegress.html
    """
    egress = direction == "IpPermissionsEgress"

    def create(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
        rules = security_groups[properties["GroupId"]].setdefault(direction, [])
        if egress:
            rules[:] = [rule for rule in rules if rule != egress_permissions(None)[0]]
        rule = permissions([properties])[0]
        rules.append(rule)
        rule_id = rule_id_of(properties["GroupId"], egress, rule)
        return rule_id, {"Id": rule_id}

    def delete(_physical_id: str, properties: Properties) -> None:
        group = security_groups.get(properties["GroupId"])
        if group:
            reconcile(group[direction], permissions([properties]), [])

    def update(physical_id: str, old: Properties, new: Properties, stack: str) -> Provisioned:
        delete(physical_id, old)
        return create(physical_id, new, stack)

    return {"create": create, "update": update, "delete": delete}


RESOURCE_TYPES["AWS::EC2::SecurityGroupIngress"] = security_group_rule("IpPermissions")
RESOURCE_TYPES["AWS::EC2::SecurityGroupEgress"] = security_group_rule("IpPermissionsEgress")


# --- Flow logs -----------------------------------------------------------------------------------


def create_flow_log(_logical_id: str, properties: Properties, _stack: str) -> Provisioned:
    """Create a template's flow log.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-flowlog.html
    """
    flow_log_id = f"fl-{new_uuid().replace('-', '')[:17]}"
    flow_logs[flow_log_id] = {
        "FlowLogId": flow_log_id,
        "FlowLogStatus": "ACTIVE",
        "CreationTime": now(),
        "ResourceId": properties["ResourceId"],
        "ResourceType": properties["ResourceType"],
        "TrafficType": properties.get("TrafficType", "ALL"),
        "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
        "LogDestination": properties.get("LogDestination", ""),
        "LogGroupName": properties.get("LogGroupName", ""),
        "DeliverLogsPermissionArn": properties.get("DeliverLogsPermissionArn", ""),
        "MaxAggregationInterval": int(properties.get("MaxAggregationInterval", 600)),
    }
    if properties.get("Tags"):
        tags[flow_log_id] = properties["Tags"]
    return flow_log_id, {"Id": flow_log_id}


def delete_flow_log(physical_id: str, _properties: Properties) -> None:
    """Delete a template's flow log."""
    flow_logs.pop(physical_id, None)
    tags.pop(physical_id, None)


def update_flow_log(
    physical_id: str, _old: Properties, new: Properties, stack: str
) -> Provisioned:
    """Replace a template's flow log: a change of any property but the tags requires it."""
    delete_flow_log(physical_id, {})
    return create_flow_log(physical_id, new, stack)


RESOURCE_TYPES["AWS::EC2::FlowLog"] = {
    "create": create_flow_log,
    "update": update_flow_log,
    "delete": delete_flow_log,
}


def describe_flow_logs(
    parameters: dict[str, Any], describe: Function = ACTIONS["DescribeFlowLogs"]
) -> Any:
    """Describe flow logs with their log group, and the role that they use.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FlowLog.html
    """
    status, headers, body = describe(parameters)
    text = body.decode()
    for flow_log_id, flow_log in flow_logs.items():
        fields = "".join(
            f"<{name}>{escaped(str(flow_log[field]))}</{name}>"
            for name, field in (
                ("logGroupName", "LogGroupName"),
                ("deliverLogsPermissionArn", "DeliverLogsPermissionArn"),
                ("maxAggregationInterval", "MaxAggregationInterval"),
            )
            if flow_log.get(field)
        )
        identifier = f"<flowLogId>{flow_log_id}</flowLogId>"
        text = text.replace(identifier, identifier + fields)
    return status, headers, text.encode()


ACTIONS["DescribeFlowLogs"] = describe_flow_logs


# --- VPC endpoints -------------------------------------------------------------------------------


@completes("AWS::EC2::VPC")
def address_range_attribute(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Give a template's VPC the attribute CidrBlock.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpc.html
    """
    return provisioned[0], {**provisioned[1], "CidrBlock": properties.get("CidrBlock")}


@completes("AWS::EC2::VPCEndpoint")
def gateway_routes(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Put the route of a gateway endpoint into its route tables.

    https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html#gateway-endpoint-routing
    """
    endpoint_id = provisioned[0]
    remove_gateway_routes(endpoint_id)
    route = {
        "DestinationPrefixListId": prefix_list_of(properties.get("ServiceName", "")),
        "GatewayId": endpoint_id,
        "State": "active",
        "Origin": "CreateRoute",
    }
    for table_id in properties.get("RouteTableIds", []):
        route_tables[table_id]["Routes"].append(route)
    return provisioned


def remove_gateway_routes(endpoint_id: str) -> None:
    """Remove an endpoint's routes from every route table."""
    for table in route_tables.values():
        table["Routes"] = [r for r in table["Routes"] if r.get("GatewayId") != endpoint_id]


def delete_endpoint(
    physical_id: str,
    properties: Properties,
    delete: Function = RESOURCE_TYPES["AWS::EC2::VPCEndpoint"]["delete"],
) -> None:
    """Delete a template's endpoint with its routes."""
    remove_gateway_routes(physical_id)
    delete(physical_id, properties)


RESOURCE_TYPES["AWS::EC2::VPCEndpoint"]["delete"] = delete_endpoint


@replaces(ec2, "_vpce_fields_xml")
def all_fields_of_an_endpoint(
    original: Function, endpoint: dict[str, Any], tag: str = "item"
) -> str:
    """Describe an endpoint with its policy, its security groups and its private DNS.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html
    """
    policy = endpoint.get("PolicyDocument") or FULL_ACCESS
    document = policy if isinstance(policy, str) else json.dumps(policy)
    groups = "".join(
        f"<item><groupId>{group}</groupId></item>"
        for group in endpoint.get("SecurityGroupIds", [])
    )
    private_dns = str(endpoint.get("PrivateDnsEnabled", False)).lower()
    fields = (
        f"<policyDocument>{escaped(document)}</policyDocument>"
        f"<groupSet>{groups}</groupSet>"
        f"<privateDnsEnabled>{private_dns}</privateDnsEnabled>"
    )
    text: str = original(endpoint, tag)
    return text.replace("<vpcId>", f"{fields}<vpcId>", 1)


def describe_vpc_endpoints(
    parameters: dict[str, Any], describe: Function = ACTIONS["DescribeVpcEndpoints"]
) -> Any:
    """Describe only the endpoints that the filters choose.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpoints.html
    """
    filters = filters_of(parameters)
    identifiers = member_list(parameters, "VpcEndpointId")
    chosen = [
        endpoint_id
        for endpoint_id, endpoint in endpoints.items()
        if (not identifiers or endpoint_id in identifiers)
        and all(
            endpoint.get(ENDPOINT_FILTERS[name]) in values
            for name, values in filters.items()
            if name in ENDPOINT_FILTERS
        )
    ]
    if not chosen:
        return answer(200, "DescribeVpcEndpointsResponse", "<vpcEndpointSet/>")
    return describe({f"VpcEndpointId.{n}": [name] for n, name in enumerate(chosen, start=1)})


ACTIONS["DescribeVpcEndpoints"] = describe_vpc_endpoints
