"""Metrics and alarms of the sandbox's tests."""

import time

from tests.sandbox.cloud import Cloud, unique


def total(cloud: Cloud, namespace: str, metric: str, **dimensions: str) -> float:
    """The sum of all values of a metric."""
    now = time.time()
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - 600,
        EndTime=now + 60,
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def alarm(cloud: Cloud, namespace: str, metric: str, **dimensions: str) -> str:
    """Create an alarm for one or more; its name."""
    name = unique("alarm")
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return name


def state(cloud: Cloud, name: str) -> str:
    """An alarm's state."""
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])
