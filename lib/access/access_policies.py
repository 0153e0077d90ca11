"""Access policies for people: who may write files, read outputs, and break the glass."""

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.policy_size import check_size
from lib.access.query_access import keep_from_workgroups, keep_to_workgroup, query_statements
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes, wildcard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys, via
from lib.constructs.queries import SEVERAL
from lib.contracts.tables import Table
from lib.environment import Environment
from lib.names import COMPACTED, DATASET_TAG, OWN_DATASET, RESULTS
from lib.outputs import export
from processor.bucket.keys import (
    ERASURE,
    INCOMING,
    MANIFESTS,
    OUTPUTS,
    PROCESSED,
    QUARANTINE,
    RECEIPTS,
    REQUESTS,
    SUPPRESSED,
)


class AccessPolicies(Construct):
    """Managed policies to be attached to the account's own users and roles.

    Deploying the stack gives them to nobody. Under SSE-KMS a read needs the key as well as the
    object, so each policy includes the use of the data key.

    Pseudonyms are deterministic: whoever can write chosen values and read the outputs can look up
    every token. So the producer's policy denies everything with the outputs, and the readers'
    policies deny everything under ``incoming/``: a role with both can do neither. An attack needs
    two roles, and two people who collude or one who can assume both. A steward cannot read clean
    rows either, whatever else the role has: a raw rejected row may match one of them.

    Each policy is limited to the dataset in the principal's tag ``dataset``: the first folder
    below the prefix, whether there is a contract for it or not. Without the tag, or with an empty
    one, it allows nothing. A wildcard in the tag is taken literally, and a slash leads deeper into
    the same folder. Files outside any folder are out of reach of all three.

    A reader may also query the tables of the dataset with Athena, in the workgroup of the dataset
    and the duty, see :mod:`lib.access.query_access`.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

    Attributes:
        producer: writes to ``incoming/<dataset>/``, and reads nothing.
        consumer: reads ``processed/<dataset>/``, and ``manifests/<dataset>/`` to see what is done.
        steward: reads ``quarantine/<dataset>/`` (raw rows, to correct them) and
            ``manifests/<dataset>/``.
        eraser: asks to erase people, and reads the receipts; it reads nothing else, and not even
            what it asked for, and a role that also has another of these policies does neither.
            None if no contract has tokens to find people by.
        break_glass: where data are retained, the one role that can remove versions for good; else
            None. Whoever IAM allows can assume it, with MFA. It can find and remove, but not read.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        data: DataBucket,
        tables: Sequence[Table],
    ) -> None:
        """Create the policies, and the role where data are retained.

        Raises:
            ContractError: the names of the datasets make a policy too long.
        """
        super().__init__(scope, construct_id)
        self._names, self._tables = environment.names, tables
        self._bucket = data.bucket
        self._key = keys.data
        self._of_erasers = (ERASURE,) if keys.erases else ()
        self._compacted = environment.settings.compacted_datasets
        compacted = (COMPACTED,) if self._compacted else ()
        self._outputs = (*OUTPUTS, *compacted, RESULTS)
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
                # Joining the parts of a multipart upload decrypts them.
                # https://repost.aws/knowledge-center/s3-large-file-encryption-kms-key
                self._use_key("kms:Decrypt", "kms:GenerateDataKey"),
                self._keep_from(*self._outputs, *self._of_erasers),
                *keep_from_workgroups(self._names),
            ],
        )
        self._acknowledge(self.producer, INCOMING)
        self.consumer = self._add_reader(
            "consumer",
            "Reads clean rows and manifests of one dataset, named by the tag 'dataset'",
            PROCESSED,
            MANIFESTS,
            *compacted,
            others=(),
        )
        self.steward = self._add_reader(
            "steward",
            "Reads rejected rows and manifests of one dataset, named by the tag 'dataset'",
            QUARANTINE,
            MANIFESTS,
            others=(PROCESSED, *compacted, f"{RESULTS}consumer/", f"{RESULTS}{SEVERAL}/"),
        )
        self.eraser = self._add_eraser(environment) if keys.erases else None
        export(
            self,
            environment,
            ProducerPolicyArn=self.producer.managed_policy_arn,
            ConsumerPolicyArn=self.consumer.managed_policy_arn,
            StewardPolicyArn=self.steward.managed_policy_arn,
        )
        self.break_glass = (
            self._add_break_glass(environment.names.break_glass_role)
            if environment.settings.retain_data
            else None
        )

    def _add_eraser(self, environment: Environment) -> iam.ManagedPolicy:
        """Whoever erases chosen people, and can read outputs, sees whose tokens go.

        So it is denied all outputs, raw files, and results of queries.
        """
        machine = self._names.erasure_arn
        executions = f"{machine.replace(':stateMachine:', ':execution:')}:*"
        policy = iam.ManagedPolicy(
            self,
            "Eraser",
            description="Asks to erase people from all datasets, and reads the receipts",
            statements=[
                iam.PolicyStatement(
                    sid="WriteRequests",
                    actions=["s3:PutObject"],
                    resources=[self._bucket.arn_for_objects(f"{REQUESTS}*")],
                ),
                iam.PolicyStatement(
                    sid="ReadReceipts",
                    actions=["s3:GetObject"],
                    resources=[self._bucket.arn_for_objects(f"{RECEIPTS}*")],
                ),
                iam.PolicyStatement(
                    sid="FindReceipts",
                    actions=["s3:ListBucket"],
                    resources=[self._bucket.bucket_arn],
                    conditions={"StringLike": {"s3:prefix": f"{RECEIPTS}*"}},
                ),
                self._use_key("kms:Decrypt", "kms:GenerateDataKey"),
                iam.PolicyStatement(
                    sid="StartErasures", actions=["states:StartExecution"], resources=[machine]
                ),
                iam.PolicyStatement(
                    sid="WatchErasures",
                    actions=["states:DescribeExecution"],
                    resources=[executions],
                ),
                self._keep_from(INCOMING, *self._outputs, SUPPRESSED),
                *keep_from_workgroups(self._names),
            ],
        )
        acknowledge_prefixes(
            policy,
            self._bucket,
            "Requests are named at random, and receipts after them.",
            f"{REQUESTS}*",
            f"{RECEIPTS}*",
        )
        acknowledge(policy, "An execution's name is known once it runs.", wildcard(executions))
        export(self, environment, EraserPolicyArn=policy.managed_policy_arn)
        return policy

    def _add_reader(
        self, duty: str, description: str, *folders: str, others: tuple[str, ...]
    ) -> iam.ManagedPolicy:
        prefixes = (*folders, f"{RESULTS}{duty}/")
        policy = iam.ManagedPolicy(
            self,
            duty.capitalize(),
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
                self._use_key("kms:Decrypt", "kms:GenerateDataKey"),  # the second for results
                *query_statements(
                    duty,
                    self._names,
                    self._bucket,
                    self._tables,
                    of_rows=PROCESSED in folders,
                    compacted=self._compacted,
                ),
                self._keep_from(INCOMING, *others, *self._of_erasers),
                *keep_to_workgroup(duty, self._names),
            ],
        )
        check_size(policy, duty, self._tables)
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

        All of S3 and not a list: there are many actions that read (versions, torrents,
        replication, annotations) or write, and AWS adds more.
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
            policy,
            self._bucket,
            "Nobody knows in advance which version must be removed in an emergency.",
            "*",
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
    """The objects under a prefix in the dataset that the principal's tag names."""
    return f"{prefix}{OWN_DATASET}/*"
