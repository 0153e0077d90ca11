"""The dashboard: an operator's questions in order, and saved queries for those that follow."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.data_bucket import DataBucket
from lib.constructs.failures import MAXIMUM, SUM, count
from lib.constructs.intake_queue import IntakeQueue
from lib.environment import Environment
from lib.jobs.data_processor import DataProcessor
from lib.monitoring.alarms import Alarms

PERIOD, DAY = Duration.minutes(5), Duration.days(1)
WIDTH, HEIGHT = 12, 6  # of 24 columns

FIELDS = ["@timestamp", "level", "message", "key"]
QUERIES: Mapping[str, Mapping[str, Any]] = {
    "Why a message failed": {
        "fields": [*FIELDS, "error", "reason", "code", "places.0"],
        "filter_statements": ['message = "failed"'],
        "sort": "@timestamp desc",
    },
    "What became of a file": {
        "fields": [*FIELDS, "version_id", "rows.read", "rows.clean", "rows.rejected", "refusal"],
        # The operator writes the file's name here.
        "filter_statements": ["key like /incoming/"],
        "sort": "@timestamp desc",
    },
    "Which files were refused, and why": {
        "stats_statements": ["count(*) as files, latest(key) as newest by refusal"],
        "filter_statements": ["ispresent(refusal)"],
        "sort": "files desc",
    },
}
"""A Logs Insights query for each question of "A file" under Troubleshooting, by its question."""


class Dashboard(Construct):
    """What is wrong, what arrives, what is rejected, what waits, how fast it is, what it costs.

    Args:
        datasets: those with a contract, each a line of its own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        alarms: Alarms,
        intake: IntakeQueue,
        data: DataBucket,
        processor: DataProcessor,
        datasets: Sequence[str],
    ) -> None:
        """Create the widgets row by row, and the queries."""
        super().__init__(scope, construct_id)
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"zero-trust-{environment.suffix}",
            default_interval=Duration.days(1),
        )

        def of_each(name: str, statistic: str = SUM) -> list[cloudwatch.Metric]:
            return [
                count(environment, name, statistic, PERIOD, dataset=dataset).with_(label=dataset)
                for dataset in datasets
            ]

        status = cloudwatch.AlarmStatusWidget(
            title="Is anything wrong?", alarms=alarms.all, width=2 * WIDTH
        )
        dashboard.add_widgets(status)
        dashboard.add_widgets(
            _graph("Do files arrive and become clean?", of_each("FilesProcessed")),
            _graph(
                "Are files refused?",
                # All of them: a file may be of no dataset.
                [
                    count(environment, "FilesQuarantined", SUM, PERIOD).with_(label="all"),
                    *of_each("FilesQuarantined"),
                ],
            ),
        )
        dashboard.add_widgets(
            _graph("How many rows are clean?", of_each("RowsClean")),
            _graph("Which share of a file's rows is rejected?", of_each("RejectedShare", MAXIMUM)),
        )
        queue, parked = intake.queue, intake.dead_letter_queue
        dashboard.add_widgets(
            _graph(
                "How long does a file wait?",
                [queue.metric_approximate_age_of_oldest_message(statistic=MAXIMUM, period=PERIOD)],
            ),
            _graph(
                "How many messages wait, and how many are parked?",
                [
                    one.metric_approximate_number_of_messages_visible(
                        statistic=MAXIMUM, period=PERIOD, label=label
                    )
                    for one, label in ((queue, "waiting"), (parked, "parked"))
                ],
            ),
        )
        function = processor.function
        dashboard.add_widgets(
            _graph(
                "Is the function near its timeout?",
                [function.metric_duration(statistic=MAXIMUM, period=PERIOD)],
                limit=environment.settings.timeout_seconds * 1_000,
            ),
            _graph(
                "Does the function fail?",
                [
                    function.metric_errors(statistic=SUM, period=PERIOD),
                    function.metric_throttles(statistic=SUM, period=PERIOD),
                ],
            ),
        )
        dashboard.add_widgets(
            _graph("What does computing cost?", _costs(environment, processor)),
            _graph("What does storage cost?", _sizes(data)),
        )
        for question, query in QUERIES.items():
            logs.QueryDefinition(
                self,
                question.title().replace(" ", "").replace(",", ""),
                query_definition_name=f"zero-trust-{environment.suffix}/{question}",
                query_string=logs.QueryString(**query),
                log_groups=[function.log_group],
            )


def _graph(
    title: str, metrics: Iterable[cloudwatch.IMetric], limit: float | None = None
) -> cloudwatch.GraphWidget:
    """A graph from zero up, with a line at a limit."""
    line = [] if limit is None else [cloudwatch.HorizontalAnnotation(value=limit, label="limit")]
    return cloudwatch.GraphWidget(
        title=title,
        left=list(metrics),
        left_annotations=line,
        left_y_axis=cloudwatch.YAxisProps(min=0),
        width=WIDTH,
        height=HEIGHT,
    )


def _costs(environment: Environment, processor: DataProcessor) -> list[cloudwatch.IMetric]:
    """What Lambda bills: invocations, and gigabytes of memory by seconds.

    https://aws.amazon.com/lambda/pricing/
    """
    duration = processor.function.metric_duration(statistic=SUM, period=DAY)
    gigabytes = environment.settings.memory_mb / 1_024
    return [
        processor.function.metric_invocations(statistic=SUM, period=DAY),
        cloudwatch.MathExpression(
            expression=f"milliseconds / 1000 * {gigabytes}",
            using_metrics={"milliseconds": duration},
            label="GB seconds",
            period=DAY,
        ),
    ]


def _sizes(data: DataBucket) -> list[cloudwatch.Metric]:
    """What S3 bills: bytes, once a day, of versions too.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
    """
    return [
        cloudwatch.Metric(
            namespace="AWS/S3",
            metric_name="BucketSizeBytes",
            dimensions_map={
                "BucketName": data.bucket.bucket_name,
                "StorageType": "StandardStorage",
            },
            statistic=cloudwatch.Stats.AVERAGE,
            period=DAY,
        )
    ]
