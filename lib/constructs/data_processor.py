"""The data-processor function: its code, its environment, and its queue."""

from aws_cdk import Duration, Size
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.constructs.data_bucket import DataBucket
from lib.constructs.intake_queue import MAX_RECEIVES, IntakeQueue
from lib.constructs.keys import Keys
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.environment import Environment
from lib.function.object_size import largest_object
from lib.names import METRICS
from lib.outputs import export

ARCHITECTURES = {"x86_64": lambda_.Architecture.X86_64, "arm64": lambda_.Architecture.ARM_64}


class DataProcessor(Construct):
    """The function in the isolated subnets.

    Attributes:
        function: see the module.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        log_groups: LogGroups,
        network: Network,
        intake: IntakeQueue,
        data: DataBucket,
        role: iam.Role,
        code: lambda_.Code,
    ) -> None:
        """Create the function, then the mapping from the queue."""
        super().__init__(scope, construct_id)
        settings, bucket = environment.settings, data.bucket
        # Deletion is in reverse order: the function, then its network interfaces, which Lambda
        # removes with this role and which hold the security group, then the role. Only then is the
        # bucket emptied, so the function does not write into it again.
        network.function_security_group.node.add_dependency(role)
        role.node.add_dependency(bucket)
        limit = largest_object(settings)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=environment.names.function,
            description="Validates, pseudonymises and accounts for every row of a file",
            runtime=lambda_.Runtime.PYTHON_3_11,
            architecture=ARCHITECTURES[settings.architecture],
            handler="index.handler",
            code=code,
            role=role.without_policy_updates(),
            timeout=Duration.seconds(settings.timeout_seconds),
            memory_size=settings.memory_mb,
            ephemeral_storage_size=Size.mebibytes(settings.ephemeral_storage_mb),
            log_group=log_groups.function,
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[network.function_security_group],
            environment_encryption=keys.environment,
            environment={
                "BUCKET_NAME": bucket.bucket_name,
                "PSEUDONYM_KEY_ID": keys.pseudonym.key_id,
                **({"REVERSIBLE_KEY_ID": keys.reversible.key_id} if keys.reversible else {}),
                "MAX_OBJECT_BYTES": str(limit.bytes),
                "MAX_OBJECT_SETTING": limit.setting,
                # A file that is too slow is refused at the last try, before its message is parked.
                "MAX_RECEIVES": str(MAX_RECEIVES),
                "TIMEOUT_SECONDS": str(settings.timeout_seconds),
                "EPHEMERAL_STORAGE_MB": str(settings.ephemeral_storage_mb),
                "POWERTOOLS_SERVICE_NAME": environment.names.function,
                "POWERTOOLS_METRICS_NAMESPACE": METRICS,
            },
        )
        export(
            self,
            environment,
            LambdaFunctionName=self.function.function_name,
            LambdaFunctionArn=self.function.function_arn,
        )
        # One message per invocation: a crash or a time-out takes its whole batch to the
        # dead-letter queue, and an object may need all of the function's time.
        mapping = lambda_.EventSourceMapping(
            self,
            "QueueMapping",
            target=self.function,
            event_source_arn=intake.queue.queue_arn,
            batch_size=1,
            max_concurrency=settings.max_concurrency,
            report_batch_item_failures=True,
        )
        # An update must not move the function before its endpoints are reachable, and no file may
        # be read before the network is closed and the bucket's policy applies.
        self.function.node.add_dependency(network)
        mapping.node.add_dependency(network, bucket)
        parked = "The queue's own dead-letter queue parks what fails too often; nothing invokes {}"
        acknowledge_function(
            self.function,
            bound="The mapping from the queue bounds it (maxConcurrency).",
            parked=parked.format("the function asynchronously."),
        )
        acknowledge(
            mapping,
            parked.format("it from a stream, which is what a destination on failure is for."),
            "Serverless-LambdaEventSourceMappingDestination",
        )


def acknowledge_function(function: lambda_.Function, *, bound: str, parked: str) -> None:
    """Accept what the rules find about a function of ours.

    Args:
        function: the function.
        bound: what bounds how many run at a time.
        parked: what becomes of an invocation that failed.
    """
    acknowledge(
        function,
        "python3.11 is the runtime that this system's users settled on; AWS supports it until "
        "2027-06-30. A newer one needs a newer pyarrow: docs/decisions/0005-python-3.11.md.",
        "AwsSolutions-L1",
        "Serverless-LambdaLatestVersion",
    )
    acknowledge(
        function,
        f"{bound} Reserved concurrency would "
        "bound it too, but is taken from the account's pool, of which AWS keeps 100 back: an "
        "account that has 10 cannot reserve any.",
        "CKV_AWS_115",
        "HIPAA.Security-LambdaConcurrency",
        "NIST.800.53.R5-LambdaConcurrency",
    )
    acknowledge(
        function,
        parked,
        "CKV_AWS_116",
        "HIPAA.Security-LambdaDLQ",
        "NIST.800.53.R5-LambdaDLQ",
        "Serverless-LambdaDLQ",
    )
    acknowledge(
        function,
        "Traces would be one more store of facts about the records, outside the keys of this "
        "stack. Logs and metrics tell what became of each file.",
        "Serverless-LambdaTracing",
    )
