"""What the replay may do: find files, ask for manifests' metadata, and send messages."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.denials import deny, deny_the_rest
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes, wildcard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys, via
from lib.environment import Environment
from lib.names import METRICS, OF_THIS_ACCOUNT, Names
from processor.bucket.keys import MANIFESTS


class ReplayRole(Construct):
    """The roles of the state machine and of its schedule.

    The state machine reads no content: objects are encrypted, and it cannot decrypt any. It asks
    for metadata with HeadObject, which needs ``s3:GetObject`` but not the key.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html

    As with the function's role, the allow policy is also the boundary, and a second policy denies
    everything else.

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
        allowed = [*_file_statements(keys, intake, data), *_service_statements(names)]
        ceiling = iam.ManagedPolicy(
            self,
            "Allowed",
            description="The most that the replay may ever do",
            statements=allowed,
        )
        denied = iam.ManagedPolicy(
            self,
            "Denied",
            description="What the replay may not do, whatever else is attached",
            statements=[
                *deny_the_rest(allowed),
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
        )
        acknowledge_prefixes(
            ceiling, data.bucket, "It may ask about the manifest of every file.", f"{MANIFESTS}*"
        )
        acknowledge(
            ceiling,
            "Metrics have no ARN: the condition on PutMetricData names the namespace.",
            "AwsSolutions-IAM5[Resource::*]",
            "CKV_AWS_111",
        )
        acknowledge(
            ceiling,
            "A Distributed Map watches its own child executions, whose names nobody knows before.",
            *map(wildcard, _executions(names)),
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=f"{names.replay}-{Aws.REGION}",  # roles are global, stacks are regional
            description=f"Execution role of {names.replay}",
            # A Distributed Map's children have a label after the name.
            # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    **OF_THIS_ACCOUNT,
                    "ArnLike": {"aws:SourceArn": [names.replay_arn, f"{names.replay_arn}/*"]},
                },
            ),
            managed_policies=[ceiling, denied],
            permissions_boundary=ceiling,
        )
        self.schedule_role = iam.Role(
            self,
            "ScheduleRole",
            description=f"Starts {names.replay} every night",
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    **OF_THIS_ACCOUNT,
                    "ArnEquals": {"aws:SourceArn": names.replay_schedules_arn},
                },
            ),
            managed_policies=[
                iam.ManagedPolicy(
                    self,
                    "Start",
                    description="Starts the replay",
                    statements=[
                        iam.PolicyStatement(
                            sid="Start",
                            actions=["states:StartExecution"],
                            resources=[names.replay_arn],
                        )
                    ],
                )
            ],
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
        # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        iam.PolicyStatement(
            sid="StartChildren",
            actions=["states:StartExecution"],
            resources=[names.replay_arn],
        ),
        iam.PolicyStatement(
            sid="WatchChildren",
            actions=["states:DescribeExecution", "states:StopExecution"],
            resources=_executions(names),
        ),
    ]


def _executions(names: Names) -> list[str]:
    """The ARNs of the state machine's executions, and of their children."""
    executions = names.replay_arn.replace(":stateMachine:", ":execution:")
    return [f"{executions}:*", f"{executions}/*"]
