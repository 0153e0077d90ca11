"""CDK's own functions, which run while deploying: the same rules apply to them as to ours."""

import jsii
from aws_cdk import CfnResource, CustomResourceProviderBase, IAspect, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from lib.compliance.rule_packs import acknowledge
from lib.names import OF_THIS_ACCOUNT


@jsii.implements(IAspect)
class CdkFunctions:
    """Adapts functions and roles that neither we nor the library's usual constructs created.

    A function logs to ``log_group``; its default group would be unencrypted and kept forever.
    """

    def __init__(self, log_group: logs.LogGroup) -> None:
        """Take the log group."""
        self._log_group = log_group

    def visit(self, node: IConstruct) -> None:
        """Adapt one construct; the method's name is from CDK's ``IAspect``."""
        if not isinstance(node, CfnResource) or isinstance(
            node, lambda_.CfnFunction | iam.CfnRole
        ):
            return
        if node.cfn_resource_type == "AWS::IAM::Role":
            node.add_property_override(
                "AssumeRolePolicyDocument.Statement.0.Condition", OF_THIS_ACCOUNT
            )
            # Logs arrive late, and this role may create groups. If it outlived the group, it would
            # leave an unencrypted one, whose name would make the next deployment fail.
            node.node.add_dependency(self._log_group)
        if node.cfn_resource_type == "AWS::Lambda::Function":
            node.add_property_override("LoggingConfig.LogGroup", self._log_group.log_group_name)
            acknowledge(
                node,
                "CloudFormation invokes CDK's function while deploying, outside the VPC, and "
                "waits for its answer: a failure fails the deployment. It never sees a record.",
                "CKV_AWS_115",
                "CKV_AWS_116",
                "CKV_AWS_117",
            )


def emptying_role_arn(bucket: s3.Bucket) -> str:
    """The role of the function that empties a bucket before it is deleted, where CDK has one."""
    provider = Stack.of(bucket).node.find_child(
        "Custom::S3AutoDeleteObjectsCustomResourceProvider"
    )
    assert isinstance(provider, CustomResourceProviderBase)
    return provider.role_arn
