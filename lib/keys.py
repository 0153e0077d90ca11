"""The customer-managed KMS keys: one for each purpose, each with its own policy."""

from collections.abc import Sequence

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

ROTATION = Duration.days(90)


class Keys(Construct):
    """Four keys, so that who may read data says nothing about logs, settings or pseudonyms.

    Each default policy lets the account's own IAM policies decide, which keeps the account able
    to change the key. A key whose loss would be a loss of data goes with ``removal_policy``.

    Attributes:
        data: encrypts the bucket and the queues.
        logs: encrypts the log groups named at construction, and nothing else.
        environment: encrypts the function's environment variables.
        pseudonym: derives the pseudonymisation keys. HMAC keys cannot rotate: the tokens would
            stop joining. https://docs.aws.amazon.com/kms/latest/developerguide/hmac.html
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment_suffix: str,
        bucket_name: str,
        log_group_names: Sequence[str],
        removal_policy: RemovalPolicy,
    ) -> None:
        """Create the keys and admit the services that use them by themselves."""
        super().__init__(scope, construct_id)

        def add_key(name: str, description: str) -> kms.Key:
            return kms.Key(
                self,
                f"{name}Key",
                alias=f"alias/zero-trust/{environment_suffix}/{name.lower()}",
                description=f"{description} ({environment_suffix})",
                enable_key_rotation=True,
                rotation_period=ROTATION,
                removal_policy=removal_policy,
            )

        self.data = add_key("S3", "Objects and queue messages of the data pipeline")
        self.logs = add_key("Logs", "Log groups of the data pipeline")
        self.environment = add_key("Lambda", "Environment variables of the data processor")
        self.pseudonym = kms.Key(
            self,
            "PseudonymKey",
            alias=f"alias/zero-trust/{environment_suffix}/pseudonym",
            description=f"Derives the pseudonymisation keys ({environment_suffix})",
            key_spec=kms.KeySpec.HMAC_256,
            key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC,
            removal_policy=removal_policy,
        )
        self._admit_bucket_notifications(bucket_name)
        self._admit_log_groups(log_group_names)

    def _admit_bucket_notifications(self, bucket_name: str) -> None:
        """S3 writes its notifications into a queue that this key encrypts.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
        """
        self.data.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowBucketNotifications",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={
                    "ArnEquals": {"aws:SourceArn": f"arn:{Aws.PARTITION}:s3:::{bucket_name}"},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )

    def _admit_log_groups(self, names: Sequence[str]) -> None:
        """CloudWatch Logs may use its key for these groups of this account and region alone.

        Without this statement the deployment ends with "The specified KMS key does not exist or
        is not allowed to be used with Arn …".
        https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
        """
        groups = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:"
        self.logs.add_to_resource_policy(
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
