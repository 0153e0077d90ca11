"""The deployer's policies: all that a deployment needs, and nobody else's resources."""

import json
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from itertools import islice

import pytest

from tests.unit.policies.deployer import (
    DECISIONS,
    DEPLOYER,
    NAME,
    OPENINGS,
    POLICIES,
    POLICY,
    Variation,
    vary,
)
from tests.unit.policies.deployments import READING, STACK_TAG, Call, Deployment
from tests.unit.policies.engine import Action, Engine
from tests.unit.policies.handlers import (
    NO_ACTION,
    UNNEEDED,
    Permission,
    Unneeded,
    is_needed,
    list_permissions,
    read_schema,
)
from tests.unit.policies.mutants import Mutant, mutate
from tests.unit.policies.policies import Policies, Request
from tests.unit.synthesis import ROOT, Resource, Synthesized, as_list, synthesize

MANAGED_POLICY_QUOTA = 6_144
EVERYTHING = {
    "retainData": True,
    "objectLockDays": 30,
    "interfaceEndpoints": ["kms", "logs", "monitoring", "sqs", "sts"],
    "notifyEmails": ["operator@example.com"],
    "auditTrail": True,
    "compactedDatasets": ["customers"],
}
ENVIRONMENTS = {
    **json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]["environments"],
    "test": EVERYTHING,
}
ENCRYPTING = ("test",)
"""The environments with a contract that has the method ``encrypt``; all have tokens."""
AT_ONCE = 24
SURPLUS = {
    "lambda:UpdateFunctionCodeSigningConfig": "of the stacks' functions",
    "route53resolver:UpdateFirewallConfig": "on no resource that the statement names",
    "s3:PutBucketRequestPayment": "of the stacks' buckets",
}
"""Actions that change something, are not needed, and match a pattern."""
ALONE = "No other action on a role has the condition's key."
SURVIVORS = {
    "Attachments: Action iam:AttachRolePolicy to iam:*": ALONE,
    "Attachments: Action iam:DetachRolePolicy to iam:*": ALONE,
    "PassedRoles: Action iam:PassRole to iam:*": ALONE,
    "PassedToStateMachines: Action iam:PassRole to iam:*": ALONE,
    "PassedToFunctions: Action iam:PassRole to iam:*": ALONE,
    "PassedWriter: Action iam:PassRole to iam:*": ALONE,
    "PassedScheduleRole: Action iam:PassRole to iam:*": ALONE,
    "AttachmentsOfThese: Action iam:AttachRolePolicy to iam:*": ALONE,
    "AttachmentsOfThese: Action iam:DetachRolePolicy to iam:*": ALONE,
    "Schedules: Action scheduler:* to scheduler:*": "It names every action already.",
}
"""The mutants that change no decision, and why that is not a gap."""


class Judge:
    """Asks the engine about requests under a deployer's policy."""

    def __init__(self, engine: Engine, policies: Policies) -> None:
        """Take the engine, and the template's policies, which protect its resources."""
        self._engine = engine
        self._policies = policies

    def refuses(self, requests: Iterable[Request], document: Resource | None = None) -> list[bool]:
        """Whether AWS refuses each request, under the policy or a changed one."""
        simulations = [
            self._policies.simulate(asked, {NAME: focus(document or POLICY, asked.action)})
            for asked in requests
        ]
        return [answer != "Allowed" for answer in self._engine.decide(simulations)]


def focus(document: Resource, action: str) -> Resource:
    """The statements of a policy that can apply to an action: the others only take time."""
    service = action.partition(":")[0]
    return {
        **document,
        "Statement": [
            statement
            for statement in document["Statement"]
            if any(one.partition(":")[0] == service for one in as_list(statement["Action"]))
        ],
    }


def ask(call: Call) -> Request:
    """A call as the deployer's request."""
    return Request(DEPLOYER, call.permission.action, call.resource, call.context)


@pytest.fixture(scope="module", name="calls")
def make_calls(actions: dict[str, Action]) -> dict[str, list[Call]]:
    """The calls of each environment's deployment, once each."""
    return {suffix: list_calls(suffix, actions) for suffix in ENVIRONMENTS}


def template_of(suffix: str) -> Resource:
    """The template of an environment."""
    settings = json.dumps(ENVIRONMENTS[suffix])
    return synthesize(suffix=suffix, settings=settings, encrypts=suffix in ENCRYPTING)


def list_calls(suffix: str, actions: Mapping[str, Action]) -> list[Call]:
    """The calls of an environment's deployment, once each."""
    deployment = Deployment(f"TapStack-{suffix}", template_of(suffix), actions)
    found = {
        (call.permission.action, call.resource, *sorted(call.context.items())): call
        for call in deployment.list_calls()
    }
    return list(found.values())


def make_judge(engine: Engine, suffix: str) -> Judge:
    """A judge for the policies of an environment."""
    return Judge(engine, Policies(Synthesized(template_of(suffix))))


def find_missing(judge: Judge, calls: list[Call], document: Resource) -> list[Call]:
    """The calls that a policy does not allow."""
    refused = judge.refuses(map(ask, calls), document)
    return [call for call, missing in zip(calls, refused, strict=True) if missing]


@pytest.mark.parametrize("suffix", ENVIRONMENTS)
def test_it_allows_every_call_of_a_deployment(
    suffix: str, calls: dict[str, list[Call]], engine: Engine
) -> None:
    missing = find_missing(make_judge(engine, suffix), calls[suffix], POLICY)
    assert not missing, "\n".join(
        sorted({f"{call.permission.action} on {call.resource}" for call in missing})
    )


def test_each_permission_of_a_handler_is_missed_when_it_is_denied(
    calls: dict[str, list[Call]], engine: Engine
) -> None:
    judge = make_judge(engine, "test")
    for action in sorted({call.permission.action for call in calls["test"]}):
        denial = {"Effect": "Deny", "Action": action, "Resource": "*"}
        denied = {**POLICY, "Statement": [*POLICY["Statement"], denial]}
        taken = [call for call in calls["test"] if call.permission.action == action]
        assert find_missing(judge, taken, denied) == taken, action


@pytest.mark.parametrize("one", UNNEEDED, ids=lambda one: f"{one.type} {one.actions[0]}")
def test_what_is_not_needed_is_listed_and_explained(
    one: Unneeded, actions: dict[str, Action]
) -> None:
    listed = set(list_permissions(one.type))
    for action in one.actions:
        assert any(one.covers(permission) for permission in listed if permission.action == action)
        assert (action not in actions) == (one.reason == NO_ACTION), action
    schema = place = read_schema(one.type)
    for name in filter(None, one.unless.split(".")):
        assert name in place["properties"]
        place = schema.get("definitions", {}).get(name, {})
    assert one.reason


def test_what_is_not_needed_is_not_there() -> None:
    """Once every resource of a type has the property, its permissions are needed."""
    resources = [
        resource
        for suffix in ENVIRONMENTS
        for resource in template_of(suffix)["Resources"].values()
    ]
    for one in UNNEEDED:
        some = Permission(one.type, one.handler or "create", one.actions[0])
        assert any(
            resource["Type"] == one.type and not is_needed(some, resource.get("Properties", {}))
            for resource in resources
        ), one


def test_its_patterns_allow_nothing_that_is_not_listed(
    calls: dict[str, list[Call]], actions: dict[str, Action]
) -> None:
    needed = {call.permission.action for some in calls.values() for call in some}
    surplus = set()
    for statement in POLICY["Statement"]:
        if STACK_TAG in json.dumps(statement):
            continue  # anything done to the stacks' resources; DECISIONS says what is not
        for pattern in as_list(statement["Action"]):
            named = {action for action in actions if fnmatchcase(action, pattern)}
            assert named & needed, pattern
            surplus |= {name for name in named - needed if actions[name].level not in READING}
    assert surplus == set(SURPLUS)


@pytest.fixture(scope="module", name="variations")
def make_variations(
    calls: dict[str, list[Call]], actions: dict[str, Action]
) -> dict[str, Variation]:
    """Each call that changes something, about resources that are not the stacks'."""
    return {
        str(variation): variation
        for call in calls["test"]
        if actions[call.permission.action].level not in READING
        for variation in vary(call)
    }


def test_it_allows_no_call_about_other_resources(
    variations: dict[str, Variation], engine: Engine
) -> None:
    """Except exactly what the openings list."""
    requests = [
        Request(DEPLOYER, one.action, one.resource, one.context) for one in variations.values()
    ]
    refused = make_judge(engine, "test").refuses(requests)
    found = {f"{one.action} on another {one.what}": one for one in variations.values()}
    allowed = {
        f"{one.action} on another {one.what}"
        for one, no in zip(variations.values(), refused, strict=True)
        if not no
    }
    covered = [
        {name for name, one in found.items() if opening.covers(one)} for opening in OPENINGS
    ]
    assert allowed == set().union(*covered)
    assert all(covered)


@pytest.fixture(scope="module", name="answers")
def make_answers(engine: Engine) -> dict[str, bool]:
    """Whether AWS allows each line of the table."""
    requests = [line.request for line in DECISIONS.values()]
    refused = make_judge(engine, "test").refuses(requests)
    return {name: not no for name, no in zip(DECISIONS, refused, strict=True)}


def test_decision(answers: dict[str, bool]) -> None:
    wrong = [name for name, line in DECISIONS.items() if answers[name] != line.allowed]
    assert not wrong


@pytest.mark.no_cover
def test_no_part_of_it_can_be_removed_or_widened(
    calls: dict[str, list[Call]], variations: dict[str, Variation], engine: Engine
) -> None:
    judge = make_judge(engine, "test")
    lines = [
        *((True, ask(call)) for call in calls["test"]),
        *(
            (False, Request(DEPLOYER, one.action, one.resource, one.context))
            for one in variations.values()
            if not any(opening.covers(one) for opening in OPENINGS)
        ),
        *((line.allowed, line.request) for line in DECISIONS.values()),
    ]
    survivors, killed = set(), 0
    for mutant in mutate(POLICY):
        if survives(mutant, lines, judge):
            survivors.add(mutant.name)
        else:
            killed += 1
    assert survivors == set(SURVIVORS)
    assert killed > 10 * len(SURVIVORS)


def survives(mutant: Mutant, lines: list[tuple[bool, Request]], judge: Judge) -> bool:
    """Whether AWS still decides correctly with a changed policy."""
    patterns = find_changed(mutant)
    concerned = (
        (allowed, request)
        for allowed, request in lines
        if allowed != mutant.wider
        and any(fnmatchcase(request.action, pattern) for pattern in patterns)
    )
    while some := list(islice(concerned, AT_ONCE)):
        refused = judge.refuses([request for _, request in some], mutant.document)
        if any(allowed == no for (allowed, _), no in zip(some, refused, strict=True)):
            return False
    return True


def find_changed(mutant: Mutant) -> set[str]:
    """The patterns of the actions that a mutant can decide differently."""
    before, after = (
        {
            pattern
            for statement in one["Statement"]
            if statement not in other["Statement"]
            for pattern in as_list(statement["Action"])
        }
        for one, other in ((POLICY, mutant.document), (mutant.document, POLICY))
    )
    return (before ^ after) or before


@pytest.mark.parametrize("name", POLICIES)
def test_each_fits_a_managed_policy(name: str) -> None:
    """IAM does not count white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    assert len(json.dumps(POLICIES[name], separators=(",", ":"))) <= MANAGED_POLICY_QUOTA
