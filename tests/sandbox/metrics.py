"""Metrics and alarms of the sandbox's tests."""

import time
from collections.abc import Sequence

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


def publish(cloud: Cloud, namespace: str, metric: str, value: float, **dimensions: str) -> None:
    """Publish one value of a metric."""
    named = [{"Name": name, "Value": one} for name, one in dimensions.items()]
    datum = {"MetricName": metric, "Dimensions": named, "Value": value}
    cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[datum])


def alarm(
    cloud: Cloud,
    namespace: str,
    metric: str,
    *,
    named: str = "",
    actions: Sequence[str] = (),
    missing: str = "missing",
    period: int = 300,
    **dimensions: str,
) -> str:
    """Create an alarm for one or more; its name."""
    name = named or unique("alarm")
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        Statistic="Maximum",
        Period=period,
        EvaluationPeriods=1,
        Threshold=1,
        AlarmActions=list(actions),
        TreatMissingData=missing,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    return name


def state(cloud: Cloud, name: str) -> str:
    """An alarm's state."""
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found["StateValue"])
