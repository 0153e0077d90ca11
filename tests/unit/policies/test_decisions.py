"""AWS's decisions over the synthesized policies, by an engine that is not ours."""

import json

import pytest

from tests.unit.policies.engine import Engine
from tests.unit.policies.policies import Policies
from tests.unit.policies.table import DECISIONS
from tests.unit.synthesis import Synthesized, synthesize


@pytest.fixture(scope="module", name="answers")
def make_answers(engine: Engine, policies: dict[bool, Policies]) -> dict[str, str]:
    """The engine's decision for each line of the table."""
    requests = [line.request for line in DECISIONS.values()]
    simulations = [policies[asked.retains].simulate(asked, {}) for asked in requests]
    return dict(zip(DECISIONS, engine.decide(simulations), strict=True))


def test_decision(answers: dict[str, str]) -> None:
    """All of the table at once: thousands of tests would take longer than the engine."""
    wrong = {
        name: answers[name]
        for name, line in DECISIONS.items()
        if (answers[name] == "Allowed") != line.allowed
    }
    assert not wrong


@pytest.mark.parametrize(
    "settings",
    ["{}", '{"retainData": true, "restrictAdministrators": true, "auditTrail": true}'],
)
def test_no_policy_of_the_template_is_overlooked(settings: str) -> None:
    stack = Synthesized(synthesize(settings=settings))
    documents = Policies(stack).documents
    assert len(documents) == json.dumps(stack.resources).count('"Statement": ')


def test_every_policy_decides_something(policies: dict[bool, Policies]) -> None:
    heard = {
        name
        for line in DECISIONS.values()
        for name in policies[line.request.retains].deciding(line.request)
    }
    documents = policies[True].documents.keys() | policies[False].documents.keys()
    assert heard - {"AdministratorAccess"} == documents
