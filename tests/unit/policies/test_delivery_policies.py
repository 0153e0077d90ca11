"""The roles of the workflows: who may assume them, and what they may do; nothing else."""

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.unit.policies.delivery import (
    ASSUME,
    ASSUMPTIONS,
    DECISIONS,
    DIRECTORY,
    POLICIES,
    policy_of,
    read,
)
from tests.unit.policies.engine import Engine
from tests.unit.policies.mutants import mutate
from tests.unit.policies.policies import Policies, Request
from tests.unit.synthesis import ROOT, Resource, Synthesized, as_list

TRUSTS = ("trust", "trust-pull-request")
ENVIRONMENTS = {"trust": "dev", "trust-pull-request": "pull-request"}
MANAGED_POLICY_QUOTA = 6_144
NOWHERE = Policies(Synthesized({"Resources": {}, "Outputs": {}, "Description": ""}))
"""No resource has its own policy there: only the role's decides."""
ALONE = "No other action on a role has the condition's key."
KEYS_ALONE = "The actions know no other resource of KMS."
SURVIVORS = {
    "smoke-policy Keys: Resource key/* to *": KEYS_ALONE,
    "test-policy KeyOfFiles: Resource key/* to *": KEYS_ALONE,  # of this account and region
    "test-policy Keys: Resource key/* to *": KEYS_ALONE,
    "test-policy WhatReadersMay: Action iam:AttachRolePolicy to iam:*": ALONE,
    "test-policy WhatReadersMay: Action iam:DetachRolePolicy to iam:*": ALONE,
}
"""The mutants that change no decision, and why that is not a gap."""


def allows(
    engine: Engine, requests: Iterable[Request], documents: dict[str, Resource]
) -> list[bool]:
    """Whether AWS allows each request by the policies of the roles."""
    simulations = [NOWHERE.simulate(one, documents) for one in requests]
    return [answer == "Allowed" for answer in engine.decide(simulations)]


@pytest.fixture(scope="module", name="admitted")
def make_admitted(engine: Engine) -> dict[str, bool]:
    """Whether AWS allows each line of the table of who may assume a role."""
    simulations = [
        line.simulate(read(line.trust, line.environment)) for line in ASSUMPTIONS.values()
    ]
    answers = engine.decide(simulations)
    return {name: one == "Allowed" for name, one in zip(ASSUMPTIONS, answers, strict=True)}


@pytest.mark.parametrize("name", ASSUMPTIONS, ids=str)
def test_assumption(name: str, admitted: dict[str, bool]) -> None:
    assert admitted[name] == ASSUMPTIONS[name].allowed


@pytest.fixture(scope="module", name="answers")
def make_answers(engine: Engine) -> dict[str, bool]:
    """Whether AWS allows each line of the table of what a role may do."""
    documents = {name: read(name) for name in POLICIES}
    requests = [line.request for line in DECISIONS.values()]
    return dict(zip(DECISIONS, allows(engine, requests, documents), strict=True))


@pytest.mark.parametrize("name", DECISIONS, ids=str)
def test_decision(name: str, answers: dict[str, bool]) -> None:
    assert answers[name] == DECISIONS[name].allowed


@pytest.mark.parametrize("name", TRUSTS)
def test_no_part_of_a_trust_can_be_removed_or_widened(name: str, engine: Engine) -> None:
    environment = ENVIRONMENTS[name]
    lines = [
        line
        for line in ASSUMPTIONS.values()
        if (line.trust, line.environment) == (name, environment)
    ]
    survivors = []
    for mutant in mutate(read(name, environment)):
        answers = engine.decide([line.simulate(mutant.document) for line in lines])
        if all(
            line.allowed == (answer == "Allowed")
            for line, answer in zip(lines, answers, strict=True)
        ):
            survivors.append(mutant.name)
    (sid,) = (statement["Sid"] for statement in read(name)["Statement"])
    assert survivors == [f"{sid}: Action {ASSUME} to sts:*"]  # no other action has the claims


@pytest.mark.parametrize("name", POLICIES)
def test_no_part_of_a_policy_can_be_removed_or_widened(name: str, engine: Engine) -> None:
    survivors = []
    lines = [line for line in DECISIONS.values() if policy_of(line.request.who) == name]
    for mutant in mutate(read(name)):
        concerned = [
            line
            for line in lines
            if mutant.wider != line.allowed
            and (not mutant.services or line.request.action.partition(":")[0] in mutant.services)
        ]
        answers = allows(engine, [one.request for one in concerned], {name: mutant.document})
        if answers == [line.allowed for line in concerned]:
            survivors.append(f"{name} {mutant.name}")
    assert sorted(survivors) == [one for one in SURVIVORS if one.startswith(f"{name} ")]


def test_a_line_asks_for_every_action() -> None:
    """Everything that a policy names is needed by an allowed line of the table."""
    for name in POLICIES:
        asked = {
            line.request.action
            for line in DECISIONS.values()
            if line.allowed and policy_of(line.request.who) == name
        }
        for statement in read(name)["Statement"]:
            for pattern in as_list(statement["Action"]):
                assert any(fnmatchcase(action, pattern) for action in asked), pattern


@pytest.mark.parametrize("path", sorted(DIRECTORY.glob("*.json")), ids=lambda path: path.name)
def test_a_document_is_explained_and_fits(path: Path) -> None:
    page = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    assert f"docs/delivery/{path.name}" in page
    document = read(path.stem, suffix="prod")
    assert len(json.dumps(document, separators=(",", ":"))) <= MANAGED_POLICY_QUOTA
