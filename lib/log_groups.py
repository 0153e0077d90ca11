"""The log groups: created before what writes to them, encrypted, kept for a stated time."""

import jsii
from aws_cdk import Aspects, CfnResource, IAspect, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct, IConstruct

from lib.policy_packs import acknowledge


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
        """Create the groups, and send what CDK's own functions log to theirs."""
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
        Aspects.of(Stack.of(self)).add(ProviderLogging(self.provider))


@jsii.implements(IAspect)
class ProviderLogging:
    """Gives CDK's own functions a log group; theirs would be unencrypted and kept for ever.

    Constructs of ours acknowledge what Checkov finds; these functions have none to do so.
    """

    def __init__(self, log_group: logs.LogGroup) -> None:
        """Take the group to log to."""
        self._log_group = log_group

    def visit(self, node: IConstruct) -> None:
        """Treat a function that is no construct of ours."""
        if (
            isinstance(node, CfnResource)
            and node.cfn_resource_type == "AWS::Lambda::Function"
            and not isinstance(node, lambda_.CfnFunction)
        ):
            node.add_property_override(
                "LoggingConfig", {"LogGroup": self._log_group.log_group_name}
            )
            acknowledge(
                node,
                "CloudFormation invokes CDK's function while deploying, outside the VPC, and "
                "waits for its answer: a failure fails the deployment. It never sees a record.",
                "CKV_AWS_115",
                "CKV_AWS_116",
                "CKV_AWS_117",
            )
