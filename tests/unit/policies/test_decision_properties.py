"""Every AWS action outside the path of a file is denied."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.policies import decisions as table
from tests.unit.policies.engine import DECISIONS, Action, Engine
from tests.unit.policies.policies import BOUNDARY, REGION, Policies, Request
from tests.unit.synthesis import ACCOUNT

Needs = Mapping[str, Sequence[str]]
"""The resources that each action is needed on."""

# Anybody with credentials may ask whose they are.
HARMLESS = "sts:GetCallerIdentity"
NEAR = ("s3:", "kms:", "sqs:", "logs:", "ec2:", "iam:", "sts:")
NAMES = [
    table.BUCKET.rpartition(":")[2],
    "incoming/customers/a.csv",
    "manifests/customers/a.csv.json",
    "processed",
    "KeysS3Key",
    "KeysPseudonymKey",
    "IntakeQueue",
    "/aws/lambda/data-processor-test",
    f"data-processor-test-{REGION}",
]
OF_FUNCTION: Needs = {
    "s3:GetObject": [f"{table.BUCKET}/{prefix}/*" for prefix in table.PREFIXES],
    "s3:PutObject": [f"{table.BUCKET}/{prefix}/*" for prefix in table.PREFIXES[1:]],
    "s3:ListBucket": [table.BUCKET],
    "kms:Decrypt": [table.DATA_KEY, table.ENVIRONMENT_KEY],
    "kms:GenerateDataKey": [table.DATA_KEY],
    "kms:GenerateMac": [table.PSEUDONYM_KEY, table.REVERSIBLE_KEY],
    "logs:CreateLogStream": [f"{table.FUNCTION_GROUP}:*"],
    "logs:PutLogEvents": [f"{table.FUNCTION_GROUP}:*"],
    "sqs:DeleteMessage": [table.QUEUE],
    "sqs:GetQueueAttributes": [table.QUEUE],
    "sqs:ReceiveMessage": [table.QUEUE],
    **{action: ["*"] for action in table.NETWORK_INTERFACES},
}
OF_PEOPLE: Needs = {
    "s3:AbortMultipartUpload": [f"{table.BUCKET}/incoming/customers/*"],
    "s3:PutObject": [f"{table.BUCKET}/incoming/customers/*"],
    "s3:GetObject": [f"{table.BUCKET}/{prefix}/customers/*" for prefix in table.PREFIXES[1:]],
    "s3:GetObjectVersion": [
        f"{table.BUCKET}/{prefix}/customers/*" for prefix in table.PREFIXES[1:]
    ],
}

IN_STACK = [
    table.BUCKET,
    table.INCOMING,
    *table.OUTPUTS,
    table.ELSEWHERE,
    *table.KEYS,
    table.QUEUE,
    table.DEAD_LETTERS,
    table.FUNCTION_GROUP,
    f"{table.FUNCTION_GROUP}:log-stream:a",
    table.FUNCTION_ARN,
    table.ROLE,
]
# What is denied with every policy attached and no boundary is also denied with less.
STATES_OF_FUNCTION = [
    Request(who.holding("AdministratorAccess"), "", "", without=(BOUNDARY,))
    for who in (*table.CODE.values(), table.LAMBDA)
]
STATES_OF_PEOPLE = [
    Request(who, "", "") for who in (table.PRODUCER, table.CONSUMER, table.STEWARD)
]

# The duties are separate, whatever else their holders have.
PRODUCER_OF_ALL, *READERS_OF_ALL = (
    Request(who.holding("AdministratorAccess"), "", "", without=("DataBucketPolicy",))
    for who in (table.PRODUCER, table.CONSUMER, table.STEWARD)
)


class Asked(NamedTuple):
    """An action on a resource of an account, with or without a policy that admits everybody."""

    action: str
    resource: str
    owner: str
    opened: bool

    def is_needed(self, needs: Needs) -> bool:
        """Whether the action is needed on its resource."""
        return any(fnmatchcase(self.resource, place) for place in needs.get(self.action, []))


def fill(form: str, owner: str, names: list[str]) -> str:
    """An ARN of a form, with names in place of its variables."""
    known = {"Partition": "aws", "Region": REGION, "Account": owner}
    chosen = iter(names)
    return re.sub(r"\$\{(\w+)\}|(?<=.)\*", lambda found: known.get(found[1]) or next(chosen), form)


@pytest.fixture(scope="session", name="anything")
def make_anything(actions: dict[str, Action]) -> st.SearchStrategy[Asked]:
    """Any AWS action, often one that matters here, on a resource of a form that it takes."""
    pairs = [(name, form) for name, action in actions.items() for form in action.forms or ["*"]]
    near = [pair for pair in pairs if pair[0].startswith(NEAR)]
    own = [pair for pair in pairs if pair[0] in OF_FUNCTION.keys() | OF_PEOPLE.keys()]
    names = st.one_of(st.sampled_from(NAMES), st.text("abc-0", min_size=1, max_size=9))
    return st.builds(
        lambda pair, owner, names, opened: Asked(
            pair[0], fill(pair[1], owner, names), owner, opened
        ),
        st.one_of(*map(st.sampled_from, (pairs, near, own))),
        st.sampled_from([ACCOUNT, table.OTHER_ACCOUNT]),
        st.lists(names, min_size=8, max_size=8),
        st.booleans(),
    )


def find_allowed(
    engine: Engine, policies: Policies, states: list[Request], asked: list[Asked], needs: Needs
) -> list[Request]:
    """The requests that are not needed, but allowed in one of the states."""
    requests = [
        replace(state, **one._asdict())
        for one in asked
        if one.action != HARMLESS and not one.is_needed(needs)
        for state in states
    ]
    answers = engine.judge([policies.simulate(request, {}) for request in requests])
    # A name can make an ARN fit two kinds of resource, or none.
    assert {answer for answer in answers if "resource.types" not in answer} <= DECISIONS
    return [
        request for request, answer in zip(requests, answers, strict=True) if answer == "Allowed"
    ]


@pytest.mark.no_cover
def test_the_function_keeps_to_its_path(
    engine: Engine, policies: dict[bool, Policies], anything: st.SearchStrategy[Asked]
) -> None:
    @settings(deadline=None, derandomize=True)
    @given(asked=st.lists(anything, min_size=1, max_size=20))
    def check(asked: list[Asked]) -> None:
        assert not find_allowed(engine, policies[True], STATES_OF_FUNCTION, asked, OF_FUNCTION)

    check()  # pylint: disable=no-value-for-parameter


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("states", "needs", "places"),
    [
        (STATES_OF_FUNCTION, OF_FUNCTION, IN_STACK),
        (STATES_OF_PEOPLE, OF_PEOPLE, IN_STACK),
        ([PRODUCER_OF_ALL], {}, table.OUTPUTS),
        (READERS_OF_ALL, {}, [table.INCOMING]),
    ],
    ids=["function", "people", "producers with everything", "readers with everything"],
)
def test_no_other_action_on_the_stacks_resources(
    engine: Engine,
    policies: dict[bool, Policies],
    actions: dict[str, Action],
    states: list[Request],
    needs: Needs,
    places: list[str],
) -> None:
    asked = [
        Asked(name, resource, ACCOUNT, False)
        for name, action in actions.items()
        for resource in places
        if any(
            re.fullmatch(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(form)), resource)
            for form in action.forms
        )
    ]
    assert not find_allowed(engine, policies[True], states, asked, needs)
