"""The one stack: an environment of the zero-trust data pipeline, part by part."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import Aspects, CfnOutput, Fn, Stack, Tags
from constructs import Construct

from lib.access.access_policies import AccessPolicies
from lib.access.perimeter import close_bucket, close_endpoints
from lib.access.processor_role import ProcessorRole
from lib.access.replay_role import ReplayRole
from lib.compliance.cdk_functions import CdkFunctions
from lib.compliance.rule_packs import acknowledge_lint
from lib.constructs.alarms import Alarms
from lib.constructs.audit_trail import AuditTrail
from lib.constructs.changes import Changes
from lib.constructs.dashboard import Dashboard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.data_processor import DataProcessor
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.constructs.notices import Notices
from lib.constructs.replay import Replay
from lib.contracts import CONTRACTS, read_intervals
from lib.environment import Environment
from lib.settings import MAX_ZONES


class TapStack(Stack):
    """The bucket announces each file to the queue; the function processes it and writes outputs.

    Args:
        environment_suffix: names the environment; see ``lib.settings`` for what is allowed.
        stack_props: the properties of ``aws_cdk.Stack``, such as ``env``.

    Raises:
        SettingsError: the suffix or a setting is not allowed.
        ContractError: a data contract is not valid.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_suffix: str,
        **stack_props: Any,
    ) -> None:
        """Create the parts in the order in which they need each other."""
        environment = Environment.read(scope.node, environment_suffix)
        settings = environment.settings
        super().__init__(
            scope,
            construct_id,
            **{
                "description": f"Zero-trust data processing pipeline - {environment.suffix}",
                "termination_protection": settings.retain_data,
                **stack_props,
            },
        )
        environment.check_region(self.region)
        Tags.of(self).add("Environment", environment.suffix)
        Tags.of(self).add("DataClassification", settings.data_classification)
        Tags.of(self).add("Owner", settings.owner)

        acknowledge_lint(
            self,
            "Where one part must wait for all of another, such as a function for its role's "
            "policies, CDK also names dependencies that references already imply.",
            "W3005",
        )

        keys = Keys(self, "Keys", environment)
        log_groups = LogGroups(self, "LogGroups", environment, keys=keys)
        Aspects.of(self).add(CdkFunctions(log_groups.provider))
        network = Network(self, "Network", environment, log_groups=log_groups)
        intake = IntakeQueue(self, "IntakeQueue", environment, keys=keys)
        data = DataBucket(self, "DataBucket", environment, keys=keys, intake=intake)
        role = ProcessorRole(
            self,
            "ProcessorRole",
            environment,
            keys=keys,
            log_groups=log_groups,
            network=network,
            intake=intake,
            data=data,
        )
        processor = DataProcessor(
            self,
            "DataProcessor",
            environment,
            keys=keys,
            log_groups=log_groups,
            network=network,
            intake=intake,
            data=data,
            role=role.role,
        )
        roles = ReplayRole(self, "ReplayRole", environment, keys=keys, intake=intake, data=data)
        replay = Replay(
            self,
            "Replay",
            environment,
            intake=intake,
            data=data,
            role=roles.role,
            schedule_role=roles.schedule_role,
        )
        trail = changes = None
        if settings.audit_trail:
            trail = AuditTrail(self, "AuditTrail", environment, data=data)
            changes = Changes(self, "Changes", environment, trail=trail, keys=keys)
        notices = Notices(self, "Notices", environment, keys=keys)
        intervals = read_intervals(CONTRACTS)
        alarms = Alarms(
            self,
            "Alarms",
            environment,
            intake=intake,
            processor=processor,
            replay=replay,
            changes=changes,
            intervals=intervals,
            notices=notices,
        )
        Dashboard(
            self,
            "Dashboard",
            environment,
            alarms=alarms,
            intake=intake,
            data=data,
            processor=processor,
            log_groups=log_groups,
            datasets=list(intervals),
        )
        # The id is older than the class: another one would replace deployed policies.
        access = AccessPolicies(self, "People", environment, keys=keys, data=data)
        close_bucket(data, environment, keys=keys, network=network)
        close_endpoints(network, environment, keys=keys, data=data)

        self._export(
            environment.suffix,
            {
                "VpcId": network.vpc.vpc_id,
                "S3BucketName": data.bucket.bucket_name,
                "S3BucketArn": data.bucket.bucket_arn,
                "LambdaFunctionName": processor.function.function_name,
                "LambdaFunctionArn": processor.function.function_arn,
                "LambdaRoleArn": role.role.role_arn,
                "S3KmsKeyId": keys.data.key_id,
                "LogsKmsKeyId": keys.logs.key_id,
                "LambdaKmsKeyId": keys.environment.key_id,
                "PseudonymKeyId": keys.pseudonym.key_id,
                "LogGroupName": log_groups.function.log_group_name,
                "QueueUrl": intake.queue.queue_url,
                "DeadLetterQueueUrl": intake.dead_letter_queue.queue_url,
                "NoticesTopicArn": notices.topic.topic_arn,
                "ReplayStateMachineArn": replay.state_machine.state_machine_arn,
                "ProducerPolicyArn": access.producer.managed_policy_arn,
                "ConsumerPolicyArn": access.consumer.managed_policy_arn,
                "StewardPolicyArn": access.steward.managed_policy_arn,
                **(trail.outputs if trail else {}),
            },
        )

    def _export(self, suffix: str, outputs: Mapping[str, str]) -> None:
        """Output each value, and export it under a name that is unique in the account."""
        for name, value in outputs.items():
            CfnOutput(self, name, value=value, export_name=f"{name}-{suffix}")

    @property
    def availability_zones(self) -> list[str]:
        """The region's zones by number: CDK would look up their names, with credentials."""
        return [Fn.select(index, Fn.get_azs()) for index in range(MAX_ZONES)]
