"""The DNS firewall: limits the names that the network can resolve, so that none carries data out.

The resolver of a VPC answers for the whole internet, even without a gateway: data written into a
name reaches whoever runs that name's domain.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall.html
"""

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_route53resolver as resolver
from constructs import Construct

from lib.environment import Environment


class DnsFirewall(Construct):
    """Allows the names of S3 and of the endpoints' services, and no others.

    Nobody outside AWS sees queries for these. If the firewall itself fails, no name is resolved:
    that is the default of the association (fail closed).

    Args:
        environment: for names, and for the services with an endpoint in the VPC, whose names are
            the first label of their hosts.
        vpc: the VPC to protect.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        vpc: ec2.IVpc,
    ) -> None:
        """Create the lists, the rules, and their association with the VPC."""
        super().__init__(scope, construct_id)
        name = f"zero-trust-{environment.suffix}"
        services = ("s3", *environment.settings.interface_endpoints)
        domain = f"{Aws.REGION}.{Aws.URL_SUFFIX}"
        allowed = resolver.CfnFirewallDomainList(
            self,
            "AllowedNames",
            name=f"{name}-allowed",
            # A bucket's host name is <bucket>.s3.<region>…
            domains=[f"*.s3.{domain}", *(f"{service}.{domain}" for service in services)],
        )
        every = resolver.CfnFirewallDomainList(
            self, "EveryName", name=f"{name}-every", domains=["*"]
        )
        rules = resolver.CfnFirewallRuleGroup(
            self,
            "Rules",
            name=name,
            firewall_rules=[
                resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
                    action="ALLOW",
                    priority=1,
                    firewall_domain_list_id=allowed.attr_id,
                    # AWS's own names are aliases of more AWS names.
                    firewall_domain_redirection_action="TRUST_REDIRECTION_DOMAIN",
                ),
                resolver.CfnFirewallRuleGroup.FirewallRuleProperty(
                    action="BLOCK",
                    priority=2,
                    block_response="NXDOMAIN",
                    firewall_domain_list_id=every.attr_id,
                ),
            ],
        )
        resolver.CfnFirewallRuleGroupAssociation(
            self,
            "Association",
            name=name,
            firewall_rule_group_id=rules.attr_id,
            vpc_id=vpc.vpc_id,
            priority=101,  # the lowest that AWS does not reserve
        )
