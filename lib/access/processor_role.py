"""What the data-processor function may do: process files, and nothing else."""

from collections.abc import Iterator, Sequence

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lib.access.denials import deny, deny_the_rest
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes
from lib.constructs.data_bucket import DataBucket
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys, via
from lib.constructs.log_groups import LogGroups
from lib.constructs.network import Network
from lib.environment import Environment
from lib.names import OF_THIS_ACCOUNT
from lib.outputs import export
from processor.bucket.keys import INCOMING, OUTPUTS, SUPPRESSED

NETWORK_INTERFACE_ACTIONS = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
]
SOURCE_FUNCTION = "lambda:SourceFunctionArn"
READ = (INCOMING, SUPPRESSED)
"""What the function reads and does not write."""


class ProcessorRole(Construct):
    """The role that the function acts as.

    Its allow policy is also its permissions boundary: a policy attached later, even
    AdministratorAccess, adds nothing. A second policy explicitly denies everything else, and
    holds even without the boundary.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

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
        allowed = [
            *_record_statements(bucket, keys),
            *_service_statements(names.function_arn, log_group_arn, intake.queue, keys),
        ]
        ceiling = iam.ManagedPolicy(
            self,
            "Allowed",
            description="The most that the data-processor function may ever do",
            statements=allowed,
        )
        denied = iam.ManagedPolicy(
            self,
            "Denied",
            description="What the data-processor function may not do, whatever else is attached",
            statements=_denials(allowed, names.function_arn, network),
        )
        acknowledge_prefixes(
            ceiling,
            bucket,
            "The function handles every file, and producers name the files.",
            *(f"{prefix}*" for prefix in (*READ, *OUTPUTS)),
        )
        acknowledge(
            ceiling,
            "Lambda asks for the network interface actions on '*': the interfaces do not exist "
            "yet. DenyServiceActionsToCode takes them from the code itself.",
            "AwsSolutions-IAM5[Resource::*]",
            "CKV_AWS_111",
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.role,
            # AWS documents no aws:SourceArn for this; the denials tie the role to the function.
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com", conditions=OF_THIS_ACCOUNT),
            description=f"Lambda execution role of {names.function}",
            managed_policies=[ceiling, denied],
            permissions_boundary=ceiling,
        )
        export(self, environment, LambdaRoleArn=self.role.role_arn)


def _record_statements(bucket: s3.IBucket, keys: Keys) -> list[iam.PolicyStatement]:
    """What the code itself needs to process a file."""
    return [
        iam.PolicyStatement(
            sid="ReadIncoming",
            actions=["s3:GetObject"],
            resources=[bucket.arn_for_objects(f"{prefix}*") for prefix in READ],
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
            conditions={"StringLike": {"s3:prefix": [f"{p}*" for p in (*READ, *OUTPUTS)]}},
        ),
        iam.PolicyStatement(
            sid="UseDataKey",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[keys.data.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": via("s3")},
                # The bucket's ARN with a bucket key; an object's where a producer declined it.
                # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
                "StringLike": {
                    "kms:EncryptionContext:aws:s3:arn": [
                        bucket.bucket_arn,
                        bucket.arn_for_objects("*"),
                    ]
                },
            },
        ),
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
        iam.PolicyStatement(
            sid="WriteLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[log_group_arn],
        ),
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
        iam.PolicyStatement(
            sid="DecryptEnvironment",
            actions=["kms:Decrypt"],
            resources=[keys.environment.key_arn],
            conditions={
                "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": function_arn}
            },
        ),
        # AWS requires '*' for these: the interfaces do not exist yet, and Describe actions support
        # no resources.
        # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
        iam.PolicyStatement(
            sid="AttachToNetwork",
            actions=NETWORK_INTERFACE_ACTIONS,
            resources=["*"],
        ),
    ]


def _denials(
    allowed: Sequence[iam.PolicyStatement], function_arn: str, network: Network
) -> list[iam.PolicyStatement]:
    """What stays denied if somebody attaches a wider policy and removes the boundary."""
    return [
        *deny_the_rest(allowed),
        # Outside the network, the credentials open neither data nor keys.
        _deny_outside("DenyStorageOutside", ["s3:*"], network.s3_endpoint),
        _deny_outside("DenyDerivationOutside", ["kms:GenerateMac"], network.kms_endpoint),
        *_deny_by_caller(function_arn),
    ]


def _deny_by_caller(function_arn: str) -> Iterator[iam.PolicyStatement]:
    """Separate what the function's code does, what Lambda does for it, and other functions.

    Requests with the credentials of a function's code carry its ARN, even when they are stolen.
    Lambda's own requests, which poll the queue and manage network interfaces, carry none.
    https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    """
    other = {"ArnNotEquals": {SOURCE_FUNCTION: function_arn}}  # or none
    code = {"Null": {SOURCE_FUNCTION: "false"}}
    yield deny(
        "DenyRecordsToOthers",
        actions=["s3:*", "kms:GenerateMac"],
        resources=["*"],
        conditions=other,
    )
    yield deny("DenyOtherFunctions", actions=["*"], resources=["*"], conditions={**other, **code})
    yield deny(
        "DenyServiceActionsToCode",
        actions=[*NETWORK_INTERFACE_ACTIONS, "sqs:*"],
        resources=["*"],
        conditions=code,
    )


def _deny_outside(sid: str, actions: list[str], endpoint: ec2.IVpcEndpoint) -> iam.PolicyStatement:
    """Deny requests that did not come through an endpoint of the network.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpce
    """
    return deny(
        sid,
        actions=actions,
        resources=["*"],
        conditions={"StringNotEquals": {"aws:SourceVpce": endpoint.vpc_endpoint_id}},
    )
