"""The alarms: when each is on, what it says, and that its notices are sent."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import product

import pytest
from aws_cdk import App
from aws_cdk.assertions import Annotations, Match, Template

from lib import tap_stack
from lib.contracts import CONTRACTS, read_intervals
from lib.environment import Environment
from lib.monitoring.alarms import failure_of_dataset
from lib.tap_stack import TapStack
from tests.unit.stack.evaluation import evaluate
from tests.unit.synthesis import ROOT, Resource, Synthesized, contracts, make_app, synthesize

CODE = re.compile(r"`([\w<>-]+)`")
ROW = re.compile(r"^\| `([\w<>-]+)` \|.*\| (.*) \|$", re.MULTILINE)
DAY = 24 * 3600
NOTHING: list[float | None] = [None]
ALL = {"auditTrail": True, "compactedDatasets": ["customers"]}
"""Settings that add alarms."""


def find_alarm(stack: Synthesized, name: str) -> Resource:
    """The properties of an alarm by the name of its failure."""
    found = [
        resource["Properties"]
        for logical_id, resource in stack.find("AWS::CloudWatch::Alarm").items()
        if re.fullmatch(rf"Alarms{re.sub('[-_]', '', name)}[0-9A-F]{{8}}", logical_id)
    ]
    assert len(found) == 1, name
    return dict(found[0])


@pytest.mark.parametrize(
    ("name", "values", "state"),
    [
        ("MessageParked", [1], "ALARM"),
        ("MessageParked", [0], "OK"),
        ("MessageParked", [1, None], "OK"),
        ("Backlog", [DAY + 60], "ALARM"),
        ("Backlog", [DAY], "OK"),
        ("Backlog", [None], "OK"),
        ("FileRefused", [1], "ALARM"),
        ("FileRefused", [40], "ALARM"),
        ("FileRefused", [None], "OK"),
        ("RowsRejected", [10.1], "ALARM"),
        ("RowsRejected", [100], "ALARM"),
        ("RowsRejected", [10], "OK"),
        ("RowsRejected", [None], "OK"),
        ("DeliveryFailed", [1], "ALARM"),
        ("DeliveryFailed", [0], "OK"),
        ("DeliveryFailed", [None], "OK"),
        ("FunctionFailed", [1], "ALARM"),
        ("FunctionFailed", [0], "OK"),
        ("FunctionFailed", [None], "OK"),
        ("FunctionThrottled", [1], "ALARM"),
        ("FunctionThrottled", [0], "OK"),
        ("FunctionThrottled", [None], "OK"),
        ("FilesUnfinished", [1], "ALARM"),
        ("FilesUnfinished", [0], "OK"),
        ("FilesUnfinished", [None], "OK"),
        ("ErasureRequested", [1], "ALARM"),
        ("ErasureRequested", [0], "OK"),
        ("ErasureRequested", [None], "OK"),
        ("FunctionSlow", [225_001], "ALARM"),
        ("FunctionSlow", [225_000], "OK"),
        ("FunctionSlow", [None], "OK"),
        # One file an hour, processed within a quarter of an hour: 15 periods of 5 minutes.
        ("Late-payments", 15 * NOTHING, "ALARM"),
        ("Late-payments", [1, *15 * NOTHING], "ALARM"),
        ("Late-payments", [1, *14 * NOTHING], "OK"),
        ("Late-payments", [*14 * NOTHING, 1], "OK"),
        ("Late-payments", [*7 * NOTHING, 2, *7 * NOTHING], "OK"),
        # One file a day, processed within an hour: 25 periods of an hour.
        ("Late-customers", 25 * NOTHING, "ALARM"),
        ("Late-customers", [1, *25 * NOTHING], "ALARM"),
        ("Late-customers", [1, *24 * NOTHING], "OK"),
    ],
)
def test_an_alarm_is_on_while_its_failure_lasts(
    stack: Synthesized, name: str, values: Sequence[float | None], state: str
) -> None:
    assert evaluate(find_alarm(stack, name), values) == state


@pytest.fixture(name="audited")
def make_audited() -> Synthesized:
    """The environment ``test`` with all that adds alarms."""
    return Synthesized(synthesize(settings=json.dumps(ALL), encrypts=True))


CHANGES = (
    "KeyDisabled",
    "KeyChanged",
    "BucketChanged",
    "RoleChanged",
    "CodeChanged",
    "WorkflowChanged",
    "TrailChanged",
    "QueriesChanged",
)
JOBS, ENDS = ("Replay", "Erasure", "Compaction"), ("Failed", "TimedOut", "Aborted")

# A namespace, and dimensions. A resource is named by its place in the stack.
PARKED = "AWS/SQS", {"QueueName": "IntakeQueueDeadLetterQueue"}
WAITING = "AWS/SQS", {"QueueName": "IntakeQueue"}
FUNCTION = "AWS/Lambda", {"FunctionName": "DataProcessorFunction"}
SERVICE = {"service": "data-processor-test"}
LOGGED = "ZeroTrustPipeline", SERVICE
COUNTED_IN_THE_TRAIL: tuple[str, dict[str, str]] = ("ZeroTrustPipeline/test", {})
MACHINES = {
    job: ("AWS/States", {"StateMachineArn": f"{job}StateMachine"})
    for job in (*JOBS, "Reidentification")
}

SERIES = {
    "MessageParked": ("ApproximateNumberOfMessagesVisible", "Maximum", 60, *PARKED),
    "Backlog": ("ApproximateAgeOfOldestMessage", "Maximum", 300, *WAITING),
    "FileRefused": ("FilesQuarantined", "Sum", 60, *LOGGED),
    "RowsRejected": ("RejectedShare", "Maximum", 60, *LOGGED),
    "DeliveryFailed": ("DeliveriesFailed", "Sum", 300, *LOGGED),
    "FunctionFailed": ("Errors", "Sum", 300, *FUNCTION),
    "FunctionThrottled": ("Throttles", "Sum", 300, *FUNCTION),
    "FunctionSlow": ("Duration", "Maximum", 300, *FUNCTION),
    "FilesUnfinished": (
        *("FilesUnfinished", "Maximum", DAY),
        *("ZeroTrustPipeline", {"service": "zero-trust-replay-test"}),
    ),
    "ReidentificationRequested": ("ExecutionsStarted", "Sum", 60, *MACHINES["Reidentification"]),
    "ErasureRequested": ("ExecutionsStarted", "Sum", 60, *MACHINES["Erasure"]),
    **{
        f"{job}{end}": (f"Executions{end}", "Sum", 300, *MACHINES[job])
        for job, end in product(JOBS, ENDS)
    },
    **{change: (change, "Sum", 300, *COUNTED_IN_THE_TRAIL) for change in CHANGES},
    **{
        f"Late-{dataset}": (
            *("FilesProcessed", "Sum", period),
            *("ZeroTrustPipeline", {"dataset": dataset, **SERVICE}),
        )
        for dataset, period in (("payments", 300), ("customers", 3600))
    },
}


def series_of(alarm: Resource) -> tuple[str, str, int, str, dict[str, str]]:
    """What an alarm looks at, as in ``SERIES``."""
    dimensions = {
        one["Name"]: re.sub(r"<(\w+)[0-9A-F]{8}(\.\w+)?>", r"\1", one["Value"])
        for one in alarm.get("Dimensions", [])
    }
    metric, statistic, period = alarm["MetricName"], alarm["Statistic"], alarm["Period"]
    return metric, statistic, period, alarm["Namespace"], dimensions


def test_every_alarm_looks_at_a_series_that_somebody_writes(audited: Synthesized) -> None:
    """AWS, the audit trail, or a function, as tests/unit/processor/test_index.py sees it."""
    assert {name: series_of(find_alarm(audited, name)) for name in SERIES} == SERIES
    assert len(SERIES) == len(audited.find("AWS::CloudWatch::Alarm"))


def test_a_part_that_says_how_it_can_fail_has_an_alarm_for_each_way() -> None:
    """Whichever part: the stack names those that it watches one by one."""
    with contracts(encrypts=True):
        app = make_app(environments={"test": ALL})
        stack = TapStack(app, "TapStack-test", environment_suffix="test")
    template = Synthesized(dict(Template.from_stack(stack).to_json()))
    parts = [part for part in stack.node.find_all() if hasattr(part, "failures")]
    assert parts
    for part in parts:
        for failure in part.failures():
            assert find_alarm(template, failure.name)


def test_the_function_logs_into_the_namespace_that_alarms_look_at(stack: Synthesized) -> None:
    _, function = stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
    variables = function["Environment"]["Variables"]
    service = {"service": variables["POWERTOOLS_SERVICE_NAME"]}
    assert (variables["POWERTOOLS_METRICS_NAMESPACE"], service) == LOGGED


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("job", JOBS)
def test_no_end_of_an_execution_but_success_is_unseen(
    audited: Synthesized, job: str, end: str
) -> None:
    """Its notice says first which of them it was; how it ended is in test_failures.py."""
    alarm = find_alarm(audited, f"{job}{end}")
    assert evaluate(alarm, [1]) == evaluate(alarm, [3]) == "ALARM"
    assert evaluate(alarm, [0]) == evaluate(alarm, [None]) == "OK"
    assert job.lower() in alarm["AlarmDescription"].partition(":")[0].lower()


@pytest.mark.parametrize("name", CHANGES)
def test_an_alarm_is_on_while_the_audit_trail_counts_a_change(
    audited: Synthesized, name: str
) -> None:
    """Which events count is in test_changes.py."""
    alarm = find_alarm(audited, name)
    assert evaluate(alarm, [1]) == evaluate(alarm, [3]) == "ALARM"
    assert evaluate(alarm, [None]) == evaluate(alarm, [1, None]) == "OK"


def test_without_an_audit_trail_there_is_none_of_them(stack: Synthesized) -> None:
    for name in CHANGES:
        with pytest.raises(AssertionError):
            find_alarm(stack, name)


def test_every_alarm_sends_notices_and_has_a_runbook(audited: Synthesized) -> None:
    """A page that exists, and names the alarm as its symptom."""
    stack = audited
    topic, _ = stack.one("AWS::SNS::Topic")
    for name, resource in stack.find("AWS::CloudWatch::Alarm").items():
        alarm = resource["Properties"]
        assert alarm["AlarmActions"] == alarm["OKActions"] == [f"<{topic}>"], name
        named = re.search(r"\. See (docs/runbooks/[\w-]+\.md)\.$", alarm["AlarmDescription"])
        assert named, name
        page = (ROOT / named[1]).read_text(encoding="utf-8")
        symptom = page.partition("\n## Symptom\n")[2].partition("\n## ")[0]
        alarms = {"Late" if one == "Late-<dataset>" else one for one in CODE.findall(symptom)}
        assert any(re.match(rf"Alarms{one}", name) for one in alarms), name


def test_the_table_of_alarms_is_that_of_the_stack(audited: Synthesized) -> None:
    """Each row leads to the runbook that the alarm names."""
    stack = audited
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = dict(ROW.findall(page.partition("\n## Alarms")[2]))
    late = rows.pop("Late-<dataset>")
    rows |= {f"Late-{dataset}": late for dataset in read_intervals(CONTRACTS)}
    for name, cell in rows.items():
        runbook = find_alarm(stack, name)["AlarmDescription"].rpartition(" See docs/")[2]
        assert f"]({runbook.removesuffix('.')})" in cell, name
    assert len(rows) == len(stack.find("AWS::CloudWatch::Alarm"))


@pytest.mark.parametrize(
    "interval",
    [
        timedelta(seconds=1),
        timedelta(minutes=5),
        timedelta(minutes=5, seconds=1),
        timedelta(hours=24),
        timedelta(hours=24, seconds=1),
        timedelta(days=7) - timedelta(seconds=1),
        timedelta(days=7),
    ],
)
def test_a_limit_is_watched_in_periods_that_cloudwatch_accepts(interval: timedelta) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html"""
    failure = failure_of_dataset(Environment.read(App().node, "test"), "orders", interval)
    period = failure.metric.period.to_seconds()
    whole = failure.periods * period
    assert whole <= (7 * DAY if period >= 3600 else DAY)
    assert interval.total_seconds() <= whole < interval.total_seconds() + period


def test_a_limit_that_cannot_be_watched_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    intervals = {"T_orders": timedelta(days=8), "t_People": timedelta(days=7), "notes": None}
    monkeypatch.setattr(tap_stack, "read_intervals", lambda _: intervals)
    stack = TapStack(make_app(), "TapStack-test", environment_suffix="test")
    warnings = Annotations.from_stack(stack).find_warning(
        "*", Match.string_like_regexp("Nobody is notified when")
    )
    texts = [str(warning.entry.data) for warning in warnings]
    assert len(texts) == 1
    assert texts[0].startswith(
        "Nobody is notified when T_orders is late. The slaProperties of its"
    )
    assert "allow 8 days" in texts[0]
    late = find_alarm(Synthesized(dict(Template.from_stack(stack).to_json())), "Late-t_People")
    values = {one["Name"]: one["Value"] for one in late["Dimensions"]}
    assert values["dataset"] == "t_People"
