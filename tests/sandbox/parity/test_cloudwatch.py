"""Metrics from logs and queues, and alarms on them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox import emulator
from tests.patience import Wait, wait_for
from tests.sandbox.cloud import Cloud, unique
from tests.sandbox.metrics import alarm, publish, state, total
from tests.sandbox.queues import dead_letters

EVALUATED = Wait(20)
"""An alarm that is evaluated every second."""

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


@pytest.mark.parametrize(
    ("pattern", "messages"),
    [
        ("ERROR", ("an ERROR", "no error", "ERROR again")),
        (
            '{ $.who = "a" }',
            ('{"who": "a"}', '{"who": "b", "what": "a"}', "who a", '{"who": "a"}'),
        ),
    ],
)
def test_metric_filters_count(
    plain: Cloud, parity: Cloud, pattern: str, messages: tuple[str, ...]
) -> None:
    def probe(cloud: Cloud) -> float:
        group, namespace = unique("group"), unique("Filtered")
        log(cloud, group, "before")
        logs = cloud.client("logs")
        change = {"metricName": "Errors", "metricNamespace": namespace, "metricValue": "2"}
        logs.put_metric_filter(
            logGroupName=group,
            filterName="errors",
            filterPattern=pattern,
            metricTransformations=[change],
        )
        write(logs, group, *messages)
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


def test_missing_data_count_as_the_alarm_says(plain: Cloud, parity: Cloud) -> None:
    """Without a value or a request: CloudWatch evaluates alarms by itself."""

    def probe(cloud: Cloud) -> tuple[str, str, str]:
        namespace = unique("Absent")
        breaching, good, unknown = (
            alarm(cloud, namespace, "Files", missing=missing, period=1)
            for missing in ("breaching", "notBreaching", "missing")
        )
        if cloud is parity:
            wait_for("alarm", lambda: state(cloud, breaching) == "ALARM" or None, EVALUATED)
            wait_for("alarm", lambda: state(cloud, good) == "OK" or None, EVALUATED)
        return state(cloud, breaching), state(cloud, good), state(cloud, unknown)

    assert probe(parity) == ("ALARM", "OK", "INSUFFICIENT_DATA")
    assert probe(plain) == ("INSUFFICIENT_DATA",) * 3


def test_an_alarm_goes_off_by_itself(parity: Cloud) -> None:
    namespace = unique("Over")
    name = alarm(parity, namespace, "Files", missing="notBreaching", period=1)
    publish(parity, namespace, "Files", 5)
    wait_for("no alarm", lambda: state(parity, name) == "OK" or None, EVALUATED)


IMPATIENT = """
from sandbox.parity import cloudwatch
from sandbox.server import serve
cloudwatch.DEPTH_SECONDS = 0.0
serve()
"""
"""The emulator, which publishes a depth that stays whenever it looks at it."""


def test_a_depth_that_stays_is_published_again(tmp_path: Path) -> None:
    """Or a parked message's alarm would go off after a minute."""
    metric = ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    cloud = Cloud(emulator.start(tmp_path, ("-c", IMPATIENT)))
    try:
        url, _, dead_arn = dead_letters(cloud)
        name = dead_arn.rpartition(":")[2]
        before = total(cloud, *metric, QueueName=name)
        cloud.client("sqs").receive_message(QueueUrl=url)
        assert total(cloud, *metric, QueueName=name) > before
    finally:
        cloud.close()
        emulator.stop(tmp_path)
