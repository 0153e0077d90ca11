"""No statement of a policy can be changed without changing a decision of the table."""

from itertools import islice

import pytest

from tests.unit.policies.decision import Decision
from tests.unit.policies.engine import Engine
from tests.unit.policies.mutants import Mutant, mutate
from tests.unit.policies.policies import Policies
from tests.unit.policies.table import DECISIONS

ITS_OWN = "A resource's policy speaks of that resource, whatever it names."
BUCKET = "zero-trust-data-test-111122223333-us-east-1"
AUDIT_BUCKET = BUCKET.replace("-data-", "-audit-")
NOT_ITS = (
    "It is a place of the data processor alone: what denies each action elsewhere refuses it too."
)
UNMATCHED = "Nobody describes a key with an encryption context: the statement never matches it."
SURVIVORS = {
    "KeysLogsKey AllowCloudWatchLogs: Action without kms:DescribeKey": UNMATCHED,
    "AuditTrailKey AllowCloudWatchLogs: Action without kms:DescribeKey": UNMATCHED,
    "ReplayRoleAllowed PublishMetrics: Action cloudwatch:PutMetricData to cloudwatch:*": (
        "No other action has the condition's key."
    ),
    "IntakeQueuePolicy AllowBucketNotifications: Resource IntakeQueue to *": ITS_OWN,
    "NoticesTopicPolicy AllowAlarms: Resource zero-trust-notices-test to *": ITS_OWN,
    # CDK's statement for emptying a bucket whose data are not retained.
    f"DataBucketPolicy 2: Resource {BUCKET} to *": ITS_OWN,
    f"DataBucketPolicy 2: Resource {BUCKET}/* to *": ITS_OWN,
    "AuditTrailBucketPolicy AllowTrail: without StringEquals aws:SourceArn": (
        "DenyForgingLogs refuses every other trail. AWS asks for the condition here."
    ),
    **{
        f"ReidentificationRolesDenied {mutant}": NOT_ITS
        for mutant in (
            "DenyStorageOutside: Resource * to NotResource */incoming/*",
            "DenyDerivationOutside: Resource * to NotResource key/KeysPseudonymKey",
            "DenyRecordsToOthers: Resource * to NotResource */incoming/*",
            "DenyRecordsToOthers: Resource * to NotResource key/KeysPseudonymKey",
            "DenyOtherFunctions: Resource * to NotResource "
            "log-group:/aws/lambda/data-processor-test:*",
        )
    },
    **{
        f"ErasureRolesDenied {mutant}": NOT_ITS
        for mutant in (
            "DenyStorageOutside: Resource * to NotResource */incoming/*",
            "DenyRecordsToOthers: Resource * to NotResource */incoming/*",
            "DenyOtherFunctions: Resource * to NotResource "
            "log-group:/aws/lambda/data-processor-test:*",
        )
    },
    "ReidentifiersRequester SeparateApproval: Resource * to NotResource "
    "stateMachine:zero-trust-replay-test": "Tokens of tasks have no resource.",
    f"AuditTrailBucketPolicy AllowTrailToLook: Resource {AUDIT_BUCKET} to *": ITS_OWN,
    f"AuditTrailBucketPolicy 2: Resource {AUDIT_BUCKET} to *": ITS_OWN,
    f"AuditTrailBucketPolicy 2: Resource {AUDIT_BUCKET}/* to *": ITS_OWN,
}
"""The mutants that change no decision, and why that is not a gap."""

AT_ONCE = 24


def survives(
    mutant: Mutant,
    name: str,
    policies: Policies,
    engine: Engine,
    retains: bool,
    table: list[Decision],
) -> bool:
    """Whether AWS still decides as the table says with a changed policy.

    A line that changes moves to the front of the table: it changes for similar mutants too.
    """
    lines = (
        line
        for line in list(table)
        if line.request.retains == retains
        and line.allowed != mutant.wider
        and (not mutant.services or line.request.action.partition(":")[0] in mutant.services)
        and name in policies.deciding(line.request)
    )
    size = 1
    while some := list(islice(lines, size)):
        size = min(4 * size, AT_ONCE)
        changed = {name: mutant.document}
        answers = engine.decide([policies.simulate(line.request, changed) for line in some])
        for line, answer in zip(some, answers, strict=True):
            if line.allowed != (answer == "Allowed"):
                table.remove(line)
                table.insert(0, line)
                return False
    return True


@pytest.mark.no_cover
def test_every_mutant_changes_a_decision(engine: Engine, policies: dict[bool, Policies]) -> None:
    survivors, killed = set(), 0
    for retains in (True, False):
        for name, document in policies[retains].documents.items():
            table = list(DECISIONS.values())
            # Most statements are the same in both environments.
            twin = {} if retains else policies[True].documents.get(name, {})
            for mutant in mutate(document, known=twin.get("Statement", [])):
                if survives(mutant, name, policies[retains], engine, retains, table):
                    survivors.add(f"{name} {mutant.name}")
                else:
                    killed += 1
    assert survivors == set(SURVIVORS)
    assert killed > 100 * len(set(SURVIVORS.values()))
