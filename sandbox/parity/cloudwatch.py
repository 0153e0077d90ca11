"""CloudWatch: metrics from logs and queues, and alarms on them.

Delete each of these once MiniStack itself does this:

- ``metrics_from_logs``: makes metrics of embedded metrics and of metric filters;
- ``alarm_of_its_own_dimensions``: evaluates an alarm on its own dimensions alone;
- ``depth_of_dead_letter_queues``: publishes the depth of a dead-letter queue and evaluates its
  alarms.
"""

import contextlib
import json
import time
import types
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs, sqs
from ministack.services.cloudwatch import _dims_from_list as dimensions_of
from ministack.services.cloudwatch import _dims_key as dimensions_key
from ministack.services.cloudwatch import _evaluate_all_alarms as evaluate_all_alarms
from ministack.services.cloudwatch import _metrics as metrics
from ministack.services.cloudwatch import _store_datum as store_datum
from ministack.services.cloudwatch_logs import _metric_filters as metric_filters
from ministack.services.cloudwatch_logs import (
    _subscription_pattern_matches as pattern_matches,
)
from ministack.services.sqs import _queue_by_arn as queue_by_arn

from sandbox.parity.correction import Function, replaces

published_depths: dict[str, int] = {}
"""The depth last published of each dead-letter queue, by its ARN."""


def publish(
    namespace: str, name: str, dimensions: dict[str, str], value: float, unit: str = "None"
) -> None:
    """Store one value of a metric, as of now."""
    store_datum(namespace, name, dimensions, time.time(), unit, value, None, None, None)


@replaces(cloudwatch_logs, "_fanout_to_subscription_filters")
def metrics_from_logs(
    original: Function, group: str, stream: str, events: list[dict[str, Any]]
) -> Any:
    """Extract the metrics of embedded metric format and of metric filters from log events.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
    """
    for event in events:
        with contextlib.suppress(ValueError, KeyError, TypeError):  # not in the format: no metric
            _publish_embedded(event["message"])
        for transformation in _matching_transformations(group, event["message"]):
            value = transformation["metricValue"]
            publish(
                transformation["metricNamespace"],
                transformation["metricName"],
                {},
                1.0 if value.startswith("$") else float(value),
            )
    evaluate_all_alarms()
    return original(group, stream, events)


def _publish_embedded(message: str) -> None:
    if '"_aws"' not in message:
        return
    record = json.loads(message)
    for directive in record["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"] or [[]]:
            dimensions = {name: str(record[name]) for name in names}
            for metric in directive["Metrics"]:
                values = record[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    publish(
                        directive["Namespace"],
                        metric["Name"],
                        dimensions,
                        value,
                        metric.get("Unit", "None"),
                    )


def _matching_transformations(group: str, message: str) -> Iterator[dict[str, str]]:
    for (owner, _name), found in list(metric_filters.items()):
        if owner == group and pattern_matches(found["filterPattern"], message):
            yield from found["metricTransformations"]


@replaces(cloudwatch, "_evaluate_alarm")
def alarm_of_its_own_dimensions(original: Function, alarm: dict[str, Any]) -> None:
    """Evaluate an alarm on the metric with exactly its dimensions, not on all of that name.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension

    The original runs with this alarm's metrics as the only ones.
    """
    wanted = dimensions_key(dimensions_of(alarm.get("Dimensions") or []))
    own = {key: points for key, points in list(metrics.items()) if key[2] == wanted}
    types.FunctionType(original.__code__, {**vars(cloudwatch), "_metrics": own})(alarm)


@replaces(sqs, "_dlq_sweep")
def depth_of_dead_letter_queues(original: Function, queue: dict[str, Any]) -> None:
    """Publish how many messages a dead-letter queue holds, when that changes.

    ``ApproximateNumberOfMessagesVisible``,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    original(queue)
    policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
    arn = policy.get("deadLetterTargetArn", "")
    dead = queue_by_arn(arn)
    depth = len(dead["messages"]) if dead else 0
    if dead and depth != published_depths.get(arn, 0):
        published_depths[arn] = depth
        name = {"QueueName": dead["name"]}
        publish("AWS/SQS", "ApproximateNumberOfMessagesVisible", name, depth, "Count")
        evaluate_all_alarms()
