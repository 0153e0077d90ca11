"""The bucket: incoming files, processed rows, quarantined rows, manifests, query results."""

from aws_cdk import Annotations, Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.constructs.intake_queue import IntakeQueue
from lib.constructs.keys import Keys
from lib.environment import Environment
from lib.names import RESULTS
from lib.outputs import export
from processor.bucket.keys import INCOMING, OUTPUTS, QUARANTINE

RAW = (INCOMING, QUARANTINE)  # rejected rows are raw too

# How long a replaced or deleted version can be brought back.
OLD_VERSIONS = Duration.days(30)
A_DAY = Duration.days(1)  # the shortest that S3 offers
OLD_RAW_VERSIONS = A_DAY
RESULTS_EXPIRY = Duration.days(7)  # a query can be run again


class DataBucket(Construct):
    """An encrypted, versioned, private bucket that announces new objects to a queue.

    Attributes:
        bucket: see the module.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        intake: IntakeQueue,
    ) -> None:
        """Create the bucket after the queue's policy, which S3 tests at creation."""
        super().__init__(scope, construct_id)
        expiry, lock = (
            environment.settings.raw_data_expiry_days,
            environment.settings.object_lock_days,
        )
        retention = s3.ObjectLockRetention.governance(Duration.days(lock)) if lock else None
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=environment.names.bucket,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=keys.data,
            bucket_key_enabled=True,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_lock_enabled=True if retention else None,
            object_lock_default_retention=retention,
            removal_policy=environment.removal_policy,
            auto_delete_objects=environment.removal_policy == RemovalPolicy.DESTROY,
            lifecycle_rules=_lifecycle(expiry),
        )
        if lock and lock > expiry:
            Annotations.of(self.bucket).add_warning_v2(
                "zero-trust:raw-data-stay-locked",
                f"objectLockDays is {lock} and rawDataExpiryDays is {expiry}: raw data are hidden "
                f"after {expiry} days and removed only after {lock}, as S3 removes no locked "
                "version. "
                "Lower objectLockDays, or raise rawDataExpiryDays to what is true.",
            )
        # The policy stays as long as the bucket: it requires TLS, protects versions, and refuses
        # writes while the bucket is emptied.
        assert self.bucket.policy
        self.bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        self._announce(intake.queue)
        export(
            self,
            environment,
            S3BucketName=self.bucket.bucket_name,
            S3BucketArn=self.bucket.bucket_arn,
        )
        acknowledge(
            self.bucket,
            "S3 cannot write access logs into a bucket under a customer-managed key; CloudTrail's "
            "data events record who read or wrote which object.",
            "AwsSolutions-S1",
            "CKV_AWS_18",
            "HIPAA.Security-S3BucketLoggingEnabled",
            "NIST.800.53.R5-S3BucketLoggingEnabled",
            "PCI.DSS.321-S3BucketLoggingEnabled",
        )
        acknowledge(
            self.bucket,
            "A copy elsewhere would be another exit, with a perimeter of its own. Versions, and "
            "Object Lock where it is set, keep data; every output can be recreated.",
            "HIPAA.Security-S3BucketReplicationEnabled",
            "NIST.800.53.R5-S3BucketReplicationEnabled",
            "PCI.DSS.321-S3BucketReplicationEnabled",
        )

    def expire_in_a_day(self, prefix: str) -> None:
        """Let objects below a prefix expire in a day, and their old versions a day later."""
        self.bucket.add_lifecycle_rule(
            id=f"Expire-{_named(prefix)}",
            prefix=prefix,
            expiration=A_DAY,
            noncurrent_version_expiration=A_DAY,
        )

    def expire_old_versions(self, prefix: str) -> None:
        """Let old versions below a prefix expire as those of outputs do."""
        self.bucket.add_lifecycle_rule(
            id=f"ExpireOldVersions-{_named(prefix)}",
            prefix=prefix,
            noncurrent_version_expiration=OLD_VERSIONS,
        )

    def _announce(self, queue: sqs.Queue) -> None:
        """Send every new object under ``incoming/`` to the queue, and every event to EventBridge.

        Whoever waits for a file matches those events by rules of their own, and needs no access to
        the bucket for it: an event has the object's key, and nothing of its content.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html

        This is a property of the bucket itself: CDK's own notifications need a function that may
        change those of any bucket.
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
        """
        resource = self.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        rule = s3.CfnBucket.FilterRuleProperty(name="prefix", value=INCOMING)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            ),
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queue.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(rules=[rule])
                    ),
                )
            ],
        )
        self.bucket.node.add_dependency(queue)


def _named(prefix: str) -> str:
    """A prefix in the id of a rule, which has no slash."""
    return prefix.strip("/").replace("/", "-")


def _lifecycle(raw_data_expiry_days: int) -> list[s3.LifecycleRule]:
    """Return what expires when. No two rules apply to one object, as S3 would follow the shorter.

    An expired object becomes an old version behind a delete marker. The marker is removed once it
    hides nothing; a rule with an age cannot also say that.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-conflicts.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html
    """
    raw = [
        s3.LifecycleRule(
            id=f"ExpireRawData-{prefix.strip('/')}",
            prefix=prefix,
            expiration=Duration.days(raw_data_expiry_days),
            noncurrent_version_expiration=OLD_RAW_VERSIONS,
        )
        for prefix in RAW
    ]
    others = [
        s3.LifecycleRule(
            id=f"ExpireOldVersions-{prefix.strip('/')}",
            prefix=prefix,
            noncurrent_version_expiration=OLD_VERSIONS,
        )
        for prefix in OUTPUTS
        if prefix not in RAW
    ]
    results = s3.LifecycleRule(
        id=f"ExpireResults-{RESULTS.strip('/')}",
        prefix=RESULTS,
        expiration=RESULTS_EXPIRY,
        noncurrent_version_expiration=OLD_RAW_VERSIONS,
    )
    remains = s3.LifecycleRule(
        id="RemoveRemains",
        expired_object_delete_marker=True,
        abort_incomplete_multipart_upload_after=Duration.days(1),
    )
    return [*raw, *others, results, remains]
