"""The people: who may put files in, who may read what came out, and who may break the glass."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.compliance.rule_packs import acknowledge_prefixes
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys, via
from lib.environment import Environment
from processor.bucket.keys import INCOMING, MANIFESTS, OUTPUTS, PROCESSED, QUARANTINE

DATASET_TAG = "dataset"


class AccessPolicies(Construct):
    """Managed policies to be attached to the account's own users and roles.

    Nobody gets one by deploying the stack. Under SSE-KMS a read takes the key as well as the
    object, so each policy brings its use of the data key along.

    Pseudonyms are deterministic: who puts chosen values in and reads what comes out can look up
    every token. So the producer's policy denies everything with the outputs, and the readers'
    policies deny everything under ``incoming/``: a role that holds both can do neither. It takes
    two roles, and two people who collude or one who may assume both. Nor does a steward read clean
    rows, whatever else they hold: a rejected row, raw, may have a twin among them.

    Each is for the one dataset that the principal's tag ``dataset`` names, which is the first
    folder below the prefix, whether there is a contract for it or not. Without the tag, or with
    an empty one, they allow nothing; a wildcard in it would be taken by its letter, and a slash
    leads deeper into the same folder. Files that lie in no folder are for none of the three.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

    Attributes:
        producer: writes to ``incoming/<dataset>/``, and reads nothing.
        consumer: reads ``processed/<dataset>/``, and in ``manifests/<dataset>/`` what is done.
        steward: reads ``quarantine/<dataset>/`` and ``manifests/<dataset>/``: raw rows, for those
            who correct them.
        break_glass: the one role that may remove versions for good where data are retained; else
            None. Anybody whom IAM lets may assume it, with MFA. It finds and removes, not reads.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        data: DataBucket,
    ) -> None:
        """Create the policies, and the role where data are retained."""
        super().__init__(scope, construct_id)
        self._bucket = data.bucket
        self._key = keys.data
        self.producer = iam.ManagedPolicy(
            self,
            "Producer",
            description="Puts files of one dataset, named by the tag 'dataset', into the pipeline",
            statements=[
                iam.PolicyStatement(
                    sid="WriteOwnDataset",
                    actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                    resources=[self._bucket.arn_for_objects(_of_dataset(INCOMING))],
                ),
                # The parts of a multipart upload are decrypted to be joined.
                # https://repost.aws/knowledge-center/s3-large-file-encryption-kms-key
                self._use_key("kms:Decrypt", "kms:GenerateDataKey"),
                self._keep_from(*OUTPUTS),
            ],
        )
        self._acknowledge(self.producer, INCOMING)
        self.consumer = self._add_reader(
            "Consumer",
            "Reads clean rows and manifests of one dataset, named by the tag 'dataset'",
            PROCESSED,
            MANIFESTS,
            others=(),
        )
        self.steward = self._add_reader(
            "Steward",
            "Reads rejected rows and manifests of one dataset, named by the tag 'dataset'",
            QUARANTINE,
            MANIFESTS,
            others=(PROCESSED,),
        )
        self.break_glass = (
            self._add_break_glass(environment.names.break_glass_role)
            if environment.settings.retain_data
            else None
        )

    def _add_reader(
        self, name: str, description: str, *prefixes: str, others: tuple[str, ...]
    ) -> iam.ManagedPolicy:
        policy = iam.ManagedPolicy(
            self,
            name,
            description=description,
            statements=[
                iam.PolicyStatement(
                    sid="ReadObjects",
                    actions=["s3:GetObject", "s3:GetObjectVersion"],
                    resources=[self._bucket.arn_for_objects(_of_dataset(one)) for one in prefixes],
                ),
                iam.PolicyStatement(
                    sid="FindObjects",
                    actions=["s3:ListBucket"],
                    resources=[self._bucket.bucket_arn],
                    conditions={
                        "StringLike": {"s3:prefix": [_of_dataset(one) for one in prefixes]}
                    },
                ),
                self._use_key("kms:Decrypt"),
                self._keep_from(INCOMING, *others),
            ],
        )
        self._acknowledge(policy, *prefixes)
        return policy

    def _acknowledge(self, policy: iam.ManagedPolicy, *prefixes: str) -> None:
        acknowledge_prefixes(
            policy,
            self._bucket,
            "The producers name the files of their dataset.",
            *(f"{prefix}<aws:PrincipalTag/{DATASET_TAG}>/*" for prefix in prefixes),
        )

    def _use_key(self, *actions: str) -> iam.PolicyStatement:
        return iam.PolicyStatement(
            sid="UseDataKey",
            actions=list(actions),
            resources=[self._key.key_arn],
            conditions={"StringEquals": {"kms:ViaService": via("s3")}},
        )

    def _keep_from(self, *prefixes: str) -> iam.PolicyStatement:
        """Deny whatever can be done with the objects under some prefixes.

        All of S3 and not a list: reading has many names (versions, torrents, replication,
        annotations), writing too, and AWS adds more.
        """
        return iam.PolicyStatement(
            sid="SeparateDuties",
            effect=iam.Effect.DENY,
            actions=["s3:*"],
            resources=[self._bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes],
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


def _of_dataset(prefix: str) -> str:
    """What lies under a prefix of the dataset that the principal's tag names."""
    return f"{prefix}${{aws:PrincipalTag/{DATASET_TAG}}}/*"
