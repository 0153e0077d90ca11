"""The ways in which a part of the stack can fail, and the metrics that show it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn

from lib.environment import Environment
from lib.names import METRICS

MINUTE, FEW_MINUTES, HOUR = Duration.minutes(1), Duration.minutes(5), Duration.hours(1)
SUM, MAXIMUM = cloudwatch.Stats.SUM, cloudwatch.Stats.MAXIMUM


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


class Watched(Protocol):
    """A part of the stack that knows how it can fail."""

    def failures(self) -> Iterator[Failure]:
        """Each way to fail, and what else must not happen unseen."""


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


def bad_ends(machine: sfn.StateMachine, name: str, means: str, runbook: str) -> Iterator[Failure]:
    """An execution that did not succeed. Each way to end has a metric of its own.

    Args:
        machine: whose executions are meant.
        name: how the names of the failures begin.
        means: a sentence with ``{}`` in place of how it ended.
        runbook: see :class:`Failure`.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html
    """
    for end, said, metric in (
        ("Failed", "failed", machine.metric_failed),
        ("TimedOut", "took too long and was ended", machine.metric_timed_out),
        ("Aborted", "was stopped by somebody", machine.metric_aborted),
    ):
        counted = metric(statistic=SUM, period=FEW_MINUTES)
        yield Failure(f"{name}{end}", means.format(said), runbook, counted)
