"""Who may do what: the decisions that AWS must reach from the synthesized policies."""

from collections.abc import Iterator
from itertools import chain

from tests.unit.policies.decision import Decision, allow, deny, person, service, tabulate
from tests.unit.policies.policies import BOUNDARY, REGION, Context, Principal
from tests.unit.synthesis import ACCOUNT

OTHER_ACCOUNT = "999988887777"
FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:data-processor-test"
VIA = "kms:ViaService"
CONTEXT = "kms:EncryptionContext:aws:"


# The requests.
BUCKET = f"arn:aws:s3:::zero-trust-data-test-{ACCOUNT}-{REGION}"
OTHER_BUCKET = "arn:aws:s3:::somebody-elses"
INCOMING = f"{BUCKET}/incoming/customers/a.csv"
OUTPUTS = [f"{BUCKET}/{name}/customers/a" for name in ("processed", "quarantine", "manifests")]
PROCESSED, QUARANTINE, MANIFEST = OUTPUTS
ELSEWHERE = f"{BUCKET}/elsewhere/a"
SUPPRESSED = f"{BUCKET}/erasure/suppressed/customers.json"
DATA_KEY, LOGS_KEY, ENVIRONMENT_KEY, PSEUDONYM_KEY, REVERSIBLE_KEY = KEYS = [
    f"arn:aws:kms:{REGION}:{ACCOUNT}:key/Keys{name}Key"
    for name in ("S3", "Logs", "Lambda", "Pseudonym", "Reversible")
]
OTHER_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:IntakeQueue"
DEAD_LETTERS = f"{QUEUE}DeadLetterQueue"
OTHER_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:other"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:zero-trust-notices-test"
ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:TapStack-test-AlarmsFileRefused"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:zero-trust-replay-test"
EXECUTION = MACHINE.replace(":stateMachine:", ":execution:")
SCHEDULES = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/zero-trust-replay-test"
GROUPS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
FUNCTION_GROUP = f"{GROUPS}/aws/lambda/data-processor-test"
FLOW_GROUP = f"{GROUPS}/aws/vpc/zero-trust-vpc-test"
PROVIDER_GROUP = f"{GROUPS}/aws/lambda/zero-trust-providers-test"
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/zero-trust-audit-test-{REGION}"
TRAIL_GROUP = f"{GROUPS}/aws/cloudtrail/zero-trust-audit-test"
TRAIL_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/AuditTrailKey"
TRAIL_BUCKET = f"arn:aws:s3:::zero-trust-audit-test-{ACCOUNT}-{REGION}"
LOG_FILE = f"{TRAIL_BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/11/26/a.json.gz"
READERS = [f"{duty}/{one}" for duty in ("consumer", "steward") for one in ("customers", "orders")]
RESULTS = {one: f"{BUCKET}/query-results/{one}/a.csv" for one in ("environment", *READERS)}
LOOKED_AT = [one for folder, one in RESULTS.items() if not folder.startswith("steward/")]
ATHENA = f"arn:aws:athena:{REGION}:{ACCOUNT}:"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}:"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/data-processor-test-{REGION}"
BREAK_GLASS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-break-glass-test-{REGION}"
FLOW_LOG_ROLE = f"arn:aws:iam::{ACCOUNT}:role/NetworkFlowLogRole"
LOOKUP_ROLE = f"arn:aws:iam::{ACCOUNT}:role/NetworkS3PrefixListRole"
DEFAULT_GROUP_ROLE = (
    f"arn:aws:iam::{ACCOUNT}:role/CustomVpcRestrictDefaultSGCustomResourceProviderRole"
)
REPLAY_ROLE = f"arn:aws:iam::{ACCOUNT}:role/zero-trust-replay-test-{REGION}"
SCHEDULE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/ReplayRoleScheduleRole"
WRITER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/AuditTrailWriter"
EMPTYING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/CustomS3AutoDeleteObjectsCustomResourceProviderRole"

# The principals. The Lambda service's requests with the role come from outside the network; the
# code's carry the function's ARN, wherever its credentials are used.
LAMBDA = person("Lambda", role=ROLE)
OUTSIDE = LAMBDA.seen("stolen credentials", {"lambda:SourceFunctionArn": FUNCTION_ARN})
CODE = {
    name: OUTSIDE.seen(f"code through {name}", {"aws:SourceVpce": f"vpce-{name}"})
    for name in ("s3", "kms")
}
# Requests of another function with the same role, in the same network.
OTHER_FUNCTION = {
    name: LAMBDA.seen(
        f"another function through {name}",
        {"lambda:SourceFunctionArn": f"{FUNCTION_ARN}-other", "aws:SourceVpce": f"vpce-{name}"},
    )
    for name in ("s3", "kms")
}
UNKNOWN = {
    name: LAMBDA.seen(f"no function through {name}", {"aws:SourceVpce": f"vpce-{name}"})
    for name in ("s3", "kms")
}
ADMINISTRATOR = person("administrator", "AdministratorAccess")
OF_CUSTOMERS = {"aws:PrincipalTag/dataset": "customers"}
PRODUCER = person("producer", "PeopleProducer").seen("producer", OF_CUSTOMERS)
UNTAGGED = person("untagged producer", "PeopleProducer")
CONSUMER = person("consumer", "PeopleConsumer").seen("consumer", OF_CUSTOMERS)
STEWARD = person("steward", "PeopleSteward").seen("steward", OF_CUSTOMERS)
BREAK_GLASS = person("break-glass", role=BREAK_GLASS_ROLE)
NEIGHBOUR = person("other account", "AdministratorAccess", account=OTHER_ACCOUNT)
ANONYMOUS = Principal("anonymous", None, {"aws:PrincipalAccount": "anonymous"})
S3 = service("s3", BUCKET)
S3_ELSEWHERE = [
    service("s3", OTHER_BUCKET),
    service("s3", BUCKET, OTHER_ACCOUNT),
]
CLOUDWATCH = service("cloudwatch", ALARM)
CLOUDWATCH_ELSEWHERE = [
    service("cloudwatch", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:other"),
    service("cloudwatch", f"arn:aws:cloudwatch:{REGION}:{OTHER_ACCOUNT}:alarm:TapStack-test-A"),
    service("cloudwatch", ALARM, OTHER_ACCOUNT),
    service("cloudwatch", ALARM.replace("TapStack-test-", "TapStack-test2-")),
    service("cloudwatch"),
]
LOGS = service(f"logs.{REGION}")
CLOUDTRAIL = service("cloudtrail", TRAIL)
CLOUDTRAIL_ELSEWHERE = [
    service("cloudtrail", f"{TRAIL}2"),
    service("cloudtrail", TRAIL.replace(ACCOUNT, OTHER_ACCOUNT), OTHER_ACCOUNT),
    service("cloudtrail"),
]
FLOW_LOGS = service("vpc-flow-logs", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-flow-log/fl-1")
REPLAY = person("replay", role=REPLAY_ROLE)
SCHEDULE = person("schedule", role=SCHEDULE_ROLE)
EMPTYING = person("emptying", role=EMPTYING_ROLE)
WRITER = person("writer of events", role=WRITER_ROLE)

THROUGH_ATHENA = {"aws:CalledVia": "athena.amazonaws.com"}
THROUGH_S3 = {VIA: f"s3.{REGION}.amazonaws.com"}
THROUGH_SQS = {VIA: f"sqs.{REGION}.amazonaws.com"}
THROUGH_LAMBDA = {VIA: f"lambda.{REGION}.amazonaws.com"}
FOR_BUCKET = {**THROUGH_S3, f"{CONTEXT}s3:arn": BUCKET}
FOR_OBJECT = {**THROUGH_S3, f"{CONTEXT}s3:arn": INCOMING}
FOR_QUEUE = {**THROUGH_SQS, f"{CONTEXT}sqs:arn": QUEUE}
FOR_TRAIL = {f"{CONTEXT}cloudtrail:arn": TRAIL}
FOR_TOPIC = {f"{CONTEXT}sns:topicArn": TOPIC}
FOR_FUNCTION = {f"{CONTEXT}lambda:FunctionArn": FUNCTION_ARN}

PREFIXES = ("incoming", "processed", "quarantine", "manifests")
READS = [
    f"s3:GetObject{what}"
    for what in ("", "Version", "Torrent", "VersionTorrent", "VersionForReplication", "Attributes")
]
WRITES = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ReplicateObject", "s3:RestoreObject"]
WRITES += [f"s3:PutObject{what}" for what in ("", "Acl", "Tagging", "Retention")]
ALGORITHM = "s3:x-amz-server-side-encryption"
# Without the bucket's denials, the principal's policies decide.
ALONE = ("DataBucketPolicy",)
REMOVALS = ("s3:DeleteObject", "s3:DeleteObjectVersion")
STORAGE_CLASS = "s3:x-amz-storage-class"
ALGORITHM_KEY = f"{ALGORITHM}-aws-kms-key-id"
BUCKET_ACTIONS: list[tuple[str, str, Context]] = [
    ("s3:GetObject", PROCESSED, {}),
    ("s3:PutObject", INCOMING, {}),
    ("s3:DeleteObject", INCOMING, {}),
    ("s3:ListBucket", BUCKET, {"s3:prefix": "incoming/"}),
    ("s3:PutBucketPolicy", BUCKET, {}),
]
EMPTYING_ACTIONS = [
    *((action, place) for action in REMOVALS for place in (INCOMING, *OUTPUTS)),
    ("s3:ListBucket", BUCKET),
    ("s3:ListBucketVersions", BUCKET),
    ("s3:GetBucketPolicy", BUCKET),
    ("s3:PutBucketPolicy", BUCKET),
]
LOGS_ACTIONS = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKey",
]
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
ADMINISTRATION = [
    "CancelKeyDeletion",
    "CreateAlias",
    "DeleteAlias",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListResourceTags",
    "PutKeyPolicy",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
]
USES = [
    "CreateGrant",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "ReEncryptFrom",
    "ReEncryptTo",
    "ReplicateKey",
    "VerifyMac",
]
NETWORK_INTERFACES = {
    "ec2:CreateNetworkInterface": f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-1",
    "ec2:DeleteNetworkInterface": f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-1",
    "ec2:AssignPrivateIpAddresses": f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-1",
    "ec2:UnassignPrivateIpAddresses": f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-1",
    "ec2:DescribeNetworkInterfaces": "*",
    "ec2:DescribeSubnets": "*",
}
OF_CODE: list[tuple[str, str, str, Context]] = [
    *(("s3", "s3:GetObject", name, {}) for name in (INCOMING, SUPPRESSED)),
    *(("s3", action, name, {}) for name in OUTPUTS for action in ("s3:GetObject", "s3:PutObject")),
    *(
        ("s3", "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}/customers/"})
        for prefix in ("incoming", "processed", "quarantine", "manifests", "erasure/suppressed")
    ),
    *(("kms", "kms:GenerateMac", key, {}) for key in (PSEUDONYM_KEY, REVERSIBLE_KEY)),
]
OF_SERVICES: list[tuple[str, str, Context]] = [
    *(
        (action, DATA_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (FOR_BUCKET, FOR_OBJECT)
    ),
    ("kms:Decrypt", DATA_KEY, FOR_QUEUE),
    ("kms:Decrypt", ENVIRONMENT_KEY, FOR_FUNCTION),
    ("logs:CreateLogStream", f"{FUNCTION_GROUP}:log-stream:a", {}),
    ("logs:PutLogEvents", f"{FUNCTION_GROUP}:log-stream:a", {}),
    *(
        (f"sqs:{name}", QUEUE, {})
        for name in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
    ),
    *((action, resource, {}) for action, resource in NETWORK_INTERFACES.items()),
]
# Another action, or another resource.
BESIDES_THE_PATH: list[tuple[str, str, Context]] = [
    ("s3:GetObject", ELSEWHERE, {}),
    ("s3:PutObject", ELSEWHERE, {}),
    ("s3:PutObject", INCOMING, {}),
    ("s3:PutObject", SUPPRESSED, {}),
    ("s3:DeleteObject", MANIFEST, {}),
    ("s3:DeleteObjectVersion", MANIFEST, {}),
    ("s3:GetObjectVersion", INCOMING, {}),
    ("s3:PutObjectAcl", PROCESSED, {}),
    ("s3:ListBucketVersions", BUCKET, {"s3:prefix": "processed/"}),
    ("s3:PutBucketPolicy", BUCKET, {}),
    ("s3:PutBucketVersioning", BUCKET, {}),
    ("s3:PutLifecycleConfiguration", BUCKET, {}),
    ("s3:GetObject", f"{OTHER_BUCKET}/incoming/a", {}),
    ("s3:PutObject", f"{OTHER_BUCKET}/processed/a", {}),
    ("s3:ListBucket", OTHER_BUCKET, {"s3:prefix": "processed/"}),
    ("s3:ListAllMyBuckets", "*", {}),
    ("kms:Encrypt", DATA_KEY, FOR_BUCKET),
    ("kms:Encrypt", DATA_KEY, FOR_QUEUE),
    ("kms:Encrypt", ENVIRONMENT_KEY, FOR_FUNCTION),
    ("kms:GenerateDataKey", PSEUDONYM_KEY, FOR_BUCKET),
    ("kms:GenerateMac", DATA_KEY, {}),
    *(
        (action, OTHER_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateMac")
        for context in (FOR_BUCKET, FOR_QUEUE, FOR_FUNCTION)
    ),
    ("kms:VerifyMac", PSEUDONYM_KEY, {}),
    ("kms:PutKeyPolicy", DATA_KEY, {}),
    ("kms:CreateGrant", PSEUDONYM_KEY, {}),
    ("kms:ScheduleKeyDeletion", PSEUDONYM_KEY, {}),
    ("logs:DeleteLogGroup", FUNCTION_GROUP, {}),
    ("logs:PutRetentionPolicy", FUNCTION_GROUP, {}),
    ("logs:GetLogEvents", f"{FUNCTION_GROUP}:log-stream:a", {}),
    *(
        (f"logs:{name}", f"{group}:log-stream:a", {})
        for name in ("CreateLogStream", "PutLogEvents")
        for group in (FLOW_GROUP, PROVIDER_GROUP)
    ),
    ("sqs:SendMessage", QUEUE, {}),
    ("sqs:PurgeQueue", QUEUE, {}),
    *(
        (f"sqs:{name}", queue, {})
        for name in ("DeleteMessage", "GetQueueAttributes", "ReceiveMessage")
        for queue in (DEAD_LETTERS, OTHER_QUEUE)
    ),
    ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/eve", {}),
    ("iam:PassRole", ROLE, {}),
    ("iam:AttachRolePolicy", ROLE, {}),
    ("iam:DeleteRolePermissionsBoundary", ROLE, {}),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator", {}),
    ("lambda:UpdateFunctionCode", FUNCTION_ARN, {}),
    ("lambda:InvokeFunction", FUNCTION_ARN, {}),
    ("ec2:CreateVpcEndpoint", f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-endpoint/vpce-1", {}),
    ("ec2:CreateRoute", f"arn:aws:ec2:{REGION}:{ACCOUNT}:route-table/rtb-1", {}),
]
# The same action and resource under other conditions.
BESIDES_ITS_CONDITIONS: list[tuple[str, str, Context]] = [
    ("s3:ListBucket", BUCKET, {}),
    ("s3:ListBucket", BUCKET, {"s3:prefix": "elsewhere/"}),
    *(
        (action, DATA_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in (
            {},
            THROUGH_S3,
            {f"{CONTEXT}s3:arn": BUCKET},
            {**THROUGH_S3, f"{CONTEXT}s3:arn": OTHER_BUCKET},
            THROUGH_SQS,
            {f"{CONTEXT}sqs:arn": QUEUE},
            {**THROUGH_SQS, f"{CONTEXT}sqs:arn": OTHER_QUEUE},
        )
    ),
    ("kms:GenerateDataKey", DATA_KEY, FOR_QUEUE),
    ("kms:Decrypt", ENVIRONMENT_KEY, {}),
    ("kms:Decrypt", ENVIRONMENT_KEY, {f"{CONTEXT}lambda:FunctionArn": f"{FUNCTION_ARN}-other"}),
]
# The policies around the role. Without its policy a key has AWS's default one.
AROUND = (
    "NetworkVpcS3Endpoint",
    "NetworkVpcKmsEndpoint",
    "DataBucketPolicy",
    "IntakeQueuePolicy",
    "KeysS3Key",
    "KeysLambdaKey",
    "KeysPseudonymKey",
    "KeysReversibleKey",
)


def asking(action: str) -> Principal:
    """Of those with the function's role, the one that an action is for."""
    return {**CODE, "sqs": LAMBDA}.get(action.partition(":")[0], OUTSIDE)


def decide_for_function() -> Iterator[Decision]:
    """The function can follow the path of a file, from its network, and do nothing else.

    The role's allow policy, its boundary and its denials each suffice alone.
    """
    for endpoint, action, resource, context in OF_CODE:
        yield allow(CODE[endpoint], action, resource, context)
        yield deny(OUTSIDE, action, resource, context)
        administrator = OUTSIDE.holding("AdministratorAccess")
        yield deny(administrator, action, resource, context, (BOUNDARY, *AROUND))
        if endpoint == "s3":
            for who in (OUTSIDE, CODE["kms"]):
                yield deny(who, action, resource, context, ("ProcessorRoleDenied",))
        else:
            yield deny(CODE["s3"], action, resource, context)
    for action, resource, context in OF_SERVICES:
        yield allow(LAMBDA, action, resource, context)
    yield from decide_by_caller()
    for action, resource, context in (*BESIDES_THE_PATH, *BESIDES_ITS_CONDITIONS):
        who = asking(action)
        yield deny(who, action, resource, context)
        taken = ("ProcessorRoleDenied", *AROUND)
        yield deny(who, action, resource, context, (BOUNDARY, *taken))
        yield deny(who.holding("AdministratorAccess"), action, resource, context, taken)
    for action, resource, context in BESIDES_THE_PATH:
        who = asking(action).holding("AdministratorAccess")
        yield deny(who, action, resource, context, (BOUNDARY, *AROUND))


def decide_by_caller() -> Iterator[Decision]:
    """What Lambda does for the function is refused to code; other functions are refused
    everything.
    """
    to_code = [(action, QUEUE, context) for action, _, context in OF_SERVICES if "sqs:" in action]
    to_code += [(action, resource, {}) for action, resource in NETWORK_INTERFACES.items()]
    for action, resource, context in to_code:
        for who in (OUTSIDE, CODE["kms"]):
            yield deny(who, action, resource, context)
            administrator = who.holding("AdministratorAccess")
            yield deny(administrator, action, resource, context, (BOUNDARY, *AROUND))
    for endpoint, action, resource, context in OF_CODE:
        for callers in (OTHER_FUNCTION, UNKNOWN):
            who = callers[endpoint].holding("AdministratorAccess")
            yield deny(who, action, resource, context)
            yield deny(who, action, resource, context, (BOUNDARY, *AROUND))
    for action, resource, context in OF_SERVICES:
        who = OTHER_FUNCTION["kms"].holding("AdministratorAccess")
        yield deny(who, action, resource, context, (BOUNDARY, *AROUND))


NAMESPACE = "cloudwatch:namespace"
METRIC_DATA = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:dataset/default"
OF_REPLAY: list[tuple[str, str, Context]] = [
    ("s3:ListBucket", BUCKET, {}),  # or HeadObject would not say that there is no object
    ("s3:ListBucket", BUCKET, {"s3:prefix": "incoming/customers/"}),
    ("s3:GetObject", MANIFEST, {}),
    ("sqs:SendMessage", QUEUE, {}),
    ("kms:GenerateDataKey", DATA_KEY, FOR_QUEUE),
    ("kms:Decrypt", DATA_KEY, FOR_QUEUE),
    ("cloudwatch:PutMetricData", METRIC_DATA, {NAMESPACE: "ZeroTrustPipeline"}),
    ("states:StartExecution", MACHINE, {}),
    *(
        (f"states:{verb}Execution", f"{EXECUTION}{which}", {})
        for verb in ("Describe", "Stop")
        for which in (":1", "/Find:2")
    ),
]
BESIDES_REPLAY: list[tuple[str, str, Context]] = [
    *(("s3:GetObject", what, {}) for what in (INCOMING, PROCESSED, QUARANTINE, ELSEWHERE)),
    *(("s3:PutObject", what, {}) for what in (INCOMING, *OUTPUTS, ELSEWHERE)),
    ("s3:GetObject", f"{OTHER_BUCKET}/manifests/a", {}),
    ("s3:GetObjectVersion", MANIFEST, {}),
    ("s3:DeleteObject", MANIFEST, {}),
    ("s3:ListBucket", OTHER_BUCKET, {}),
    ("s3:ListBucketVersions", BUCKET, {}),
    ("s3:PutBucketPolicy", BUCKET, {}),
    # What is encrypted stays so: it may ask about manifests, and read none.
    *(
        (action, DATA_KEY, context)
        for action in ("kms:Decrypt", "kms:GenerateDataKey")
        for context in ({}, FOR_BUCKET, FOR_OBJECT, {f"{CONTEXT}sqs:arn": QUEUE})
    ),
    ("kms:Decrypt", OTHER_KEY, FOR_QUEUE),
    ("kms:GenerateDataKey", OTHER_KEY, FOR_QUEUE),
    ("kms:Encrypt", DATA_KEY, FOR_QUEUE),
    ("kms:GenerateMac", PSEUDONYM_KEY, {}),
    ("sqs:SendMessage", DEAD_LETTERS, {}),
    ("sqs:SendMessage", OTHER_QUEUE, {}),
    *((f"sqs:{verb}", QUEUE, {}) for verb in ("ReceiveMessage", "DeleteMessage", "PurgeQueue")),
    ("cloudwatch:PutMetricData", METRIC_DATA, {NAMESPACE: "AWS/SQS"}),
    ("cloudwatch:PutMetricData", METRIC_DATA.replace("default", "other"), {NAMESPACE: "AWS/SQS"}),
    ("cloudwatch:PutMetricAlarm", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:a", {}),
    ("states:StartExecution", f"{MACHINE}-other", {}),
    ("states:DescribeExecution", f"{EXECUTION}-other:1", {}),
    ("states:StopExecution", f"{EXECUTION}-other/Find:1", {}),
    ("states:GetExecutionHistory", f"{EXECUTION}:1", {}),
    ("states:UpdateStateMachine", MACHINE, {}),
    ("logs:PutLogEvents", f"{FUNCTION_GROUP}:log-stream:a", {}),
    ("lambda:InvokeFunction", FUNCTION_ARN, {}),
    ("iam:PassRole", ROLE, {}),
    ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/administrator", {}),
]
# The same actions and resources under other conditions.
BESIDES_CONDITIONS_OF_REPLAY: list[tuple[str, str, Context]] = [
    (action, DATA_KEY, context)
    for action in ("kms:Decrypt", "kms:GenerateDataKey")
    for context in (THROUGH_SQS, {**THROUGH_SQS, f"{CONTEXT}sqs:arn": OTHER_QUEUE})
]


def decide_for_replay() -> Iterator[Decision]:
    """The replay finds files, asks about manifests and sends messages; it reads no content.

    The role's allow policy, its boundary and its denials each suffice alone.
    """
    administrator = REPLAY.holding("AdministratorAccess")
    for action, resource, context in OF_REPLAY:
        for retains in (True, False):
            yield allow(REPLAY, action, resource, context, retains=retains)
        yield allow(administrator, action, resource, context)
    taken = ("ReplayRoleDenied", *AROUND)
    for action, resource, context in (*BESIDES_REPLAY, *BESIDES_CONDITIONS_OF_REPLAY):
        yield deny(REPLAY, action, resource, context)
        yield deny(REPLAY, action, resource, context, (BOUNDARY, *taken))
        yield deny(administrator, action, resource, context, taken)
    for action, resource, context in BESIDES_REPLAY:
        yield deny(administrator, action, resource, context, (BOUNDARY, *AROUND))
    yield allow(SCHEDULE, "states:StartExecution", MACHINE)
    yield deny(SCHEDULE, "states:StartExecution", f"{MACHINE}-other")
    for action, resource in (
        ("states:StopExecution", f"{EXECUTION}:1"),
        ("states:UpdateStateMachine", MACHINE),
        ("sqs:SendMessage", QUEUE),
        ("s3:ListBucket", BUCKET),
        ("s3:GetObject", MANIFEST),
    ):
        yield deny(SCHEDULE, action, resource)


def decide_for_endpoints() -> Iterator[Decision]:
    """Only the function gets through the network, and only to its own resources."""
    for who in (ADMINISTRATOR, NEIGHBOUR):
        inside = who.seen(f"{who.name} inside", {"aws:SourceVpce": "vpce-s3"})
        yield deny(inside, "s3:PutObject", f"{OTHER_BUCKET}/a", owner=OTHER_ACCOUNT, opened=True)
        for action, resource, context in BUCKET_ACTIONS:
            yield deny(inside, action, resource, context, ("DataBucketPolicy",), opened=True)
        inside = who.seen(f"{who.name} inside", {"aws:SourceVpce": "vpce-kms"})
        yield deny(inside, "kms:GenerateMac", PSEUDONYM_KEY, opened=True)
    by_queue = {"aws:SourceVpce": "vpce-sqs"}
    theirs = f"arn:aws:sqs:{REGION}:{OTHER_ACCOUNT}:theirs"
    for action in ("sqs:SendMessage", "sqs:ReceiveMessage"):
        yield allow(ADMINISTRATOR, action, QUEUE, by_queue)
        yield deny(ADMINISTRATOR, action, theirs, by_queue, owner=OTHER_ACCOUNT, opened=True)
        yield deny(NEIGHBOUR, action, theirs, by_queue, owner=OTHER_ACCOUNT, opened=True)
        yield deny(NEIGHBOUR, action, QUEUE, by_queue, opened=True)
    taken = (BOUNDARY, "ProcessorRoleDenied")
    for endpoint, action, resource, context in OF_CODE:
        code = CODE[endpoint].holding("AdministratorAccess")
        # The same name, after somebody else has taken it.
        yield deny(code, action, resource, context, taken, owner=OTHER_ACCOUNT, opened=True)
    for action, resource in (
        ("s3:GetObject", f"{OTHER_BUCKET}/a"),
        ("s3:PutObject", f"{OTHER_BUCKET}/a"),
        ("s3:ListBucket", OTHER_BUCKET),
        ("s3:DeleteObject", MANIFEST),
        ("s3:PutBucketPolicy", BUCKET),
        ("kms:GenerateMac", OTHER_KEY),
        ("kms:CreateGrant", PSEUDONYM_KEY),
    ):
        code = CODE[action.partition(":")[0]].holding("AdministratorAccess")
        yield deny(code, action, resource, {}, taken, opened=True)


def decide_for_bucket() -> Iterator[Decision]:
    """The bucket's policy applies to everybody, whoever else has been admitted."""
    for action, resource, context in BUCKET_ACTIONS:
        yield allow(ADMINISTRATOR, action, resource, context)
        yield deny(NEIGHBOUR, action, resource, context, opened=True)
        yield deny(ANONYMOUS, action, resource, context, opened=True)
        for broken in ({"aws:SecureTransport": "false"}, {"s3:TlsVersion": "1.1"}):
            yield deny(ADMINISTRATOR, action, resource, {**context, **broken})
    for action in ("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"):
        for resource in (INCOMING, MANIFEST, ELSEWHERE):
            yield allow(BREAK_GLASS, action, resource)
            yield deny(ADMINISTRATOR, action, resource)
            yield deny(STEWARD, action, resource, opened=True)
        for resource in (INCOMING, ELSEWHERE):
            yield allow(ADMINISTRATOR, action, resource, retains=False)
        yield deny(BREAK_GLASS, action, f"{OTHER_BUCKET}/a")
    yield deny(BREAK_GLASS, "s3:ListBucketVersions", OTHER_BUCKET)
    yield allow(BREAK_GLASS, "s3:ListBucketVersions", BUCKET)
    for action in ("s3:GetObject", "s3:PutObject"):
        yield deny(BREAK_GLASS, action, INCOMING, {}, ALONE)
    yield deny(BREAK_GLASS, "s3:PutBucketPolicy", BUCKET)
    for action, resource in EMPTYING_ACTIONS:
        yield allow(EMPTYING, action, resource, retains=False)
        yield deny(person("somebody"), action, resource, retains=False)
    for action in ("s3:GetObject", "s3:PutObject", "s3:PutObjectAcl", "s3:GetObjectVersion"):
        for resource in (INCOMING, PROCESSED):
            yield deny(EMPTYING, action, resource, retains=False)
    yield deny(EMPTYING, "s3:PutBucketVersioning", BUCKET, retains=False)


def decide_for_writes() -> Iterator[Decision]:
    """A write is encrypted as the bucket requires, into a storage class that can be read."""
    for who in (ADMINISTRATOR, PRODUCER):
        for asked in ({}, {ALGORITHM: "aws:kms", ALGORITHM_KEY: DATA_KEY}):
            yield allow(who, "s3:PutObject", INCOMING, asked)
        for asked in (
            {ALGORITHM: "AES256"},
            {ALGORITHM: "aws:kms:dsse", ALGORITHM_KEY: DATA_KEY},
            {ALGORITHM: "aws:kms"},
            {ALGORITHM: "aws:kms", ALGORITHM_KEY: OTHER_KEY},
            {f"{ALGORITHM}-customer-algorithm": "AES256"},
        ):
            yield deny(who, "s3:PutObject", INCOMING, asked)
            yield deny(who, "s3:PutObject", ELSEWHERE, asked, opened=True)
            yield deny(CODE["s3"], "s3:PutObject", PROCESSED, asked)
        for name in ("STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA"):
            yield allow(who, "s3:PutObject", INCOMING, {STORAGE_CLASS: name})
        for name in ("INTELLIGENT_TIERING", "GLACIER_IR"):
            yield allow(who, "s3:PutObject", INCOMING, {STORAGE_CLASS: name})
        for name in ("GLACIER", "DEEP_ARCHIVE", "OUTPOSTS", "SNOW", "EXPRESS_ONEZONE", "OF_2030"):
            for resource in (INCOMING, ELSEWHERE):
                yield deny(who, "s3:PutObject", resource, {STORAGE_CLASS: name}, opened=True)


def decide_for_administrators() -> Iterator[Decision]:
    """Administrators of the account neither read raw data nor write outputs, but are not locked
    out: they must first allow it to themselves, which CloudTrail shows.
    """
    tagged = ADMINISTRATOR.seen("tagged administrator", OF_CUSTOMERS)
    astray = [
        ADMINISTRATOR.seen(f"administrator of {tag}", {"aws:PrincipalTag/dataset": tag})
        for tag in ("orders", "*", "customers/..", "")
    ]
    for retains in (True, False):
        for who in astray:
            for resource in (QUARANTINE, RESULTS["steward/customers"]):
                yield deny(who, "s3:GetObject", resource, retains=retains)
        for action in READS if retains else ["s3:GetObject"]:
            yield deny(ADMINISTRATOR, action, QUARANTINE, retains=retains)
            for who in (ADMINISTRATOR, tagged):
                for resource in (INCOMING, ELSEWHERE):
                    yield deny(who, action, resource, retains=retains)
                for resource in (PROCESSED, MANIFEST, *LOOKED_AT):
                    yield allow(who, action, resource, retains=retains)
                yield deny(who, action, RESULTS["steward/orders"], retains=retains)
            yield deny(ADMINISTRATOR, action, RESULTS["steward/customers"], retains=retains)
            yield allow(tagged, action, RESULTS["steward/customers"], retains=retains)
            yield allow(tagged, action, QUARANTINE, retains=retains)
        writes = [*WRITES, *REMOVALS, "s3:BypassGovernanceRetention"]
        for action in writes if retains else ["s3:PutObject", "s3:DeleteObject"]:
            for resource in OUTPUTS:
                yield deny(ADMINISTRATOR, action, resource, retains=retains)
        yield deny(tagged, "s3:PutObject", QUARANTINE, retains=retains)
        for action in ("s3:PutObject", "s3:DeleteObject"):
            yield allow(ADMINISTRATOR, action, INCOMING, retains=retains)
        for action in ("Put", "Get", "Delete"):
            yield allow(ADMINISTRATOR, f"s3:{action}BucketPolicy", BUCKET, retains=retains)
        yield allow(ADMINISTRATOR, "s3:DeleteBucket", BUCKET, retains=retains)
        yield allow(ADMINISTRATOR, "s3:PutLifecycleConfiguration", BUCKET, retains=retains)
        for endpoint, action, resource, context in OF_CODE:
            yield allow(CODE[endpoint], action, resource, context, retains=retains)


def decide_for_people() -> Iterator[Decision]:
    """Producers read nothing, and readers read only what is theirs."""
    other_dataset = f"{BUCKET}/incoming/orders/a.csv"
    for action in ("s3:PutObject", "s3:AbortMultipartUpload"):
        yield allow(PRODUCER, action, INCOMING)
        for resource in (other_dataset, PROCESSED, MANIFEST, f"{OTHER_BUCKET}/incoming/a"):
            yield deny(PRODUCER, action, resource, {}, ALONE)
        yield deny(UNTAGGED, action, INCOMING)
        yield deny(UNTAGGED, action, f"{BUCKET}/incoming//a")
    yield allow(PRODUCER, "kms:GenerateDataKey", DATA_KEY, FOR_BUCKET)
    for who, own in (
        (PRODUCER, {}),
        (CONSUMER, {"processed": PROCESSED, "manifests": MANIFEST}),
        (STEWARD, {"quarantine": QUARANTINE, "manifests": MANIFEST}),
    ):
        for prefix, resource in own.items():
            yield allow(who, "s3:GetObject", resource)
            yield allow(who, "s3:GetObjectVersion", resource)
            yield allow(who, "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}/customers/"})
            yield from decide_for_other_datasets(who, prefix)
        yield allow(who, "kms:Decrypt", DATA_KEY, FOR_BUCKET)
        for prefix, resource in zip(PREFIXES, [INCOMING, *OUTPUTS], strict=True):
            if prefix not in own:
                yield deny(who, "s3:GetObject", resource, {}, ALONE)
                yield deny(who, "s3:GetObjectVersion", resource, {}, ALONE)
                yield deny(who, "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}/customers/"})
            if who is not PRODUCER or resource != INCOMING:
                yield deny(who, "s3:PutObject", resource, {}, ALONE)
            yield deny(who, "s3:DeleteObject", resource, {}, ALONE)
        yield deny(who, "s3:ListBucket", BUCKET)
        for prefix in PREFIXES:
            yield deny(who, "s3:ListBucket", OTHER_BUCKET, {"s3:prefix": f"{prefix}/customers/"})
            yield deny(who, "s3:ListBucketVersions", BUCKET, {"s3:prefix": f"{prefix}/customers/"})
        yield deny(who, "s3:PutBucketPolicy", BUCKET)
        for action in ("kms:Decrypt", "kms:GenerateDataKey"):
            for key in (DATA_KEY, OTHER_KEY):
                for context in ({}, FOR_BUCKET, FOR_QUEUE):
                    if key == OTHER_KEY or context != FOR_BUCKET:
                        yield deny(who, action, key, context, ("KeysS3Key",))
        yield deny(who, "kms:Encrypt", DATA_KEY, FOR_BUCKET, ("KeysS3Key",))
        yield deny(who, "sqs:ReceiveMessage", QUEUE)
        yield deny(who, "sqs:PurgeQueue", QUEUE)
        yield deny(who, "kms:GenerateMac", PSEUDONYM_KEY)


def decide_for_other_datasets(reader: Principal, prefix: str) -> Iterator[Decision]:
    """A reader's tag opens the folder of its name, and no other value opens more.

    IAM allows no wildcard in a tag's value; if there were one, it would be taken literally.
    """
    for dataset in ("orders/", "customers-of-old/", "", "/", "customers"):
        yield deny(reader, "s3:GetObject", f"{BUCKET}/{prefix}/{dataset}a", {}, ALONE)
    yield deny(reader, "s3:GetObjectVersion", f"{BUCKET}/{prefix}/orders/a", {}, ALONE)
    for folder in ("", "orders/", "customers", "customers-of-old/", "cust"):
        yield deny(reader, "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}/{folder}"})
    for tag in ("*", "?ustomers", "customers/..", "customers/../orders", "../", "", None):
        name = f"{reader.name} of {tag}"
        others = {} if tag is None else {"aws:PrincipalTag/dataset": tag}
        stray = person(name, *reader.policies).seen(name, others)
        for folder in ("customers/", "/"):
            yield deny(stray, "s3:GetObject", f"{BUCKET}/{prefix}/{folder}a", {}, ALONE)
        yield deny(stray, "s3:ListBucket", BUCKET, {"s3:prefix": f"{prefix}/customers/"})


def decide_for_duties() -> Iterator[Decision]:
    """Whoever may write chosen files may read no outputs, whatever else they have.

    The access policies alone enforce each half.
    """
    for policy, reader, outputs in (
        ("PeopleConsumer", CONSUMER, [PROCESSED, MANIFEST]),
        ("PeopleSteward", STEWARD, [QUARANTINE, MANIFEST]),
    ):
        both = PRODUCER.holding(policy)
        yield allow(PRODUCER, "s3:PutObject", INCOMING)
        yield deny(both, "s3:PutObject", INCOMING, {}, ALONE)
        for resource in outputs:
            yield allow(reader, "s3:GetObject", resource)
            yield deny(both, "s3:GetObject", resource, {}, ALONE)
            yield deny(both, "s3:GetObjectVersion", resource, {}, ALONE)
        for action in (*WRITES, *READS):
            administrator = reader.holding("AdministratorAccess")
            yield deny(administrator, action, INCOMING, {}, ALONE)
    reader_of_both = STEWARD.holding("PeopleConsumer")
    yield allow(reader_of_both, "s3:GetObject", QUARANTINE)
    for action in (*READS, *WRITES):
        yield deny(reader_of_both, action, PROCESSED, {}, ALONE)
        yield deny(STEWARD.holding("AdministratorAccess"), action, PROCESSED, {}, ALONE)
    for folder, resource in RESULTS.items():
        for action in ("s3:GetObject", "s3:PutObject"):
            administrator = STEWARD.holding("AdministratorAccess")
            if not folder.startswith("steward/"):
                yield deny(administrator, action, resource, THROUGH_ATHENA, ALONE)
    yield allow(reader_of_both, "s3:GetObject", RESULTS["steward/customers"])
    for resource in (*OUTPUTS, *RESULTS.values()):
        for action in (*READS, *WRITES):
            administrator = PRODUCER.holding("AdministratorAccess")
            yield deny(administrator, action, resource, {}, ALONE)


def decide_for_keys() -> Iterator[Decision]:
    """A key's administrators do not use it, and each service uses only its own key."""
    for key in (*KEYS, TRAIL_KEY):
        for action in ADMINISTRATION:
            yield allow(ADMINISTRATOR, f"kms:{action}", key)
            yield deny(NEIGHBOUR, f"kms:{action}", key)
            yield deny(person("somebody"), f"kms:{action}", key)
        for action in USES:
            yield deny(ADMINISTRATOR, f"kms:{action}", key)
            yield deny(NEIGHBOUR, f"kms:{action}", key)
        for action in ("Decrypt", "GenerateDataKey"):
            yield deny(person("somebody"), f"kms:{action}", key, FOR_BUCKET)
            yield deny(NEIGHBOUR, f"kms:{action}", key, FOR_BUCKET)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        for context in (FOR_BUCKET, FOR_QUEUE):
            yield allow(ADMINISTRATOR, action, DATA_KEY, context)
        yield deny(ADMINISTRATOR, action, DATA_KEY, THROUGH_LAMBDA)
        yield allow(S3, action, DATA_KEY)
        for who in S3_ELSEWHERE:
            yield deny(who, action, DATA_KEY)
        yield deny(service("sns", BUCKET), action, DATA_KEY)
    yield deny(ADMINISTRATOR, "kms:Encrypt", DATA_KEY, FOR_BUCKET)
    yield deny(S3, "kms:Encrypt", DATA_KEY)
    yield deny(S3, "kms:PutKeyPolicy", DATA_KEY)
    for action in LOGS_ACTIONS:
        for group in (FUNCTION_GROUP, FLOW_GROUP, PROVIDER_GROUP):
            yield allow(LOGS, action, LOGS_KEY, {f"{CONTEXT}logs:arn": group})
        yield deny(LOGS, action, LOGS_KEY, {f"{CONTEXT}logs:arn": f"{GROUPS}/other"})
        yield deny(S3, action, LOGS_KEY, {f"{CONTEXT}logs:arn": FUNCTION_GROUP})
        yield deny(NEIGHBOUR, action, LOGS_KEY, {f"{CONTEXT}logs:arn": FUNCTION_GROUP})
    yield deny(LOGS, "kms:PutKeyPolicy", LOGS_KEY)
    yield deny(LOGS, "kms:CreateGrant", LOGS_KEY, {f"{CONTEXT}logs:arn": FUNCTION_GROUP})
    for action in ("kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"):
        yield allow(ADMINISTRATOR, action, ENVIRONMENT_KEY, THROUGH_LAMBDA)
        yield deny(ADMINISTRATOR, action, ENVIRONMENT_KEY, THROUGH_S3)
        yield deny(NEIGHBOUR, action, ENVIRONMENT_KEY, THROUGH_LAMBDA)
        yield deny(person("somebody"), action, ENVIRONMENT_KEY, THROUGH_LAMBDA)
    yield deny(ADMINISTRATOR, "kms:GenerateDataKey", ENVIRONMENT_KEY, THROUGH_LAMBDA)
    yield deny(ADMINISTRATOR, "kms:Decrypt", ENVIRONMENT_KEY, FOR_FUNCTION)


def decide_for_notices() -> Iterator[Decision]:
    """Alarms of this stack publish; people of the account subscribe if IAM lets them."""
    yield allow(CLOUDWATCH, "sns:Publish", TOPIC)
    others = (service("events", ALARM), service("s3", BUCKET), NEIGHBOUR, ANONYMOUS)
    for who in (*CLOUDWATCH_ELSEWHERE, *others, person("somebody")):
        yield deny(who, "sns:Publish", TOPIC)
    for who in (CLOUDWATCH, ADMINISTRATOR):
        yield deny(who, "sns:Publish", TOPIC, {"aws:SecureTransport": "false"})
    for action in ("sns:Publish", "sns:Subscribe"):
        yield allow(ADMINISTRATOR, action, TOPIC)
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        yield allow(CLOUDWATCH, action, LOGS_KEY, FOR_TOPIC)
        for who in (*CLOUDWATCH_ELSEWHERE, *others, ADMINISTRATOR, LOGS):
            yield deny(who, action, LOGS_KEY, FOR_TOPIC)
        yield deny(CLOUDWATCH, action, LOGS_KEY)
        yield deny(CLOUDWATCH, action, LOGS_KEY, {f"{CONTEXT}sns:topicArn": f"{TOPIC}2"})
        yield deny(CLOUDWATCH, action, LOGS_KEY, {f"{CONTEXT}logs:arn": FUNCTION_GROUP})
        for key in (DATA_KEY, ENVIRONMENT_KEY):
            yield deny(CLOUDWATCH, action, key, FOR_TOPIC)
    for action in ("kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy"):
        yield deny(CLOUDWATCH, action, LOGS_KEY, FOR_TOPIC)
    for action in ("sns:Subscribe", "sns:SetTopicAttributes", "sns:DeleteTopic"):
        for who in (CLOUDWATCH, NEIGHBOUR, ANONYMOUS, person("somebody"), LAMBDA):
            yield deny(who, action, TOPIC)


def decide_for_trail() -> Iterator[Decision]:
    """The trail alone writes its logs, nobody changes them, and administrators read them."""
    owned = {"s3:x-amz-acl": "bucket-owner-full-control"}
    others = (service("s3", TRAIL), NEIGHBOUR, ANONYMOUS, person("somebody"))
    for retains in (True, False):
        yield allow(CLOUDTRAIL, "s3:GetBucketAcl", TRAIL_BUCKET, retains=retains)
        yield allow(CLOUDTRAIL, "s3:PutObject", LOG_FILE, owned, retains=retains)
        yield deny(CLOUDTRAIL, "s3:PutObject", LOG_FILE, retains=retains)
        for place in (f"{TRAIL_BUCKET}/a", LOG_FILE.replace(f"/{ACCOUNT}/", f"/{OTHER_ACCOUNT}/")):
            yield deny(CLOUDTRAIL, "s3:PutObject", place, owned, retains=retains)
        for action in ("s3:GetObject", "s3:DeleteObject"):
            yield deny(CLOUDTRAIL, action, LOG_FILE, retains=retains)
        yield deny(CLOUDTRAIL, "s3:PutObjectAcl", LOG_FILE, owned, retains=retains)
        for action in ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListBucket"):
            yield deny(CLOUDTRAIL, action, TRAIL_BUCKET, retains=retains)
        for who in (*CLOUDTRAIL_ELSEWHERE, *others):
            yield deny(who, "s3:GetBucketAcl", TRAIL_BUCKET, retains=retains)
            yield deny(who, "s3:PutObject", LOG_FILE, owned, retains=retains)
        for who in (ADMINISTRATOR, LAMBDA, REPLAY):
            administrator = who.holding("AdministratorAccess")
            for action in (*WRITES, *REMOVALS):
                yield deny(administrator, action, LOG_FILE, opened=True, retains=retains)
        yield allow(ADMINISTRATOR, "s3:GetObject", LOG_FILE, retains=retains)
        for broken in ({"aws:SecureTransport": "false"}, {"s3:TlsVersion": "1.1"}):
            yield deny(ADMINISTRATOR, "s3:GetObject", LOG_FILE, broken, retains=retains)
            yield deny(ADMINISTRATOR, "s3:ListBucket", TRAIL_BUCKET, broken, retains=retains)
            yield deny(CLOUDTRAIL, "s3:PutObject", LOG_FILE, owned | broken, retains=retains)
    remover = BREAK_GLASS.holding("AdministratorAccess")
    for action in REMOVALS:
        yield allow(remover, action, LOG_FILE)
        yield deny(remover, action, LOG_FILE, retains=False, opened=True)
        yield deny(EMPTYING.holding("AdministratorAccess"), action, LOG_FILE)
        yield allow(EMPTYING, action, LOG_FILE, retains=False)
    for action in ("s3:ListBucket", "s3:GetBucketPolicy", "s3:PutBucketPolicy"):
        yield allow(EMPTYING, action, TRAIL_BUCKET, retains=False)
    for action in ("s3:GetObject", "s3:PutObject", "s3:GetObjectVersion"):
        yield deny(EMPTYING, action, LOG_FILE, retains=False)
    yield deny(EMPTYING, "s3:PutBucketVersioning", TRAIL_BUCKET, retains=False)
    yield from decide_for_key_of_trail()


def decide_for_key_of_trail() -> Iterator[Decision]:
    """The trail encrypts with its key, and readers decrypt only what the trail encrypted."""
    for action in ("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"):
        yield allow(CLOUDTRAIL, action, TRAIL_KEY, FOR_TRAIL)
        for who in (*CLOUDTRAIL_ELSEWHERE, service("s3", TRAIL), NEIGHBOUR, ADMINISTRATOR):
            yield deny(who, action, TRAIL_KEY, FOR_TRAIL)
        for context in ({}, {f"{CONTEXT}cloudtrail:arn": f"{TRAIL}2"}):
            yield deny(CLOUDTRAIL, action, TRAIL_KEY, context)
        yield deny(CLOUDTRAIL, action, LOGS_KEY, FOR_TRAIL)
    yield allow(CLOUDTRAIL, "kms:DescribeKey", TRAIL_KEY)
    for who in (*CLOUDTRAIL_ELSEWHERE, service("s3", TRAIL), person("somebody")):
        yield deny(who, "kms:DescribeKey", TRAIL_KEY)
    for action in ("kms:Decrypt", "kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy"):
        yield deny(CLOUDTRAIL, action, TRAIL_KEY, {**FOR_TRAIL, **THROUGH_S3})
    read = {**FOR_TRAIL, **THROUGH_S3}
    yield allow(ADMINISTRATOR, "kms:Decrypt", TRAIL_KEY, read)
    for who in (NEIGHBOUR, ANONYMOUS, person("somebody"), LAMBDA, REPLAY, S3):
        yield deny(who, "kms:Decrypt", TRAIL_KEY, read)
    other = {f"{CONTEXT}cloudtrail:arn": f"{TRAIL}2"}
    for context in (FOR_TRAIL, THROUGH_S3, {**other, **THROUGH_S3}, {**FOR_TRAIL, **THROUGH_SQS}):
        yield deny(ADMINISTRATOR, "kms:Decrypt", TRAIL_KEY, context)
    yield deny(ADMINISTRATOR, "kms:GenerateDataKey", TRAIL_KEY, read)
    for action in LOGS_ACTIONS:
        yield allow(LOGS, action, TRAIL_KEY, {f"{CONTEXT}logs:arn": TRAIL_GROUP})
        yield deny(LOGS, action, TRAIL_KEY, {f"{CONTEXT}logs:arn": FUNCTION_GROUP})
        yield deny(LOGS, action, LOGS_KEY, {f"{CONTEXT}logs:arn": TRAIL_GROUP})
        yield deny(S3, action, TRAIL_KEY, {f"{CONTEXT}logs:arn": TRAIL_GROUP})
        yield deny(NEIGHBOUR, action, TRAIL_KEY, {f"{CONTEXT}logs:arn": TRAIL_GROUP})
    yield deny(LOGS, "kms:CreateGrant", TRAIL_KEY, {f"{CONTEXT}logs:arn": TRAIL_GROUP})
    yield from decide_for_writer()


def decide_for_writer() -> Iterator[Decision]:
    """CloudTrail alone writes into the trail's log group, with a role that does nothing else."""
    yield allow(service("cloudtrail"), "sts:AssumeRole", WRITER_ROLE)
    for who in (service("ec2"), service("lambda", FUNCTION_ARN), ADMINISTRATOR, NEIGHBOUR):
        yield deny(who, "sts:AssumeRole", WRITER_ROLE)
    yield deny(service("cloudtrail"), "sts:TagSession", WRITER_ROLE)
    stream = f"{TRAIL_GROUP}:log-stream:{ACCOUNT}_CloudTrail_{REGION}"
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        yield allow(WRITER, action, stream)
        for group in (FUNCTION_GROUP, f"{TRAIL_GROUP}-other"):
            yield deny(WRITER, action, f"{group}:log-stream:a")
    for action in ("logs:GetLogEvents", "logs:DeleteLogStream"):
        yield deny(WRITER, action, stream)
    yield deny(WRITER, "s3:GetObject", LOG_FILE)
    for who in (LAMBDA, REPLAY):
        administrator = who.holding("AdministratorAccess")
        for name in ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"):
            yield deny(administrator, f"cloudtrail:{name}", TRAIL)
        for action in ("logs:PutLogEvents", "logs:DeleteLogStream", "logs:DeleteLogGroup"):
            yield deny(administrator, action, stream)


def decide_for_function_keys() -> Iterator[Decision]:
    """What the keys' policies say about the role applies with no other policy, and with all."""
    bare = ("ProcessorRoleAllowed", "ProcessorRoleDenied", BOUNDARY)
    code = CODE["kms"]
    for key in (PSEUDONYM_KEY, REVERSIBLE_KEY):
        yield deny(code, "kms:GenerateMac", key, {}, bare)
    yield deny(LAMBDA, "kms:Decrypt", ENVIRONMENT_KEY, FOR_FUNCTION, bare)
    full = ("ProcessorRoleDenied", BOUNDARY)
    code, service_of = (who.holding("AdministratorAccess") for who in (code, LAMBDA))
    for action in USES:
        if action != "GenerateMac":
            for key in (PSEUDONYM_KEY, REVERSIBLE_KEY):
                yield deny(service_of, f"kms:{action}", key, {}, full)
        yield deny(service_of, f"kms:{action}", ENVIRONMENT_KEY, {}, full)
        if action != "Decrypt":
            yield deny(service_of, f"kms:{action}", ENVIRONMENT_KEY, FOR_FUNCTION, full)


def decide_for_queues() -> Iterator[Decision]:
    """The bucket fills the queue, and nobody uses either queue without TLS."""
    yield allow(S3, "sqs:SendMessage", QUEUE)
    for who in (*S3_ELSEWHERE, service("sns", BUCKET), NEIGHBOUR, ANONYMOUS):
        yield deny(who, "sqs:SendMessage", QUEUE)
    yield deny(S3, "sqs:SendMessage", DEAD_LETTERS)
    for action in ("sqs:ReceiveMessage", "sqs:PurgeQueue", "sqs:SetQueueAttributes"):
        yield deny(S3, action, QUEUE)
    for queue in (QUEUE, DEAD_LETTERS):
        for action in ("SendMessage", "ReceiveMessage", "DeleteMessage", "PurgeQueue"):
            yield allow(ADMINISTRATOR, f"sqs:{action}", queue)
            yield deny(ADMINISTRATOR, f"sqs:{action}", queue, {"aws:SecureTransport": "false"})
            yield deny(person("somebody"), f"sqs:{action}", queue)


def decide_for_roles() -> Iterator[Decision]:
    """Each role is assumed only by the principal that it is for."""
    function = service("lambda", FUNCTION_ARN)
    # Lambda may or may not name the function that it assumes a role for: AWS documents only the
    # account.
    of_account = {"aws:SourceAccount": ACCOUNT}
    unnamed = service("lambda").seen(f"lambda for some function of {ACCOUNT}", of_account)
    for who in (function, unnamed):
        yield allow(who, "sts:AssumeRole", ROLE)
    for who in (
        service("lambda"),
        service("lambda", FUNCTION_ARN, OTHER_ACCOUNT),
        service("ec2", FUNCTION_ARN),
        ADMINISTRATOR,
        NEIGHBOUR,
        ANONYMOUS,
    ):
        yield deny(who, "sts:AssumeRole", ROLE)
    yield deny(function, "sts:TagSession", ROLE)
    mfa = {"aws:MultiFactorAuthPresent": "true"}
    yield allow(ADMINISTRATOR, "sts:AssumeRole", BREAK_GLASS_ROLE, mfa)
    yield deny(ADMINISTRATOR, "sts:AssumeRole", BREAK_GLASS_ROLE)
    no_mfa = {"aws:MultiFactorAuthPresent": "false"}
    yield deny(ADMINISTRATOR, "sts:AssumeRole", BREAK_GLASS_ROLE, no_mfa)
    yield deny(person("somebody"), "sts:AssumeRole", BREAK_GLASS_ROLE, mfa)
    yield deny(NEIGHBOUR, "sts:AssumeRole", BREAK_GLASS_ROLE, mfa)
    yield deny(ADMINISTRATOR, "sts:TagSession", BREAK_GLASS_ROLE, mfa)
    yield allow(FLOW_LOGS, "sts:AssumeRole", FLOW_LOG_ROLE)
    foreign = service("vpc-flow-logs", FUNCTION_ARN, OTHER_ACCOUNT)
    for who in (foreign, service("ec2", FUNCTION_ARN), ADMINISTRATOR, NEIGHBOUR):
        yield deny(who, "sts:AssumeRole", FLOW_LOG_ROLE)
    yield deny(FLOW_LOGS, "sts:TagSession", FLOW_LOG_ROLE)


def decide_for_roles_of_replays() -> Iterator[Decision]:
    """The same for the state machine's role, and for its schedule's."""
    for name, role, source, children in (
        ("states", REPLAY_ROLE, MACHINE, [f"{MACHINE}/Find"]),
        ("scheduler", SCHEDULE_ROLE, SCHEDULES, []),
    ):
        for arn in (source, *children):
            yield allow(service(name, arn), "sts:AssumeRole", role)
            yield deny(service(name, arn), "sts:TagSession", role)
            yield deny(service(name, arn, OTHER_ACCOUNT), "sts:AssumeRole", role)
            yield deny(service("ec2", arn), "sts:AssumeRole", role)
        for who in (service(name, f"{source}-other"), service(name)):
            yield deny(who, "sts:AssumeRole", role)
        for who in (ADMINISTRATOR, NEIGHBOUR, ANONYMOUS):
            yield deny(who, "sts:AssumeRole", role)


def decide_for_roles_of_providers() -> Iterator[Decision]:
    """The same for the roles of CDK's functions, and what they and the flow logs may do."""
    for role in (LOOKUP_ROLE, DEFAULT_GROUP_ROLE, EMPTYING_ROLE):
        retains = role != EMPTYING_ROLE
        some = f"{FUNCTION_ARN}-some"
        yield allow(service("lambda", some), "sts:AssumeRole", role, retains=retains)
        foreign = service("lambda", some, OTHER_ACCOUNT)
        for who in (foreign, service("ec2", some), ADMINISTRATOR, NEIGHBOUR):
            yield deny(who, "sts:AssumeRole", role, retains=retains)
        yield deny(service("lambda", some), "sts:TagSession", role, retains=retains)
    flow_logs = person("flow logs", role=FLOW_LOG_ROLE)
    lookup = person("lookup", role=LOOKUP_ROLE)
    default_group = person("default group", role=DEFAULT_GROUP_ROLE)
    for who, group, actions in (
        (flow_logs, FLOW_GROUP, ("CreateLogStream", "DescribeLogStreams", "PutLogEvents")),
        (lookup, PROVIDER_GROUP, ("CreateLogStream", "PutLogEvents")),
    ):
        for action in actions:
            yield allow(who, f"logs:{action}", f"{group}:log-stream:a")
            for other in (FUNCTION_GROUP, f"{group}-other"):
                yield deny(who, f"logs:{action}", f"{other}:log-stream:a")
        yield deny(who, "logs:GetLogEvents", f"{group}:log-stream:a")
        yield deny(who, "logs:DeleteLogStream", f"{group}:log-stream:a")
        yield deny(who, "s3:GetObject", INCOMING)
    yield allow(lookup, "ec2:DescribeManagedPrefixLists", "*")
    yield deny(lookup, "ec2:DescribeInstances", "*")
    rules = f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/"
    for verb in ("Authorize", "Revoke"):
        for direction in ("Ingress", "Egress"):
            action = f"ec2:{verb}SecurityGroup{direction}"
            yield allow(default_group, action, f"{rules}sg-default")
            yield deny(default_group, action, f"{rules}sg-other")
    yield deny(default_group, "ec2:DeleteSecurityGroup", f"{rules}sg-default")


DECISIONS = tabulate(
    chain(
        decide_for_function(),
        decide_for_replay(),
        decide_for_endpoints(),
        decide_for_bucket(),
        decide_for_writes(),
        decide_for_administrators(),
        decide_for_people(),
        decide_for_duties(),
        decide_for_keys(),
        decide_for_function_keys(),
        decide_for_queues(),
        decide_for_notices(),
        decide_for_trail(),
        decide_for_roles(),
        decide_for_roles_of_replays(),
        decide_for_roles_of_providers(),
    )
)
