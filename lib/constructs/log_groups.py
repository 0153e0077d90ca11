"""The log groups: created before their writers, encrypted, kept for a stated time."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.keys import Keys
from lib.environment import Environment
from lib.outputs import export


class LogGroups(Construct):
    """One log group for each writer.

    Attributes:
        function, flow, provider: the groups that :class:`lib.names.Names` names.
    """

    def __init__(
        self, scope: Construct, construct_id: str, environment: Environment, *, keys: Keys
    ) -> None:
        """Create the groups."""
        super().__init__(scope, construct_id)

        def add_group(construct_id: str, name: str) -> logs.LogGroup:
            return add_log_group(self, construct_id, environment, name=name, key=keys.logs)

        self.function = add_group("Function", environment.names.function_log_group)
        self.flow = add_group("Flow", environment.names.flow_log_group)
        self.provider = add_group("Provider", environment.names.provider_log_group)
        export(self, environment, LogGroupName=self.function.log_group_name)


def add_log_group(
    scope: Construct, construct_id: str, environment: Environment, *, name: str, key: kms.IKey
) -> logs.LogGroup:
    """A log group that is encrypted, and kept as long as the environment's settings say."""
    group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        encryption_key=key,
        removal_policy=environment.removal_policy,
    )
    resource = group.node.default_child
    assert isinstance(resource, logs.CfnLogGroup)
    resource.retention_in_days = environment.settings.log_retention_days
    return group
