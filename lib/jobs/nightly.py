"""A schedule that starts a state machine of ours every night, in a group of its own."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lib.compliance.rule_packs import acknowledge


def add_nightly(
    scope: Construct,
    *,
    machine: sfn.StateMachine,
    name: str,
    group: str,
    description: str,
    at: str,
    given: Mapping[str, Any],
    role: iam.Role,
) -> None:
    """Create the schedule and its group in a part of the stack.

    Args:
        scope: the part.
        machine: what is started.
        name: of the schedule, unique in the stack, as CloudFormation knows schedules by it.
        group: the name of its group; the role is only assumed for it.
        description: what the state machine then does.
        at: when, in UTC, as ``cron(…)``.
        given: the input of the execution.
        role: which may start it.
    """
    schedule = scheduler.CfnSchedule(
        scope,
        "Nightly",
        name=name,
        group_name=scheduler.CfnScheduleGroup(scope, "ScheduleGroup", name=group).ref,
        description=description,
        schedule_expression=at,
        flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
        target=scheduler.CfnSchedule.TargetProperty(
            arn=machine.state_machine_arn,
            role_arn=role.role_arn,
            input=Stack.of(scope).to_json_string(given),
        ),
    )
    acknowledge(
        schedule,
        "Its only content is the input of the execution, which is in the template.",
        "CKV_AWS_297",
    )
