"""The network: isolated subnets, with routes to S3 and some named services only."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.dns_firewall import DnsFirewall
from lib.constructs.log_groups import LogGroups
from lib.constructs.s3_prefix_list import S3PrefixList
from lib.environment import Environment
from lib.names import OF_THIS_ACCOUNT
from lib.outputs import export
from lib.settings import MAX_ZONES

SERVICES = {
    "kms": ec2.InterfaceVpcEndpointAwsService.KMS,
    "logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "monitoring": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
    "sqs": ec2.InterfaceVpcEndpointAwsService.SQS,
    "sts": ec2.InterfaceVpcEndpointAwsService.STS,
}
HTTPS = ec2.Port.tcp(443)


class Network(Construct):
    """A VPC that neither reaches nor is reached from the internet.

    Attributes:
        vpc: isolated subnets only: no gateway but the one to S3.
        function_security_group: for the function; 443 to the endpoints and S3, nothing in.
        endpoints_security_group: for the interface endpoints; 443 from the function, nothing out.
        s3_endpoint, kms_endpoint: the two that the function needs.
        other_endpoints: what else the settings ask for.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        log_groups: LogGroups,
    ) -> None:
        """Create the VPC, its endpoints, and the security groups that connect them."""
        super().__init__(scope, construct_id)
        settings = environment.settings
        zones = self._choose_zones(settings.availability_zones)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            vpc_name=f"zero-trust-vpc-{environment.suffix}",
            ip_addresses=ec2.IpAddresses.cidr(settings.vpc_cidr),
            availability_zones=list(zones),
            reserved_azs=MAX_ZONES - len(zones),  # another zone moves no subnet
            create_internet_gateway=False,
            nat_gateways=0,
            restrict_default_security_group=True,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="Isolated", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED
                )
            ],
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                log_groups.flow, self._add_flow_log_role(log_groups.flow)
            ),
        )
        self.function_security_group = self._add_security_group(
            "Function", f"Security group for Lambda functions - {environment.suffix}"
        )
        self.endpoints_security_group = self._add_security_group(
            "Endpoints", "Its endpoints in the isolated subnets"
        )
        self.s3_endpoint = self.vpc.add_gateway_endpoint(
            "S3Endpoint", service=ec2.GatewayVpcEndpointAwsService.S3
        )
        endpoints = {
            name: self._add_interface_endpoint(name) for name in settings.interface_endpoints
        }
        self.kms_endpoint = endpoints.pop("kms")
        self.other_endpoints = tuple(endpoints.values())
        DnsFirewall(
            self,
            "NameFirewall",  # older than the class: another id would replace what is deployed
            environment,
            vpc=self.vpc,
        )
        self.function_security_group.connections.allow_to(
            self.endpoints_security_group, HTTPS, "Function to interface endpoints"
        )
        prefix_list = S3PrefixList(self, "S3PrefixList", log_group=log_groups.provider)
        self._allow_s3(prefix_list.prefix_list_id)
        export(self, environment, VpcId=self.vpc.vpc_id)

    def _choose_zones(self, wanted: int | tuple[str, ...]) -> Sequence[str]:
        if isinstance(wanted, tuple):
            return wanted
        return Stack.of(self).availability_zones[:wanted]

    def _add_interface_endpoint(self, name: str) -> ec2.InterfaceVpcEndpoint:
        return self.vpc.add_interface_endpoint(
            f"{name.capitalize()}Endpoint",
            service=SERVICES[name],
            security_groups=[self.endpoints_security_group],
            open=False,  # only the function's group is admitted, not the whole VPC
        )

    def _add_security_group(self, name: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self,
            f"{name}SecurityGroup",
            vpc=self.vpc,
            description=description,
            allow_all_outbound=False,
        )

    def _allow_s3(self, prefix_list_id: str) -> None:
        """Let the function send to S3's addresses, in the prefix list with this id.

        A gateway endpoint has no security group: without this rule everything deploys, but no
        object can be read. The rule is part of the group itself, because a group without any is
        created with a rule that allows everything.
        """
        resource = self.function_security_group.node.default_child
        assert isinstance(resource, ec2.CfnSecurityGroup)
        resource.add_property_override(
            "SecurityGroupEgress",
            [
                {
                    "Description": "Function to S3",
                    "IpProtocol": "tcp",
                    "FromPort": 443,
                    "ToPort": 443,
                    "DestinationPrefixListId": prefix_list_id,
                }
            ],
        )

    def _add_flow_log_role(self, log_group: logs.ILogGroup) -> iam.IRole:
        """Let this account's VPC flow logs be delivered to the group.

        https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
        """
        policy = iam.ManagedPolicy(
            self,
            "FlowLogPolicy",
            description="Writes the flow logs of the VPC",
            statements=[
                iam.PolicyStatement(
                    sid="WriteLogs",
                    actions=[
                        "logs:CreateLogStream",
                        "logs:DescribeLogStreams",
                        "logs:PutLogEvents",
                    ],
                    resources=[log_group.log_group_arn],
                )
            ],
        )
        role = iam.Role(
            self,
            "FlowLogRole",
            assumed_by=iam.ServicePrincipal(
                "vpc-flow-logs.amazonaws.com",
                conditions=OF_THIS_ACCOUNT,
            ),
            description="What the delivery of flow logs acts as",
            managed_policies=[policy],
        )
        return role.without_policy_updates()
