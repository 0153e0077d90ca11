"""What a compaction may do: have Athena read clean rows and manifests, and keep tables of them."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from lib.access.bounded_role import STEP_FUNCTIONS, BoundedRole
from lib.access.denials import deny
from lib.access.query_access import NOT_VIA_ATHENA, VIA_ATHENA
from lib.access.schedule_role import ScheduleRole
from lib.compliance.rule_packs import acknowledge, acknowledge_prefixes, wildcard
from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys, via
from lib.contracts.tables import compacted_name
from lib.environment import Environment
from lib.names import COMPACTED, RESULTS, Names
from processor.bucket.keys import MANIFESTS, PROCESSED

OF_COMPACTIONS = f"{RESULTS}compaction/"
READ = (PROCESSED, MANIFESTS, COMPACTED)


class CompactionRole(Construct):
    """The roles of the state machine and of its schedule.

    Objects are out of the state machine's reach but through Athena, in its own workgroup. Which
    datasets it compacts is in its definition, and not in the policy, which would be too long.

    Attributes:
        role: of the state machine.
        schedule_role: of the schedule, which can start it and do nothing else.
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
        """Create the policies, then the roles."""
        super().__init__(scope, construct_id)
        names = environment.names
        self.role = BoundedRole(
            self,
            "Role",
            name=f"{names.compaction.machine}-{Aws.REGION}",
            service=STEP_FUNCTIONS,
            description=f"Execution role of {names.compaction.machine}",
            who="a compaction",
            allowed=[*_query_statements(names), *_object_statements(keys, data)],
            denied=[
                deny(
                    "DenyDirectAccess",
                    actions=["s3:*"],
                    resources=["*"],
                    conditions=NOT_VIA_ATHENA,
                )
            ],
            conditions={"ArnEquals": {"aws:SourceArn": names.compaction.arn}},
        )
        ceiling = self.role.ceiling
        acknowledge_prefixes(
            ceiling,
            data.bucket,
            "Producers name the files, and Athena names those of its tables and results.",
            *(f"{prefix}*" for prefix in (*READ, OF_COMPACTIONS)),
        )
        acknowledge(
            ceiling,
            "The datasets are in the definition of the state machine.",
            *map(wildcard, (_table(names, "*"), _table(names, compacted_name("*")))),
        )
        self.schedule_role = ScheduleRole(
            self,
            "ScheduleRole",
            machine=names.compaction.machine,
            machine_arn=names.compaction.arn,
            group_arn=names.compaction.schedules_arn,
            starts="the compaction",
        )


def _query_statements(names: Names) -> list[iam.PolicyStatement]:
    """What queries need of Athena and of the catalogue."""
    databases = [_arn("glue", "catalog"), _arn("glue", f"database/{names.database}")]
    return [
        # https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
        iam.PolicyStatement(
            sid="RunQueries",
            actions=[
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            resources=[_arn("athena", f"workgroup/{names.compaction.workgroup}")],
        ),
        iam.PolicyStatement(
            sid="UseCatalog",
            actions=["athena:GetDataCatalog"],
            resources=[_arn("athena", "datacatalog/AwsDataCatalog")],
        ),
        # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
        iam.PolicyStatement(
            sid="ReadTables",
            actions=["glue:GetDatabase", "glue:GetTable"],
            resources=[*databases, _arn("glue", "database/default"), _table(names, "*")],
        ),
        iam.PolicyStatement(
            sid="KeepTables",
            actions=["glue:CreateTable", "glue:DeleteTable", "glue:UpdateTable"],
            resources=[*databases, _table(names, compacted_name("*"))],
        ),
    ]


def _object_statements(keys: Keys, data: DataBucket) -> list[iam.PolicyStatement]:
    """What Athena needs of the bucket and its key, as who queries."""
    bucket = data.bucket

    def below(*prefixes: str) -> list[str]:
        return [bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]

    return [
        iam.PolicyStatement(
            sid="FindBucket",
            actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            resources=[bucket.bucket_arn],
            conditions=VIA_ATHENA,
        ),
        iam.PolicyStatement(
            sid="FindObjects",
            actions=["s3:ListBucket"],
            resources=[bucket.bucket_arn],
            conditions={
                **VIA_ATHENA,
                "StringLike": {"s3:prefix": [f"{prefix}*" for prefix in READ]},
            },
        ),
        iam.PolicyStatement(
            sid="ReadObjects",
            actions=["s3:GetObject"],
            resources=below(*READ, OF_COMPACTIONS),
            conditions=VIA_ATHENA,
        ),
        iam.PolicyStatement(
            sid="WriteObjects",
            actions=["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            resources=below(COMPACTED, OF_COMPACTIONS),
            conditions=VIA_ATHENA,
        ),
        # VACUUM leaves what it may not remove, and does not fail. No version is removed.
        # https://docs.aws.amazon.com/athena/latest/ug/vacuum-statement.html
        iam.PolicyStatement(
            sid="RemoveObjects",
            actions=["s3:DeleteObject"],
            resources=below(COMPACTED),
            conditions=VIA_ATHENA,
        ),
        iam.PolicyStatement(
            sid="UseDataKey",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[keys.data.key_arn],
            conditions={"StringEquals": {"kms:ViaService": via("s3")}},
        ),
    ]


def _table(names: Names, name: str) -> str:
    return _arn("glue", f"table/{names.database}/{name}")


def _arn(service: str, resource: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
