"""CloudWatch: metrics from logs and queues, and alarms on them.

Delete each of these once MiniStack itself does this:

- ``patterns_of_json``: understands filter patterns of events in JSON;
- ``metrics_from_logs``: makes metrics of embedded metrics and of metric filters;
- ``alarm_of_its_own_dimensions``: evaluates an alarm on its own dimensions alone, and on missing
  data as it says;
- ``alarms_act_by_themselves``: evaluates alarms while no values come in;
- ``depth_of_dead_letter_queues``: publishes the depth of a dead-letter queue and evaluates its
  alarms.
"""

import contextlib
import json
import threading
import time
import types
from collections.abc import Iterator
from typing import Any

from ministack.services import cloudwatch, cloudwatch_logs, sqs
from ministack.services.cloudwatch import _dims_from_list as dimensions_of
from ministack.services.cloudwatch import _dims_key as dimensions_key
from ministack.services.cloudwatch import _evaluate_all_alarms as evaluate_all_alarms
from ministack.services.cloudwatch import _metrics as metrics
from ministack.services.cloudwatch import _record_history as record_history
from ministack.services.cloudwatch import _store_datum as store_datum
from ministack.services.cloudwatch_logs import _metric_filters as metric_filters
from ministack.services.sqs import _queue_by_arn as queue_by_arn

from sandbox import filter_pattern
from sandbox.parity.correction import Function, replaces

published_depths: dict[str, tuple[int, float]] = {}
"""The depth last published of each dead-letter queue, and when, by its ARN."""

DEPTH_SECONDS = 30.0
"""How often a depth that does not change is published. AWS does it every minute."""

STATES_WITHOUT_DATA = {"breaching": "ALARM", "notBreaching": "OK"}
"""An alarm's state without data, by its treatment of missing data; other treatments keep it."""

EVALUATION_SECONDS = 1.0
"""The shortest time between two evaluations of the alarms."""

evaluation = threading.RLock()
"""Held while an alarm is evaluated, so that it changes only once."""


def publish(
    namespace: str, name: str, dimensions: dict[str, str], value: float, unit: str = "None"
) -> None:
    """Store one value of a metric, as of now."""
    store_datum(namespace, name, dimensions, time.time(), unit, value, None, None, None)


@replaces(cloudwatch_logs, "_subscription_pattern_matches")
def patterns_of_json(original: Function, pattern: str, message: str) -> bool:
    """Compare the fields of an event in JSON, where a pattern is about those.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    with contextlib.suppress(filter_pattern.PatternError):
        return filter_pattern.matches(pattern, message)
    return bool(original(pattern, message))


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
        if owner == group and vars(cloudwatch_logs)["_subscription_pattern_matches"](
            found["filterPattern"], message
        ):
            yield from found["metricTransformations"]


@replaces(cloudwatch, "_evaluate_alarm")
def alarm_of_its_own_dimensions(original: Function, alarm: dict[str, Any]) -> None:
    """Evaluate an alarm on the metric with exactly its dimensions, not on all of that name.

    Without values in its periods, its treatment of missing data decides.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html

    The original runs with this alarm's metrics as the only ones.
    """
    wanted = dimensions_key(dimensions_of(alarm.get("Dimensions") or []))
    own = {key: points for key, points in list(metrics.items()) if key[2] == wanted}
    with evaluation:
        if any(
            is_recent(alarm, point) for key in own if concerns(alarm, key) for point in own[key]
        ):
            types.FunctionType(original.__code__, {**vars(cloudwatch), "_metrics": own})(alarm)
        elif state := STATES_WITHOUT_DATA.get(alarm.get("TreatMissingData", "missing")):
            go_into(alarm, state)


def concerns(alarm: dict[str, Any], key: tuple[Any, ...]) -> bool:
    """Whether an alarm looks at the metric of a key."""
    return (alarm.get("Namespace"), alarm.get("MetricName")) == key[:2]


def is_recent(alarm: dict[str, Any], point: dict[str, Any]) -> bool:
    """Whether a value is in one of the alarm's periods."""
    periods: float = alarm["Period"] * alarm["EvaluationPeriods"]
    return time.time() - float(point["Timestamp"]) <= periods


def go_into(alarm: dict[str, Any], state: str) -> None:
    """Change an alarm's state for want of data, as the original does for a value."""
    before = alarm["StateValue"]
    if before != state:
        reason = f"No datapoints were received, which counts as {alarm['TreatMissingData']}"
        alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
        record_history(alarm["AlarmName"], before, state, reason)
        vars(cloudwatch)["_dispatch_alarm_actions"](alarm, before, state, reason)


def alarms_act_by_themselves() -> None:
    """Evaluate the alarms again and again. AWS does it every minute.

    That takes time for every value there is, so the pause grows with it: ten thousand files would
    wait for nothing else.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
    """
    took = 0.0
    while True:
        time.sleep(max(EVALUATION_SECONDS, 9 * took))
        began = time.monotonic()
        evaluate_all_alarms()
        took = time.monotonic() - began


threading.Thread(target=alarms_act_by_themselves, daemon=True).start()


@replaces(sqs, "_dlq_sweep")
def depth_of_dead_letter_queues(original: Function, queue: dict[str, Any]) -> None:
    """Publish how many messages a dead-letter queue holds: changes at once, the rest regularly.

    ``ApproximateNumberOfMessagesVisible``,
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    original(queue)
    policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
    arn = policy.get("deadLetterTargetArn", "")
    dead = queue_by_arn(arn)
    depth = len(dead["messages"]) if dead else 0
    published, when = published_depths.get(arn, (0, 0.0))
    is_due = depth and time.monotonic() - when > DEPTH_SECONDS
    if dead and (depth != published or is_due):
        published_depths[arn] = depth, time.monotonic()
        name = {"QueueName": dead["name"]}
        publish("AWS/SQS", "ApproximateNumberOfMessagesVisible", name, depth, "Count")
        evaluate_all_alarms()
