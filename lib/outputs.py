"""Outputs: what pipelines, tests and people need to know of a stack that is deployed."""

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from lib.environment import Environment


def export(part: Construct, environment: Environment, **outputs: str) -> None:
    """Output each value of a part, and export it under a name that is unique in the region.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
    """
    for name, value in outputs.items():
        export_name = f"{name}-{environment.suffix}"
        CfnOutput(Stack.of(part), name, value=value, export_name=export_name)
