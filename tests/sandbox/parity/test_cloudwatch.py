"""Metrics from logs and queues, and alarms on them."""

import json
import time
from typing import Any

from tests.sandbox.cloud import Cloud, unique
from tests.sandbox.metrics import alarm, state, total
from tests.sandbox.queues import dead_letters

RECORD = {
    "_aws": {
        "Timestamp": 0,
        "CloudWatchMetrics": [
            {
                "Namespace": "Pipeline",
                "Dimensions": [["dataset"], []],
                "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "Seconds"}],
            }
        ],
    },
    "dataset": "customers",
    "Rows": 12,
    "Seconds": [1.5, 2.5],
}


def log(cloud: Cloud, group: str, *messages: str) -> None:
    """Create a log group and write messages."""
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    write(logs, group, *messages)


def write(logs: Any, group: str, *messages: str) -> None:
    """Write messages."""
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)


def test_embedded_metrics_come_out_of_logs(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[float, float]:
        log(cloud, unique("group"), json.dumps(RECORD), '{"_aws": 1}', '"_aws"', "text")
        return (
            total(cloud, "Pipeline", "Rows", dataset="customers"),
            total(cloud, "Pipeline", "Seconds", dataset="customers"),
        )

    assert probe(plain) == (0, 0)
    assert probe(parity) == (12, 4)


def test_metric_filters_count(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> float:
        group, namespace = unique("group"), unique("Filtered")
        log(cloud, group, "before")
        logs = cloud.client("logs")
        change = {"metricName": "Errors", "metricNamespace": namespace, "metricValue": "2"}
        logs.put_metric_filter(
            logGroupName=group,
            filterName="errors",
            filterPattern="ERROR",
            metricTransformations=[change],
        )
        write(logs, group, "an ERROR", "no error", "ERROR again")
        return total(cloud, namespace, "Errors")

    assert probe(plain) == 0
    assert probe(parity) == 4


def test_an_alarm_looks_at_its_own_dimensions(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        namespace = unique("Own")
        mine = alarm(cloud, namespace, "Depth", queue="mine")
        other = alarm(cloud, namespace, "Depth", queue="other")
        for queue, value in (("mine", 5), ("other", 0)):
            dimensions = [{"Name": "queue", "Value": queue}]
            datum = {"MetricName": "Depth", "Dimensions": dimensions, "Value": value}
            cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])
        return state(cloud, mine), state(cloud, other)

    assert probe(plain) == ("ALARM", "ALARM")
    assert probe(parity) == ("ALARM", "OK")


def test_the_depth_of_a_dead_letter_queue_raises_its_alarm(plain: Cloud, parity: Cloud) -> None:
    metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible")

    def probe(cloud: Cloud) -> tuple[float, str, str]:
        _, _, dead_arn = dead_letters(cloud)
        name = dead_arn.rpartition(":")[2]
        depth = total(cloud, *metric, QueueName=name)
        raised = alarm(cloud, *metric, QueueName=name)
        quiet = alarm(cloud, *metric, QueueName="other")
        dead_letters(cloud)  # alarms are evaluated when a value comes in
        return depth, state(cloud, raised), state(cloud, quiet)

    assert probe(plain) == (0, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA")
    assert probe(parity) == (1, "ALARM", "INSUFFICIENT_DATA")
