"""What a state machine may do to run a Distributed Map: start and watch its own children."""

from typing import Any

from aws_cdk import aws_iam as iam

from lib.compliance.rule_packs import acknowledge, wildcard


def map_statements(arn: str) -> list[iam.PolicyStatement]:
    """Let the state machine start and watch its children.

    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    return [
        iam.PolicyStatement(
            sid="StartChildren",
            actions=["states:StartExecution"],
            resources=[arn],
        ),
        iam.PolicyStatement(
            sid="WatchChildren",
            actions=["states:DescribeExecution", "states:StopExecution"],
            resources=_executions(arn),
        ),
    ]


def for_map(arn: str) -> dict[str, Any]:
    """The condition that a role is assumed for the state machine or its children.

    Children have a label after the name.
    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
    """
    return {"ArnLike": {"aws:SourceArn": [arn, f"{arn}/*"]}}


def acknowledge_children(policy: iam.ManagedPolicy, arn: str) -> None:
    """Accept that a policy names all executions of the state machine."""
    acknowledge(
        policy,
        "A Distributed Map watches its own child executions, whose names nobody knows before.",
        *map(wildcard, _executions(arn)),
    )


def _executions(arn: str) -> list[str]:
    """The ARNs of the state machine's executions, and of their children."""
    executions = arn.replace(":stateMachine:", ":execution:")
    return [f"{executions}:*", f"{executions}/*"]
