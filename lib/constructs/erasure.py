"""Erasure: a function and a state machine that erase people from what is processed already."""

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.constructs.data_bucket import OLD_RAW_VERSIONS, OLD_VERSIONS, DataBucket
from lib.constructs.data_processor import ARCHITECTURES, acknowledge_function
from lib.constructs.erasure_workflow import workflow
from lib.constructs.keys import Keys
from lib.constructs.log_groups import add_log_group
from lib.constructs.network import Network
from lib.environment import Environment
from lib.outputs import export
from processor.bucket.keys import ERASURE, REQUESTS
from processor.bucket.suppressed import AGE

TIMEOUT = Duration.minutes(15)  # the most that Lambda offers, for a batch of files
MOST_STORAGE_MB = 10_240
MARGIN_SECONDS = 60  # for clocks, and for an invocation that ends late


class Erasure(Construct):
    """The function in the isolated subnets, and the state machine that invokes it.

    Who is to be erased is in an object below ``erasure/requests/``, which expires in a day if
    nobody starts its execution, as do its old versions.

    Attributes:
        state_machine: see :mod:`lib.constructs.erasure_workflow`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        network: Network,
        data: DataBucket,
        code: lambda_.Code,
        role: iam.Role,
        workflow_role: iam.Role,
    ) -> None:
        """Create the function, then the state machine."""
        super().__init__(scope, construct_id)
        settings, names, bucket = environment.settings, environment.names, data.bucket
        day = Duration.days(1)  # the shortest that S3 offers
        bucket.add_lifecycle_rule(
            id=f"Expire-{REQUESTS.strip('/').replace('/', '-')}",
            prefix=REQUESTS,
            expiration=day,
            noncurrent_version_expiration=day,
        )
        for name in ("suppressed", "receipts"):
            bucket.add_lifecycle_rule(
                id=f"ExpireOldVersions-erasure-{name}",
                prefix=f"{ERASURE}{name}/",
                noncurrent_version_expiration=OLD_VERSIONS,
            )
        # As the data processor's, for the same reasons.
        network.function_security_group.node.add_dependency(role)
        role.node.add_dependency(bucket)
        function = lambda_.Function(
            self,
            "Function",
            function_name=names.eraser,
            description="Erases people from the outputs of processed files",
            runtime=lambda_.Runtime.PYTHON_3_11,
            architecture=ARCHITECTURES[settings.architecture],
            handler="erasure.handler",
            code=code,
            role=role.without_policy_updates(),
            timeout=TIMEOUT,
            memory_size=settings.memory_mb,
            # Beside the outputs of a file there is one that is written again.
            ephemeral_storage_size=Size.mebibytes(
                min(2 * settings.ephemeral_storage_mb, MOST_STORAGE_MB)
            ),
            log_group=add_log_group(
                self, "Logs", environment, name=names.eraser_log_group, key=keys.logs
            ),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[network.function_security_group],
            environment_encryption=keys.environment,
            environment={
                "BUCKET_NAME": bucket.bucket_name,
                "PSEUDONYM_KEY_ID": keys.pseudonym.key_id,
                **({"REVERSIBLE_KEY_ID": keys.reversible.key_id} if keys.reversible else {}),
                "RAW_DATA_EXPIRY_DAYS": str(settings.raw_data_expiry_days),
                "OLD_RAW_VERSIONS_DAYS": str(OLD_RAW_VERSIONS.to_days()),
                "OLD_VERSIONS_DAYS": str(OLD_VERSIONS.to_days()),
                "OBJECT_LOCK_DAYS": str(settings.object_lock_days or 0),
                "POWERTOOLS_SERVICE_NAME": names.eraser,
            },
        )
        function.node.add_dependency(network)
        acknowledge_function(
            function,
            bound="Only the state machine invokes it, and bounds it.",
            parked="Only a state machine invokes it, and waits for its answer.",
        )
        definition = workflow(
            function_arn=names.eraser_arn,
            bucket=bucket.bucket_name,
            wait_seconds=settings.timeout_seconds + int(AGE) + MARGIN_SECONDS,
        )
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=names.erasure,
            definition_body=sfn.DefinitionBody.from_string(
                Stack.of(self).to_json_string(definition)
            ),
            role=workflow_role.without_policy_updates(),
        )
        self.state_machine.node.add_dependency(function)
        export(self, environment, ErasureStateMachineArn=self.state_machine.state_machine_arn)
        acknowledge(
            self.state_machine,
            "The history of an execution is kept for 90 days, the function logs each step, and "
            "the receipt stays in the bucket.",
            "AwsSolutions-SF1",
            "CKV_AWS_285",
        )
        acknowledge(
            self.state_machine,
            "Traces would be one more store of facts about files, outside the keys of this stack.",
            "AwsSolutions-SF2",
            "CKV_AWS_284",
            "Serverless-StepFunctionStateMachineXray",
        )
