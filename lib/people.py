"""The people: who may put files in, who may read what came out, and who may break the glass."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from lib.data_bucket import INCOMING
from lib.keys import via
from lib.names import Names
from lib.policy_packs import acknowledge_prefixes

DATASET_TAG = "dataset"


class People(Construct):
    """Managed policies to be attached to the account's own users and roles.

    Nobody gets one by deploying the stack. Under SSE-KMS a read takes the key as well as the
    object, so each policy brings its use of the data key along.

    Attributes:
        producer: writes to ``incoming/<dataset>/`` of the dataset that the principal's tag
            ``dataset`` names, and reads nothing. Without the tag it allows nothing.
        consumer: reads ``processed/``.
        steward: reads ``quarantine/`` and ``manifests/``: raw rows, for those who mend them.
        break_glass: the one role that may remove versions for good where data are retained; else
            None. Anybody whom IAM lets may assume it, with MFA. It finds and removes, not reads.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        bucket: s3.IBucket,
        key: kms.IKey,
        retain: bool,
    ) -> None:
        """Create the policies, and the role where data are retained."""
        super().__init__(scope, construct_id)
        self._bucket = bucket
        self._key = key
        own = f"{INCOMING}${{aws:PrincipalTag/{DATASET_TAG}}}/*"
        self.producer = iam.ManagedPolicy(
            self,
            "Producer",
            description="Puts files of one dataset, named by the tag 'dataset', into the pipeline",
            statements=[
                iam.PolicyStatement(
                    sid="WriteOwnDataset",
                    actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                    resources=[bucket.arn_for_objects(own)],
                ),
                # The parts of a multipart upload are decrypted to be joined.
                # https://repost.aws/knowledge-center/s3-large-file-encryption-kms-key
                self._use_key("kms:Decrypt", "kms:GenerateDataKey"),
            ],
        )
        acknowledge_prefixes(
            self.producer,
            bucket,
            "The producers name the files of their dataset.",
            f"{INCOMING}<aws:PrincipalTag/{DATASET_TAG}>/*",
        )
        self.consumer = self._add_reader("Consumer", "Reads what was processed", "processed/")
        self.steward = self._add_reader(
            "Steward", "Reads rejected rows and manifests", "quarantine/", "manifests/"
        )
        self.break_glass = self._add_break_glass(names.break_glass_role) if retain else None

    def _add_reader(self, name: str, description: str, *prefixes: str) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self,
            name,
            description=description,
            statements=[
                iam.PolicyStatement(
                    sid="ReadObjects",
                    actions=["s3:GetObject", "s3:GetObjectVersion"],
                    resources=[self._bucket.arn_for_objects(f"{name}*") for name in prefixes],
                ),
                iam.PolicyStatement(
                    sid="FindObjects",
                    actions=["s3:ListBucket"],
                    resources=[self._bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": [f"{name}*" for name in prefixes]}},
                ),
                self._use_key("kms:Decrypt"),
            ],
        )
        acknowledge_prefixes(
            policy,
            self._bucket,
            "All that is under a prefix is for the same readers; producers name it.",
            *(f"{name}*" for name in prefixes),
        )
        return policy

    def _use_key(self, *actions: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="UseDataKey",
            actions=list(actions),
            resources=[self._key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": via("s3")}},
        )

    def _add_break_glass(self, role_name: str) -> iam.Role:
        policy = iam.ManagedPolicy(
            self,
            "RemoveVersions",
            description="Finds object versions and removes them for good",
            statements=[
                iam.PolicyStatement(
                    sid="FindVersions",
                    actions=["s3:ListBucketVersions"],
                    resources=[self._bucket.bucket_arn],
                ),
                iam.PolicyStatement(
                    sid="RemoveVersions",
                    actions=["s3:BypassGovernanceRetention", "s3:DeleteObjectVersion"],
                    resources=[self._bucket.arn_for_objects("*")],
                ),
            ],
        )
        acknowledge_prefixes(
            policy, self._bucket, "Which version must go in an emergency is not known before.", "*"
        )
        return iam.Role(
            self,
            "BreakGlass",
            role_name=role_name,
            description="Removes object versions for good; for emergencies, with MFA",
            assumed_by=iam.AccountRootPrincipal().with_conditions(
                {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
            ),
            managed_policies=[policy],
        )
