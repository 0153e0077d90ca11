"""What an erasure may do: a function that rewrites outputs, and a state machine for its steps."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.denials import deny_the_rest
from lib.access.functions import (
    acknowledge_interfaces,
    attach_to_network,
    decrypt_environment,
    deny_beyond_the_path,
    use_data_key,
    write_logs,
)
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes, wildcard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys
from lib.constructs.network import Network
from lib.environment import Environment
from lib.names import OF_THIS_ACCOUNT, Names
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
    the function. As with the data processor's role, the allow policy of each is also its boundary,
    and a second policy denies everything else.

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
        names, bucket = environment.names, data.bucket
        allowed = [
            *_file_statements(data, keys),
            write_logs(_log_group_arn(names.eraser_log_group)),
            decrypt_environment(names.eraser_arn, keys.environment.key_arn),
            attach_to_network(),
        ]
        ceiling = self._add_policy("Allowed", "The most that the eraser may ever do", allowed)
        denied = self._add_policy(
            "Denied",
            "What the eraser may not do, whatever else is attached",
            [*deny_the_rest(allowed), *deny_beyond_the_path(names.eraser_arn, network)],
        )
        acknowledge_prefixes(
            ceiling,
            bucket,
            "A person may have rows in every file, and producers name the files.",
            *(f"{prefix}*" for prefix in (*WRITTEN, REQUESTS)),
        )
        acknowledge_interfaces(ceiling)
        acknowledge(
            ceiling,
            "Lambda names the streams of its log group.",
            wildcard(_log_group_arn(names.eraser_log_group)),
        )
        self.function = iam.Role(
            self,
            "Function",
            role_name=f"{names.eraser}-{Aws.REGION}",  # roles are global, stacks are regional
            description=f"Lambda execution role of {names.eraser}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com", conditions=OF_THIS_ACCOUNT),
            managed_policies=[ceiling, denied],
            permissions_boundary=ceiling,
        )
        steps = _step_statements(names, data)
        most = self._add_policy("Steps", "The most that an erasure may ever do", steps)
        acknowledge(
            most,
            "A Distributed Map watches its own child executions, whose names nobody knows before.",
            *map(wildcard, _executions(names)),
        )
        self.state_machine = iam.Role(
            self,
            "StateMachine",
            role_name=f"{names.erasure}-{Aws.REGION}",
            description=f"Execution role of {names.erasure}",
            # A Distributed Map's children have a label after the name.
            # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    **OF_THIS_ACCOUNT,
                    "ArnLike": {"aws:SourceArn": [names.erasure_arn, f"{names.erasure_arn}/*"]},
                },
            ),
            managed_policies=[
                most,
                self._add_policy(
                    "NothingElse",
                    "What an erasure may not do, whatever else is attached",
                    deny_the_rest(steps),
                ),
            ],
            permissions_boundary=most,
        )

    def _add_policy(
        self, construct_id: str, description: str, statements: list[iam.PolicyStatement]
    ) -> iam.ManagedPolicy:
        return iam.ManagedPolicy(
            self, construct_id, description=description, statements=statements
        )


def _log_group_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:{name}:*"


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
        # https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        iam.PolicyStatement(
            sid="StartChildren",
            actions=["states:StartExecution"],
            resources=[names.erasure_arn],
        ),
        iam.PolicyStatement(
            sid="WatchChildren",
            actions=["states:DescribeExecution", "states:StopExecution"],
            resources=_executions(names),
        ),
    ]


def _executions(names: Names) -> list[str]:
    """The ARNs of the state machine's executions, and of their children."""
    executions = names.erasure_arn.replace(":stateMachine:", ":execution:")
    return [f"{executions}:*", f"{executions}/*"]
