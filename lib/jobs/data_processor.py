"""The data-processor function: its role, code and environment, its queue, and how it can fail."""

from collections.abc import Iterator

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lib.access.processor_role import ProcessorRole
from lib.compliance.rule_packs import acknowledge
from lib.constructs.data_bucket import DataBucket
from lib.constructs.failures import FEW_MINUTES, MAXIMUM, MINUTE, SUM, Failure, count
from lib.constructs.intake_queue import MAX_RECEIVES, IntakeQueue
from lib.constructs.keys import Keys
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.environment import Environment
from lib.function.object_size import largest_object
from lib.jobs.network_function import NetworkFunction, deriving_variables
from lib.names import METRICS
from lib.outputs import export

LARGEST_SHARE = 10  # percent of the rows of a file
NEAR_TIMEOUT = 0.75  # where the processor may begin to run out of time


class DataProcessor(Construct):
    """The function in the isolated subnets.

    Attributes:
        function: it has one message per invocation, and reaches S3 and KMS alone.
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
        role: ProcessorRole,
        code: lambda_.Code,
    ) -> None:
        """Create the function, then the mapping from the queue."""
        super().__init__(scope, construct_id)
        self._environment = environment
        settings = environment.settings
        limit = largest_object(settings)
        self.function = NetworkFunction(
            self,
            "Function",
            environment,
            keys=keys,
            network=network,
            data=data,
            role=role.role,
            name=environment.names.function,
            description="Validates, pseudonymises and accounts for every row of a file",
            handler="index.handler",
            code=code,
            timeout=Duration.seconds(settings.timeout_seconds),
            memory_size=settings.memory_mb,
            ephemeral_storage_size=Size.mebibytes(settings.ephemeral_storage_mb),
            log_group=log_groups.function,
            variables={
                **deriving_variables(keys),
                "MAX_OBJECT_BYTES": str(limit.bytes),
                "MAX_OBJECT_SETTING": limit.setting,
                # A file that is too slow is refused at the last try, before its message is parked.
                "MAX_RECEIVES": str(MAX_RECEIVES),
                "TIMEOUT_SECONDS": str(settings.timeout_seconds),
                "EPHEMERAL_STORAGE_MB": str(settings.ephemeral_storage_mb),
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
        # No file may be read before the network is closed and the bucket's policy applies.
        mapping.node.add_dependency(network, data.bucket)
        parked = "The queue's own dead-letter queue parks what fails too often; nothing invokes {}"
        self.function.acknowledge_invocations(
            bound="The mapping from the queue bounds it (maxConcurrency).",
            parked=parked.format("the function asynchronously."),
        )
        acknowledge(
            mapping,
            parked.format("it from a stream, which is what a destination on failure is for."),
            "Serverless-LambdaEventSourceMappingDestination",
        )

    def failures(self) -> Iterator[Failure]:
        """A file that is not published, then a function that does not work."""
        yield from self._failures_of_files()
        yield from self._failures_of_function()

    def _failures_of_files(self) -> Iterator[Failure]:
        yield Failure(
            "FileRefused",
            "A whole file is in quarantine, and nothing of it was published.",
            "refused-files",
            count(self._environment, "FilesQuarantined", SUM, MINUTE),
        )
        yield Failure(
            "RowsRejected",
            f"More than {LARGEST_SHARE} % of a file's rows were rejected.",
            "rejected-rows",
            count(self._environment, "RejectedShare", MAXIMUM, MINUTE),
            LARGEST_SHARE,
        )

    def _failures_of_function(self) -> Iterator[Failure]:
        yield Failure(
            "DeliveryFailed",
            "A file could not be processed, such as for a key that is disabled. Its message comes "
            "again, five times at most.",
            "disabled-key",
            count(self._environment, "DeliveriesFailed", SUM, FEW_MINUTES),
        )
        yield Failure(
            "FunctionFailed",
            "The function crashed or timed out. The message comes again, five times at most.",
            "parked-messages",
            self.function.metric_errors(statistic=SUM, period=FEW_MINUTES),
        )
        yield Failure(
            "FunctionThrottled",
            "Lambda had no execution left for the function. Each such delivery counts as a try.",
            "throttling",
            self.function.metric_throttles(statistic=SUM, period=FEW_MINUTES),
        )
        yield Failure(
            "FunctionSlow",
            f"A file took more than {NEAR_TIMEOUT:.0%} of the function's timeout. A larger one "
            "may be refused.",
            "slow-files",
            self.function.metric_duration(statistic=MAXIMUM, period=FEW_MINUTES),
            self._environment.settings.timeout_seconds * 1_000 * NEAR_TIMEOUT,
        )


def add_processor(
    scope: Construct,
    environment: Environment,
    *,
    keys: Keys,
    log_groups: LogGroups,
    network: Network,
    intake: IntakeQueue,
    data: DataBucket,
    code: lambda_.Code,
) -> DataProcessor:
    """Create the role, then the function."""
    role = ProcessorRole(
        scope,
        "ProcessorRole",
        environment,
        keys=keys,
        log_groups=log_groups,
        network=network,
        intake=intake,
        data=data,
    )
    return DataProcessor(
        scope,
        "DataProcessor",
        environment,
        keys=keys,
        log_groups=log_groups,
        network=network,
        intake=intake,
        data=data,
        role=role,
        code=code,
    )
