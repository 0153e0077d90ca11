"""What the way back may do: a function that re-identifies, and the state machine of requests."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
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
from lib.names import OF_THIS_ACCOUNT
from processor.reidentification.requests import APPROVALS, REQUESTS, SIGNATURES, SLOTS, VALUES

WRITTEN = (APPROVALS, VALUES, SLOTS)


class ReidentificationRoles(Construct):
    """The roles of the function and of the state machine.

    The function can derive the keys of reversible tokens and no other. It writes what waits for
    approval, and has no way to approve it. The state machine can invoke the function, and nothing
    else. As with the data processor's role, the allow policy of each is also its boundary, and a
    second policy denies everything else.

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
        names, bucket = environment.names, data.bucket
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group"
        log_group_arn = f"{groups}:{names.reidentifier_log_group}:*"
        allowed = [
            *_request_statements(data, keys, reversible),
            write_logs(log_group_arn),
            decrypt_environment(names.reidentifier_arn, keys.environment.key_arn),
            attach_to_network(),
        ]
        ceiling = self._add_policy(
            "Allowed", "The most that re-identification may ever do", allowed
        )
        denied = self._add_policy(
            "Denied",
            "What re-identification may not do, whatever else is attached",
            [*deny_the_rest(allowed), *deny_beyond_the_path(names.reidentifier_arn, network)],
        )
        acknowledge_prefixes(
            ceiling,
            bucket,
            "People name their requests, and the function answers each.",
            *(f"{prefix}*" for prefix in (REQUESTS, *WRITTEN)),
        )
        acknowledge_interfaces(ceiling)
        acknowledge(
            ceiling,
            "Lambda names the streams of the function's log group.",
            wildcard(log_group_arn),
        )
        self.function = iam.Role(
            self,
            "Function",
            role_name=f"{names.reidentifier}-{Aws.REGION}",  # roles are global
            description=f"Lambda execution role of {names.reidentifier}",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com", conditions=OF_THIS_ACCOUNT),
            managed_policies=[ceiling, denied],
            permissions_boundary=ceiling,
        )
        invoke = [
            iam.PolicyStatement(
                sid="InvokeFunction",
                actions=["lambda:InvokeFunction"],
                resources=[names.reidentifier_arn],
            )
        ]
        most = self._add_policy("Invoke", "The most that requests may ever do", invoke)
        self.state_machine = iam.Role(
            self,
            "StateMachine",
            role_name=f"{names.reidentification}-{Aws.REGION}",
            description=f"Execution role of {names.reidentification}",
            # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    **OF_THIS_ACCOUNT,
                    "ArnEquals": {"aws:SourceArn": names.reidentification_arn},
                },
            ),
            managed_policies=[
                most,
                self._add_policy(
                    "NothingElse",
                    "What requests may not do, whatever else is attached",
                    deny_the_rest(invoke),
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
