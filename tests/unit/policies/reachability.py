"""What the function can reach, computed from the network of a template."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.unit.synthesis import Resource, Synthesized

RESOLVER = "AWS::Route53Resolver"
STRANGER = "example.com"
IMPOSSIBLE = {"CidrIp": "255.255.255.255/32", "IpProtocol": "icmp"}
"""CDK's rule for a group that allows no egress."""


class Network:
    """What a template's function can send to.

    Attributes:
        resources: the template's, by logical id.
    """

    def __init__(self, stack: Synthesized) -> None:
        self._stack = stack
        self.resources = stack.resources

    def paths(self) -> set[str]:
        """The services that the function reaches, from all of its subnets, by name and by port."""
        return {
            service
            for name, endpoint in self._find("AWS::EC2::VPCEndpoint")
            if endpoint["VpcId"] in self._vpcs()
            for service in [endpoint["ServiceName"].rpartition(".")[2]]
            if self._resolves(f"{service}.us-east-1.amazonaws.com")
            and (
                self._passes_gateway(endpoint)
                if endpoint["VpcEndpointType"] == "Gateway"
                else self._passes_interface(endpoint)
            )
        }

    def openings(self) -> set[str]:
        """What routes, groups and names allow besides, each by itself."""
        return {*self._routes_out(), *self._rules_out(), *self._names_out(), *self._public()}

    def _function(self) -> Resource:
        _, function = self._stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
        found: Resource = function.get("VpcConfig", {"SubnetIds": [], "SecurityGroupIds": []})
        return found

    def _find(self, kind: str) -> Iterator[tuple[str, Resource]]:
        for name, resource in self.resources.items():
            if resource["Type"] == kind:
                yield f"<{name}>", resource.get("Properties", {})

    def _vpcs(self) -> set[str]:
        """The VPC of all of the function's subnets, if names resolve in it."""
        resolving = {
            name
            for name, vpc in self._find("AWS::EC2::VPC")
            if vpc["EnableDnsSupport"] and vpc["EnableDnsHostnames"]
        }
        subnets = {name: subnet["VpcId"] for name, subnet in self._find("AWS::EC2::Subnet")}
        own = {subnets.get(name, "") for name in self._function()["SubnetIds"]}
        return own & resolving if len(own) == 1 else set()

    def _tables(self) -> list[str | None]:
        """The route table of each subnet of the function; None where it is the VPC's main one."""
        associated = {
            item["SubnetId"]: item["RouteTableId"]
            for _, item in self._find("AWS::EC2::SubnetRouteTableAssociation")
        }
        existing = dict(self._find("AWS::EC2::RouteTable"))
        return [
            table if (table := associated.get(subnet)) in existing else None
            for subnet in self._function()["SubnetIds"]
        ]

    def _rules(self, group: str, direction: str) -> Iterator[Resource]:
        """The rules of a group: inside it, and as separate resources."""
        owner = self.resources.get(group.strip("<>").removesuffix(".GroupId"))
        if owner:
            inside = owner["Properties"].get(f"SecurityGroup{direction}")
            if inside is None and direction == "Egress":
                # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
                inside = [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]
            yield from inside or []
            for _, rule in self._find(f"AWS::EC2::SecurityGroup{direction}"):
                if rule["GroupId"] == group:
                    yield rule

    def _lets(self, group: str, direction: str, **end: str) -> bool:
        """Whether a group allows HTTPS, to or from an end."""
        https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **end}
        return any(https.items() <= rule.items() for rule in self._rules(group, direction))

    def _passes_gateway(self, endpoint: Resource) -> bool:
        return set(self._tables()) <= set(endpoint["RouteTableIds"]) and any(
            self._lets(group, "Egress", DestinationPrefixListId=found)
            for group in self._function()["SecurityGroupIds"]
            for found in self._prefix_lists()
        )

    def _prefix_lists(self) -> set[str]:
        lookups = self._find("Custom::S3PrefixList")
        return {f"{name[:-1]}.PrefixLists.0.PrefixListId>" for name, _ in lookups}

    def _passes_interface(self, endpoint: Resource) -> bool:
        subnets = {name for name, _ in self._find("AWS::EC2::Subnet")}
        return bool(
            endpoint["PrivateDnsEnabled"]
            and subnets & set(endpoint["SubnetIds"])
            and any(
                self._lets(ours, "Egress", DestinationSecurityGroupId=theirs)
                and self._lets(theirs, "Ingress", SourceSecurityGroupId=ours)
                for ours in self._function()["SecurityGroupIds"]
                for theirs in endpoint["SecurityGroupIds"]
            )
        )

    def _resolves(self, name: str) -> bool:
        """Whether the DNS firewall allows a name; without one, every name is allowed."""
        lists, groups = (
            {f"{found[:-1]}.Id>": item for found, item in self._find(f"{RESOLVER}::{kind}")}
            for kind in ("FirewallDomainList", "FirewallRuleGroup")
        )
        for _, association in self._find(f"{RESOLVER}::FirewallRuleGroupAssociation"):
            group = groups.get(association["FirewallRuleGroupId"], {"FirewallRules": []})
            for rule in sorted(group["FirewallRules"], key=lambda rule: int(rule["Priority"])):
                domains = lists.get(rule["FirewallDomainListId"], {"Domains": []})["Domains"]
                if any(fnmatchcase(name, domain) for domain in domains):
                    return bool(rule["Action"] == "ALLOW")
        return True

    def _names_out(self) -> Iterator[str]:
        if self._resolves(STRANGER):
            yield "any name"

    def _routes_out(self) -> Iterator[str]:
        if None in self._tables():
            yield "the main route table"
        for _, route in self._find("AWS::EC2::Route"):
            if route["RouteTableId"] in self._tables():
                to = [value for key, value in route.items() if key.startswith("Destination")]
                yield f"a route to {to[0]}"

    def _rules_out(self) -> Iterator[str]:
        """The rules other than those between the function, its endpoints and S3."""
        ours = set(self._function()["SecurityGroupIds"])
        theirs = {
            group
            for _, endpoint in self._find("AWS::EC2::VPCEndpoint")
            for group in endpoint.get("SecurityGroupIds", [])
        }
        for group in ours | theirs:
            for rule in self._rules(group, "Egress"):
                to = peer(rule)
                fits = group in ours and to in theirs | self._prefix_lists()
                if not fits and not IMPOSSIBLE.items() <= rule.items():
                    yield f"to {to}"
            for rule in self._rules(group, "Ingress"):
                if group in ours or peer(rule) not in ours:
                    yield f"from {peer(rule)}"

    def _public(self) -> Iterator[str]:
        for name, subnet in self._find("AWS::EC2::Subnet"):
            if subnet["MapPublicIpOnLaunch"]:
                yield f"public addresses in {name}"


def peer(rule: Resource) -> str:
    """The other end of a rule of a security group."""
    keys = ("Cidr", "DestinationSecurity", "DestinationPrefix", "SourceSecurity", "SourcePrefix")
    return next(str(value) for key, value in rule.items() if key.startswith(keys))
