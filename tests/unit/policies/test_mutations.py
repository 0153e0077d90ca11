"""No statement of a policy can be changed without changing a decision of the table."""

from collections import defaultdict
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
    "CompactionRoleDenied DenyDirectAccess: Resource * to NotResource */incoming/*": NOT_ITS,
    "ReidentifiersRequester SeparateApproval: Resource * to NotResource "
    "stateMachine:zero-trust-replay-test": "Tokens of tasks have no resource.",
    f"AuditTrailBucketPolicy AllowTrailToLook: Resource {AUDIT_BUCKET} to *": ITS_OWN,
    f"AuditTrailBucketPolicy 2: Resource {AUDIT_BUCKET} to *": ITS_OWN,
    f"AuditTrailBucketPolicy 2: Resource {AUDIT_BUCKET}/* to *": ITS_OWN,
}
"""The mutants that change no decision, and why that is not a gap."""

AT_ONCE = 24


class Table:
    """The lines of the table for one environment, by what can change them.

    A statement that matches fewer requests changes only those that it matched. What two statements
    deny, or what one denies and another would allow, needs more than one change. A line that
    changes moves to the front of its list: it changes for similar mutants too.
    """

    def __init__(self, policies: Policies, engine: Engine, retains: bool) -> None:
        self._policies = policies
        self._engine = engine
        self._heard = defaultdict[str, list[Decision]](list)  # by a policy
        self._undenied = defaultdict[str, list[Decision]](list)  # the same, without denied ones
        self._matched = defaultdict[tuple[str, int], list[Decision]](list)  # by a statement
        lines = [line for line in DECISIONS.values() if line.request.retains == retains]
        answers = engine.explain([policies.simulate(line.request, {}) for line in lines])
        for line, (_, allowing, denying) in zip(lines, answers, strict=True):
            for name in policies.deciding(line.request):
                self._heard[name].append(line)
                if not denying:
                    self._undenied[name].append(line)
            guard = str(policies.guarding(line.request.resource))
            if len(denying) < 2:
                for name, number in denying or allowing:
                    self._matched[name or guard, number].append(line)

    def survives(self, mutant: Mutant, name: str) -> bool:
        """Whether AWS still decides as the table says with a changed policy."""
        table = self._concerned(mutant, name)
        lines = (
            line
            for line in list(table)
            if line.allowed != mutant.wider
            and (not mutant.services or line.request.action.partition(":")[0] in mutant.services)
        )
        size = 1
        while some := list(islice(lines, size)):
            size = min(4 * size, AT_ONCE)
            changed = {name: mutant.document}
            asked = [self._policies.simulate(line.request, changed) for line in some]
            for line, answer in zip(some, self._engine.decide(asked), strict=True):
                if line.allowed != (answer == "Allowed"):
                    table.remove(line)
                    table.insert(0, line)
                    return False
        return True

    def _concerned(self, mutant: Mutant, name: str) -> list[Decision]:
        """The lines that a mutant of a policy can change."""
        if mutant.wider is None:
            return self._heard[name]
        if mutant.matches_more:
            return self._undenied[name]
        return self._matched[name, mutant.number]


@pytest.mark.no_cover
def test_every_mutant_changes_a_decision(engine: Engine, policies: dict[bool, Policies]) -> None:
    survivors, killed = set(), 0
    for retains in (True, False):
        table = Table(policies[retains], engine, retains)
        for name, document in policies[retains].documents.items():
            # Most statements are the same in both environments.
            twin = {} if retains else policies[True].documents.get(name, {})
            for mutant in mutate(document, known=twin.get("Statement", [])):
                if table.survives(mutant, name):
                    survivors.add(f"{name} {mutant.name}")
                else:
                    killed += 1
    assert survivors == set(SURVIVORS)
    assert killed > 100 * len(set(SURVIVORS.values()))
