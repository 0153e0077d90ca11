"""Erasure: a function and a state machine that erase people from what is processed already."""

from collections.abc import Iterator

from aws_cdk import Duration, Size
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lib.access.erasure_roles import ErasureRoles
from lib.constructs.data_bucket import OLD_RAW_VERSIONS, OLD_VERSIONS, DataBucket
from lib.constructs.failures import MINUTE, SUM, Failure, bad_ends
from lib.constructs.keys import Keys
from lib.constructs.log_groups import add_log_group
from lib.constructs.network import Network
from lib.environment import Environment
from lib.jobs.erasure_workflow import workflow
from lib.jobs.network_function import NetworkFunction, deriving_variables
from lib.jobs.state_machine import add_state_machine
from lib.outputs import export
from processor.bucket.keys import RECEIPTS, REQUESTS, SUPPRESSED
from processor.bucket.suppressed import AGE

TIMEOUT = Duration.minutes(15)  # the most that Lambda offers, for a batch of files
MOST_STORAGE_MB = 10_240
MARGIN_SECONDS = 60  # for clocks, and for an invocation that ends late


class Erasure(Construct):
    """The function in the isolated subnets, and the state machine that invokes it.

    Who is to be erased is in an object below ``erasure/requests/``, which expires in a day if
    nobody starts its execution, as do its old versions.

    Attributes:
        state_machine: see :mod:`lib.jobs.erasure_workflow`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        network: Network,
        data: DataBucket,
        code: lambda_.Code,
        roles: ErasureRoles,
    ) -> None:
        """Create the function, then the state machine."""
        super().__init__(scope, construct_id)
        settings, names = environment.settings, environment.names
        data.expire_in_a_day(REQUESTS)
        for prefix in (SUPPRESSED, RECEIPTS):
            data.expire_old_versions(prefix)
        function = NetworkFunction(
            self,
            "Function",
            environment,
            keys=keys,
            network=network,
            data=data,
            role=roles.function,
            name=names.eraser,
            description="Erases people from the outputs of processed files",
            handler="erasure.handler",
            code=code,
            timeout=TIMEOUT,
            memory_size=settings.memory_mb,
            # Beside the outputs of a file there is one that is written again.
            ephemeral_storage_size=Size.mebibytes(
                min(2 * settings.ephemeral_storage_mb, MOST_STORAGE_MB)
            ),
            log_group=add_log_group(
                self, "Logs", environment, name=names.eraser_log_group, key=keys.logs
            ),
            variables={
                **deriving_variables(keys),
                "RAW_DATA_EXPIRY_DAYS": str(settings.raw_data_expiry_days),
                "OLD_RAW_VERSIONS_DAYS": str(OLD_RAW_VERSIONS.to_days()),
                "OLD_VERSIONS_DAYS": str(OLD_VERSIONS.to_days()),
                "OBJECT_LOCK_DAYS": str(settings.object_lock_days or 0),
            },
        )
        function.acknowledge_invocations(
            bound="Only the state machine invokes it, and bounds it.",
            parked="Only a state machine invokes it, and waits for its answer.",
        )
        self.state_machine = add_state_machine(
            self,
            name=names.erasure,
            definition=workflow(
                function_arn=names.eraser_arn,
                bucket=data.bucket.bucket_name,
                wait_seconds=settings.timeout_seconds + int(AGE) + MARGIN_SECONDS,
            ),
            role=roles.state_machine,
            unlogged="the function logs each step. The receipt stays in the bucket.",
        )
        self.state_machine.node.add_dependency(function)
        export(self, environment, ErasureStateMachineArn=self.state_machine.state_machine_arn)

    def failures(self) -> Iterator[Failure]:
        """The first is not a failure, but nothing that may happen unseen."""
        yield Failure(
            "ErasureRequested",
            "Somebody asks where people are, or erases them.",
            "erasure",
            self.state_machine.metric_started(statistic=SUM, period=MINUTE),
        )
        yield from bad_ends(
            self.state_machine,
            "Erasure",
            "An erasure {}: files may still have the person.",
            "erasure",
        )


def add_erasure(
    scope: Construct,
    environment: Environment,
    *,
    keys: Keys,
    network: Network,
    data: DataBucket,
    code: lambda_.Code,
) -> Erasure | None:
    """Create what erases people, only where a contract has tokens to find them by."""
    if not keys.erases:
        return None
    roles = ErasureRoles(scope, "ErasureRoles", environment, keys=keys, network=network, data=data)
    return Erasure(
        scope,
        "Erasure",
        environment,
        keys=keys,
        network=network,
        data=data,
        code=code,
        roles=roles,
    )
