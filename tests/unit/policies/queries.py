"""What readers and others may query: the decisions that AWS must reach for Athena and Glue."""

from collections.abc import Iterator

from tests.unit.policies.decision import Decision, allow, deny, person
from tests.unit.policies.decisions import (
    ADMINISTRATOR,
    ALONE,
    ATHENA,
    BREAK_GLASS,
    BUCKET,
    CONSUMER,
    DATA_KEY,
    EMPTYING,
    FOR_BUCKET,
    GLUE,
    INCOMING,
    OF_CUSTOMERS,
    OTHER_BUCKET,
    OUTPUTS,
    PROCESSED,
    PRODUCER,
    QUARANTINE,
    REMOVALS,
    RESULTS,
    STEWARD,
    THROUGH_ATHENA,
    UNTAGGED,
    WRITES,
)
from tests.unit.policies.policies import Principal

QUERYING = [
    f"athena:{name}"
    for name in (
        *("StartQueryExecution", "StopQueryExecution"),
        *("GetQueryExecution", "GetQueryResults", "GetQueryResultsStream", "GetWorkGroup"),
    )
]
RESULTS_OF_ATHENA = [
    f"athena:{name}"
    for name in (
        *("StartQueryExecution", "GetQueryExecution", "BatchGetQueryExecution"),
        *("GetQueryResults", "GetQueryResultsStream"),
    )
]
"""What opens the results of others where a workgroup keeps them in Athena, not in the bucket."""
CHANGES = [
    f"athena:{name}"
    for name in (
        *("CreateWorkGroup", "DeleteWorkGroup", "UpdateWorkGroup"),
        *("TagResource", "UntagResource"),
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
        changes = ("glue:CreateTable", "glue:BatchCreatePartition", "glue:UpdateTable")
        yield from (deny(who, action, f"{table}mine") for action in changes)
        yield from decide_for_results(who, duty)
    for action in ("athena:StartQueryExecution", "athena:GetQueryResults"):
        for name in ("zero-trust-test", "zero-trust-test.consumer.customers"):
            yield deny(PRODUCER, action, f"{ATHENA}workgroup/{name}")
            yield allow(ADMINISTRATOR, action, f"{ATHENA}workgroup/{name}")
    yield deny(PRODUCER, "glue:GetTable", f"{table}customers")
    yield from decide_for_workgroups()
    for retains in (True, False):
        yield from decide_for_forgers(retains)


def decide_for_forgers(retains: bool) -> Iterator[Decision]:
    """Only Athena writes results, which it may serve again, and only the remover removes them."""
    tagged = ADMINISTRATOR.seen("tagged administrator", OF_CUSTOMERS)
    changes = (
        [*WRITES, *REMOVALS, "s3:BypassGovernanceRetention"] if retains else ["s3:DeleteObject"]
    )
    parts = ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
    for who in (ADMINISTRATOR, tagged):
        for resource in RESULTS.values():
            for action in ("s3:PutObject", *parts):
                yield allow(who, action, resource, THROUGH_ATHENA, retains=retains)
            for context in ({}, {"aws:CalledVia": "cloudformation.amazonaws.com"}):
                yield deny(who, "s3:PutObject", resource, context, retains=retains)
            for action in (one for one in changes if one not in ("s3:PutObject", *parts)):
                for context in ({}, THROUGH_ATHENA):
                    yield deny(who, action, resource, context, retains=retains)
    remover = BREAK_GLASS if retains else EMPTYING
    removal = "s3:DeleteObjectVersion" if retains else "s3:DeleteObject"
    yield allow(remover, removal, RESULTS["environment"], retains=retains)
    yield deny(
        remover.holding("AdministratorAccess"),
        "s3:PutObject",
        RESULTS["environment"],
        retains=retains,
    )


def decide_for_workgroups() -> Iterator[Decision]:
    """Whatever else a role has: its policy keeps it out of the workgroups of others.

    A workgroup may have been switched to results that Athena keeps. No denial of S3 counts then.
    """
    ours = f"{ATHENA}workgroup/zero-trust-test"
    of_consumers = f"{ours}.consumer.customers"
    others = [f"{ATHENA}workgroup/primary", f"{ATHENA}workgroup/zero-trust-test2"]
    producer = PRODUCER.holding("AdministratorAccess")
    for action in (*RESULTS_OF_ATHENA, *CHANGES):
        for workgroup in (ours, of_consumers, f"{ours}.steward.customers"):
            yield deny(producer, action, workgroup)
            yield deny(UNTAGGED.holding("AdministratorAccess"), action, workgroup)
        for workgroup in others:
            yield allow(producer, action, workgroup)
    for who, duty in ((CONSUMER, "consumer"), (STEWARD, "steward")):
        reader = who.holding("AdministratorAccess")
        other = {"consumer": "steward", "steward": "consumer"}[duty]
        own = f"{ours}.{duty}.customers"
        elsewhere = [
            *(ours, f"{ours}.{other}.customers", f"{ours}.{duty}.orders", f"{own}-2"),
            f"{ours}.{duty}.customers.{duty}.orders",
        ]
        astray = [
            who.seen(f"{duty} of {tag!r}", {"aws:PrincipalTag/dataset": tag})
            for tag in ("*", "", "orders")
        ]
        for action in RESULTS_OF_ATHENA:
            yield allow(reader, action, own)
            yield allow(reader, action, own.replace("-test.", "-prod."))
            for workgroup in (*elsewhere, *others):
                yield deny(reader, action, workgroup)
            for one in astray:
                yield deny(one.holding("AdministratorAccess"), action, own)
        for action in CHANGES:
            for workgroup in (own, *elsewhere):
                yield deny(reader, action, workgroup)
            for workgroup in others:
                yield allow(reader, action, workgroup)
        yield deny(
            person("untagged", f"People{duty.capitalize()}", "AdministratorAccess"),
            "athena:GetQueryResults",
            own,
        )
        yield allow(reader, "athena:GetDataCatalog", f"{ATHENA}datacatalog/other")
    both = CONSUMER.holding("PeopleSteward")
    for duty in ("consumer", "steward"):
        yield deny(both, "athena:GetQueryResults", f"{ours}.{duty}.customers")


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
