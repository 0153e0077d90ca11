"""Compaction: what its state machine may do, and that nobody else writes its tables."""

from collections.abc import Iterator

from tests.unit.policies.decision import Decision, allow, deny, person, service
from tests.unit.policies.decisions import (
    ADMINISTRATOR,
    ANONYMOUS,
    AROUND,
    ATHENA,
    BREAK_GLASS,
    BUCKET,
    CONSUMER,
    DATA_KEY,
    EMPTYING,
    FOR_BUCKET,
    FUNCTION_GROUP,
    GLUE,
    INCOMING,
    MACHINE,
    MANIFEST,
    NEIGHBOUR,
    OTHER_ACCOUNT,
    OTHER_BUCKET,
    OTHER_KEY,
    PROCESSED,
    PRODUCER,
    PSEUDONYM_KEY,
    QUARANTINE,
    QUEUE,
    REMOVALS,
    RESULTS,
    SCHEDULES,
    STEWARD,
    SUPPRESSED,
    THROUGH_ATHENA,
    THROUGH_SQS,
    WRITES,
)
from tests.unit.policies.erasure import PERSON
from tests.unit.policies.policies import BOUNDARY, REGION, Context
from tests.unit.synthesis import ACCOUNT

COMPACTIONS = MACHINE.replace("replay", "compaction")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-compaction-test-{REGION}"
SCHEDULES_OF_IT = SCHEDULES.replace("replay", "compaction")
SCHEDULE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/CompactionRoleScheduleRole"
COMPACTED = f"{BUCKET}/compacted/customers/data/a.parquet"
OTHERS = f"{BUCKET}/compacted/orders/data/a.parquet"
RESULT = f"{BUCKET}/query-results/compaction/a.csv"
WORKGROUP = f"{ATHENA}workgroup/zero-trust-test.compaction"
TABLE = f"{GLUE}table/zero_trust_test/customers"
KEPT = f"{TABLE}_compacted"
CATALOGUE = [f"{GLUE}catalog", f"{GLUE}database/zero_trust_test"]
DEFAULT = f"{GLUE}database/default"
OTHER_DATABASE = f"{GLUE}database/zero_trust_prod"
OTHER_TABLE = f"{GLUE}table/zero_trust_prod/customers"
PARTS = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]

WORKFLOW = person("compaction", role=ROLE)
SCHEDULE = person("schedule of compactions", role=SCHEDULE_ROLE)
QUERYING = [
    f"athena:{name}"
    for name in (
        *("StartQueryExecution", "StopQueryExecution"),
        *("GetQueryExecution", "GetQueryResults"),
    )
]
CHANGING = [f"glue:{verb}Table" for verb in ("Create", "Update", "Delete")]
LISTED = [{"s3:prefix": f"{name}/customers/"} for name in ("processed", "manifests", "compacted")]

OF_CATALOGUE: list[tuple[str, str, Context]] = [
    *((action, WORKGROUP, {}) for action in QUERYING),
    ("athena:GetDataCatalog", f"{ATHENA}datacatalog/AwsDataCatalog", {}),
    *(
        ("glue:GetTable", place, {})
        for place in (*CATALOGUE, TABLE, f"{TABLE}_manifests", KEPT, DEFAULT)
    ),
    *(("glue:GetDatabase", place, {}) for place in (*CATALOGUE, DEFAULT)),
    *((action, place, {}) for action in CHANGING for place in (*CATALOGUE, KEPT)),
]
OF_OBJECTS: list[tuple[str, str, Context]] = [
    *(("s3:GetObject", one, {}) for one in (PROCESSED, MANIFEST, COMPACTED, RESULT)),
    *((action, one, {}) for action in ("s3:PutObject", *PARTS) for one in (COMPACTED, RESULT)),
    ("s3:DeleteObject", COMPACTED, {}),
    ("s3:ListBucketMultipartUploads", BUCKET, {}),
    *(("s3:ListBucket", BUCKET, prefix) for prefix in LISTED),
    ("s3:GetBucketLocation", BUCKET, {}),
]
"""What Athena does with objects for the state machine, which itself does nothing with them."""
OF_KEY: list[tuple[str, str, Context]] = [
    (f"kms:{name}", DATA_KEY, FOR_BUCKET) for name in ("Decrypt", "GenerateDataKey")
]
BESIDES: list[tuple[str, str, Context]] = [
    *((action, f"{ATHENA}workgroup/zero-trust-test", {}) for action in QUERYING),
    ("athena:UpdateWorkGroup", WORKGROUP, {}),
    ("athena:GetDatabase", f"{ATHENA}datacatalog/AwsDataCatalog", {}),
    ("athena:GetDataCatalog", f"{ATHENA}datacatalog/other", {}),
    ("glue:GetDatabase", OTHER_DATABASE, {}),
    *(("glue:GetTable", place, {}) for place in (OTHER_DATABASE, OTHER_TABLE)),
    *(("glue:UpdateDatabase", place, {}) for place in (*CATALOGUE, DEFAULT)),
    *(("glue:BatchDeleteTable", place, {}) for place in (*CATALOGUE, TABLE, KEPT)),
    *((action, place, {}) for action in CHANGING for place in (DEFAULT, OTHER_DATABASE)),
    *((action, one, THROUGH_ATHENA) for action in PARTS for one in (PROCESSED, INCOMING)),
    *((action, RESULTS["environment"], THROUGH_ATHENA) for action in ("s3:PutObject", *PARTS)),
    *(
        (action, OTHER_BUCKET, THROUGH_ATHENA)
        for action in ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads")
    ),
    ("s3:ListBucket", OTHER_BUCKET, {**LISTED[0], **THROUGH_ATHENA}),
    ("s3:ListBucketVersions", BUCKET, {**LISTED[0], **THROUGH_ATHENA}),
    ("kms:GenerateDataKey", OTHER_KEY, FOR_BUCKET),
    ("kms:Encrypt", DATA_KEY, FOR_BUCKET),
    ("logs:PutLogEvents", f"{FUNCTION_GROUP}:log-stream:a", {}),
    *((action, place, {}) for action in CHANGING for place in (TABLE, f"{TABLE}_manifests")),
    *((action, KEPT.replace("_test/", "_prod/"), {}) for action in CHANGING),
    *(("s3:GetObject", one, THROUGH_ATHENA) for one in (INCOMING, QUARANTINE, SUPPRESSED)),
    *(("s3:GetObject", RESULTS[name], THROUGH_ATHENA) for name in ("environment",)),
    *(("s3:PutObject", one, THROUGH_ATHENA) for one in (PROCESSED, MANIFEST, INCOMING)),
    *(("s3:DeleteObject", one, THROUGH_ATHENA) for one in (PROCESSED, MANIFEST, RESULT)),
    ("s3:DeleteObjectVersion", COMPACTED, THROUGH_ATHENA),
    ("s3:GetObject", f"{OTHER_BUCKET}/a", THROUGH_ATHENA),
    ("s3:PutObject", f"{OTHER_BUCKET}/a", THROUGH_ATHENA),
    ("kms:Decrypt", OTHER_KEY, FOR_BUCKET),
    ("kms:GenerateMac", PSEUDONYM_KEY, {}),
    ("sqs:SendMessage", QUEUE, {}),
    ("states:StartExecution", COMPACTIONS, {}),
]
BESIDES_CONDITIONS: list[tuple[str, str, Context]] = [
    ("kms:Decrypt", DATA_KEY, {}),
    ("kms:Decrypt", DATA_KEY, THROUGH_SQS),
    ("s3:ListBucket", BUCKET, {"s3:prefix": "incoming/", **THROUGH_ATHENA}),
    ("s3:ListBucket", BUCKET, THROUGH_ATHENA),
]


def decide_for_compaction() -> Iterator[Decision]:
    """Athena reads and writes for the state machine, in its workgroup; it does nothing itself.

    The role's allow policy, its boundary and its denials each suffice alone.
    """
    administrator = WORKFLOW.holding("AdministratorAccess")
    through_athena = [
        (action, place, {**of, **THROUGH_ATHENA}) for action, place, of in OF_OBJECTS
    ]
    for action, resource, context in (*OF_CATALOGUE, *OF_KEY, *through_athena):
        yield allow(WORKFLOW, action, resource, context)
        yield allow(administrator, action, resource, context)
    taken = ("CompactionRoleDenied", *AROUND)
    for action, resource, context in (*BESIDES, *BESIDES_CONDITIONS, *OF_OBJECTS):
        yield deny(WORKFLOW, action, resource, context)
        yield deny(WORKFLOW, action, resource, context, (BOUNDARY, *taken))
        yield deny(administrator, action, resource, context, taken)
    for action, resource, context in (*BESIDES, *OF_OBJECTS):
        yield deny(administrator, action, resource, context, (BOUNDARY, *AROUND))
    yield allow(SCHEDULE, "states:StartExecution", COMPACTIONS)
    for action, resource in (
        ("states:StartExecution", MACHINE),
        ("states:StartSyncExecution", COMPACTIONS),
        ("states:StopExecution", f"{COMPACTIONS.replace(':stateMachine:', ':execution:')}:1"),
        ("athena:StartQueryExecution", WORKGROUP),
        ("s3:GetObject", COMPACTED),
    ):
        yield deny(SCHEDULE, action, resource)
    for name, source, role in (
        ("states", COMPACTIONS, ROLE),
        ("scheduler", SCHEDULES_OF_IT, SCHEDULE_ROLE),
    ):
        yield allow(service(name, source), "sts:AssumeRole", role)
        yield deny(service(name, source), "sts:TagSession", role)
        for other in (f"{source}-other", source.replace("compaction", "replay")):
            yield deny(service(name, other), "sts:AssumeRole", role)
        yield deny(service(name, source, OTHER_ACCOUNT), "sts:AssumeRole", role)
        for who in (service("ec2", source), service(name), ADMINISTRATOR, NEIGHBOUR, ANONYMOUS):
            yield deny(who, "sts:AssumeRole", role)
    yield from decide_for_tables()


def decide_for_tables() -> Iterator[Decision]:
    """Consumers read the table of their dataset, and nobody else changes one."""
    yield allow(CONSUMER, "glue:GetTable", KEPT)
    yield deny(CONSUMER, "glue:GetTable", KEPT.replace("customers", "orders"))
    yield allow(CONSUMER, "s3:GetObject", COMPACTED)
    yield allow(CONSUMER, "s3:ListBucket", BUCKET, {"s3:prefix": "compacted/customers/data/"})
    yield deny(CONSUMER, "s3:GetObject", OTHERS)
    yield deny(CONSUMER, "s3:ListBucket", BUCKET, {"s3:prefix": "compacted/orders/"})
    yield deny(CONSUMER, "athena:StartQueryExecution", WORKGROUP)
    yield deny(CONSUMER, "s3:GetObject", RESULT)
    yield deny(STEWARD, "glue:GetTable", KEPT)
    for who in (STEWARD, PRODUCER):
        yield deny(who, "s3:GetObject", COMPACTED)
        other = who.holding("AdministratorAccess")
        yield deny(other, "s3:GetObject", COMPACTED)
        yield deny(other, "s3:PutObject", COMPACTED)
    for action in CHANGING:
        yield deny(CONSUMER, action, KEPT)
    for action in WRITES:
        for context in ({}, THROUGH_ATHENA):
            yield deny(ADMINISTRATOR, action, COMPACTED, context)
            yield deny(CONSUMER, action, COMPACTED, context)
    for action in REMOVALS:
        yield deny(ADMINISTRATOR, action, COMPACTED, retains=False)
        yield allow(EMPTYING, action, COMPACTED, retains=False)
    yield allow(BREAK_GLASS.holding("AdministratorAccess"), "s3:DeleteObject", COMPACTED)
    yield allow(WORKFLOW, "s3:PutObject", COMPACTED, THROUGH_ATHENA, retains=False)
    eraser = PERSON.holding("AdministratorAccess")
    for place in (COMPACTED, COMPACTED.replace("customers", "manifests")):
        yield deny(eraser, "s3:GetObject", place)
        yield deny(eraser, "s3:GetObject", place.replace("/data/", "/incoming/"))
    for place in (COMPACTED, RESULT):
        yield allow(ADMINISTRATOR, "s3:GetObject", place)
