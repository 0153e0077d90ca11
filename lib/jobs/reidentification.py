"""Re-identification: a function and a state machine, for requests that two people make."""

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from lib.access.reidentification_policies import ReidentificationPolicies
from lib.access.reidentification_roles import ReidentificationRoles
from lib.constructs.data_bucket import DataBucket
from lib.constructs.failures import MINUTE, SUM, Failure
from lib.constructs.keys import Keys
from lib.constructs.log_groups import add_log_group
from lib.constructs.network import Network
from lib.environment import Environment
from lib.jobs.network_function import NetworkFunction
from lib.jobs.reidentification_workflow import workflow
from lib.jobs.state_machine import add_state_machine
from lib.outputs import export
from processor.reidentification.requests import REIDENTIFICATION

TIMEOUT, MEMORY_MB = Duration.minutes(1), 512


class Reidentification(Construct):
    """The function in the isolated subnets, the state machine that invokes it, and their traces.

    All objects below ``reidentification/`` expire in a day, old versions too.

    Attributes:
        state_machine: see :mod:`lib.jobs.reidentification_workflow`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        reversible: kms.IKey,
        network: Network,
        data: DataBucket,
        code: lambda_.Code,
        roles: ReidentificationRoles,
    ) -> None:
        """Create the function, then the state machine; ``reversible`` is the key of its tokens."""
        super().__init__(scope, construct_id)
        settings, names = environment.settings, environment.names
        data.expire_in_a_day(REIDENTIFICATION)
        function = NetworkFunction(
            self,
            "Function",
            environment,
            keys=keys,
            network=network,
            data=data,
            role=roles.function,
            name=names.reidentifier,
            description="Re-identifies tokens for one person after another has approved",
            handler="reidentification.handler",
            code=code,
            timeout=TIMEOUT,
            memory_size=MEMORY_MB,
            log_group=add_log_group(
                self, "Logs", environment, name=names.reidentifier_log_group, key=keys.logs
            ),
            variables={
                "REVERSIBLE_KEY_ID": reversible.key_id,
                "REQUESTS_PER_DAY": str(settings.reidentifications_per_day),
            },
        )
        function.acknowledge_invocations(
            bound="Only the state machine invokes it, for as many requests as a day may have.",
            parked="Only a state machine invokes it, and waits for its answer.",
        )
        self.state_machine = add_state_machine(
            self,
            name=names.reidentification,
            definition=workflow(names.reidentifier_arn),
            role=roles.state_machine,
            unlogged="the function logs who asked and who approved. Logs of each state would have "
            "the tokens of approvals.",
        )
        self.state_machine.node.add_dependency(function)
        export(
            self,
            environment,
            ReidentificationStateMachineArn=self.state_machine.state_machine_arn,
        )

    def failures(self) -> Iterator[Failure]:
        """Not a failure, but nothing that may happen unseen."""
        yield Failure(
            "ReidentificationRequested",
            "Somebody asks to re-identify tokens.",
            "reidentification",
            self.state_machine.metric_started(statistic=SUM, period=MINUTE),
        )


def add_reidentification(
    scope: Construct,
    environment: Environment,
    *,
    keys: Keys,
    network: Network,
    data: DataBucket,
    code: lambda_.Code,
) -> Reidentification | None:
    """Create re-identification, and the policies of who may ask for it and approve.

    Only where a contract has tokens that can be reversed.
    """
    if keys.reversible is None:
        return None
    roles = ReidentificationRoles(
        scope,
        "ReidentificationRoles",
        environment,
        keys=keys,
        reversible=keys.reversible,
        network=network,
        data=data,
    )
    ReidentificationPolicies(scope, "Reidentifiers", environment, keys=keys, data=data)
    return Reidentification(
        scope,
        "Reidentification",
        environment,
        keys=keys,
        reversible=keys.reversible,
        network=network,
        data=data,
        code=code,
        roles=roles,
    )
