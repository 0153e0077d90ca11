"""The names that parts of the stack need before any of them exists.

They avoid circular dependencies: the key admits the bucket, encrypts the queue, and the bucket
announces to the queue; the keys admit the function's role, which names the keys.
"""

from typing import NamedTuple

from aws_cdk import Aws

DATASET_TAG = "dataset"
OWN_DATASET = f"${{aws:PrincipalTag/{DATASET_TAG}}}"
"""In a policy: the dataset that the tag of a person's role names."""

PURPOSE_TAG = "purpose"
USER = "${aws:userid}"
"""In a policy: the id of the user, or of the role and its session. Nobody can choose another's.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-userid
"""

RESULTS = "query-results/"
"""The prefix of what Athena writes into the data bucket."""

COMPACTED = "compacted/"
"""The prefix of what Athena writes for datasets of many small files, if any are compacted."""

METRICS = "ZeroTrustPipeline"
"""The namespace of the pipeline's own metrics. Their dimension ``service`` is the name of the
function or the state machine, so that environments of one account do not add up."""

OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
"""The condition that a service assumes a role only for resources of this account."""


class CompactionNames(NamedTuple):
    """The names of what compacts datasets.

    Attributes:
        machine, arn: the state machine; the group of its schedule has the same name.
        role_arn: its role's.
        schedules_arn: the group's.
        workgroup: of its queries.
    """

    machine: str
    arn: str
    role_arn: str
    schedules_arn: str
    workgroup: str


class Names:
    """The names of one environment.

    Attributes:
        suffix: of the environment.
        bucket: the data bucket, unique in the partition.
        function, function_arn: the data processor.
        role, role_arn: the function's role.
        break_glass_role, break_glass_role_arn: the role that removes versions where data are
            retained.
        replay, replay_arn: the state machine that sends messages again; the group of its schedule
            has the same name, and ``replay_schedules_arn``.
        function_log_group: the data processor's.
        flow_log_group: for the VPC's flow logs.
        provider_log_group: for CDK's own functions, which run during deployments.
        notices, notices_arn: the topic that alarms publish to.
        workgroup: of Athena, for those who may query several datasets. Each dataset has two more,
            see ``workgroup_of``.
    """

    def __init__(self, environment_suffix: str) -> None:
        """Compose the names; account and region are known when the stack is deployed."""
        self.bucket = f"zero-trust-data-{environment_suffix}-{Aws.ACCOUNT_ID}-{Aws.REGION}"
        self.bucket_arn = f"arn:{Aws.PARTITION}:s3:::{self.bucket}"
        self.suffix = environment_suffix
        self.function = f"data-processor-{environment_suffix}"
        self.function_arn = _function_arn(self.function)
        # Roles are global, stacks are regional.
        self.role = f"{self.function}-{Aws.REGION}"
        roles = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/"
        self.role_arn = f"{roles}{self.role}"
        self.break_glass_role = f"zero-trust-break-glass-{environment_suffix}-{Aws.REGION}"
        self.break_glass_role_arn = f"{roles}{self.break_glass_role}"
        self.notices = f"zero-trust-notices-{environment_suffix}"
        self.notices_arn = f"arn:{Aws.PARTITION}:sns:{Aws.REGION}:{Aws.ACCOUNT_ID}:{self.notices}"
        here = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
        self.replay = f"zero-trust-replay-{environment_suffix}"
        self.replay_arn = _machine_arn(self.replay)
        self.replay_schedules_arn = (
            f"arn:{Aws.PARTITION}:scheduler:{here}:schedule-group/{self.replay}"
        )
        self.workgroup = f"zero-trust-{environment_suffix}"
        self.audit = f"zero-trust-audit-{environment_suffix}"
        self.function_log_group = f"/aws/lambda/{self.function}"
        self.flow_log_group = f"/aws/vpc/zero-trust-vpc-{environment_suffix}"
        self.provider_log_group = f"/aws/lambda/zero-trust-providers-{environment_suffix}"

    def workgroup_of(self, duty: str, dataset: str) -> str:
        """The workgroup of a dataset's consumers or stewards.

        Neither suffixes nor datasets have a full stop, so no two of an account are the same.
        """
        return f"{self.workgroup}.{duty}.{dataset}"

    @property
    def eraser(self) -> str:
        """The function that erases people, where contracts have tokens."""
        return f"eraser-{self.suffix}"

    @property
    def eraser_arn(self) -> str:
        """The function's."""
        return _function_arn(self.eraser)

    @property
    def eraser_role_arn(self) -> str:
        """Its role's."""
        return _role_arn(self.eraser)

    @property
    def eraser_log_group(self) -> str:
        """Its log group."""
        return f"/aws/lambda/{self.eraser}"

    @property
    def erasure(self) -> str:
        """The state machine of erasures."""
        return f"zero-trust-erasure-{self.suffix}"

    @property
    def erasure_arn(self) -> str:
        """The state machine's."""
        return _machine_arn(self.erasure)

    @property
    def compaction(self) -> CompactionNames:
        """Those of compactions, where a setting names datasets."""
        machine = f"zero-trust-compaction-{self.suffix}"
        here = f"{Aws.REGION}:{Aws.ACCOUNT_ID}"
        return CompactionNames(
            machine=machine,
            arn=_machine_arn(machine),
            role_arn=_role_arn(machine),
            schedules_arn=f"arn:{Aws.PARTITION}:scheduler:{here}:schedule-group/{machine}",
            workgroup=f"{self.workgroup}.compaction",
        )

    @property
    def reidentifier(self) -> str:
        """The function that re-identifies, where contracts allow it."""
        return f"reidentification-{self.suffix}"

    @property
    def reidentifier_arn(self) -> str:
        """The function's."""
        return _function_arn(self.reidentifier)

    @property
    def reidentifier_role_arn(self) -> str:
        """Its role's."""
        return _role_arn(self.reidentifier)

    @property
    def reidentifier_log_group(self) -> str:
        """Its log group."""
        return f"/aws/lambda/{self.reidentifier}"

    @property
    def reidentification(self) -> str:
        """The state machine of requests to re-identify."""
        return f"zero-trust-reidentification-{self.suffix}"

    @property
    def reidentification_arn(self) -> str:
        """The state machine's."""
        return _machine_arn(self.reidentification)

    @property
    def database(self) -> str:
        """The database of the tables: Athena's names have underscores instead of hyphens."""
        return self.workgroup.replace("-", "_")

    @property
    def trail(self) -> str:
        """The audit trail. One of all regions is in each of them: its name has the region."""
        return f"{self.audit}-{Aws.REGION}"

    @property
    def trail_arn(self) -> str:
        """The audit trail's."""
        return f"arn:{Aws.PARTITION}:cloudtrail:{Aws.REGION}:{Aws.ACCOUNT_ID}:trail/{self.trail}"

    @property
    def audit_bucket(self) -> str:
        """The bucket of its log files."""
        return f"{self.audit}-{Aws.ACCOUNT_ID}-{Aws.REGION}"

    @property
    def trail_log_group(self) -> str:
        """The log group of its events."""
        return f"/aws/cloudtrail/{self.audit}"

    @property
    def log_groups(self) -> list[str]:
        """Those that the logs key encrypts: all but the trail's."""
        return [self.function_log_group, self.flow_log_group, self.provider_log_group]


def _function_arn(name: str) -> str:
    """The ARN of a function."""
    return f"arn:{Aws.PARTITION}:lambda:{Aws.REGION}:{Aws.ACCOUNT_ID}:function:{name}"


def _machine_arn(name: str) -> str:
    """The ARN of a state machine."""
    return f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{name}"


def _role_arn(owner: str) -> str:
    """The ARN of the role that is named after its function or state machine."""
    return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{owner}-{Aws.REGION}"
