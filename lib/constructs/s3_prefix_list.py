"""The id of the region's S3 prefix list, which a rule for the S3 gateway endpoint must name."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.names import OF_THIS_ACCOUNT

LOOKUP_MEMORY_MB = 256


class S3PrefixList(Construct):
    """Looks up the id while deploying.

    It differs by region, and no template function returns it. A lookup at synth would need
    credentials, and a table of ids would be out of date when a region is added.

    Attributes:
        prefix_list_id: known when the stack is deployed.
    """

    def __init__(self, scope: Construct, construct_id: str, *, log_group: logs.ILogGroup) -> None:
        """Create the lookup, and the role of CDK's function that runs it."""
        super().__init__(scope, construct_id)
        policy = iam.ManagedPolicy(
            self,
            "Policy",
            description="Looks up the id of the S3 prefix list during deployments",
            statements=[
                iam.PolicyStatement(
                    sid="LookUp", actions=["ec2:DescribeManagedPrefixLists"], resources=["*"]
                ),
                iam.PolicyStatement(
                    sid="WriteLogs",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[log_group.log_group_arn],
                ),
            ],
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com", conditions=OF_THIS_ACCOUNT),
            description="What CDK's lookup function acts as",
            managed_policies=[policy],
        )
        name = f"com.amazonaws.{Aws.REGION}.s3"
        lookup = cr.AwsCustomResource(
            self,
            "Lookup",
            resource_type="Custom::S3PrefixList",
            on_update=cr.AwsSdkCall(
                service="EC2",
                action="describeManagedPrefixLists",
                parameters={"Filters": [{"Name": "prefix-list-name", "Values": [name]}]},
                physical_resource_id=cr.PhysicalResourceId.of(name),
                output_paths=["PrefixLists.0.PrefixListId"],
            ),
            install_latest_aws_sdk=False,
            log_group=log_group,
            memory_size=LOOKUP_MEMORY_MB,
            role=role.without_policy_updates(),
        )
        self.prefix_list_id = lookup.get_response_field("PrefixLists.0.PrefixListId")
        # One function serves all lookups of a stack; it is their sibling in the construct tree.
        identifier = cr.AwsCustomResource.PROVIDER_FUNCTION_UUID.replace("-", "")
        provider = Stack.of(self).node.find_child(f"AWS{identifier}")
        acknowledge(
            provider,
            "CloudFormation invokes CDK's function while deploying, and waits for its answer: a "
            "failure fails the deployment, and it runs at no other time.",
            "CKV_AWS_115",
            "CKV_AWS_116",
            "HIPAA.Security-LambdaConcurrency",
            "HIPAA.Security-LambdaDLQ",
            "NIST.800.53.R5-LambdaConcurrency",
            "NIST.800.53.R5-LambdaDLQ",
            "Serverless-LambdaDLQ",
            "Serverless-LambdaTracing",
        )
        acknowledge(
            provider,
            "It calls EC2 and answers to CloudFormation, which the isolated VPC cannot reach, and "
            "it never sees a record.",
            "CKV_AWS_117",
            "HIPAA.Security-LambdaInsideVPC",
            "NIST.800.53.R5-LambdaInsideVPC",
            "PCI.DSS.321-LambdaInsideVPC",
        )
        acknowledge(
            policy,
            "ec2:DescribeManagedPrefixLists supports no resources; AWS requires '*'.",
            "AwsSolutions-IAM5[Resource::*]",
        )
