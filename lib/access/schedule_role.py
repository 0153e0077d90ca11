"""The role of a schedule, which can start one state machine and do nothing else."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.names import OF_THIS_ACCOUNT


class ScheduleRole(iam.Role):
    """A role that EventBridge Scheduler assumes for the schedules of one group."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        machine: str,
        machine_arn: str,
        group_arn: str,
        starts: str,
    ) -> None:
        """Create the policy, then the role.

        Args:
            scope: the part that the role and its policy belong to.
            construct_id: the role's name there.
            machine: the name of the state machine.
            machine_arn: its ARN.
            group_arn: the group of schedules that the role is assumed for.
            starts: what the policy calls the state machine, such as ``the replay``.
        """
        super().__init__(
            scope,
            construct_id,
            description=f"Starts {machine} every night",
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={**OF_THIS_ACCOUNT, "ArnEquals": {"aws:SourceArn": group_arn}},
            ),
            managed_policies=[
                iam.ManagedPolicy(
                    scope,
                    "Start",
                    description=f"Starts {starts}",
                    statements=[
                        iam.PolicyStatement(
                            sid="Start",
                            actions=["states:StartExecution"],
                            resources=[machine_arn],
                        )
                    ],
                )
            ],
        )
