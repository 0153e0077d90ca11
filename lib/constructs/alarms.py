"""The alarms: one for each way in which the pipeline can fail."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from aws_cdk import Annotations, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lib.constructs.changes import Changes
from lib.constructs.compaction import Compaction
from lib.constructs.data_processor import DataProcessor
from lib.constructs.erasure import Erasure
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.notices import Notices
from lib.constructs.reidentification import Reidentification
from lib.constructs.replay import Replay
from lib.environment import Environment
from lib.names import METRICS

MINUTE, FEW_MINUTES, HOUR = Duration.minutes(1), Duration.minutes(5), Duration.hours(1)
SUM, MAXIMUM = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM

OLDEST = Duration.days(1)
LARGEST_SHARE = 10  # percent of the rows of a file
NEAR_TIMEOUT = 0.75  # where the processor may begin to run out of time

# All periods of an alarm together. It looks back for a day, or for a week by whole hours.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_BY_MINUTES, LONGEST = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class Failure:
    """A way to fail, and when it has happened.

    Attributes:
        name: of the alarm's construct.
        means: one sentence for the operator.
        runbook: the page of docs/runbooks that says what to do.
        metric: what the alarm looks at, with its statistic and period.
        threshold: the alarm is on while the metric is above it.
        periods: for how many of the latest periods this must hold.
        absence: the alarm is on while the metric is not above the threshold, or has no values.
    """

    name: str
    means: str
    runbook: str
    metric: cloudwatch.Metric
    threshold: float = 0
    periods: int = 1
    absence: bool = False


class Alarms(Construct):
    """Each failure's alarm, which sends notices when it is raised and when it is over.

    Args:
        changes: what the audit trail counts, where there is one.
        intervals: how long each dataset may go without a new file, if it has a limit.

    Attributes:
        all: the alarms.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        intake: IntakeQueue,
        processor: DataProcessor,
        replay: Replay,
        reidentification: Reidentification | None,
        erasure: Erasure | None,
        compaction: Compaction | None,
        changes: Changes | None,
        intervals: Mapping[str, timedelta | None],
        notices: Notices,
    ) -> None:
        """Create the alarms. A limit that CloudWatch cannot watch is a warning."""
        super().__init__(scope, construct_id)
        watched = {name: interval for name, interval in intervals.items() if interval}
        for dataset, interval in watched.items():
            if interval > LONGEST:
                Annotations.of(self).add_warning_v2(
                    f"zero-trust:no-alarm-for-late-{dataset}",
                    f"Nobody is notified when {dataset} is late. The slaProperties of its "
                    f"contract allow {interval.days} days without a file (frequency and "
                    f"latency), and CloudWatch looks back for {LONGEST.days} at most.",
                )
        failures = (
            *_failures_of_queue(intake),
            *_failures_of_files(environment),
            *_failures_of_function(processor, environment),
            *_failures_of_replay(replay),
            *(_requests(reidentification) if reidentification else ()),
            *(_erasures(erasure) if erasure else ()),
            *(_failures_of_compaction(compaction) if compaction else ()),
            *(_failures_of_protection(changes) if changes else ()),
            *(
                failure_of_dataset(environment, dataset, interval)
                for dataset, interval in watched.items()
                if interval <= LONGEST
            ),
        )
        self.all = [self._add(failure) for failure in failures]
        for alarm in self.all:
            notices.send(alarm)

    def _add(self, failure: Failure) -> cloudwatch.Alarm:
        operators = cloudwatch.ComparisonOperator
        treatments = cloudwatch.TreatMissingData
        return cloudwatch.Alarm(
            self,
            failure.name,
            alarm_description=f"{failure.means} See docs/runbooks/{failure.runbook}.md.",
            metric=failure.metric,
            threshold=failure.threshold,
            evaluation_periods=failure.periods,
            comparison_operator=(
                operators.LESS_THAN_OR_EQUAL_TO_THRESHOLD
                if failure.absence
                else operators.GREATER_THAN_THRESHOLD
            ),
            treat_missing_data=(
                treatments.BREACHING if failure.absence else treatments.NOT_BREACHING
            ),
        )


def count(
    environment: Environment, name: str, statistic: str, period: Duration, **dimensions: str
) -> cloudwatch.Metric:
    """A metric that the function logs: of all files, or of a ``dataset``."""
    return cloudwatch.Metric(
        namespace=METRICS,
        metric_name=name,
        dimensions_map={"service": environment.names.function, **dimensions},
        statistic=statistic,
        period=period,
    )


def _failures_of_replay(replay: Replay) -> Iterator[Failure]:
    yield Failure(
        "FilesUnfinished",
        "Files had no manifest of their newest version; their messages were sent again.",
        "lost-notifications",
        replay.metric_unfinished(),
    )
    yield from _bad_ends(
        replay.state_machine,
        "Replay",
        "A replay, or the nightly reconciliation, {}: files may still be unfinished.",
        "lost-notifications",
    )


def _bad_ends(machine: sfn.StateMachine, name: str, means: str, runbook: str) -> Iterator[Failure]:
    """An execution that did not succeed. Each way to end has a metric of its own.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """
    for end, said, metric in (
        ("Failed", "failed", machine.metric_failed),
        ("TimedOut", "took too long and was ended", machine.metric_timed_out),
        ("Aborted", "was stopped by somebody", machine.metric_aborted),
    ):
        counted = metric(statistic=SUM, period=FEW_MINUTES)
        yield Failure(f"{name}{end}", means.format(said), runbook, counted)


def _requests(reidentification: Reidentification) -> Iterator[Failure]:
    """Not a failure, but nothing that may happen unseen."""
    yield Failure(
        "ReidentificationRequested",
        "Somebody asks to re-identify tokens.",
        "reidentification",
        reidentification.state_machine.metric_started(statistic=SUM, period=MINUTE),
    )


def _erasures(erasure: Erasure) -> Iterator[Failure]:
    """The first is not a failure either."""
    yield Failure(
        "ErasureRequested",
        "Somebody asks where people are, or erases them.",
        "erasure",
        erasure.state_machine.metric_started(statistic=SUM, period=MINUTE),
    )
    yield from _bad_ends(
        erasure.state_machine,
        "Erasure",
        "An erasure {}: files may still have the person.",
        "erasure",
    )


def _failures_of_compaction(compaction: Compaction) -> Iterator[Failure]:
    yield from _bad_ends(
        compaction.state_machine,
        "Compaction",
        "A compaction {}: a compacted table may not have the rows of its files.",
        "compaction",
    )


def _failures_of_protection(changes: Changes) -> Iterator[Failure]:
    for name, means, metric in (
        ("KeyDisabled", "A key was disabled or scheduled for deletion.", changes.key_disabled),
        ("KeyChanged", "Somebody changed the policy of a key.", changes.key),
        ("BucketChanged", "Somebody changed the policy or a setting of a bucket.", changes.bucket),
        ("RoleChanged", "Somebody changed what a role may do, or who assumes it.", changes.role),
        ("CodeChanged", "Somebody changed the code or settings of a function.", changes.code),
        (
            "WorkflowChanged",
            "Somebody changed a state machine, or the schedule of the nightly run.",
            changes.workflow,
        ),
        ("TrailChanged", "Somebody stopped or changed the audit trail.", changes.trail),
        ("QueriesChanged", "Somebody changed a workgroup or a table of queries.", changes.queries),
    ):
        runbook = "disabled-key" if name == "KeyDisabled" else "changed-protection"
        yield Failure(name, means, runbook, metric)


def _failures_of_queue(intake: IntakeQueue) -> Iterator[Failure]:
    yield Failure(
        "MessageParked",
        "A file could not be processed, and its message is in the dead-letter queue.",
        "parked-messages",
        intake.dead_letter_queue.metric_approximate_number_of_messages_visible(
            statistic=MAXIMUM, period=MINUTE
        ),
    )
    yield Failure(
        "Backlog",
        "A file has waited for a day. After 14 days its message is lost.",
        "throttling",
        intake.queue.metric_approximate_age_of_oldest_message(
            statistic=MAXIMUM, period=FEW_MINUTES
        ),
        OLDEST.to_seconds(),
    )


def _failures_of_files(environment: Environment) -> Iterator[Failure]:
    yield Failure(
        "FileRefused",
        "A whole file is in quarantine, and nothing of it was published.",
        "refused-files",
        count(environment, "FilesQuarantined", SUM, MINUTE),
    )
    yield Failure(
        "RowsRejected",
        f"More than {LARGEST_SHARE} % of a file's rows were rejected.",
        "rejected-rows",
        count(environment, "RejectedShare", MAXIMUM, MINUTE),
        LARGEST_SHARE,
    )


def _failures_of_function(processor: DataProcessor, environment: Environment) -> Iterator[Failure]:
    function = processor.function
    yield Failure(
        "DeliveryFailed",
        "A file could not be processed, such as for a key that is disabled. Its message comes "
        "again, five times at most.",
        "disabled-key",
        count(environment, "DeliveriesFailed", SUM, FEW_MINUTES),
    )
    yield Failure(
        "FunctionFailed",
        "The function crashed or timed out. The message comes again, five times at most.",
        "parked-messages",
        function.metric_errors(statistic=SUM, period=FEW_MINUTES),
    )
    yield Failure(
        "FunctionThrottled",
        "Lambda had no execution left for the function. Each such delivery counts as a try.",
        "throttling",
        function.metric_throttles(statistic=SUM, period=FEW_MINUTES),
    )
    yield Failure(
        "FunctionSlow",
        f"A file took more than {NEAR_TIMEOUT:.0%} of the function's timeout. A larger one may be "
        "refused.",
        "slow-files",
        function.metric_duration(statistic=MAXIMUM, period=FEW_MINUTES),
        environment.settings.timeout_seconds * 1_000 * NEAR_TIMEOUT,
    )


def failure_of_dataset(environment: Environment, dataset: str, interval: timedelta) -> Failure:
    """No new file in time: none in any of the periods that the interval consists of.

    The alarm comes some periods later, as CloudWatch looks further back if values are missing.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    period = FEW_MINUTES if interval <= LONGEST_BY_MINUTES else HOUR
    return Failure(
        f"Late-{dataset}",
        f"No file of {dataset} was processed in time: its contract allows {interval} between two.",
        "late-dataset",
        count(environment, "FilesProcessed", SUM, period, dataset=dataset),
        periods=math.ceil(interval / timedelta(seconds=period.to_seconds())),
        absence=True,
    )
