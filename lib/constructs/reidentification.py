"""Re-identification: a function and a state machine, for requests that two people make."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.constructs.data_bucket import DataBucket
from lib.constructs.data_processor import ARCHITECTURES, acknowledge_function
from lib.constructs.keys import Keys
from lib.constructs.log_groups import add_log_group
from lib.constructs.network import Network
from lib.constructs.reidentification_workflow import workflow
from lib.environment import Environment
from lib.outputs import export
from processor.bucket.requests import REIDENTIFICATION

EXPIRY = Duration.days(1)  # the shortest that S3 offers, of objects and of old versions
TIMEOUT, MEMORY_MB = Duration.minutes(1), 512


class Reidentification(Construct):
    """The function in the isolated subnets, the state machine that invokes it, and their traces.

    All objects below ``reidentification/`` expire in a day, old versions too.

    Attributes:
        state_machine: see :mod:`lib.constructs.reidentification_workflow`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        reversible: kms.IKey,
        network: Network,
        data: DataBucket,
        code: lambda_.Code,
        role: iam.Role,
        workflow_role: iam.Role,
    ) -> None:
        """Create the function, then the state machine; ``reversible`` is the key of its tokens."""
        super().__init__(scope, construct_id)
        settings, names, bucket = environment.settings, environment.names, data.bucket
        bucket.add_lifecycle_rule(
            id=f"Expire-{REIDENTIFICATION.strip('/')}",
            prefix=REIDENTIFICATION,
            expiration=EXPIRY,
            noncurrent_version_expiration=EXPIRY,
        )
        # As the data processor's, for the same reasons.
        network.function_security_group.node.add_dependency(role)
        role.node.add_dependency(bucket)
        function = lambda_.Function(
            self,
            "Function",
            function_name=names.reidentifier,
            description="Re-identifies tokens for one person after another has approved",
            runtime=lambda_.Runtime.PYTHON_3_11,
            architecture=ARCHITECTURES[settings.architecture],
            handler="reidentification.handler",
            code=code,
            role=role.without_policy_updates(),
            timeout=TIMEOUT,
            memory_size=MEMORY_MB,
            log_group=add_log_group(
                self, "Logs", environment, name=names.reidentifier_log_group, key=keys.logs
            ),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_ISOLATED),
            security_groups=[network.function_security_group],
            environment_encryption=keys.environment,
            environment={
                "BUCKET_NAME": bucket.bucket_name,
                "REVERSIBLE_KEY_ID": reversible.key_id,
                "REQUESTS_PER_DAY": str(settings.reidentifications_per_day),
                "POWERTOOLS_SERVICE_NAME": names.reidentifier,
            },
        )
        function.node.add_dependency(network)
        acknowledge_function(
            function,
            bound="Only the state machine invokes it, for as many requests as a day may have.",
            parked="Only a state machine invokes it, and waits for its answer.",
        )
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=names.reidentification,
            definition_body=sfn.DefinitionBody.from_string(
                Stack.of(self).to_json_string(workflow(names.reidentifier_arn))
            ),
            role=workflow_role.without_policy_updates(),
        )
        self.state_machine.node.add_dependency(function)
        export(
            self,
            environment,
            ReidentificationStateMachineArn=self.state_machine.state_machine_arn,
        )
        acknowledge(
            self.state_machine,
            "The history of an execution is kept for 90 days, and the function logs who asked and "
            "who approved. Logs of each state would have the tokens of approvals.",
            "AwsSolutions-SF1",
            "CKV_AWS_285",
        )
        acknowledge(
            self.state_machine,
            "Traces would be one more store of facts about requests, outside the keys of this "
            "stack.",
            "AwsSolutions-SF2",
            "CKV_AWS_284",
            "Serverless-StepFunctionStateMachineXray",
        )
