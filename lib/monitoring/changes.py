"""Changes of what protects the data: a metric of each kind, counted from the audit trail."""

from collections.abc import Iterator

from aws_cdk import Aws, Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from lib.constructs.failures import FEW_MINUTES, SUM, Failure
from lib.constructs.keys import Keys
from lib.environment import Environment
from lib.monitoring.audit_trail import AuditTrail
from lib.names import METRICS

# Of a request that an AWS service makes, CloudTrail has the service's name instead of an address.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
CLOUDFORMATION = "cloudformation.amazonaws.com"

Pattern = logs.JsonPattern


class Changes(Construct):
    """A metric filter on the log group of the audit trail for each kind of change.

    It is on the trail, and not a rule of EventBridge, because changes of roles are events of
    us-east-1: a trail of all regions has them, a rule in another region does not.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html

    A change counts if it succeeded and CloudFormation did not make it. A key that is disabled or
    scheduled for deletion counts whoever did it, and so does a trail that is stopped or deleted:
    an update of a stack does neither, unless its template says so. The metrics have a namespace of
    the environment, as the dimensions of a filter's metric can only come from the event.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        trail: AuditTrail,
        keys: Keys,
    ) -> None:
        """Create the filters."""
        super().__init__(scope, construct_id)
        names, stack = environment.names, Stack.of(self).stack_name
        self._failures: list[Failure] = []
        self._group, self._namespace = trail.log_group, f"{METRICS}/{environment.suffix}"
        elsewhere = logs.FilterPattern.string_value("$.sourceIPAddress", "!=", CLOUDFORMATION)
        of_keys = _is("$.resources[0].ARN", *(f"*{key.key_id}" for key in (*keys.all, trail.key)))
        buckets = (names.bucket, names.audit_bucket)
        # Roles and policies that CloudFormation names begin with the stack's name.
        roles = [names.role, f"{names.replay}-{Aws.REGION}", names.break_glass_role, f"{stack}-*"]
        functions, machines, nightly = [names.function], [names.replay], [names.replay]
        if keys.erases:
            functions.append(names.eraser)
            machines.append(names.erasure)
            roles += [f"{names.eraser}-{Aws.REGION}", f"*erasure-{names.suffix}-{Aws.REGION}"]
        # As a filter has a limit, one pattern is for both, if there are both.
        compacts = bool(environment.settings.compacted_datasets)
        both = f"*tion-{names.suffix}"
        if compacts:
            nightly.append(names.compaction.machine)
        if keys.reversible:
            functions.append(names.reidentifier)
            machines.append(both if compacts else names.reidentification)
            # The state machine's too.
            roles.append(f"{both if compacts else f'*{names.reidentifier}'}-{Aws.REGION}")
        elif compacts:
            machines.append(names.compaction.machine)
            roles.append(f"{names.compaction.machine}-{Aws.REGION}")
        policies = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:policy/{stack}-*"
        self._count(
            "KeyDisabled",
            "A key was disabled or scheduled for deletion.",
            _of("kms"),
            of_keys,
            _called("DisableKey", "ScheduleKeyDeletion"),
        )
        self._count(
            "KeyChanged",
            "Somebody changed the policy of a key.",
            _of("kms"),
            of_keys,
            _called("PutKeyPolicy"),
            elsewhere,
        )
        self._count(
            "BucketChanged",
            "Somebody changed the policy or a setting of a bucket.",
            _of("s3"),
            _is("$.requestParameters.bucketName", *buckets),
            _called("PutBucket*", "DeleteBucket*", "PutObjectLock*", "CreateBucketMetadata*"),
            elsewhere,
        )
        self._count(
            "RoleChanged",
            "Somebody changed what a role may do, or who assumes it.",
            _of("iam"),
            logs.FilterPattern.any(
                _is("$.requestParameters.roleName", *roles),
                _is("$.requestParameters.policyArn", policies),
            ),
            _called("Put*", "Delete*", "Attach*", "Detach*", "Update*", "Set*", "CreatePolicyV*"),
            elsewhere,
        )
        self._count(
            "CodeChanged",
            "Somebody changed the code or settings of a function.",
            _of("lambda"),
            # By name or ARN, and perhaps with a version or an alias.
            _is(
                "$.requestParameters.functionName",
                *(f"*{name}{end}" for name in functions for end in ("", ":*")),
            ),
            _called(
                *("CreateFunction*", "UpdateFunction*", "DeleteFunction*", "PutFunction*"),
                *("AddPermission*", "CreateEventSourceMapping*"),
            ),
            elsewhere,
        )
        # The group of a schedule has the name of the state machine that it starts.
        self._count(
            "WorkflowChanged",
            "Somebody changed a state machine, or the schedule of a nightly run.",
            _of("states", "scheduler"),
            _is("$.awsRegion", Aws.REGION),
            logs.FilterPattern.any(
                _is(
                    "$.requestParameters.stateMachineArn",
                    *(f"*:{name}".replace(":*", "") for name in machines),
                ),
                _is("$.requestParameters.name", *machines),
                _is("$.requestParameters.groupName", *nightly),
            ),
            _called(
                *("CreateStateMachine", "UpdateStateMachine", "DeleteStateMachine"),
                *("UpdateSchedule", "DeleteSchedule*"),
            ),
            elsewhere,
        )
        self._count(
            "TrailChanged",
            "Somebody stopped or changed the audit trail.",
            _of("cloudtrail"),
            logs.FilterPattern.any(
                _is("$.requestParameters.name", f"*{names.trail}"),
                _is("$.requestParameters.trailName", f"*{names.trail}"),
            ),
            _called("Stop*", "Delete*", "Update*", "Put*"),
            logs.FilterPattern.any(elsewhere, _called("StopLogging", "DeleteTrail")),
        )
        # Not what others do with a workgroup's permission, such as saving a query. What a query
        # does to a table is an event of Glue too.
        self._count(
            "QueriesChanged",
            "Somebody changed a workgroup or a table of queries.",
            _of("athena", "glue"),
            _is("$.awsRegion", Aws.REGION),  # those of another have the same names
            logs.FilterPattern.any(
                _is("$.requestParameters.workGroup", names.workgroup, f"{names.workgroup}.*"),
                _is("$.requestParameters.databaseName", names.database),
                _is("$.requestParameters.name", names.database),
            ),
            _called(
                *("UpdateWorkGroup", "DeleteWorkGroup", "UpdateDatabase", "DeleteDatabase"),
                *("CreateTable", "UpdateTable", "DeleteTable", "BatchDeleteTable"),
            ),
            elsewhere,
            *_not_by_compaction(environment),
        )

    def failures(self) -> Iterator[Failure]:
        """Each kind of change: what protects the data may do so no longer."""
        yield from self._failures

    def _count(self, name: str, means: str, *patterns: Pattern) -> None:
        """Count the events that match all patterns, and were not refused."""
        found = logs.MetricFilter(
            self,
            name,
            log_group=self._group,
            filter_pattern=logs.FilterPattern.all(
                *patterns,
                logs.FilterPattern.not_exists("$.errorCode"),
            ),
            metric_namespace=self._namespace,
            metric_name=name,
        )
        runbook = "disabled-key" if name == "KeyDisabled" else "changed-protection"
        # CloudTrail takes about as long to deliver an event.
        metric = found.metric(statistic=SUM, period=FEW_MINUTES)
        self._failures.append(Failure(name, means, runbook, metric))


def _not_by_compaction(environment: Environment) -> list[Pattern]:
    """Leave out what a compaction does every night, if there is one: to tables of its own.

    Not every event has the name of a role.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html
    """
    if not environment.settings.compacted_datasets:
        return []
    role = "$.userIdentity.sessionContext.sessionIssuer.arn"
    return [
        logs.FilterPattern.any(
            logs.FilterPattern.not_exists(role),
            logs.FilterPattern.string_value(role, "!=", environment.names.compaction.role_arn),
        )
    ]


def _is(selector: str, *values: str) -> Pattern:
    """A field has one of these values; ``*`` at either end stands for anything."""
    patterns = (logs.FilterPattern.string_value(selector, "=", value) for value in values)
    return logs.FilterPattern.any(*patterns)


def _of(*services: str) -> Pattern:
    """The request was to one of these services."""
    return _is("$.eventSource", *(f"{service}.amazonaws.com" for service in services))


def _called(*names: str) -> Pattern:
    """The request was one of these."""
    return _is("$.eventName", *names)
