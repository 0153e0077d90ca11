"""Erasure: what the person, the function and the state machine may do, and nobody else."""

from collections.abc import Iterator

from tests.unit.policies.decision import Decision, allow, deny, person, service
from tests.unit.policies.decisions import (
    ADMINISTRATOR,
    ALONE,
    ANONYMOUS,
    AROUND,
    BESIDES_THE_PATH,
    BREAK_GLASS,
    BUCKET,
    CODE,
    CONSUMER,
    CONTEXT,
    DATA_KEY,
    ELSEWHERE,
    EMPTYING,
    ENVIRONMENT_KEY,
    FOR_BUCKET,
    FOR_FUNCTION,
    FOR_OBJECT,
    FOR_QUEUE,
    FUNCTION_ARN,
    FUNCTION_GROUP,
    GROUPS,
    INCOMING,
    LAMBDA,
    LOGS,
    LOGS_ACTIONS,
    LOGS_KEY,
    MACHINE,
    MANIFEST,
    NEIGHBOUR,
    NETWORK_INTERFACES,
    OF_CUSTOMERS,
    OTHER_ACCOUNT,
    OTHER_BUCKET,
    OTHER_KEY,
    OUTPUTS,
    PROCESSED,
    PRODUCER,
    PSEUDONYM_KEY,
    QUARANTINE,
    QUEUE,
    READS,
    REMOVALS,
    REPLAY,
    RESULTS,
    REVERSIBLE_KEY,
    STEWARD,
    SUPPRESSED,
    USES,
    WRITES,
)
from tests.unit.policies.functions import BESIDES_KEYS, FunctionRole
from tests.unit.policies.policies import BOUNDARY, REGION, Context
from tests.unit.synthesis import ACCOUNT

ERASER_ARN = FUNCTION_ARN.replace("data-processor", "eraser")
ERASER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/eraser-test-{REGION}"
ERASER_GROUP = f"{GROUPS}/aws/lambda/eraser-test"
ERASURES = MACHINE.replace("replay", "erasure")
ERASURES_ROLE = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-erasure-test-{REGION}"
EXECUTIONS = ERASURES.replace(":stateMachine:", ":execution:")
FOR_ERASER = {f"{CONTEXT}lambda:FunctionArn": ERASER_ARN}
REQUEST = f"{BUCKET}/erasure/requests/a.json"
RECEIPT = f"{BUCKET}/erasure/receipts/a.json"
UNKNOWN = f"{BUCKET}/erasure/other/a"
WRITTEN = [*OUTPUTS, SUPPRESSED, RECEIPT]

PERSON = person("who erases", "PeopleEraser")
SERVICE = person("Lambda for erasure", role=ERASER_ROLE)
THIEF = SERVICE.seen("thief of erasure", {"lambda:SourceFunctionArn": ERASER_ARN})
INSIDE = {
    name: THIEF.seen(f"erasure through {name}", {"aws:SourceVpce": f"vpce-{name}"})
    for name in ("s3", "kms")
}
# Requests of the data processor with this role, from the same network.
OTHER = {
    name: SERVICE.seen(
        f"data processor as erasure through {name}",
        {"lambda:SourceFunctionArn": FUNCTION_ARN, "aws:SourceVpce": f"vpce-{name}"},
    )
    for name in ("s3", "kms")
}
WORKFLOW = person("state machine of erasures", role=ERASURES_ROLE)

OF_CODE: list[tuple[str, str, str, Context]] = [
    *(("s3", action, name, {}) for name in WRITTEN for action in ("s3:GetObject", "s3:PutObject")),
    *(("s3", action, REQUEST, {}) for action in ("s3:GetObject", "s3:DeleteObject")),
    *(
        ("s3", "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}/a"})
        for prefix in (
            *("processed", "quarantine", "manifests"),
            *(f"erasure/{name}" for name in ("suppressed", "receipts", "requests")),
        )
    ),
    *(
        ("s3", "s3:ListBucketVersions", BUCKET, {"s3:prefix": f"{prefix}/customers/a"})
        for prefix in ("incoming", "processed", "quarantine")
    ),
    *(("kms", "kms:GenerateMac", key, {}) for key in (PSEUDONYM_KEY, REVERSIBLE_KEY)),
]
OF_SERVICES: list[tuple[str, str, Context]] = [
    *(
        (action, DATA_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (FOR_BUCKET, FOR_OBJECT)
    ),
    ("kms:Decrypt", ENVIRONMENT_KEY, FOR_ERASER),
    *(
        (f"logs:{name}", f"{ERASER_GROUP}:log-stream:a", {})
        for name in ("CreateLogStream", "PutLogEvents")
    ),
    *((action, resource, {}) for action, resource in NETWORK_INTERFACES.items()),
]
# Another action, or another resource.
BESIDES: list[tuple[str, str, Context]] = [
    *(
        line
        for line in BESIDES_THE_PATH
        if line[:2] not in {("s3:PutObject", SUPPRESSED), ("s3:ListBucketVersions", BUCKET)}
    ),
    *((action, UNKNOWN, {}) for action in ("s3:GetObject", "s3:PutObject")),
    ("s3:ListBucketVersions", OTHER_BUCKET, {"s3:prefix": "incoming/a"}),
    ("kms:Encrypt", ENVIRONMENT_KEY, FOR_ERASER),
    ("logs:CreateLogStream", f"{FUNCTION_GROUP}:log-stream:a", {}),
    *(("s3:GetObject", place, {}) for place in (INCOMING, ELSEWHERE, *RESULTS.values())),
    *(("s3:PutObject", place, {}) for place in (INCOMING, ELSEWHERE, REQUEST)),
    *(("s3:DeleteObject", place, {}) for place in (INCOMING, *WRITTEN)),
    *(("s3:DeleteObjectVersion", place, {}) for place in (INCOMING, REQUEST, *WRITTEN)),
    *(("s3:GetObjectVersion", place, {}) for place in (INCOMING, REQUEST, *WRITTEN)),
    ("s3:GetObject", f"{OTHER_BUCKET}/processed/a", {}),
    ("s3:PutObject", f"{OTHER_BUCKET}/processed/a", {}),
    ("s3:PutBucketPolicy", BUCKET, {}),
    ("s3:BypassGovernanceRetention", PROCESSED, {}),
    *(
        (action, OTHER_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (FOR_BUCKET, FOR_ERASER)
    ),
    ("kms:GenerateMac", OTHER_KEY, {}),
    ("kms:VerifyMac", PSEUDONYM_KEY, {}),
    ("logs:PutLogEvents", f"{FUNCTION_GROUP}:log-stream:a", {}),
    ("logs:GetLogEvents", f"{FUNCTION_GROUP}:log-stream:a", {}),
    ("logs:GetLogEvents", f"{ERASER_GROUP}:log-stream:b", {}),
    ("sqs:SendMessage", QUEUE, {}),
    ("states:StartExecution", ERASURES, {}),
    ("lambda:InvokeFunction", ERASER_ARN, {}),
    ("iam:AttachRolePolicy", ERASER_ROLE, {}),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator", {}),
]
# The same action and resource under other conditions.
BESIDES_CONDITIONS: list[tuple[str, str, Context]] = [
    ("s3:ListBucket", BUCKET, {}),
    ("s3:ListBucket", BUCKET, {"s3:prefix": "incoming/"}),
    ("s3:ListBucketVersions", BUCKET, {}),
    ("s3:ListBucketVersions", BUCKET, {"s3:prefix": "erasure/requests/"}),
    *BESIDES_KEYS,
]
DENIED = ("ErasureRolesDenied",)


def decide_for_erasure() -> Iterator[Decision]:
    """All about erasure."""
    yield from decide_for_eraser()
    yield from decide_for_workflow()
    yield from decide_for_person()
    yield from decide_for_others()
    yield from decide_for_roles()


def decide_for_eraser() -> Iterator[Decision]:
    """The function rewrites outputs from its network, and does nothing else.

    The role's allow policy, its boundary and its denials each suffice alone.
    """
    role = FunctionRole("erasure", SERVICE, THIEF, INSIDE, OTHER, DENIED)
    yield from role.decide_for_code(OF_CODE)
    yield from role.decide_for_services(OF_SERVICES)
    for action in LOGS_ACTIONS:
        yield allow(LOGS, action, LOGS_KEY, {f"{CONTEXT}logs:arn": ERASER_GROUP})
    for endpoint, action, resource, context in OF_CODE:
        yield allow(INSIDE[endpoint], action, resource, context, retains=False)
    yield from role.decide_for_the_rest(BESIDES, BESIDES_CONDITIONS)
    yield from decide_for_stripped_role()


def decide_for_stripped_role() -> Iterator[Decision]:
    """Through the network, and with keys, as if all policies of the role were gone."""
    code = INSIDE["s3"].holding("AdministratorAccess")
    for action, resource in (
        *(("s3:DeleteObject", place) for place in (PROCESSED, RECEIPT, UNKNOWN)),
        *((f"s3:{name}", REQUEST) for name in ("DeleteObjectVersion", "PutObjectTagging")),
        ("s3:PutBucketPolicy", BUCKET),
        ("s3:ListBucketVersions", OTHER_BUCKET),
    ):
        yield deny(code, action, resource, {}, (BOUNDARY, *DENIED), opened=True)
    # With the key of its environment, likewise.
    bare = ("ErasureRolesAllowed", *DENIED, BOUNDARY)
    yield deny(SERVICE, "kms:Decrypt", ENVIRONMENT_KEY, FOR_ERASER, bare)
    service_of_all = SERVICE.holding("AdministratorAccess")
    for use in USES:
        stripped = (BOUNDARY, *DENIED)
        yield deny(service_of_all, f"kms:{use}", ENVIRONMENT_KEY, {}, stripped)
        if use != "Decrypt":
            yield deny(service_of_all, f"kms:{use}", ENVIRONMENT_KEY, FOR_ERASER, stripped)
    yield deny(service_of_all, "kms:Decrypt", ENVIRONMENT_KEY, FOR_FUNCTION, (BOUNDARY, *DENIED))
    other = LAMBDA.holding("AdministratorAccess")
    stripped = (BOUNDARY, "ProcessorRoleDenied")
    yield deny(other, "kms:Decrypt", ENVIRONMENT_KEY, FOR_ERASER, stripped)
    # The data processor, likewise, gains nothing by what the eraser needs.
    processor = CODE["s3"].holding("AdministratorAccess")
    for action, resource, context in (
        ("s3:DeleteObject", REQUEST, {}),
        ("s3:ListBucketVersions", BUCKET, {"s3:prefix": "incoming/a"}),
    ):
        stripped = (BOUNDARY, "ProcessorRoleDenied")
        yield deny(processor, action, resource, context, stripped, opened=True)


def decide_for_workflow() -> Iterator[Decision]:
    """The state machine lists manifests and invokes the function, and reads nothing."""
    administrator = WORKFLOW.holding("AdministratorAccess")
    for action, resource in (
        ("lambda:InvokeFunction", ERASER_ARN),
        ("s3:ListBucket", BUCKET),
        ("states:StartExecution", ERASURES),
        *(
            (f"states:{verb}Execution", f"{EXECUTIONS}{which}")
            for verb in ("Describe", "Stop")
            for which in (":1", "/Files:2")
        ),
    ):
        yield allow(WORKFLOW, action, resource)
        yield allow(administrator, action, resource)
    for action, resource in (
        ("lambda:InvokeFunction", FUNCTION_ARN),
        ("lambda:UpdateFunctionCode", ERASER_ARN),
        ("states:UpdateStateMachine", ERASURES),
        ("states:StopExecution", f"{EXECUTIONS}-other:1"),
        ("states:GetExecutionHistory", f"{EXECUTIONS}:1"),
        *((action, place) for action, place, context in BESIDES_THE_PATH if not context),
        *(("s3:GetObject", place) for place in (REQUEST, INCOMING, *WRITTEN)),
        *(("s3:PutObject", place) for place in (REQUEST, INCOMING, *WRITTEN)),
        ("s3:DeleteObject", REQUEST),
        ("kms:GenerateMac", PSEUDONYM_KEY),
        ("states:StartExecution", MACHINE),
        ("s3:ListBucket", OTHER_BUCKET),
        ("states:DescribeExecution", f"{EXECUTIONS}-other:1"),
        ("logs:PutLogEvents", f"{ERASER_GROUP}:log-stream:a"),
    ):
        denied = ("ErasureRolesNothingElse", *AROUND)
        yield deny(WORKFLOW, action, resource)
        yield deny(WORKFLOW, action, resource, {}, (BOUNDARY, *denied))
        yield deny(administrator, action, resource, {}, denied)
        yield deny(administrator, action, resource, {}, (BOUNDARY, *AROUND))


def decide_for_person() -> Iterator[Decision]:
    """An eraser writes requests and reads receipts; no data, whatever else they have."""
    for retains in (True, False):
        yield allow(PERSON, "s3:PutObject", REQUEST, retains=retains)
        yield allow(PERSON, "s3:GetObject", RECEIPT, retains=retains)
        yield deny(PERSON, "s3:GetObject", REQUEST, retains=retains, opened=True)
    yield allow(PERSON, "s3:ListBucket", BUCKET, {"s3:prefix": "erasure/receipts/a"})
    yield allow(PERSON, "states:StartExecution", ERASURES)
    yield allow(PERSON, "states:DescribeExecution", f"{EXECUTIONS}:1")
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        yield allow(PERSON, action, DATA_KEY, FOR_BUCKET)
        for key, context in ((DATA_KEY, {}), (DATA_KEY, FOR_QUEUE), (OTHER_KEY, FOR_BUCKET)):
            yield deny(PERSON, action, key, context, ("KeysS3Key",))
        yield deny(PERSON, "kms:Encrypt", DATA_KEY, FOR_BUCKET, ("KeysS3Key",))
    found = {"s3:prefix": "erasure/receipts/a"}
    yield deny(PERSON, "s3:ListBucketVersions", BUCKET, found)
    yield deny(PERSON, "s3:ListBucket", OTHER_BUCKET, found)
    yield deny(PERSON, "states:UpdateStateMachine", ERASURES)
    replays = EXECUTIONS.replace("erasure", "replay")
    yield deny(PERSON, "states:DescribeExecution", f"{replays}:1")
    for action in ("athena:GetQueryResults", "athena:UpdateWorkGroup"):
        for name in ("zero-trust-test", "zero-trust-test.consumer.customers"):
            workgroup = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}"
            yield deny(PERSON.holding("AdministratorAccess"), action, workgroup)
    for prefix in ("", "incoming/", "processed/", "manifests/", "erasure/requests/"):
        yield deny(PERSON, "s3:ListBucket", BUCKET, {"s3:prefix": prefix})
    for action, resource in (
        ("s3:GetObject", REQUEST),
        ("s3:DeleteObject", REQUEST),
        ("s3:PutObject", RECEIPT),
        ("s3:PutObject", f"{OTHER_BUCKET}/erasure/requests/a.json"),
        ("s3:GetObjectVersion", RECEIPT),
        ("states:StartExecution", MACHINE),
        ("states:StopExecution", f"{EXECUTIONS}:1"),
        ("lambda:InvokeFunction", ERASER_ARN),
        ("kms:GenerateMac", PSEUDONYM_KEY),
    ):
        yield deny(PERSON, action, resource, {}, ALONE)
    for duty in ("Producer", "Consumer", "Steward"):
        other = PERSON.holding(f"People{duty}").seen(f"{duty} who erases", OF_CUSTOMERS)
        for action, resource in (
            *(("s3:PutObject", place) for place in (REQUEST, INCOMING)),
            *(("s3:GetObject", place) for place in (RECEIPT, PROCESSED, QUARANTINE, MANIFEST)),
        ):
            yield deny(other, action, resource, {}, ALONE)
    for holder in (PERSON.holding("AdministratorAccess"), PERSON.holding("PeopleConsumer")):
        for resource in (INCOMING, *OUTPUTS, SUPPRESSED, *RESULTS.values()):
            for action in (*READS, *WRITES):
                yield deny(holder, action, resource, {}, ALONE)


def decide_for_others() -> Iterator[Decision]:
    """Nobody else reads a request, or writes what the function writes."""
    inside = CODE["s3"]
    for who in (PRODUCER, CONSUMER, STEWARD, ADMINISTRATOR, BREAK_GLASS, REPLAY, NEIGHBOUR):
        for retains in (True, False):
            yield deny(who, "s3:GetObject", REQUEST, retains=retains, opened=True)
        for action in READS:
            yield deny(who, action, REQUEST, opened=True)
            yield deny(who, action, SUPPRESSED, opened=True)
        for resource in (SUPPRESSED, RECEIPT):
            if who is not BREAK_GLASS:
                for retains in (True, False):
                    yield deny(who, "s3:PutObject", resource, retains=retains, opened=True)
                for action in (*WRITES, *REMOVALS):
                    yield deny(who, action, resource, opened=True)
    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
        yield deny(inside.holding("AdministratorAccess"), action, REQUEST, {}, (BOUNDARY,))
    processor, stripped = inside.holding("AdministratorAccess"), (BOUNDARY, "ProcessorRoleDenied")
    for place in (REQUEST, *(f"{BUCKET}/erasure/requests/a/{name}" for name in ("b", "c"))):
        yield deny(processor, "s3:GetObject", place, {}, stripped, opened=True)
    for place in (RECEIPT, UNKNOWN):  # the processor reads the lists alone
        yield deny(inside, "s3:GetObject", place, {}, ("ProcessorRoleDenied",))
        yield deny(processor, "s3:GetObject", place, {}, (BOUNDARY, *AROUND))
    yield deny(ADMINISTRATOR, "s3:PutObject", UNKNOWN, opened=True)
    yield deny(inside, "s3:PutObject", SUPPRESSED)
    for who in (PRODUCER, CONSUMER, STEWARD):
        yield deny(who, "s3:GetObject", RECEIPT, {}, ALONE)
        yield deny(who, "s3:PutObject", REQUEST, {}, ALONE)
        yield deny(who, "states:StartExecution", ERASURES)
    for action in REMOVALS:
        yield allow(EMPTYING, action, RECEIPT, retains=False)
    yield allow(BREAK_GLASS, "s3:DeleteObjectVersion", RECEIPT)
    yield allow(ADMINISTRATOR, "s3:GetObject", RECEIPT)
    yield deny(ADMINISTRATOR, "s3:PutObject", MANIFEST)


def decide_for_roles() -> Iterator[Decision]:
    """Each role is assumed only by the principal that it is for."""
    for name, role, source in (
        ("lambda", ERASER_ROLE, ERASER_ARN),
        ("states", ERASURES_ROLE, ERASURES),
        ("states", ERASURES_ROLE, f"{ERASURES}/Files"),
    ):
        yield allow(service(name, source), "sts:AssumeRole", role)
        yield deny(service(name, source), "sts:TagSession", role)
        yield deny(service(name, source, OTHER_ACCOUNT), "sts:AssumeRole", role)
        for who in (service("ec2", source), service(name), ADMINISTRATOR, NEIGHBOUR, ANONYMOUS):
            yield deny(who, "sts:AssumeRole", role)
    for source in (MACHINE, f"{ERASURES}-other"):
        yield deny(service("states", source), "sts:AssumeRole", ERASURES_ROLE)
