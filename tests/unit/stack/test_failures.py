"""The ways to fail that several parts share; the alarm of each is in test_alarms.py."""

from aws_cdk import App, Duration, Stack
from aws_cdk import aws_stepfunctions as sfn

from lib.constructs.failures import bad_ends, count
from lib.environment import Environment


def test_an_execution_ends_badly_in_three_ways() -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"""
    body = sfn.DefinitionBody.from_string("{}")
    machine = sfn.StateMachine(Stack(), "Machine", definition_body=body)
    found = list(bad_ends(machine, "Replay", "A replay {}: files are unfinished.", "a-runbook"))
    assert [(one.name, one.metric.metric_name, one.means) for one in found] == [
        (f"Replay{end}", f"Executions{end}", f"A replay {said}: files are unfinished.")
        for end, said in (
            ("Failed", "failed"),
            ("TimedOut", "took too long and was ended"),
            ("Aborted", "was stopped by somebody"),
        )
    ]
    for one in found:
        assert (one.metric.statistic, one.runbook) == ("Sum", "a-runbook")
        assert one.metric.dimensions == {"StateMachineArn": machine.state_machine_arn}


def test_a_metric_is_of_the_environment_and_perhaps_of_one_dataset() -> None:
    environment = Environment.read(App().node, "pr7")
    minute = Duration.minutes(1)
    of_all = count(environment, "FilesProcessed", "Sum", minute)
    of_one = count(environment, "FilesProcessed", "Sum", minute, dataset="orders")
    assert of_all.dimensions == {"service": "data-processor-pr7"}
    assert of_one.dimensions == {"service": "data-processor-pr7", "dataset": "orders"}
