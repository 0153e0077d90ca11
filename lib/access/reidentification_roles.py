"""What re-identification may do: its function, and the state machine of its requests."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lib.access.bounded_role import LAMBDA, STEP_FUNCTIONS, BoundedRole
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
from processor.reidentification.requests import APPROVALS, REQUESTS, SIGNATURES, SLOTS, VALUES

WRITTEN = (APPROVALS, VALUES, SLOTS)


class ReidentificationRoles(Construct):
    """The roles of the function and of the state machine.

    The function can derive the keys of reversible tokens and no other. It writes what waits for
    approval, and has no way to approve it. The state machine can invoke the function, and nothing
    else.

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
        reversible: kms.IKey,
        network: Network,
        data: DataBucket,
    ) -> None:
        """Create the policies, then the roles; ``reversible`` is the key of reversible tokens."""
        super().__init__(scope, construct_id)
        names = environment.names
        streams = streams_of(names.reidentifier_log_group)
        self.function = BoundedRole(
            self,
            "Function",
            name=f"{names.reidentifier}-{Aws.REGION}",
            service=LAMBDA,
            description=f"Lambda execution role of {names.reidentifier}",
            who="re-identification",
            allowed=[
                *_request_statements(data, keys, reversible),
                write_logs(streams),
                decrypt_environment(names.reidentifier_arn, keys.environment.key_arn),
                attach_to_network(),
            ],
            denied=deny_beyond_the_path(names.reidentifier_arn, network),
        )
        ceiling = self.function.ceiling
        acknowledge_prefixes(
            ceiling,
            data.bucket,
            "People name their requests, and the function answers each.",
            *(f"{prefix}*" for prefix in (REQUESTS, *WRITTEN)),
        )
        acknowledge_interfaces(ceiling)
        acknowledge(ceiling, "Lambda names the streams of its log group.", wildcard(streams))
        self.state_machine = BoundedRole(
            self,
            "StateMachine",
            name=f"{names.reidentification}-{Aws.REGION}",
            service=STEP_FUNCTIONS,
            description=f"Execution role of {names.reidentification}",
            who="requests",
            allowed=[
                iam.PolicyStatement(
                    sid="InvokeFunction",
                    actions=["lambda:InvokeFunction"],
                    resources=[names.reidentifier_arn],
                )
            ],
            policies=("Invoke", "NothingElse"),
            # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
            conditions={"ArnEquals": {"aws:SourceArn": names.reidentification_arn}},
        )


def _request_statements(
    data: DataBucket, keys: Keys, reversible: kms.IKey
) -> list[iam.PolicyStatement]:
    """What the code itself needs to answer a request."""
    bucket = data.bucket
    return [
        iam.PolicyStatement(
            sid="ReadRequests",
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{REQUESTS}*")],
        ),
        iam.PolicyStatement(
            sid="WriteValues",
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in WRITTEN],
        ),
        iam.PolicyStatement(
            sid="FindObjects",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": [f"{REQUESTS}*", f"{SIGNATURES}*"]}},
        ),
        use_data_key(bucket, keys),
        iam.PolicyStatement(
            sid="DeriveReversibleKeys",
            actions=["kms:GenerateMac"],
            resources=[reversible.key_arn],
        ),
    ]
