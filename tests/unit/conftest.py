"""Fixtures of the unit tests."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from tests.unit.policies.engine import Action, Engine
from tests.unit.policies.policies import Policies
from tests.unit.synthesis import ROOT, Synthesized, synthesize

# The number of examples for a property. `make unit examples=thorough` chooses the second.
settings.register_profile("quick", max_examples=30)
settings.register_profile("thorough", max_examples=300)
settings.load_profile("quick")

ALL = '"restrictAdministrators": true, "auditTrail": true, "compactedDatasets": ["customers"]'


@pytest.fixture(scope="session", autouse=True)
def find_the_processor() -> Iterator[None]:
    """Let programs that tests start find the processor, even if the project is not installed.

    pytest's setting ``pythonpath`` is only for this process.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "lambda"))))
        yield


@pytest.fixture(scope="session", name="stack")
def make_stack() -> Synthesized:
    """The environment ``test`` with default settings, in us-east-1."""
    return Synthesized(synthesize())


@pytest.fixture(scope="session", name="encrypting")
def make_encrypting_stack() -> Synthesized:
    """The environment ``test`` with a contract that has the method ``encrypt``."""
    return Synthesized(synthesize(settings='{"auditTrail": true}', encrypts=True))


@pytest.fixture(scope="session", name="policies")
def make_policies() -> dict[bool, Policies]:
    """The policies of the environment ``test``, with and without retained data.

    Both restrict administrators, and have an audit trail, a compacted dataset and a contract that
    encrypts. The first
    also has an interface endpoint that the function does not need.
    """
    retaining = '{"retainData": true, "interfaceEndpoints": ["kms", "sqs"], %s}'
    return {
        retains: Policies(Synthesized(synthesize(settings=given % ALL, encrypts=True)))
        for retains, given in ((True, retaining), (False, "{%s}"))
    }


@pytest.fixture(scope="session", name="engine")
def make_engine() -> Iterator[Engine]:
    """The IAM simulator, started once."""
    with closing(Engine()) as engine:
        yield engine


@pytest.fixture(scope="session", name="actions")
def make_actions(engine: Engine) -> dict[str, Action]:
    """Every action that AWS publishes."""
    return engine.actions()


@pytest.fixture(name="directory")
def make_directory(tmp_path: Path) -> Path:
    """A folder for contracts."""
    directory = tmp_path / "contracts"
    directory.mkdir()
    return directory
