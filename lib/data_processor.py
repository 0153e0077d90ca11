"""The data-processor function: its role, its environment, and the queue it works off."""

from aws_cdk import Aws, Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lib.bundle import function_code
from lib.data_bucket import INCOMING, OUTPUTS
from lib.keys import Keys
from lib.network import Network
from lib.settings import EnvironmentSettings

ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}


class DataProcessor(Construct):
    """The function in the isolated subnets, with a role for the way of a file and no more.

    Attributes:
        function: see the module.
        role: what the function acts as.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        settings: EnvironmentSettings,
        network: Network,
        keys: Keys,
        bucket: s3.IBucket,
        queue: sqs.IQueue,
        log_group: logs.ILogGroup,
    ) -> None:
        """Create the role, then the function, then the mapping from the queue."""
        super().__init__(scope, construct_id)
        function_arn = Stack.of(self).format_arn(
            service="lambda", resource=f"function:{function_name}"
        )
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="What the data-processor function may do",
            inline_policies={
                "Records": iam.PolicyDocument(statements=_record_statements(bucket, keys)),
                "Runtime": iam.PolicyDocument(
                    statements=_runtime_statements(
                        function_arn, log_group.log_group_arn, queue, keys.environment
                    )
                ),
            },
        )
        # Lambda removes the function's network interfaces with this role, and a security group
        # cannot go before them: the role has to be the last of the three to be deleted.
        network.function_security_group.node.add_dependency(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description="Validates, pseudonymises and accounts for every row of a file",
            runtime=lambda_.Runtime.PYTHON_3_11,
            architecture=ARCHITECTURES[settings.architecture],
            handler="index.handler",
            code=function_code(settings.architecture),
            role=self.role.without_policy_updates(),
            timeout=Duration.seconds(settings.timeout_seconds),
            memory_size=settings.memory_mb,
            ephemeral_storage_size=Size.mebibytes(settings.ephemeral_storage_mb),
            log_group=log_group,
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[network.function_security_group],
            environment_encryption=keys.environment,
            environment={
                "BUCKET_NAME": bucket.bucket_name,
                "PSEUDONYM_KEY_ID": keys.pseudonym.key_id,
                "POWERTOOLS_SERVICE_NAME": "data-processor",
                "POWERTOOLS_METRICS_NAMESPACE": "ZeroTrustPipeline",
            },
        )
        # One message per invocation: a crash or a time-out takes its whole batch to the
        # dead-letter queue, and an object may need all of the function's time.
        lambda_.EventSourceMapping(
            self,
            "QueueMapping",
            target=self.function,
            event_source_arn=queue.queue_arn,
            batch_size=1,
            report_batch_item_failures=True,
        )


def _record_statements(bucket: s3.IBucket, keys: Keys) -> list[iam.PolicyStatement]:
    """What the code itself needs for the way of a file."""
    outputs = [bucket.arn_for_objects(f"{prefix}*") for prefix in OUTPUTS]
    return [
        iam.PolicyStatement(
            sid="ReadIncoming",
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{INCOMING}*")],
        ),
        iam.PolicyStatement(
            sid="WriteOutputs",
            # A conditional write with If-Match also takes s3:GetObject.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            actions=["s3:GetObject", "s3:PutObject"],
            resources=outputs,
        ),
        iam.PolicyStatement(
            sid="FindObjects",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{p}*" for p in (INCOMING, *OUTPUTS)]}},
        ),
        iam.PolicyStatement(
            sid="UseDataKey",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[keys.data.key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": [
                        f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in ("s3", "sqs")
                    ]
                }
            },
        ),
        iam.PolicyStatement(
            sid="DerivePseudonymKeys",
            actions=["kms:GenerateMac"],
            resources=[keys.pseudonym.key_arn],
            conditions={"StringEquals": {"kms:MacAlgorithm": "HMAC_SHA_256"}},
        ),
    ]


def _runtime_statements(
    function_arn: str, log_group_arn: str, queue: sqs.IQueue, environment_key: kms.IKey
) -> list[iam.PolicyStatement]:
    """What the Lambda service does in the role's name around the code."""
    return [
        iam.PolicyStatement(
            sid="WriteLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[log_group_arn],
        ),
        iam.PolicyStatement(
            sid="ReceiveMessages",
            actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[queue.queue_arn],
        ),
        iam.PolicyStatement(
            sid="DecryptEnvironment",
            actions=["kms:Decrypt"],
            resources=[environment_key.key_arn],
            conditions={
                "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": function_arn}
            },
        ),
        # AWS asks for these on every resource: the interfaces do not exist yet, and their
        # descriptions know no resources.
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        iam.PolicyStatement(
            sid="AttachToNetwork",
            actions=NETWORK_INTERFACE_ACTIONS,
            resources=["*"],
        ),
        # The service attaches the function to its network; the function's own code, which runs
        # with the same role, has no business there.
        iam.PolicyStatement(
            sid="DenyNetworkToCode",
            effect=iam.Effect.DENY,
            actions=NETWORK_INTERFACE_ACTIONS,
            resources=["*"],
            conditions={"ArnEquals": {"lambda:SourceFunctionArn": function_arn}},
        ),
    ]


NETWORK_INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
