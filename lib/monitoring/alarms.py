"""The alarms: one for each way in which the pipeline can fail."""

import math
from collections.abc import Iterable, Mapping
from datetime import timedelta

from aws_cdk import Annotations
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from lib.constructs.failures import FEW_MINUTES, HOUR, SUM, Failure, Watched, count
from lib.environment import Environment
from lib.monitoring.notices import Notices

# All periods of an alarm together. It looks back for a day, or for a week by whole hours.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
LONGEST_BY_MINUTES, LONGEST = timedelta(days=1), timedelta(days=7)


class Alarms(Construct):
    """Each failure's alarm, which sends notices when it is raised and when it is over.

    Args:
        watched: the parts whose failures have alarms; None for one that is not there.
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
        watched: Iterable[Watched | None],
        intervals: Mapping[str, timedelta | None],
        notices: Notices,
    ) -> None:
        """Create the alarms. A limit that CloudWatch cannot watch is a warning."""
        super().__init__(scope, construct_id)
        limits = {name: interval for name, interval in intervals.items() if interval}
        for dataset, interval in limits.items():
            if interval > LONGEST:
                Annotations.of(self).add_warning_v2(
                    f"zero-trust:no-alarm-for-late-{dataset}",
                    f"Nobody is notified when {dataset} is late. The slaProperties of its "
                    f"contract allow {interval.days} days without a file (frequency and "
                    f"latency), and CloudWatch looks back for {LONGEST.days} at most.",
                )
        failures = (
            *(failure for part in watched if part for failure in part.failures()),
            *(
                failure_of_dataset(environment, dataset, interval)
                for dataset, interval in limits.items()
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
