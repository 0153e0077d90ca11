"""The one stack: an environment of the zero-trust data pipeline, part by part."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import Aspects, CfnOutput, Duration, Fn, RemovalPolicy, Stack, Tags
from constructs import Construct

from lib.access.access_policies import AccessPolicies
from lib.access.perimeter import close_bucket, close_endpoints
from lib.access.processor_role import ProcessorRole
from lib.compliance.cdk_functions import CdkFunctions
from lib.compliance.rule_packs import acknowledge_lint
from lib.constructs import log_groups
from lib.constructs.data_bucket import DataBucket
from lib.constructs.data_processor import DataProcessor
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.names import Names
from lib.settings import MAX_ZONES, check_region, check_suffix, read_settings


class TapStack(Stack):
    """A file lands in the bucket; the queue tells the function; the function writes what it may.

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
        suffix = check_suffix(environment_suffix)
        settings = read_settings(scope.node, suffix)
        super().__init__(
            scope,
            construct_id,
            **{
                "description": f"Zero-trust data processing pipeline - {suffix}",
                "termination_protection": settings.retain_data,
                **stack_props,
            },
        )
        check_region(settings, suffix, self.region)
        Tags.of(self).add("Environment", suffix)
        Tags.of(self).add("DataClassification", settings.data_classification)
        Tags.of(self).add("Owner", settings.owner)

        acknowledge_lint(
            self,
            "Where one part must wait for a whole other, such as a function for its role with all "
            "policies, CDK names those too that a reference orders already.",
            "W3005",
        )

        names = Names(suffix)
        removal_policy = (
            # Not RETAIN: a first creation that fails would leave names that the next one meets.
            RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            if settings.retain_data
            else RemovalPolicy.DESTROY
        )

        keys = Keys(
            self,
            "Keys",
            environment_suffix=suffix,
            names=names,
            log_group_names=[
                log_groups.function_group(suffix),
                log_groups.flow_group(suffix),
                log_groups.provider_group(suffix),
            ],
            removal_policy=removal_policy,
        )
        groups = LogGroups(
            self,
            "LogGroups",
            environment_suffix=suffix,
            key=keys.logs,
            retention_days=settings.log_retention_days,
            removal_policy=removal_policy,
        )
        Aspects.of(self).add(CdkFunctions(groups.provider))
        network = Network(
            self,
            "Network",
            environment_suffix=suffix,
            cidr=settings.vpc_cidr,
            availability_zones=self._choose_zones(settings.availability_zones),
            interface_endpoints=settings.interface_endpoints,
            flow_log_group=groups.flow,
            provider_log_group=groups.provider,
        )
        intake = IntakeQueue(
            self,
            "IntakeQueue",
            key=keys.data,
            bucket_arn=names.bucket_arn,
            function_timeout=Duration.seconds(settings.timeout_seconds),
        )
        data = DataBucket(
            self,
            "DataBucket",
            bucket_name=names.bucket,
            key=keys.data,
            announce_to=intake.queue,
            raw_data_expiry_days=settings.raw_data_expiry_days,
            object_lock_days=settings.object_lock_days,
            removal_policy=removal_policy,
        )
        processor_role = ProcessorRole(
            self,
            "ProcessorRole",
            names=names,
            log_group_arn=groups.function.log_group_arn,
            bucket=data.bucket,
            queue=intake.queue,
            keys=keys,
            network=network,
        )
        processor = DataProcessor(
            self,
            "DataProcessor",
            function_name=names.function,
            settings=settings,
            network=network,
            role=processor_role.role,
            environment_key=keys.environment,
            pseudonym_key=keys.pseudonym,
            bucket=data.bucket,
            queue=intake.queue,
            log_group=groups.function,
        )
        people = AccessPolicies(
            self,
            "People",
            names=names,
            bucket=data.bucket,
            key=keys.data,
            retain=settings.retain_data,
        )
        close_bucket(
            data.bucket,
            key=keys.data,
            role_arn=names.role_arn,
            network=network,
            break_glass_role_arn=names.break_glass_role_arn if settings.retain_data else None,
            restrict_administrators=settings.restrict_administrators,
        )
        close_endpoints(network, bucket=data.bucket, keys=keys, role_arn=names.role_arn)

        outputs = {
            "VpcId": network.vpc.vpc_id,
            "S3BucketName": data.bucket.bucket_name,
            "S3BucketArn": data.bucket.bucket_arn,
            "LambdaFunctionName": processor.function.function_name,
            "LambdaFunctionArn": processor.function.function_arn,
            "LambdaRoleArn": processor_role.role.role_arn,
            "S3KmsKeyId": keys.data.key_id,
            "LogsKmsKeyId": keys.logs.key_id,
            "LambdaKmsKeyId": keys.environment.key_id,
            "PseudonymKeyId": keys.pseudonym.key_id,
            "LogGroupName": groups.function.log_group_name,
            "QueueUrl": intake.queue.queue_url,
            "DeadLetterQueueUrl": intake.dead_letter_queue.queue_url,
            "ProducerPolicyArn": people.producer.managed_policy_arn,
            "ConsumerPolicyArn": people.consumer.managed_policy_arn,
            "StewardPolicyArn": people.steward.managed_policy_arn,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value, export_name=f"{name}-{suffix}")

    def _choose_zones(self, wanted: int | tuple[str, ...]) -> Sequence[str]:
        return wanted if isinstance(wanted, tuple) else self.availability_zones[:wanted]

    @property
    def availability_zones(self) -> list[str]:
        """The region's zones by number: CDK would look up their names, with credentials."""
        return [Fn.select(index, Fn.get_azs()) for index in range(MAX_ZONES)]
