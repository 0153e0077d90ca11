"""The log groups: created before what writes to them, encrypted, kept for a stated time."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


def function_group(environment_suffix: str) -> str:
    """The name of the log group of the data processor."""
    return f"/aws/lambda/data-processor-{environment_suffix}"


def flow_group(environment_suffix: str) -> str:
    """The name of the log group of the VPC's flow logs."""
    return f"/aws/vpc/zero-trust-vpc-{environment_suffix}"


def provider_group(environment_suffix: str) -> str:
    """The name of the log group of CDK's own functions, which run during deployments."""
    return f"/aws/lambda/zero-trust-providers-{environment_suffix}"


class LogGroups(Construct):
    """One log group for each writer.

    Attributes:
        function, flow, provider: as the functions that name them say.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_suffix: str,
        key: kms.IKey,
        retention_days: int,
        removal_policy: RemovalPolicy,
    ) -> None:
        """Create the groups."""
        super().__init__(scope, construct_id)

        def add_group(construct_id: str, name: str) -> logs.LogGroup:
            group = logs.LogGroup(
                self,
                construct_id,
                log_group_name=name,
                encryption_key=key,
                removal_policy=removal_policy,
            )
            resource = group.node.default_child
            assert isinstance(resource, logs.CfnLogGroup)
            resource.retention_in_days = retention_days
            return group

        self.function = add_group("Function", function_group(environment_suffix))
        self.flow = add_group("Flow", flow_group(environment_suffix))
        self.provider = add_group("Provider", provider_group(environment_suffix))
