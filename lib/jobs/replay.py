"""The replay: sends the messages of files again, after a change or a loss, and every night."""

from collections.abc import Iterator
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from lib.access.replay_role import ReplayRole
from lib.constructs.data_bucket import DataBucket
from lib.constructs.failures import Failure, bad_ends
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys
from lib.environment import Environment
from lib.jobs.nightly import add_nightly
from lib.jobs.replay_workflow import UNFINISHED, workflow
from lib.jobs.state_machine import add_state_machine
from lib.names import METRICS
from lib.outputs import export

NIGHTLY, NIGHTS = "cron(0 3 * * ? *)", Duration.days(1)  # at 03:00 UTC


class Replay(Construct):
    """A state machine, and the schedule that lets it look for unfinished files every night.

    Attributes:
        state_machine: see :mod:`lib.jobs.replay_workflow`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        intake: IntakeQueue,
        data: DataBucket,
        roles: ReplayRole,
    ) -> None:
        """Create the state machine, and its schedule."""
        super().__init__(scope, construct_id)
        name = self._service = environment.names.replay
        definition = workflow(
            bucket=data.bucket.bucket_name,
            queue_url=intake.queue.queue_url,
            metric=self._metric_arguments(),
        )
        self.state_machine = add_state_machine(
            self,
            name=name,
            definition=definition,
            role=roles.role,
            unlogged="its output names what failed. Logs of each file that was looked at would be "
            "one more store of facts about files.",
        )
        add_nightly(
            self,
            machine=self.state_machine,
            name="nightly",
            group=name,
            description="Sends the messages of unfinished files again",
            at=NIGHTLY,
            given={"only": UNFINISHED},
            role=roles.schedule_role,
        )
        export(self, environment, ReplayStateMachineArn=self.state_machine.state_machine_arn)

    def failures(self) -> Iterator[Failure]:
        """Files that had to be found, then a run that did not find them all."""
        yield Failure(
            "FilesUnfinished",
            "Files had no manifest of their newest version; their messages were sent again.",
            "lost-notifications",
            self._metric_unfinished(),
        )
        yield from bad_ends(
            self.state_machine,
            "Replay",
            "A replay, or the nightly reconciliation, {}: files may still be unfinished.",
            "lost-notifications",
        )

    def _metric_unfinished(self) -> cloudwatch.Metric:
        """Return how many unfinished files a run found; every night's run publishes it."""
        return cloudwatch.Metric(
            namespace=METRICS,
            metric_name="FilesUnfinished",
            dimensions_map={"service": self._service},
            statistic=cloudwatch.Stats.MAXIMUM,
            period=NIGHTS,
        )

    def _metric_arguments(self) -> dict[str, Any]:
        """Return the arguments of PutMetricData for that metric, without the value."""
        metric = self._metric_unfinished()
        dimensions = [
            {"Name": name, "Value": value} for name, value in (metric.dimensions or {}).items()
        ]
        datum = {"MetricName": metric.metric_name, "Unit": "Count", "Dimensions": dimensions}
        return {"Namespace": metric.namespace, "MetricData": [datum]}


def add_replay(
    scope: Construct,
    environment: Environment,
    *,
    keys: Keys,
    intake: IntakeQueue,
    data: DataBucket,
) -> Replay:
    """Create the roles, then the replay."""
    roles = ReplayRole(scope, "ReplayRole", environment, keys=keys, intake=intake, data=data)
    return Replay(scope, "Replay", environment, intake=intake, data=data, roles=roles)
