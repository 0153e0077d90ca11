"""What the data-processor function may do: process files, and nothing else."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lib.access.bounded_role import LAMBDA, BoundedRole
from lib.access.functions import (
    acknowledge_interfaces,
    attach_to_network,
    decrypt_environment,
    deny_beyond_the_path,
    use_data_key,
    write_logs,
)
from lib.compliance.rule_packs import acknowledge_prefixes
from lib.constructs.data_bucket import DataBucket
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys, via
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.environment import Environment
from lib.outputs import export
from processor.bucket.keys import INCOMING, OUTPUTS, SUPPRESSED


class ProcessorRole(Construct):
    """The role that the function acts as.

    Attributes:
        role: see the module.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        log_groups: LogGroups,
        network: Network,
        intake: IntakeQueue,
        data: DataBucket,
    ) -> None:
        """Create the policies, then the role."""
        super().__init__(scope, construct_id)
        names, bucket = environment.names, data.bucket
        log_group_arn = log_groups.function.log_group_arn
        # AWS documents no aws:SourceArn for this role; the denials tie it to the function.
        self.role = BoundedRole(
            self,
            "Role",
            name=names.role,
            service=LAMBDA,
            description=f"Lambda execution role of {names.function}",
            who="the data-processor function",
            allowed=[
                *_record_statements(bucket, keys),
                *_service_statements(names.function_arn, log_group_arn, intake.queue, keys),
            ],
            denied=deny_beyond_the_path(names.function_arn, network, "sqs:*"),
        )
        acknowledge_prefixes(
            self.role.ceiling,
            bucket,
            "The function handles every file, and producers name the files.",
            *(f"{prefix}*" for prefix in (*_read(keys), *OUTPUTS)),
        )
        acknowledge_interfaces(self.role.ceiling)
        export(self, environment, LambdaRoleArn=self.role.role_arn)


def _read(keys: Keys) -> tuple[str, ...]:
    """What the function reads and does not write: a dataset without tokens has no list."""
    return (INCOMING, SUPPRESSED) if keys.erases else (INCOMING,)


def _record_statements(bucket: s3.IBucket, keys: Keys) -> list[iam.PolicyStatement]:
    """What the code itself needs to process a file."""
    found = [f"{prefix}*" for prefix in (*_read(keys), *OUTPUTS)]
    return [
        iam.PolicyStatement(
            sid="ReadIncoming",
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in _read(keys)],
        ),
        iam.PolicyStatement(
            sid="WriteOutputs",
            # A conditional write with If-Match also takes s3:GetObject.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in OUTPUTS],
        ),
        iam.PolicyStatement(
            sid="FindObjects",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": found}},
        ),
        use_data_key(bucket, keys),
        iam.PolicyStatement(
            sid="DerivePseudonymKeys",
            actions=["kms:GenerateMac"],
            resources=[key.key_arn for key in keys.deriving],
        ),
    ]


def _service_statements(
    function_arn: str, log_group_arn: str, queue: sqs.IQueue, keys: Keys
) -> list[iam.PolicyStatement]:
    """What the Lambda service does with the role outside the code."""
    return [
        write_logs(log_group_arn),
        iam.PolicyStatement(
            sid="ReceiveMessages",
            actions=["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
            resources=[queue.queue_arn],
        ),
        iam.PolicyStatement(
            sid="DecryptMessages",
            actions=["kms:Decrypt"],
            resources=[keys.data.key_arn],
            conditions={
                "StringEquals": {
                    "kms:ViaService": via("sqs"),
                    "kms:EncryptionContext:aws:sqs:arn": queue.queue_arn,
                }
            },
        ),
        decrypt_environment(function_arn, keys.environment.key_arn),
        attach_to_network(),
    ]
