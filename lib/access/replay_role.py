"""What the replay may do: find files, ask for manifests' metadata, and send messages."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.bounded_role import STEP_FUNCTIONS, BoundedRole
from lib.access.denials import deny
from lib.access.distributed_map import acknowledge_children, for_map, map_statements
from lib.access.schedule_role import ScheduleRole
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes
from lib.constructs.data_bucket import DataBucket
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys, via
from lib.environment import Environment
from lib.names import METRICS, Names
from processor.bucket.keys import MANIFESTS


class ReplayRole(Construct):
    """The roles of the state machine and of its schedule.

    The state machine reads no content: objects are encrypted, and it cannot decrypt any. It asks
    for metadata with HeadObject, which needs ``s3:GetObject`` but not the key.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html

    Attributes:
        role: of the state machine.
        schedule_role: of the schedule, which can start it and do nothing else.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        intake: IntakeQueue,
        data: DataBucket,
    ) -> None:
        """Create the policies, then the roles."""
        super().__init__(scope, construct_id)
        names = environment.names
        self.role = BoundedRole(
            self,
            "Role",
            name=f"{names.replay}-{Aws.REGION}",
            service=STEP_FUNCTIONS,
            description=f"Execution role of {names.replay}",
            who="the replay",
            allowed=[*_file_statements(keys, intake, data), *_service_statements(names)],
            denied=[
                deny(
                    "DenyContent",
                    actions=["kms:*"],
                    resources=[keys.data.key_arn],
                    conditions={"StringNotEquals": {"kms:ViaService": via("sqs")}},
                ),
                deny(
                    "DenyOtherMetrics",
                    actions=["cloudwatch:PutMetricData"],
                    resources=["*"],
                    conditions={"StringNotEquals": {"cloudwatch:namespace": METRICS}},
                ),
            ],
            conditions=for_map(names.replay_arn),
        )
        ceiling = self.role.ceiling
        acknowledge_prefixes(
            ceiling, data.bucket, "It may ask about the manifest of every file.", f"{MANIFESTS}*"
        )
        acknowledge(
            ceiling,
            "Metrics have no ARN: the condition on PutMetricData names the namespace.",
            "AwsSolutions-IAM5[Resource::*]",
            "CKV_AWS_111",
        )
        acknowledge_children(ceiling, names.replay_arn)
        self.schedule_role = ScheduleRole(
            self,
            "ScheduleRole",
            machine=names.replay,
            machine_arn=names.replay_arn,
            group_arn=names.replay_schedules_arn,
            starts="the replay",
        )


def _file_statements(
    keys: Keys, intake: IntakeQueue, data: DataBucket
) -> list[iam.PolicyStatement]:
    """What is done for each file."""
    return [
        # Without a condition on the prefix: HeadObject of a missing key answers 404 only to those
        # who may list the bucket, and a request for an object has no prefix.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
        iam.PolicyStatement(
            sid="FindFiles",
            actions=["s3:ListBucket"],
            resources=[data.bucket.bucket_arn],
        ),
        iam.PolicyStatement(
            sid="AskAboutManifests",
            actions=["s3:GetObject"],
            resources=[data.bucket.arn_for_objects(f"{MANIFESTS}*")],
        ),
        iam.PolicyStatement(
            sid="SendMessages",
            actions=["sqs:SendMessage"],
            resources=[intake.queue.queue_arn],
        ),
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        iam.PolicyStatement(
            sid="EncryptMessages",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[keys.data.key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": via("sqs"),
                    "kms:EncryptionContext:aws:sqs:arn": intake.queue.queue_arn,
                }
            },
        ),
    ]


def _service_statements(names: Names) -> list[iam.PolicyStatement]:
    """What is done for the run as a whole."""
    return [
        iam.PolicyStatement(
            sid="PublishMetrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],
            conditions={"StringEquals": {"cloudwatch:namespace": METRICS}},
        ),
        *map_statements(names.replay_arn),
    ]
