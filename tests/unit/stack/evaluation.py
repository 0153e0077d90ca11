"""CloudWatch's arithmetic: the state of an alarm for given values."""

import operator
from collections.abc import Sequence

from tests.unit.synthesis import Resource


def evaluate(alarm: Resource, values: Sequence[float | None]) -> str:
    """The state that CloudWatch would put an alarm of a template into.

    Args:
        alarm: its properties.
        values: of its metric and statistic in each period, the latest last; None for no data.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    assert "DatapointsToAlarm" not in alarm  # so every period counts
    latest = values[-alarm["EvaluationPeriods"] :]
    assert len(latest) == alarm["EvaluationPeriods"]
    compare = {"GreaterThanThreshold": operator.gt, "LessThanOrEqualToThreshold": operator.le}
    breaches = compare[alarm["ComparisonOperator"]]
    absent = {"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]]
    found = [absent if value is None else breaches(value, alarm["Threshold"]) for value in latest]
    return "ALARM" if all(found) else "OK"
