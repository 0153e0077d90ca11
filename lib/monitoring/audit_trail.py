"""The audit trail: who changed what in the account, and who read or wrote which object."""

from collections.abc import Mapping
from types import MappingProxyType

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_cloudtrail as cloudtrail
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lib.compliance.cdk_functions import emptying_role_arn
from lib.compliance.rule_packs import acknowledge
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import admit_log_groups, create_key, via
from lib.environment import Environment
from lib.outputs import export

SERVICE = "cloudtrail.amazonaws.com"
CONTEXT = "kms:EncryptionContext:aws:cloudtrail:arn"


class AuditTrail(Construct):
    """A trail of all regions, which keeps its log files in a bucket of its own.

    It records the account's management events, with every use of a KMS key, and the data events of
    the data bucket's objects. It is of all regions because CloudTrail records changes of roles in
    us-east-1 only.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-create-and-update-a-trail-by-using-the-aws-cli-update-trail.html

    The key is the trail's own, so that whoever disables the key of the other log groups does not
    also stop the record of it, and reading one kind of log gives no access to the other.

    Attributes:
        bucket: of the log files. Nobody but the trail writes into it. What is in it expires with
            the setting ``logRetentionDays``; before, nobody removes it but the break-glass role
            where data are retained, or else the function that empties the bucket with the stack.
        key: encrypts the log files and the log group.
        log_group: has the same events, for metrics.
    """

    def __init__(
        self, scope: Construct, construct_id: str, environment: Environment, *, data: DataBucket
    ) -> None:
        """Create the key and the bucket, admit the trail to both, and start it."""
        super().__init__(scope, construct_id)
        self.key = self._add_key(environment)
        self.bucket = self._add_bucket(environment)
        self.log_group = self._add_log_group(environment)
        role = self._add_writer()
        trail = cloudtrail.CfnTrail(
            self,
            "Trail",
            trail_name=environment.names.trail,
            is_logging=True,
            s3_bucket_name=self.bucket.bucket_name,
            kms_key_id=self.key.key_arn,
            enable_log_file_validation=True,
            is_multi_region_trail=True,
            include_global_service_events=True,
            cloud_watch_logs_log_group_arn=self.log_group.log_group_arn,
            cloud_watch_logs_role_arn=role.role_arn,
            advanced_event_selectors=[
                _select("Management events", {"eventCategory": "Management"}),
                _select(
                    "Objects of the data bucket",
                    {"eventCategory": "Data", "resources.type": "AWS::S3::Object"},
                    starts={"resources.ARN": data.bucket.arn_for_objects("")},
                ),
            ],
        )
        # CloudTrail tests whether it may write. Deleted with the stack, it stops before its bucket
        # is emptied.
        trail.node.add_dependency(self.bucket, role)
        export(
            self,
            environment,
            AuditTrailArn=trail.attr_arn,
            AuditBucketName=self.bucket.bucket_name,
            AuditKmsKeyId=self.key.key_id,
        )
        acknowledge(
            trail,
            "Nobody waits for log files: the log group has the same events sooner.",
            "CKV_AWS_252",
        )

    def _add_key(self, environment: Environment) -> kms.Key:
        """Let the trail encrypt, CloudWatch Logs keep its group, and readers of logs decrypt.

        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
        """
        key = create_key(
            self, "Key", environment, name="audit", description="Log files of the audit trail"
        )
        trail = {"aws:SourceArn": environment.names.trail_arn}
        context = {CONTEXT: environment.names.trail_arn}
        for sid, principal, action, conditions in (
            ("AllowTrail", _service(), "kms:GenerateDataKey*", {**trail, **context}),
            ("AllowTrailToDescribe", _service(), "kms:DescribeKey", trail),
            (
                "AllowReaders",
                iam.AccountRootPrincipal(),
                "kms:Decrypt",
                {"kms:ViaService": via("s3"), **context},
            ),
        ):
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    principals=[principal],
                    actions=[action],
                    resources=["*"],
                    conditions={"StringEquals": conditions},
                )
            )
        admit_log_groups(key, [environment.names.trail_log_group])
        return key

    def _add_bucket(self, environment: Environment) -> s3.Bucket:
        """Create the bucket, and let the trail alone write into it.

        It has no S3 bucket key: with one, the trail would also need to decrypt.
        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
        """
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=environment.names.audit_bucket,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            removal_policy=environment.removal_policy,
            auto_delete_objects=environment.removal_policy == RemovalPolicy.DESTROY,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="ExpireLogs",
                    expiration=Duration.days(environment.settings.log_retention_days),
                    noncurrent_version_expiration=Duration.days(1),
                ),
                s3.LifecycleRule(
                    id="RemoveRemains",
                    expired_object_delete_marker=True,
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
            ],
        )
        trail = {"aws:SourceArn": environment.names.trail_arn}
        logs_of_account = bucket.arn_for_objects(f"AWSLogs/{Aws.ACCOUNT_ID}/*")
        for sid, action, resource, conditions in (
            ("AllowTrailToLook", "s3:GetBucketAcl", bucket.bucket_arn, trail),
            (
                "AllowTrail",
                "s3:PutObject",
                logs_of_account,
                {**trail, "s3:x-amz-acl": "bucket-owner-full-control"},
            ),
        ):
            bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=sid,
                    principals=[_service()],
                    actions=[action],
                    resources=[resource],
                    conditions={"StringEquals": conditions},
                )
            )
        remover = (
            environment.names.break_glass_role_arn
            if environment.settings.retain_data
            else emptying_role_arn(bucket)
        )
        # Everything but reading: there are many actions that write.
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="DenyForgingLogs",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                not_actions=["s3:GetObject*"],
                resources=[bucket.arn_for_objects("*")],
                conditions={
                    "StringNotEquals": trail,
                    "ArnNotEquals": {"aws:PrincipalArn": remover},
                },
            )
        )
        # The policy stays as long as the bucket, as the data bucket's does.
        assert bucket.policy
        bucket.policy.apply_removal_policy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE)
        acknowledge(
            bucket,
            "It is a bucket of logs. S3 cannot write access logs into a bucket under a "
            "customer-managed key, and data events of this bucket would be about themselves.",
            "AwsSolutions-S1",
            "CKV_AWS_18",
            "HIPAA.Security-S3BucketLoggingEnabled",
            "NIST.800.53.R5-S3BucketLoggingEnabled",
            "PCI.DSS.321-S3BucketLoggingEnabled",
        )
        acknowledge(
            bucket,
            "Versions and the bucket's policy keep the logs; digests show whether one is missing.",
            "HIPAA.Security-S3BucketReplicationEnabled",
            "NIST.800.53.R5-S3BucketReplicationEnabled",
            "PCI.DSS.321-S3BucketReplicationEnabled",
        )
        return bucket

    def _add_log_group(self, environment: Environment) -> logs.LogGroup:
        group = logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=environment.names.trail_log_group,
            encryption_key=self.key,
            removal_policy=environment.removal_policy,
        )
        resource = group.node.default_child
        assert isinstance(resource, logs.CfnLogGroup)
        resource.retention_in_days = environment.settings.log_retention_days
        return group

    def _add_writer(self) -> iam.IRole:
        """Let CloudTrail write into the log group, and read nothing.

        It names neither the trail nor the account when it assumes the role.
        https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
        """
        policy = iam.ManagedPolicy(
            self,
            "Write",
            description="Writes the events of the audit trail into its log group",
            statements=[
                iam.PolicyStatement(
                    sid="WriteEvents",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[self.log_group.log_group_arn],
                )
            ],
        )
        role = iam.Role(
            self,
            "Writer",
            description="What CloudTrail acts as when it writes into the log group",
            assumed_by=_service(),
            managed_policies=[policy],
        )
        return role.without_policy_updates()


def _service() -> iam.ServicePrincipal:
    return iam.ServicePrincipal(SERVICE)


def _select(
    name: str, equals: Mapping[str, str], starts: Mapping[str, str] = MappingProxyType({})
) -> cloudtrail.CfnTrail.AdvancedEventSelectorProperty:
    """Select the events whose fields have these values, or start with them.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
    """
    field = cloudtrail.CfnTrail.AdvancedFieldSelectorProperty
    return cloudtrail.CfnTrail.AdvancedEventSelectorProperty(
        name=name,
        field_selectors=[
            *(field(field=one, equal_to=[value]) for one, value in equals.items()),
            *(field(field=one, starts_with=[value]) for one, value in starts.items()),
        ],
    )
