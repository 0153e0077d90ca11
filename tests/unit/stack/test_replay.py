"""The replay: its state machine, the nightly run, and the alarms."""

import json
from typing import Any

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized

MACHINE = "AWS::StepFunctions::StateMachine"
NAMED = {"StateMachineName": "zero-trust-replay-test"}
ALARM = "AWS::CloudWatch::Alarm"


def definition(stack: Synthesized) -> dict[str, Any]:
    """The definition of the state machine."""
    _, machine = stack.one(MACHINE, **NAMED)
    found: dict[str, Any] = json.loads(machine["DefinitionString"])
    return found


def test_it_lists_the_bucket_and_sends_to_the_queue(stack: Synthesized) -> None:
    find = definition(stack)["States"]["Find"]
    bucket, _ = stack.one("AWS::S3::Bucket")
    assert find["ItemReader"]["Arguments"]["Bucket"] == f"<{bucket}>"
    look = find["ItemProcessor"]["States"]["Look"]["ItemProcessor"]["States"]
    assert look["Ask"]["Arguments"]["Bucket"] == f"<{bucket}>"
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    queue = mapping["EventSourceArn"].removesuffix(".Arn>") + ">"
    assert look["Send"]["Arguments"]["QueueUrl"] == queue
    (record,) = look["Send"]["Arguments"]["MessageBody"]["Records"]
    assert record["s3"]["bucket"]["name"] == f"<{bucket}>"


def test_it_is_started_every_night_for_unfinished_files(stack: Synthesized) -> None:
    name, machine = stack.one(MACHINE, **NAMED)
    group, properties = stack.one("AWS::Scheduler::ScheduleGroup")
    assert properties["Name"] == machine["StateMachineName"] == "zero-trust-replay-test"
    _, schedule = stack.one("AWS::Scheduler::Schedule", GroupName=f"<{group}>")
    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["Target"]["Arn"] == f"<{name}>"
    assert json.loads(schedule["Target"]["Input"]) == {"only": "unfinished"}
    role = schedule["Target"]["RoleArn"].strip("<>").removesuffix(".Arn")
    trust = stack.resources[role]["Properties"]["AssumeRolePolicyDocument"]
    assert trust["Statement"][0]["Principal"] == {"Service": "scheduler.amazonaws.com"}


def test_what_the_nightly_run_finds_raises_an_alarm_for_a_day(
    stack: Synthesized,
) -> None:
    published = definition(stack)["States"]["Publish"]["Arguments"]
    (datum,) = published["MetricData"]
    _, alarm = stack.one(ALARM, MetricName=datum["MetricName"])
    assert alarm["Namespace"] == published["Namespace"]
    assert alarm["Dimensions"] == datum["Dimensions"]
    assert datum["Dimensions"] == [{"Name": "service", "Value": "zero-trust-replay-test"}]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
    assert (alarm["Statistic"], alarm["EvaluationPeriods"]) == ("Maximum", 1)
    assert (alarm["Period"], alarm["TreatMissingData"]) == (86_400, "notBreaching")


def test_nothing_about_files_is_logged(stack: Synthesized) -> None:
    _, machine = stack.one(MACHINE, **NAMED)
    assert "LoggingConfiguration" not in machine
    assert "TracingConfiguration" not in machine


def test_an_output_names_it(stack: Synthesized) -> None:
    output: Resource = stack.outputs["ReplayStateMachineArn"]
    name, _ = stack.one(MACHINE, **NAMED)
    assert output["Value"] == f"<{name}>"
    assert output["Export"]["Name"] == "ReplayStateMachineArn-test"
    assert ACCOUNT not in output["Value"]
