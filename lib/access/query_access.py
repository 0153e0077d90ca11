"""What a reader of one dataset needs to query its tables with Athena, and what is denied.

Athena reads the catalogue, the data and the bucket of results as the person who queries, so what
is closed to them in Glue and S3 is closed through Athena too.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
"""

from collections.abc import Collection, Iterator, Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from lib.access.denials import deny
from lib.contracts.tables import Table, compacted_name, manifests_name
from lib.names import DATASET_TAG, OWN_DATASET, RESULTS, Names

# https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html
VIA_ATHENA = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}
# This also matches a request that has no such key, because no service made it.
NOT_VIA_ATHENA = {"ForAllValues:StringNotEquals": {"aws:CalledVia": ["athena.amazonaws.com"]}}


def query_statements(
    duty: str,
    names: Names,
    bucket: s3.IBucket,
    tables: Sequence[Table],
    *,
    of_rows: bool,
    compacted: Collection[str] = (),
) -> list[iam.PolicyStatement]:
    """Allow the queries of one duty, limited to the dataset in the principal's tag.

    Args:
        duty: whose workgroup of the dataset it is.
        names: of the workgroup and the database.
        bucket: has the results.
        tables: of all datasets. The tag selects a table by its name; where that differs from the
            dataset's, a statement of its own names both.
        of_rows: whether the table of clean rows is included, besides that of manifests.
        compacted: the datasets whose table of clean rows is also there compacted.
    """
    results = bucket.arn_for_objects(f"{RESULTS}{duty}/{OWN_DATASET}/*")
    return [
        iam.PolicyStatement(
            sid="RunQueries",
            actions=[
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetQueryResultsStream",  # the drivers' way to read results
                "athena:GetWorkGroup",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            resources=[_arn("athena", f"workgroup/{names.workgroup_of(duty, OWN_DATASET)}")],
        ),
        # https://docs.aws.amazon.com/athena/latest/ug/datacatalogs-example-policies.html
        iam.PolicyStatement(
            sid="UseCatalog",
            actions=["athena:GetDataCatalog"],
            resources=[_arn("athena", "datacatalog/AwsDataCatalog")],
        ),
        # Athena also asks for the database "default", whichever a query names. A table takes
        # permission on itself, its database and the catalogue.
        # https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
        iam.PolicyStatement(
            sid="ReadTables",
            actions=["glue:GetDatabase", "glue:GetTable"],
            resources=[
                _arn("glue", "catalog"),
                _arn("glue", "database/default"),
                _arn("glue", f"database/{names.database}"),
                *_tables(names, OWN_DATASET, of_rows, bool(compacted)),
            ],
        ),
        *_renamed(names, tables, of_rows, compacted),
        iam.PolicyStatement(
            sid="FindBucketOfResults",
            actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            resources=[bucket.bucket_arn],
            conditions=VIA_ATHENA,
        ),
        iam.PolicyStatement(
            sid="WriteResults",
            actions=["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"],
            resources=[results],
            conditions=VIA_ATHENA,
        ),
    ]


def keep_from_workgroups(names: Names) -> list[iam.PolicyStatement]:
    """Deny the environment's workgroups altogether.

    Whoever may change a workgroup can have Athena keep its results. Then Athena's permissions are
    all that reading them takes: the denials of S3 do not count.
    https://docs.aws.amazon.com/athena/latest/APIReference/API_ManagedQueryResultsConfiguration.html
    """
    return [
        deny("SeparateWorkgroups", actions=["athena:*"], resources=_workgroups(names)),
    ]


def keep_to_workgroup(duty: str, names: Names) -> list[iam.PolicyStatement]:
    """Deny queries, and their results, outside the workgroup of a duty and dataset.

    That is in every other workgroup of the account, because IAM cannot select those of the
    environment but one. The same duty and dataset of another environment remain. Nor may a reader
    change any workgroup of the environment, see :func:`keep_from_workgroups`.

    A principal without the tag gets a dataset that no contract can have: AWS might ignore a
    statement whose resource it cannot resolve.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """
    own = f"${{aws:PrincipalTag/{DATASET_TAG}, '-'}}"
    return [
        deny(
            "SeparateQueries",
            actions=["athena:*Query*"],
            not_resources=[_arn("athena", f"workgroup/*.{duty}.{own}")],
        ),
        deny(
            "SeparateWorkgroups",
            actions=[
                "athena:CreateWorkGroup",
                "athena:DeleteWorkGroup",
                "athena:TagResource",
                "athena:UntagResource",
                "athena:UpdateWorkGroup",
            ],
            resources=_workgroups(names),
        ),
    ]


def _workgroups(names: Names) -> list[str]:
    """All of the environment's."""
    return [_arn("athena", f"workgroup/{names.workgroup}{rest}") for rest in ("", ".*")]


def _renamed(
    names: Names, tables: Sequence[Table], of_rows: bool, compacted: Collection[str]
) -> Iterator[iam.PolicyStatement]:
    for table in tables:
        if table.name != table.dataset:
            yield iam.PolicyStatement(
                actions=["glue:GetTable"],
                resources=_tables(names, table.name, of_rows, table.dataset in compacted),
                conditions={"StringEquals": {f"aws:PrincipalTag/{DATASET_TAG}": table.dataset}},
            )


def _tables(names: Names, name: str, of_rows: bool, compacted: bool) -> list[str]:
    """The tables of a dataset: of manifests, and of clean rows if those are asked for."""
    found = [name, manifests_name(name)] if of_rows else [manifests_name(name)]
    if of_rows and compacted:
        found.append(compacted_name(name))
    return [_arn("glue", f"table/{names.database}/{one}") for one in found]


def _arn(service: str, resource: str) -> str:
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"
