"""A state machine of ours: its definition in the Amazon States Language, and no logs or traces."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lib.compliance.rule_packs import acknowledge


def add_state_machine(
    scope: Construct, *, name: str, definition: Mapping[str, Any], role: iam.Role, unlogged: str
) -> sfn.StateMachine:
    """Create a state machine in a part of the stack.

    Args:
        scope: the part.
        name: of the state machine.
        definition: with references to other resources.
        role: what it may do, settled by whoever made the role.
        unlogged: why its steps have no log of their own.
    """
    machine = sfn.StateMachine(
        scope,
        "StateMachine",
        state_machine_name=name,
        definition_body=sfn.DefinitionBody.from_string(Stack.of(scope).to_json_string(definition)),
        role=role.without_policy_updates(),
    )
    acknowledge(
        machine,
        f"The history of an execution is kept for 90 days, and {unlogged}",
        "AwsSolutions-SF1",
        "CKV_AWS_285",
    )
    acknowledge(
        machine,
        "Traces would be one more store of facts about files and requests, outside the keys of "
        "this stack.",
        "AwsSolutions-SF2",
        "CKV_AWS_284",
        "Serverless-StepFunctionStateMachineXray",
    )
    return machine
