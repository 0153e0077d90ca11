"""The customer-managed KMS keys: one for each purpose, each with its own policy."""

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.contracts import encrypts, has_tokens
from lib.environment import Environment
from lib.names import Names
from lib.outputs import export
from processor.contract.model import Contract

ROTATION = Duration.days(90)

# What a key's administrators need. None of it uses the key, and only PutKeyPolicy lets anybody use
# it, which CloudTrail shows.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]


class Keys(Construct):
    """A key for each purpose, so that access to data gives none to logs, settings or pseudonyms.

    Each policy separates administration from use. The account's IAM policies decide who
    administers, so the account can always change a key, but they cannot allow a use that the key's
    policy does not name.

    Attributes:
        data: encrypts the bucket and the queues.
        logs: encrypts what operators read: the log groups of the environment, and notices.
        environment: encrypts the function's environment variables.
        pseudonym: derives the pseudonymisation keys. HMAC keys cannot rotate: the tokens would
            stop joining. https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
        reversible: derives the keys of tokens that can be reversed; None if no contract has any.
            Without it, nobody can ever reverse one.
        deriving: those of the last two that there are.
        all: all of them.
        erases: whether people can be erased, because a contract has tokens.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        contracts: Mapping[str, Contract],
    ) -> None:
        """Create the keys that the contracts need, and admit the users of each."""
        super().__init__(scope, construct_id)

        def add_key(name: str, description: str) -> kms.Key:
            return create_key(
                self, f"{name}Key", environment, name=name.lower(), description=description
            )

        self.erases = has_tokens(contracts)
        self.data = add_key("S3", "Objects and queue messages of the data pipeline")
        self.logs = add_key("Logs", "Log groups of the data pipeline")
        self.environment = add_key("Lambda", "Environment variables of the data processor")
        self.pseudonym = _create_hmac_key(
            self,
            "PseudonymKey",
            environment,
            description="Derives the pseudonymisation keys",
            spec=kms.KeySpec.HMAC_256,
        )
        self.reversible = None
        if encrypts(contracts):
            self.reversible = _create_hmac_key(
                self,
                "ReversibleKey",
                environment,
                description="Derives the keys of tokens that can be reversed",
                spec=kms.KeySpec.HMAC_512,
            )
        self.deriving = (self.pseudonym, *([self.reversible] if self.reversible else []))
        self.all = (self.data, self.logs, self.environment, *self.deriving)
        self._admit_storage()
        self._admit_bucket_notifications(environment.names.bucket_arn)
        groups = environment.names.log_groups
        if self.reversible:
            groups = [*groups, environment.names.reidentifier_log_group]
            self._admit_reidentification(self.reversible, environment.names)
        if self.erases:
            groups = [*groups, environment.names.eraser_log_group]
            self._admit_environment(
                "AllowErasure", environment.names.eraser_role_arn, environment.names.eraser_arn
            )
        admit_log_groups(self.logs, groups)
        self._admit_notices(environment.names.notices_arn)
        self._admit_function(environment.names)
        export(
            self,
            environment,
            S3KmsKeyId=self.data.key_id,
            LogsKmsKeyId=self.logs.key_id,
            LambdaKmsKeyId=self.environment.key_id,
            PseudonymKeyId=self.pseudonym.key_id,
        )
        if self.reversible:
            export(self, environment, ReversibleKeyId=self.reversible.key_id)

    def _admit_storage(self) -> None:
        """Principals that IAM policies allow may use the data key, but only through S3 and SQS.

        https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
        """
        self.data.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowStorage",
                principals=[iam.AccountRootPrincipal()],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"kms:ViaService": via("s3", "sqs")}},
            )
        )

    def _admit_bucket_notifications(self, bucket_arn: str) -> None:
        """Let S3 write its notifications into a queue that this key encrypts.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
        """
        self.data.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowBucketNotifications",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={
                    "ArnEquals": {"aws:SourceArn": bucket_arn},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )

    def _admit_notices(self, topic_arn: str) -> None:
        """Let this stack's alarms publish to this topic.

        SNS names the topic in the encryption context, so that the same key keeps notices and logs
        apart: what was encrypted for one cannot be decrypted for the other.
        https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
        https://docs.aws.amazon.com/gameliftservers/latest/flexmatchguide/queue-notification-sns-sse.html
        """
        source = of_alarms(self)
        topic = {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}
        self.logs.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowNotices",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={**source, "StringEquals": {**source["StringEquals"], **topic}},
            )
        )

    def _admit_function(self, names: Names) -> None:
        """Let the function's role derive keys and read its environment, and Lambda encrypt that.

        The role is in a condition: as a principal, it would have to exist before the key.
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars-encryption.html
        """
        _admit_derivation(self.pseudonym, names.role_arn, *self._erasers(names))
        self._admit_environment("AllowFunction", names.role_arn, names.function_arn)
        self.environment.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowDeployment",
                principals=[iam.AccountRootPrincipal()],
                actions=["kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"],
                resources=["*"],
                conditions={"StringEquals": {"kms:ViaService": via("lambda")}},
            )
        )

    def _admit_reidentification(self, reversible: kms.Key, names: Names) -> None:
        """Let the processor make reversible tokens, and re-identification reverse them.

        KMS cannot tell the two apart: both derive the same keys.
        """
        roles = names.role_arn, names.reidentifier_role_arn, *self._erasers(names)
        _admit_derivation(reversible, *roles)
        self._admit_environment(
            "AllowReidentification", names.reidentifier_role_arn, names.reidentifier_arn
        )

    def _erasers(self, names: Names) -> list[str]:
        """The role that derives the tokens of people who are erased, if there is one."""
        return [names.eraser_role_arn] if self.erases else []

    def _admit_environment(self, sid: str, role_arn: str, function_arn: str) -> None:
        """Let a function's role read the function's environment."""
        context = {"kms:EncryptionContext:aws:lambda:FunctionArn": function_arn}
        self.environment.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.AccountRootPrincipal()],
                actions=["kms:Decrypt"],
                resources=["*"],
                conditions={
                    "ArnEquals": {"aws:PrincipalArn": role_arn},
                    "StringEquals": context,
                },
            )
        )


def _admit_derivation(key: kms.Key, *role_arns: str) -> None:
    """Let roles derive keys from a key.

    They are in a condition: as principals, they would have to exist before the key.
    """
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AllowDerivation",
            principals=[iam.AccountRootPrincipal()],
            actions=["kms:GenerateMac"],
            resources=["*"],
            conditions={"ArnEquals": {"aws:PrincipalArn": one_or_all(role_arns)}},
        )
    )


def create_key(
    scope: Construct, construct_id: str, environment: Environment, *, name: str, description: str
) -> kms.Key:
    """A key that rotates, that the account administers, and that nobody may use yet.

    ``name`` is the last part of its alias, and ``description`` says what it encrypts.
    """
    return kms.Key(
        scope,
        construct_id,
        alias=f"alias/zero-trust/{environment.suffix}/{name}",
        description=f"{description} ({environment.suffix})",
        enable_key_rotation=True,
        rotation_period=ROTATION,
        policy=_administered(),
        removal_policy=environment.removal_policy,
    )


def _create_hmac_key(
    scope: Construct,
    construct_id: str,
    environment: Environment,
    *,
    description: str,
    spec: kms.KeySpec,
) -> kms.Key:
    """A key that makes MACs, which the account administers and nobody may use yet."""
    name = construct_id.removesuffix("Key").lower()
    key = kms.Key(
        scope,
        construct_id,
        alias=f"alias/zero-trust/{environment.suffix}/{name}",
        description=f"{description} ({environment.suffix})",
        key_spec=spec,
        key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
        policy=_administered(),
        removal_policy=environment.removal_policy,
    )
    acknowledge(
        key,
        "KMS cannot rotate HMAC keys. The epoch of a contract is their rotation.",
        "CKV_AWS_7",
    )
    return key


def admit_log_groups(key: kms.Key, names: Sequence[str]) -> None:
    """Let CloudWatch Logs use a key only for these groups of this account and region.

    Without this statement the deployment ends with "The specified KMS key does not exist or
    is not allowed to be used with Arn …".
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="AllowCloudWatchLogs",
            principals=[iam.ServicePrincipal(f"logs.{Aws.REGION}.{Aws.URL_SUFFIX}")],
            actions=[
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
            ],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": [groups + name for name in names]
                }
            },
        )
    )


def of_alarms(scope: Construct) -> dict[str, dict[str, str]]:
    """The condition that CloudWatch acts for an alarm of the stack of ``scope``.

    CloudFormation begins the alarms' names with the stack's.
    """
    alarms = f"arn:{Aws.PARTITION}:cloudwatch:{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:"
    return {
        "ArnLike": {"aws:SourceArn": f"{alarms}{Stack.of(scope).stack_name}-*"},
        "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
    }


def one_or_all(values: Sequence[str]) -> str | list[str]:
    """The values of a condition, as AWS writes them: one is not a list."""
    return values[0] if len(values) == 1 else list(values)


def via(*services: str) -> list[str]:
    """The ``kms:ViaService`` of requests that these services make in this region."""
    return [f"{service}.{Aws.REGION}.{Aws.URL_SUFFIX}" for service in services]


def _administered() -> iam.PolicyDocument:
    """A key policy that lets the account administer the key, and nobody use it."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="AllowAdministration",
                principals=[iam.AccountRootPrincipal()],
                actions=ADMINISTRATION,
                resources=["*"],
            )
        ]
    )
