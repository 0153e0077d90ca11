"""What an erasure may do: a function that rewrites outputs, and a state machine for its steps."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.bounded_role import LAMBDA, STEP_FUNCTIONS, BoundedRole
from lib.access.distributed_map import acknowledge_children, for_map, map_statements
from lib.access.functions import (
    acknowledge_interfaces,
    attach_to_network,
    decrypt_environment,
    deny_beyond_the_path,
    streams_of,
    use_data_key,
    write_logs,
)
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes, wildcard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys
from lib.constructs.network import Network
from lib.environment import Environment
from lib.names import Names
from processor.bucket.keys import (
    INCOMING,
    OUTPUTS,
    PROCESSED,
    QUARANTINE,
    RECEIPTS,
    REQUESTS,
    SUPPRESSED,
)

WRITTEN = (*OUTPUTS, SUPPRESSED, RECEIPTS)


class ErasureRoles(Construct):
    """The roles of the function and of the state machine.

    The function reads and rewrites outputs, and reads no raw file: it lists the versions of those.
    It removes requests, and no version of anything. The state machine lists manifests and invokes
    the function.

    Attributes:
        function: of the function.
        state_machine: of the state machine.
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
    ) -> None:
        """Create the policies, then the roles."""
        super().__init__(scope, construct_id)
        names = environment.names
        streams = streams_of(names.eraser_log_group)
        self.function = BoundedRole(
            self,
            "Function",
            name=f"{names.eraser}-{Aws.REGION}",
            service=LAMBDA,
            description=f"Lambda execution role of {names.eraser}",
            who="the eraser",
            allowed=[
                *_file_statements(data, keys),
                write_logs(streams),
                decrypt_environment(names.eraser_arn, keys.environment.key_arn),
                attach_to_network(),
            ],
            denied=deny_beyond_the_path(names.eraser_arn, network),
        )
        ceiling = self.function.ceiling
        acknowledge_prefixes(
            ceiling,
            data.bucket,
            "A person may have rows in every file, and producers name the files.",
            *(f"{prefix}*" for prefix in (*WRITTEN, REQUESTS)),
        )
        acknowledge_interfaces(ceiling)
        acknowledge(ceiling, "Lambda names the streams of its log group.", wildcard(streams))
        self.state_machine = BoundedRole(
            self,
            "StateMachine",
            name=f"{names.erasure}-{Aws.REGION}",
            service=STEP_FUNCTIONS,
            description=f"Execution role of {names.erasure}",
            who="an erasure",
            allowed=_step_statements(names, data),
            policies=("Steps", "NothingElse"),
            conditions=for_map(names.erasure_arn),
        )
        acknowledge_children(self.state_machine.ceiling, names.erasure_arn)


def _file_statements(data: DataBucket, keys: Keys) -> list[iam.PolicyStatement]:
    """What the code itself needs to erase people from files."""
    bucket = data.bucket
    listed = [f"{prefix}*" for prefix in (*WRITTEN, REQUESTS)]
    versions = [f"{prefix}*" for prefix in (INCOMING, PROCESSED, QUARANTINE)]
    return [
        iam.PolicyStatement(
            sid="RewriteOutputs",
            # A conditional write with If-Match also takes s3:GetObject.
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in WRITTEN],
        ),
        iam.PolicyStatement(
            sid="EndRequests",
            actions=["s3:DeleteObject", "s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{REQUESTS}*")],
        ),
        iam.PolicyStatement(
            sid="FindObjects",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": listed}},
        ),
        iam.PolicyStatement(
            sid="FindVersions",
            actions=["s3:ListBucketVersions"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": versions}},
        ),
        use_data_key(bucket, keys),
        iam.PolicyStatement(
            sid="DerivePseudonymKeys",
            actions=["kms:GenerateMac"],
            resources=[key.key_arn for key in keys.deriving],
        ),
    ]


def _step_statements(names: Names, data: DataBucket) -> list[iam.PolicyStatement]:
    """What the state machine needs: it reads no content."""
    return [
        iam.PolicyStatement(
            sid="FindFiles",
            actions=["s3:ListBucket"],
            resources=[data.bucket.bucket_arn],
        ),
        iam.PolicyStatement(
            sid="InvokeFunction",
            actions=["lambda:InvokeFunction"],
            resources=[names.eraser_arn],
        ),
        *map_statements(names.erasure_arn),
    ]
