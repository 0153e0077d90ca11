"""What readers and others may query: the decisions that AWS must reach for Athena and Glue."""

from collections.abc import Iterator

from tests.unit.policies.decision import Decision, allow, deny
from tests.unit.policies.decisions import (
    ADMINISTRATOR,
    ALONE,
    ATHENA,
    BUCKET,
    CONSUMER,
    DATA_KEY,
    FOR_BUCKET,
    GLUE,
    INCOMING,
    OTHER_BUCKET,
    OUTPUTS,
    PROCESSED,
    PRODUCER,
    QUARANTINE,
    RESULTS,
    STEWARD,
    THROUGH_ATHENA,
)
from tests.unit.policies.policies import Principal

QUERYING = [
    f"athena:{name}"
    for name in (
        *("StartQueryExecution", "StopQueryExecution"),
        *("GetQueryExecution", "GetQueryResults", "GetWorkGroup"),
    )
]


def decide_for_queries() -> Iterator[Decision]:
    """Readers query the tables of their dataset, and their results are theirs alone."""
    database = f"{GLUE}database/zero_trust_test"
    table = f"{GLUE}table/zero_trust_test/"
    for who, duty, own in (
        (CONSUMER, "consumer", ["customers", "customers_manifests"]),
        (STEWARD, "steward", ["customers_manifests"]),
    ):
        workgroup = f"{ATHENA}workgroup/zero-trust-test.{duty}.customers"
        other = {"consumer": "steward", "steward": "consumer"}[duty]
        for action in QUERYING:
            yield allow(who, action, workgroup)
            for name in (
                *("primary", "zero-trust-test", "zero-trust-prod.consumer.customers"),
                *(f"zero-trust-test.{duty}.orders", f"zero-trust-test.{duty}.customers-2"),
                f"zero-trust-test.{other}.customers",
            ):
                yield deny(who, action, f"{ATHENA}workgroup/{name}")
        for name in (
            *("UpdateWorkGroup", "DeleteWorkGroup", "ListQueryExecutions", "CreateNamedQuery"),
            *("BatchGetQueryExecution", "CreatePreparedStatement"),
        ):
            yield deny(who, f"athena:{name}", workgroup)
        yield allow(who, "athena:GetDataCatalog", f"{ATHENA}datacatalog/AwsDataCatalog")
        yield deny(who, "athena:GetDataCatalog", f"{ATHENA}datacatalog/other")
        yield deny(who, "athena:UpdateDataCatalog", f"{ATHENA}datacatalog/AwsDataCatalog")
        for resource in (f"{GLUE}catalog", f"{GLUE}database/default", database):
            yield allow(who, "glue:GetDatabase", resource)
            yield allow(who, "glue:GetTable", resource)
            yield deny(who, "glue:CreateTable", resource)
            yield deny(who, "glue:DeleteDatabase", resource)
        for resource in (f"{GLUE}database/other", f"{GLUE}database/zero_trust_test2"):
            yield deny(who, "glue:GetDatabase", resource)
        for name in own:
            yield allow(who, "glue:GetTable", f"{table}{name}")
            for verb in ("Create", "Update", "Delete"):
                yield deny(who, f"glue:{verb}Table", f"{table}{name}")
        others = ["orders", "orders_manifests", "customers2", "customers2_manifests"]
        for name in (*others, *({"customers"} - set(own))):
            yield deny(who, "glue:GetTable", f"{table}{name}")
        yield deny(who, "glue:GetTable", f"{GLUE}table/default/customers")
        yield from decide_for_results(who, duty)
    for action in ("athena:StartQueryExecution", "athena:GetQueryResults"):
        for name in ("zero-trust-test", "zero-trust-test.consumer.customers"):
            yield deny(PRODUCER, action, f"{ATHENA}workgroup/{name}")
            yield allow(ADMINISTRATOR, action, f"{ATHENA}workgroup/{name}")
    yield deny(PRODUCER, "glue:GetTable", f"{table}customers")


def decide_for_results(who: Principal, duty: str) -> Iterator[Decision]:
    """Only Athena writes results, into a reader's own folder; only there they may be read."""
    own = f"{duty}/customers"
    yield allow(who, "s3:ListBucket", BUCKET, {"s3:prefix": f"query-results/{own}/"})
    yield allow(who, "kms:GenerateDataKey", DATA_KEY, FOR_BUCKET)
    for action in ("s3:GetObject", "s3:GetObjectVersion"):
        yield allow(who, action, RESULTS[own])
    for name in ("AbortMultipartUpload", "ListMultipartUploadParts", "PutObject"):
        yield allow(who, f"s3:{name}", RESULTS[own], THROUGH_ATHENA)
        for context in ({}, {"aws:CalledVia": "cloudformation.amazonaws.com"}):
            yield deny(who, f"s3:{name}", RESULTS[own], context, ALONE)
        for resource in (INCOMING, *OUTPUTS, f"{OTHER_BUCKET}/query-results/{own}/a"):
            yield deny(who, f"s3:{name}", resource, THROUGH_ATHENA, ALONE)
    for name in ("GetBucketLocation", "ListBucketMultipartUploads"):
        yield allow(who, f"s3:{name}", BUCKET, THROUGH_ATHENA)
        yield deny(who, f"s3:{name}", BUCKET)
        yield deny(who, f"s3:{name}", OTHER_BUCKET, THROUGH_ATHENA)
    yield deny(who, "s3:GetBucketPolicy", BUCKET, THROUGH_ATHENA)
    for folder, resource in RESULTS.items():
        if folder != own:
            yield deny(who, "s3:GetObject", resource, THROUGH_ATHENA, ALONE)
            yield deny(who, "s3:PutObject", resource, THROUGH_ATHENA, ALONE)
            yield deny(who, "s3:ListBucket", BUCKET, {"s3:prefix": f"query-results/{folder}/"})
    yield deny(who, "s3:DeleteObject", RESULTS[own], THROUGH_ATHENA, ALONE)
    for resource in (INCOMING, QUARANTINE if duty == "consumer" else PROCESSED):
        yield deny(who, "s3:GetObject", resource, THROUGH_ATHENA, ALONE)
