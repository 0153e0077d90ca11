"""Changes of what protects the data: which events of CloudTrail each metric counts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.filter_pattern import compile_pattern, matches
from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, synthesize

Event = dict[str, Any]
BUCKET = f"zero-trust-data-test-{ACCOUNT}-us-east-1"
AUDIT_BUCKET = f"zero-trust-audit-test-{ACCOUNT}-us-east-1"
TRAIL_NAME = "zero-trust-audit-test-us-east-1"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{TRAIL_NAME}"
FUNCTIONS = ("data-processor-test", "eraser-test", "reidentification-test")
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:data-processor-test"
ROLE = "data-processor-test-us-east-1"
OWN_ROLE = "TapStack-test-AuditTrailWriter-1A2B3C4D5E6F"
OWN_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/TapStack-test-ProcessorRoleAllowed-1A2B3C4D5E6F"
FILTER_PATTERN_QUOTA = 1_024
OWN_QUERIES = ("zero-trust-test", "zero_trust_test")  # the workgroup, and the database
MACHINES = ("zero-trust-replay", "zero-trust-erasure", "zero-trust-reidentification")
SINCE = 20150331  # in the name of an event of Lambda
KINDS = {
    "KeyDisabled",
    "KeyChanged",
    "BucketChanged",
    "RoleChanged",
    "CodeChanged",
    "WorkflowChanged",
    "TrailChanged",
    "QueriesChanged",
}


@pytest.fixture(name="audited")
def make_audited() -> Synthesized:
    """The environment ``test`` with an audit trail, and with every key."""
    return Synthesized(synthesize(settings='{"auditTrail": true}', encrypts=True))


def filters(stack: Synthesized) -> dict[str, Resource]:
    """The metric filters by the name of their metric."""
    return {
        resource["Properties"]["MetricTransformations"][0]["MetricName"]: resource["Properties"]
        for resource in stack.find("AWS::Logs::MetricFilter").values()
    }


def event(service: str, name: str, parameters: Event, **more: Any) -> Event:
    """An event, as CloudTrail records it.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
    """
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/administrator/somebody",
            "accountId": ACCOUNT,
        },
        "eventTime": "2026-11-26T20:46:16Z",
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.0",
        "userAgent": "aws-cli/2.31.0",
        "requestParameters": parameters,
        "responseElements": None,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        **more,
    }


def of_key(name: str, key: str, **parameters: Any) -> Event:
    """An event of KMS about a key.

    https://docs.aws.amazon.com/kms/latest/developerguide/ct-disablekey.html
    """
    arn = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}"
    resources = [{"accountId": ACCOUNT, "type": "AWS::KMS::Key", "ARN": arn}]
    return event("kms", name, {"keyId": key, **parameters}, resources=resources)


def by(service: str, one: Event) -> Event:
    """The same, made by a service on somebody's behalf.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    name = f"{service}.amazonaws.com"
    identity = {**one["userIdentity"], "invokedBy": name}
    return {**one, "userIdentity": identity, "sourceIPAddress": name, "userAgent": name}


def refused(one: Event) -> Event:
    """The same, refused."""
    return {**one, "errorCode": "AccessDenied", "errorMessage": "not authorized"}


def elsewhere(one: Event) -> Event:
    """The same, of another service."""
    return {**one, "eventSource": "other.amazonaws.com"}


def changes(stack: Synthesized) -> Iterator[tuple[str, Event]]:
    """Changes outside CloudFormation, with the metric that counts each."""
    for alias in ("s3", "logs", "lambda", "pseudonym", "reversible", "audit"):
        key = f"<{stack.key(alias)[0]}>"  # its id, which is not known before the deployment
        yield "KeyDisabled", of_key("DisableKey", key)
        yield "KeyDisabled", of_key("ScheduleKeyDeletion", key, pendingWindowInDays=7)
        yield "KeyChanged", of_key("PutKeyPolicy", key, policyName="default")
    for bucket in (BUCKET, AUDIT_BUCKET):
        for name in ("PutBucketPolicy", "DeleteBucketPolicy", "PutBucketPublicAccessBlock"):
            yield "BucketChanged", event("s3", name, {"bucketName": bucket, "policy": ""})
        for name in (
            *("PutBucketLifecycle", "PutBucketVersioning", "DeleteBucketPublicAccessBlock"),
            *("PutObjectLockConfiguration", "CreateBucketMetadataTableConfiguration"),
        ):
            yield "BucketChanged", event("s3", name, {"bucketName": bucket})
    roles = (
        ROLE,
        OWN_ROLE,
        "zero-trust-replay-test-us-east-1",
        "zero-trust-break-glass-test-us-east-1",
        *(f"{name}-us-east-1" for name in FUNCTIONS[1:]),
        "zero-trust-erasure-test-us-east-1",
        "zero-trust-reidentification-test-us-east-1",
    )
    for role in roles:
        for name in ("Put", "Delete", "Attach", "Detach"):
            yield "RoleChanged", event("iam", f"{name}RolePolicy", {"roleName": role})
        for name in ("UpdateAssumeRolePolicy", "PutRolePermissionsBoundary"):
            yield "RoleChanged", event("iam", name, {"roleName": role})
        yield "RoleChanged", event("iam", "DeleteRolePermissionsBoundary", {"roleName": role})
    for name in ("CreatePolicyVersion", "SetDefaultPolicyVersion"):
        yield "RoleChanged", event("iam", name, {"policyArn": OWN_POLICY})
    for function in [
        form
        for name in FUNCTIONS
        for whole in (name, f"{ACCOUNT}:{name}", FUNCTION.replace(FUNCTIONS[0], name))
        for form in (whole, f"{whole}:$LATEST")
    ]:
        for name in (
            *(f"UpdateFunctionCode{SINCE}v2", f"UpdateFunctionConfiguration{SINCE}v2"),
            *(f"{kind}Function{SINCE}" for kind in ("Create", "Delete")),
            *(f"AddPermission{SINCE}v2", f"CreateEventSourceMapping{SINCE}"),
            *(f"PutFunctionConcurrency{SINCE}", f"CreateFunctionUrlConfig{SINCE}"),
        ):
            yield "CodeChanged", event("lambda", name, {"functionName": function})
    yield from (("WorkflowChanged", one) for one in changes_of_workflows("test"))
    for trail in (TRAIL_NAME, TRAIL):
        for name in ("StopLogging", "DeleteTrail", "UpdateTrail"):
            yield "TrailChanged", event("cloudtrail", name, {"name": trail})
        yield "TrailChanged", event("cloudtrail", "PutEventSelectors", {"trailName": trail})
    yield from (("QueriesChanged", one) for one in changes_of_queries(*OWN_QUERIES))


def changes_of_workflows(suffix: str) -> Iterator[Event]:
    """Changes of state machines, and of the nightly schedule.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cloud-trail.html
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/logging-using-cloudtrail.html
    """
    for name in MACHINES:
        arn = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{name}-{suffix}"
        for called in ("UpdateStateMachine", "DeleteStateMachine"):
            yield event("states", called, {"stateMachineArn": arn})
        yield event("states", "CreateStateMachine", {"name": f"{name}-{suffix}"})
    group = f"{MACHINES[0]}-{suffix}"
    for called in ("UpdateSchedule", "DeleteSchedule"):
        yield event("scheduler", called, {"name": "nightly", "groupName": group})
    yield event("scheduler", "DeleteScheduleGroup", {"name": group})


def uses_of_workflows() -> Iterator[Event]:
    """Events about state machines and schedules that change none."""
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:{MACHINES[0]}-test"
    for name in ("StartExecution", "DescribeStateMachine", "TagResource"):
        yield event("states", name, {"stateMachineArn": arn})
    group = f"{MACHINES[0]}-test"
    yield event("scheduler", "GetSchedule", {"name": "nightly", "groupName": group})


def changes_of_queries(workgroup: str, database: str) -> Iterator[Event]:
    """Changes of workgroups, of tables, and of their database.

    https://docs.aws.amazon.com/athena/latest/ug/monitor-with-cloudtrail.html
    https://docs.aws.amazon.com/glue/latest/dg/monitor-cloudtrail.html
    """
    for group in (workgroup, f"{workgroup}.consumer.customers"):
        for name in ("UpdateWorkGroup", "DeleteWorkGroup"):
            yield event("athena", name, {"workGroup": group})
    for name in ("CreateTable", "UpdateTable"):
        yield event("glue", name, {"databaseName": database, "tableInput": {"name": "customers"}})
    yield event("glue", "DeleteTable", {"databaseName": database, "name": "customers"})
    yield event("glue", "BatchDeleteTable", {"databaseName": database, "tablesToDelete": ["a"]})
    yield event("glue", "UpdateDatabase", {"name": database, "databaseInput": {"name": database}})
    yield event("glue", "DeleteDatabase", {"name": database})


def others(stack: Synthesized) -> Iterator[Event]:
    """Events that change nothing of this environment."""
    key = f"<{stack.key('s3')[0]}>"
    for name in ("Decrypt", "GenerateDataKey", "GetKeyPolicy", "DescribeKey", "TagResource"):
        yield of_key(name, key)
    yield of_key("EnableKey", key)
    for name in ("DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"):
        yield of_key(name, "1234abcd-12ab-34cd-56ef-1234567890ab")
    for name in ("GetBucketPolicy", "ListObjects", "GetObject", "PutObject", "DeleteObject"):
        yield event("s3", name, {"bucketName": BUCKET})
    yield event("s3", "PutBucketPolicy", {"bucketName": "somebody-elses"})
    yield event("s3", "PutBucketPolicy", {"bucketName": BUCKET.replace("test", "prod")})
    for name in ("GetRole", "GetRolePolicy", "ListRolePolicies", "TagRole"):
        yield event("iam", name, {"roleName": ROLE})
    for role in (
        *("data-processor-prod-us-east-1", "TapStack-prod-Writer", "administrator"),
        *("eraser-prod-us-east-1", "zero-trust-erasure-test-2-us-east-1"),
        *("reidentification-test-eu-west-1", "zero-trust-reidentification-prod-us-east-1"),
    ):
        yield event("iam", "PutRolePolicy", {"roleName": role})
    yield event("iam", "GetPolicyVersion", {"policyArn": OWN_POLICY})
    yield event("iam", "CreatePolicyVersion", {"policyArn": OWN_POLICY.replace("test", "prod")})
    yield event("sts", "AssumeRole", {"roleArn": ROLE, "roleName": ROLE})
    for name in ("GetFunction", "ListVersionsByFunction"):
        yield event("lambda", f"{name}20150331v2", {"functionName": FUNCTION})
    yield from (
        event("lambda", f"UpdateFunctionCode{SINCE}v2", {"functionName": name})
        for name in ("data-processor-prod", "eraser-prod", "reidentification-prod")
    )
    for name in ("GetTrailStatus", "DescribeTrails", "StartLogging"):
        yield event("cloudtrail", name, {"name": TRAIL})
    for suffix in ("prod", "test-2"):
        name = f"zero-trust-{suffix}"
        yield from changes_of_queries(name, name.replace("-", "_"))
        yield from changes_of_workflows(suffix)
    for one in (*changes_of_queries(*OWN_QUERIES), *changes_of_workflows("test")):
        yield {**one, "awsRegion": "eu-west-1"}
    yield from uses_of_workflows()
    for name in ("GetWorkGroup", "StartQueryExecution", "CreateNamedQuery", "TagResource"):
        yield event("athena", name, {"workGroup": "zero-trust-test.consumer.customers"})
    for name in ("GetTable", "GetTables", "GetPartitions", "SearchTables"):
        yield event("glue", name, {"databaseName": "zero_trust_test", "name": "customers"})
    yield event("glue", "GetDatabase", {"name": "zero_trust_test"})
    for other in ("-prod-us-east-1", "-test-eu-west-1"):
        yield event("cloudtrail", "StopLogging", {"name": TRAIL.replace("-test-us-east-1", other)})


def counting(stack: Synthesized, one: Event) -> set[str]:
    """The metrics that count an event."""
    message = json.dumps(one)
    return {
        name for name, found in filters(stack).items() if matches(found["FilterPattern"], message)
    }


def test_each_change_is_counted_by_its_metric_alone(audited: Synthesized) -> None:
    seen = set()
    for kind, one in changes(audited):
        assert counting(audited, one) == {kind}, one
        seen.add(kind)
    assert seen == KINDS == filters(audited).keys()


def test_what_is_refused_is_not_counted(audited: Synthesized) -> None:
    for _, one in changes(audited):
        assert not counting(audited, refused(one)), one


def test_what_cloudformation_does_is_not_counted_but_for_a_lost_key_or_trail(
    audited: Synthesized,
) -> None:
    """Whoever deploys a template that stops the trail changes what protects the data."""
    for kind, one in changes(audited):
        counted = counting(audited, by("cloudformation", one))
        always = kind == "KeyDisabled" or one["eventName"] in ("StopLogging", "DeleteTrail")
        assert counted == ({kind} if always else set()), one


def test_what_another_service_does_for_somebody_is_counted(audited: Synthesized) -> None:
    for kind, one in changes(audited):
        assert counting(audited, by("ssm", one)) == {kind}


def test_nothing_else_is_counted(audited: Synthesized) -> None:
    for one in (*others(audited), *(elsewhere(one) for _, one in changes(audited))):
        assert not counting(audited, one), one


@pytest.mark.no_cover
def test_no_condition_of_a_pattern_can_be_left_out(audited: Synthesized) -> None:
    """Each part of each pattern decides about some event."""
    events = [one for _, one in changes(audited)]
    events += [
        *map(refused, events),
        *map(elsewhere, events),
        *(by("cloudformation", one) for one in events),
        *others(audited),
    ]

    def decide(pattern: str) -> list[bool]:
        return list(map(compile_pattern(pattern), events))

    for name, found in filters(audited).items():
        pattern = found["FilterPattern"]
        decided = decide(pattern)
        terms = re.findall(r"\(\$[^()]*\)", pattern)
        assert len(terms) > 3
        for term in terms:
            always, never = (
                pattern.replace(term, f"($.eventVersion {what})", 1)
                for what in ("EXISTS", "NOT EXISTS")
            )
            assert decide(always) != decided, f"{name}: {term}"
            assert decide(never) != decided, f"{name}: {term}"


def by_role(one: Event, role: str) -> Event:
    """The same, by a session of a role.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "userName": role}
    identity = {**one["userIdentity"], "sessionContext": {"sessionIssuer": issuer}}
    return {**one, "userIdentity": identity}


def test_what_a_compaction_does_every_night_is_not_counted() -> None:
    """To tables. Whoever changes its role is."""
    settings = '{"auditTrail": true, "compactedDatasets": ["customers"]}'
    stack = Synthesized(synthesize(settings=settings))
    role = "zero-trust-compaction-test-us-east-1"
    for one in changes_of_queries(*OWN_QUERIES):
        assert counting(stack, one) == {"QueriesChanged"}
        assert counting(stack, by_role(one, "administrator")) == {"QueriesChanged"}
        assert not counting(stack, by_role(one, role))
    changed = event("iam", "PutRolePolicy", {"roleName": role})
    both = Synthesized(synthesize(settings=settings, encrypts=True))
    arn = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:zero-trust-compaction-test"
    deleted = event("states", "DeleteStateMachine", {"stateMachineArn": arn})
    group = {"name": "compaction", "groupName": "zero-trust-compaction-test"}
    for template in (stack, both):
        assert counting(template, changed) == {"RoleChanged"}
        assert counting(template, deleted) == {"WorkflowChanged"}
        for name in ("UpdateSchedule", "DeleteSchedule"):
            assert counting(template, event("scheduler", name, group)) == {"WorkflowChanged"}
        assert not counting(template, event("scheduler", "GetSchedule", group))


def test_the_filters_read_the_trails_log_group(audited: Synthesized) -> None:
    group, _ = audited.one(
        "AWS::Logs::LogGroup", LogGroupName="/aws/cloudtrail/zero-trust-audit-test"
    )
    for name, found in filters(audited).items():
        assert found["LogGroupName"] == f"<{group}>"
        (transformation,) = found["MetricTransformations"]
        assert transformation["MetricNamespace"] == "ZeroTrustPipeline/test"
        assert (transformation["MetricName"], transformation["MetricValue"]) == (name, "1")


def test_the_patterns_fit_at_their_longest() -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""
    settings = '{"auditTrail": true, "compactedDatasets": ["customers"]}'
    stack = Synthesized(
        synthesize("x" * 16, "ap-southeast-1", settings=settings, encrypts=True),
    )
    for name, found in filters(stack).items():
        longest = re.sub(r"<\w+>", "1234abcd-12ab-34cd-56ef-1234567890ab", found["FilterPattern"])
        assert len(longest.replace("us-east-1", "ap-southeast-1")) <= FILTER_PATTERN_QUOTA, name


@pytest.mark.parametrize(
    ("methods", "known"),
    [({"tokens": False}, 1), ({}, 2), ({"encrypts": True}, 3)],
    ids=["no-tokens", "tokens", "reversible-tokens"],
)
def test_functions_and_workflows_that_no_contract_uses_are_not_watched(
    methods: dict[str, bool], known: int
) -> None:
    found = filters(Synthesized(synthesize(settings='{"auditTrail": true}', **methods)))
    for name in ("CodeChanged", "RoleChanged"):
        pattern = found[name]["FilterPattern"]
        assert [one in pattern for one in FUNCTIONS] == [True] * known + [False] * (3 - known)
    pattern = found["WorkflowChanged"]["FilterPattern"]
    assert [one in pattern for one in MACHINES] == [True] * known + [False] * (3 - known)


def test_there_are_none_without_a_trail(stack: Synthesized) -> None:
    assert not filters(stack)
