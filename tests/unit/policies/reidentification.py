"""Re-identification: what two people, a function and a state machine may do, and nobody else."""

from collections.abc import Iterator

from tests.unit.policies.decision import Decision, allow, deny, person, service
from tests.unit.policies.decisions import (
    ADMINISTRATION,
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
    DEAD_LETTERS,
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
    NEIGHBOUR,
    NETWORK_INTERFACES,
    OF_CUSTOMERS,
    OTHER_ACCOUNT,
    OTHER_BUCKET,
    OTHER_KEY,
    OUTPUTS,
    PRODUCER,
    PSEUDONYM_KEY,
    QUEUE,
    READS,
    REMOVALS,
    REPLAY,
    REVERSIBLE_KEY,
    STEWARD,
    STORAGE_CLASS,
    THROUGH_ATHENA,
    USES,
    WRITES,
)
from tests.unit.policies.functions import BESIDES_KEYS, FunctionRole
from tests.unit.policies.policies import BOUNDARY, REGION, Context
from tests.unit.synthesis import ACCOUNT

REIDENTIFIER_ARN = FUNCTION_ARN.replace("data-processor", "reidentification")
REIDENTIFIER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/reidentification-test-{REGION}"
REIDENTIFIER_GROUP = f"{GROUPS}/aws/lambda/reidentification-test"
REQUESTS_MACHINE = MACHINE.replace("replay", "reidentification")
REQUESTS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-reidentification-test-{REGION}"
EXECUTION = f"{REQUESTS_MACHINE.replace(':stateMachine:', ':execution:')}:1"
FOR_REIDENTIFIER = {f"{CONTEXT}lambda:FunctionArn": REIDENTIFIER_ARN}

ALICE, BOB = "AROAREQUESTER:alice", "AROAAPPROVER:bob"
FOLDER = f"{BUCKET}/reidentification"
REQUEST = f"{FOLDER}/requests/customers/fraud/{ALICE}/a"
VALUES = f"{FOLDER}/values/customers/fraud/{ALICE}/1.csv"
APPROVAL = f"{FOLDER}/approvals/customers/1.json"
SIGNATURE = f"{FOLDER}/signatures/customers/{BOB}/1"
SLOT = f"{FOLDER}/slots/customers/fraud/2026-11-27/1"
PLACES = [REQUEST, VALUES, APPROVAL, SIGNATURE, SLOT]

FOR_FRAUD = {**OF_CUSTOMERS, "aws:PrincipalTag/purpose": "fraud"}
REQUESTER = person("requester", "ReidentifiersRequester").seen(
    "requester", {**FOR_FRAUD, "aws:userid": ALICE}
)
APPROVER = person("approver", "ReidentifiersApprover").seen(
    "approver", {**OF_CUSTOMERS, "aws:userid": BOB}
)
SERVICE = person("Lambda for re-identification", role=REIDENTIFIER_ROLE)
THIEF = SERVICE.seen("thief of re-identification", {"lambda:SourceFunctionArn": REIDENTIFIER_ARN})
INSIDE = {
    name: THIEF.seen(f"re-identification through {name}", {"aws:SourceVpce": f"vpce-{name}"})
    for name in ("s3", "kms")
}
# Requests of the data processor with this role, from the same network.
OTHER = {
    name: SERVICE.seen(
        f"data processor as re-identification through {name}",
        {"lambda:SourceFunctionArn": FUNCTION_ARN, "aws:SourceVpce": f"vpce-{name}"},
    )
    for name in ("s3", "kms")
}
WORKFLOW = person("state machine of requests", role=REQUESTS_ROLE)

OF_CODE: list[tuple[str, str, str, Context]] = [
    ("s3", "s3:GetObject", REQUEST, {}),
    *(("s3", "s3:PutObject", place, {}) for place in (VALUES, APPROVAL, SLOT)),
    *(
        ("s3", "s3:ListBucket", BUCKET, {"s3:prefix": f"reidentification/{name}/customers/"})
        for name in ("requests", "signatures")
    ),
    ("kms", "kms:GenerateMac", REVERSIBLE_KEY, {}),
]
OF_SERVICES: list[tuple[str, str, Context]] = [
    *(
        (action, DATA_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (FOR_BUCKET, FOR_OBJECT)
    ),
    ("kms:Decrypt", ENVIRONMENT_KEY, FOR_REIDENTIFIER),
    *(
        (f"logs:{name}", f"{REIDENTIFIER_GROUP}:log-stream:b", {})
        for name in ("CreateLogStream", "PutLogEvents")
    ),
    *((action, resource, {}) for action, resource in NETWORK_INTERFACES.items()),
]
# Another action, or another resource.
BESIDES: list[tuple[str, str, Context]] = [
    *BESIDES_THE_PATH,
    ("s3:ListBucketVersions", BUCKET, {"s3:prefix": "reidentification/requests/"}),
    ("kms:Encrypt", ENVIRONMENT_KEY, FOR_REIDENTIFIER),
    *(("s3:GetObject", place, {}) for place in (VALUES, APPROVAL, SIGNATURE, SLOT)),
    *(("s3:GetObject", place, {}) for place in (INCOMING, *OUTPUTS, ELSEWHERE)),
    *(("s3:PutObject", place, {}) for place in (REQUEST, SIGNATURE, INCOMING, *OUTPUTS)),
    *(("s3:PutObject", place, {}) for place in (ELSEWHERE, f"{OTHER_BUCKET}/a")),
    *((action, VALUES, {}) for action in REMOVALS),
    ("s3:ListBucket", OTHER_BUCKET, {"s3:prefix": "reidentification/requests/"}),
    ("s3:PutBucketPolicy", BUCKET, {}),
    *(("kms:GenerateMac", key, {}) for key in (PSEUDONYM_KEY, OTHER_KEY)),
    *(
        (action, OTHER_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (FOR_BUCKET, FOR_REIDENTIFIER)
    ),
    ("kms:VerifyMac", REVERSIBLE_KEY, {}),
    ("kms:CreateGrant", REVERSIBLE_KEY, {}),
    *(
        (f"logs:{name}", f"{FUNCTION_GROUP}:log-stream:a", {})
        for name in ("CreateLogStream", "PutLogEvents")
    ),
    ("logs:GetLogEvents", f"{REIDENTIFIER_GROUP}:log-stream:b", {}),
    ("sqs:ReceiveMessage", QUEUE, {}),
    *((f"states:SendTask{end}", "*", {}) for end in ("Success", "Failure")),
    ("states:StartExecution", REQUESTS_MACHINE, {}),
    ("lambda:InvokeFunction", REIDENTIFIER_ARN, {}),
    ("iam:AttachRolePolicy", REIDENTIFIER_ROLE, {}),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator", {}),
]
# The same action and resource under other conditions.
BESIDES_CONDITIONS: list[tuple[str, str, Context]] = [
    ("s3:ListBucket", BUCKET, {}),
    *(
        ("s3:ListBucket", BUCKET, {"s3:prefix": prefix})
        for prefix in ("reidentification/approvals/", "reidentification/values/", "incoming/")
    ),
    *BESIDES_KEYS,
]
DENIED = ("ReidentificationRolesDenied",)


def decide_for_reidentification() -> Iterator[Decision]:
    """All about re-identification."""
    yield from decide_for_reidentifier()
    yield from decide_for_workflow()
    yield from decide_for_requester()
    yield from decide_for_tags()
    yield from decide_for_approver()
    yield from decide_for_both()
    yield from decide_for_others()
    yield from decide_for_administrators()
    yield from decide_for_reversible_key()
    yield from decide_for_roles()


def decide_for_reidentifier() -> Iterator[Decision]:
    """The function answers requests from its network, and does nothing else.

    The role's allow policy, its boundary and its denials each suffice alone.
    """
    role = FunctionRole("re-identification", SERVICE, THIEF, INSIDE, OTHER, DENIED)
    yield from role.decide_for_code(OF_CODE)
    yield from role.decide_for_services(OF_SERVICES)
    yield deny(THIEF.holding("AdministratorAccess"), "sqs:ReceiveMessage", QUEUE, {}, (BOUNDARY,))
    yield from role.decide_for_the_rest(BESIDES, BESIDES_CONDITIONS)
    # Through the network, as if all policies of the role were gone.
    code, stripped = INSIDE["kms"].holding("AdministratorAccess"), (BOUNDARY, *DENIED)
    yield deny(code, "kms:GenerateMac", PSEUDONYM_KEY, {}, stripped, opened=True)
    yield deny(code, "kms:CreateGrant", REVERSIBLE_KEY, {}, stripped, opened=True)
    inside = ADMINISTRATOR.seen("administrator inside", {"aws:SourceVpce": "vpce-kms"})
    yield deny(inside, "kms:GenerateMac", REVERSIBLE_KEY, opened=True)


def decide_for_workflow() -> Iterator[Decision]:
    """The state machine invokes the function, and does nothing else."""
    yield allow(WORKFLOW, "lambda:InvokeFunction", REIDENTIFIER_ARN)
    administrator = WORKFLOW.holding("AdministratorAccess")
    yield allow(administrator, "lambda:InvokeFunction", REIDENTIFIER_ARN)
    for action, resource in (
        ("lambda:InvokeFunction", FUNCTION_ARN),
        ("lambda:UpdateFunctionCode", REIDENTIFIER_ARN),
        *(("s3:GetObject", place) for place in (*PLACES, INCOMING, *OUTPUTS)),
        *(("s3:PutObject", place) for place in PLACES),
        ("kms:GenerateMac", REVERSIBLE_KEY),
        ("states:StartExecution", REQUESTS_MACHINE),
        ("states:SendTaskSuccess", "*"),
        ("logs:PutLogEvents", f"{REIDENTIFIER_GROUP}:log-stream:b"),
        *((action, resource) for action, resource, context in BESIDES_THE_PATH if not context),
    ):
        denied = ("ReidentificationRolesNothingElse", *AROUND)
        yield deny(WORKFLOW, action, resource)
        yield deny(WORKFLOW, action, resource, {}, (BOUNDARY, *denied))
        yield deny(administrator, action, resource, {}, denied)
        yield deny(administrator, action, resource, {}, (BOUNDARY, *AROUND))


def decide_for_requester() -> Iterator[Decision]:
    """A requester writes requests and reads values: one dataset, one purpose, one user."""
    for retains in (True, False):
        yield allow(REQUESTER, "s3:PutObject", REQUEST, retains=retains)
        yield allow(REQUESTER, "s3:GetObject", VALUES, retains=retains)
    yield allow(REQUESTER, "states:StartExecution", REQUESTS_MACHINE)
    yield allow(REQUESTER, "states:DescribeExecution", EXECUTION)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        yield allow(REQUESTER, action, DATA_KEY, FOR_BUCKET)
        for key, context in ((DATA_KEY, {}), (DATA_KEY, FOR_QUEUE), (OTHER_KEY, FOR_BUCKET)):
            yield deny(REQUESTER, action, key, context, ("KeysS3Key",))
    yield deny(REQUESTER, "kms:Encrypt", DATA_KEY, FOR_BUCKET, ("KeysS3Key",))
    for action, resource in (
        *(("s3:GetObject", place) for place in (REQUEST, APPROVAL, SIGNATURE, SLOT)),
        *(("s3:PutObject", place) for place in (VALUES, APPROVAL, SIGNATURE, SLOT)),
        *(("s3:GetObject", place) for place in (INCOMING, *OUTPUTS)),
        ("s3:PutObject", INCOMING),
        *(("s3:DeleteObject", place) for place in PLACES),
        ("s3:PutObject", f"{OTHER_BUCKET}/reidentification/requests/customers/fraud/{ALICE}/a"),
        ("states:StartExecution", MACHINE),
        ("states:StopExecution", EXECUTION),
        ("states:UpdateStateMachine", REQUESTS_MACHINE),
        ("states:GetExecutionHistory", EXECUTION),  # has the token of the approval
        ("states:DescribeExecution", EXECUTION.replace("reidentification", "replay")),
        ("states:SendTaskSuccess", "*"),
        ("states:SendTaskFailure", "*"),
        ("lambda:InvokeFunction", REIDENTIFIER_ARN),
        ("kms:GenerateMac", REVERSIBLE_KEY),
    ):
        yield deny(REQUESTER, action, resource, {}, ALONE)
    for context in ({}, {"s3:prefix": "reidentification/"}):
        yield deny(REQUESTER, "s3:ListBucket", BUCKET, context)
    administrator = REQUESTER.holding("AdministratorAccess")
    for action in (*READS, *WRITES):
        for place in (APPROVAL, SIGNATURE, SLOT):
            yield deny(administrator, action, place, {}, ALONE)
    for end in ("Success", "Failure", "Heartbeat"):
        yield deny(administrator, f"states:SendTask{end}", "*")


def decide_for_tags() -> Iterator[Decision]:
    """A requester's tags and id open one folder of requests and one of values."""
    for name, place in (("requests", REQUEST), ("values", VALUES)):
        action = "s3:PutObject" if name == "requests" else "s3:GetObject"
        for folder in (
            *("orders/fraud", "customers/marketing", "customers", "fraud/customers"),
            *("/fraud", "customers/", "customers-of-old/fraud", "customers/fraud-of-old"),
        ):
            other = f"{FOLDER}/{name}/{folder}/{ALICE}/a"
            yield deny(REQUESTER, action, other, {}, ALONE)
        for user in (BOB, f"{ALICE}2", "AROAREQUESTER", "alice"):
            yield deny(REQUESTER, action, place.replace(ALICE, user), {}, ALONE)
        for tag in ("dataset", "purpose"):
            for value in ("*", "?", "", f"customers/fraud/{BOB}"):
                tags = {f"aws:PrincipalTag/{tag}": value}
                yield deny(
                    REQUESTER.seen(f"requester of {tag} {value}", tags), action, place, {}, ALONE
                )


def decide_for_approver() -> Iterator[Decision]:
    """An approver reads what waits, of one dataset, and signs as one user; and sees no value."""
    for retains in (True, False):
        yield allow(APPROVER, "s3:GetObject", APPROVAL, retains=retains)
        yield allow(APPROVER, "s3:PutObject", SIGNATURE, retains=retains)
    found = {"s3:prefix": "reidentification/approvals/customers/"}
    yield allow(APPROVER, "s3:ListBucket", BUCKET, found)
    for end in ("Success", "Failure"):
        yield allow(APPROVER, f"states:SendTask{end}", "*")
    yield allow(APPROVER, "states:DescribeExecution", EXECUTION)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        yield allow(APPROVER, action, DATA_KEY, FOR_BUCKET)
        for key, context in ((DATA_KEY, {}), (DATA_KEY, FOR_QUEUE), (OTHER_KEY, FOR_BUCKET)):
            yield deny(APPROVER, action, key, context, ("KeysS3Key",))
    yield deny(APPROVER, "kms:Encrypt", DATA_KEY, FOR_BUCKET, ("KeysS3Key",))
    for action, resource in (
        *(("s3:GetObject", place) for place in (REQUEST, VALUES, SIGNATURE, SLOT)),
        *(("s3:PutObject", place) for place in (REQUEST, VALUES, APPROVAL, SLOT)),
        *(("s3:GetObject", place) for place in (INCOMING, *OUTPUTS)),
        *(("s3:DeleteObject", place) for place in PLACES),
        *(("s3:GetObject", APPROVAL.replace("customers", one)) for one in ("orders", "")),
        ("s3:GetObject", APPROVAL.replace("customers", "customers-of-old")),
        ("s3:GetObject", f"{OTHER_BUCKET}/reidentification/approvals/customers/1.json"),
        *(("s3:PutObject", SIGNATURE.replace("customers", one)) for one in ("orders", "")),
        *(("s3:PutObject", SIGNATURE.replace(BOB, one)) for one in (ALICE, f"{BOB}2", "bob")),
        ("s3:PutObject", f"{OTHER_BUCKET}/reidentification/signatures/customers/{BOB}/1"),
        ("states:StartExecution", REQUESTS_MACHINE),
        ("states:StopExecution", EXECUTION),
        ("states:DescribeExecution", EXECUTION.replace("reidentification", "replay")),
        ("states:SendTaskHeartbeat", "*"),
        ("lambda:InvokeFunction", REIDENTIFIER_ARN),
        ("kms:GenerateMac", REVERSIBLE_KEY),
    ):
        yield deny(APPROVER, action, resource, {}, ALONE)
    for value in ("*", "?", ""):
        stray = APPROVER.seen(f"approver of {value}", {"aws:PrincipalTag/dataset": value})
        yield deny(stray, "s3:GetObject", APPROVAL, {}, ALONE)
        yield deny(stray, "s3:PutObject", SIGNATURE, {}, ALONE)
        yield deny(stray, "s3:ListBucket", BUCKET, found)
    for prefix in ("", "orders/", "customers", "customers-of-old/"):
        context = {"s3:prefix": f"reidentification/approvals/{prefix}"}
        yield deny(APPROVER, "s3:ListBucket", BUCKET, context)
    for context in ({}, {"s3:prefix": "reidentification/requests/customers/"}):
        yield deny(APPROVER, "s3:ListBucket", BUCKET, context)
    yield deny(APPROVER, "s3:ListBucket", OTHER_BUCKET, found)
    yield deny(APPROVER, "s3:ListBucketVersions", BUCKET, found)
    administrator = APPROVER.holding("AdministratorAccess")
    for action in (*READS, *WRITES):
        for place in (REQUEST, VALUES, SLOT):
            yield deny(administrator, action, place, {}, ALONE)
    yield deny(administrator, "states:StartExecution", REQUESTS_MACHINE)
    yield allow(administrator, "states:StartExecution", MACHINE)


def decide_for_both() -> Iterator[Decision]:
    """Whoever has both duties can do neither."""
    for both in (
        REQUESTER.holding("ReidentifiersApprover"),
        APPROVER.holding("ReidentifiersRequester").seen("approver who asks too", FOR_FRAUD),
    ):
        yield deny(both, "states:StartExecution", REQUESTS_MACHINE)
        for end in ("Success", "Failure"):
            yield deny(both, f"states:SendTask{end}", "*")
        for action in ("s3:GetObject", "s3:PutObject"):
            for place in PLACES:
                for user in (ALICE, BOB):
                    yield deny(both, action, place.replace(ALICE, user), {}, ALONE)


def decide_for_others() -> Iterator[Decision]:
    """Nobody else takes part, but for removing what is there."""
    for who in (PRODUCER, CONSUMER, STEWARD, REPLAY, BREAK_GLASS, NEIGHBOUR, ANONYMOUS):
        for place in PLACES:
            for action in ("s3:GetObject", "s3:PutObject"):
                yield deny(who, action, place)
        yield deny(who, "states:StartExecution", REQUESTS_MACHINE)
        yield deny(who, "states:SendTaskSuccess", "*")
    for place in PLACES:
        for action in ("s3:GetObject", "s3:PutObject"):
            yield deny(CODE["s3"], action, place)  # the data processor
    for action in REMOVALS:
        for place in PLACES:
            yield allow(EMPTYING, action, place, retains=False)
    for place in PLACES:
        yield allow(BREAK_GLASS, "s3:DeleteObjectVersion", place)
    yield deny(REQUESTER, "s3:PutObject", REQUEST, {STORAGE_CLASS: "GLACIER"})
    yield allow(REQUESTER, "s3:PutObject", REQUEST, {STORAGE_CLASS: "STANDARD"})


def decide_for_administrators() -> Iterator[Decision]:
    """Administrators forge nothing in the name of others without a change of a policy."""
    someone = ADMINISTRATOR.seen("administrator with an id", {"aws:userid": "AROAADMIN:eve"})
    for retains in (True, False):
        for who in (ADMINISTRATOR, someone):
            for place in PLACES:
                for action in ("s3:GetObject", "s3:PutObject", "s3:ReplicateObject"):
                    yield deny(who, action, place, retains=retains)
            for place in (VALUES, APPROVAL, SLOT):
                for action in ("s3:DeleteObject", "s3:PutObjectAcl", "s3:PutObjectTagging"):
                    yield deny(who, action, place, retains=retains)
            yield deny(who, "s3:PutObject", ELSEWHERE, retains=retains)
            yield allow(who, "s3:PutObject", INCOMING, retains=retains)
        for place in (REQUEST, SIGNATURE):
            own = place.replace(ALICE, "AROAADMIN:eve").replace(BOB, "AROAADMIN:eve")
            yield allow(someone, "s3:PutObject", own, retains=retains)
        own = VALUES.replace(ALICE, "AROAADMIN:eve")
        yield allow(someone, "s3:GetObject", own, retains=retains)
        tagged = someone.seen("administrator of customers", OF_CUSTOMERS)
        yield allow(tagged, "s3:GetObject", APPROVAL, retains=retains)
        elsewhere = APPROVAL.replace("customers", "orders")
        yield deny(tagged, "s3:GetObject", elsewhere, retains=retains)
        for endpoint, action, resource, context in OF_CODE:
            yield allow(INSIDE[endpoint], action, resource, context, retains=retains)
        results = f"{BUCKET}/query-results/environment/a.csv"
        yield allow(someone, "s3:PutObject", results, THROUGH_ATHENA, retains=retains)


def decide_for_reversible_key() -> Iterator[Decision]:
    """The two functions derive keys, and nobody else; logs and settings are each its own."""
    for who in (CODE["kms"], INSIDE["kms"]):
        yield allow(who, "kms:GenerateMac", REVERSIBLE_KEY)
    for who in (ADMINISTRATOR, WORKFLOW, REPLAY, REQUESTER, APPROVER, NEIGHBOUR):
        more = who.holding("AdministratorAccess")
        yield deny(more, "kms:GenerateMac", REVERSIBLE_KEY, {}, (BOUNDARY,))
    bare = ("ReidentificationRolesAllowed", *DENIED, BOUNDARY)
    yield deny(INSIDE["kms"], "kms:GenerateMac", REVERSIBLE_KEY, {}, bare)
    yield deny(SERVICE, "kms:Decrypt", ENVIRONMENT_KEY, FOR_REIDENTIFIER, bare)
    full = (*DENIED, BOUNDARY)
    for holder in (INSIDE["kms"], SERVICE):
        administrator = holder.holding("AdministratorAccess")
        for action in USES:
            if action != "GenerateMac":
                yield deny(administrator, f"kms:{action}", REVERSIBLE_KEY, {}, full)
            yield deny(administrator, f"kms:{action}", ENVIRONMENT_KEY, {}, full)
            if action != "Decrypt":
                yield deny(administrator, f"kms:{action}", ENVIRONMENT_KEY, FOR_REIDENTIFIER, full)
        yield deny(administrator, "kms:Decrypt", ENVIRONMENT_KEY, FOR_FUNCTION, full)
        yield deny(administrator, "kms:GenerateMac", PSEUDONYM_KEY, {}, full)
    processor = LAMBDA.holding("AdministratorAccess")
    stripped = ("ProcessorRoleDenied", BOUNDARY)
    yield deny(processor, "kms:Decrypt", ENVIRONMENT_KEY, FOR_REIDENTIFIER, stripped)
    for action in LOGS_ACTIONS:
        yield allow(LOGS, action, LOGS_KEY, {f"{CONTEXT}logs:arn": REIDENTIFIER_GROUP})
    for action in ADMINISTRATION:
        yield deny(LAMBDA, f"kms:{action}", REVERSIBLE_KEY)
    yield deny(INSIDE["kms"], "sqs:ReceiveMessage", DEAD_LETTERS)


def decide_for_roles() -> Iterator[Decision]:
    """Each role is assumed only by the principal that it is for."""
    for name, role, source in (
        ("lambda", REIDENTIFIER_ROLE, REIDENTIFIER_ARN),
        ("states", REQUESTS_ROLE, REQUESTS_MACHINE),
    ):
        yield allow(service(name, source), "sts:AssumeRole", role)
        yield deny(service(name, source), "sts:TagSession", role)
        yield deny(service(name, source, OTHER_ACCOUNT), "sts:AssumeRole", role)
        for who in (service("ec2", source), service(name), ADMINISTRATOR, NEIGHBOUR, ANONYMOUS):
            yield deny(who, "sts:AssumeRole", role)
    for source in (MACHINE, f"{REQUESTS_MACHINE}-other"):
        yield deny(service("states", source), "sts:AssumeRole", REQUESTS_ROLE)
