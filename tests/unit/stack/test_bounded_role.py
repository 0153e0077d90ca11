"""Each role of a service of AWS has its allow policy for a boundary, and is denied the rest."""

import pytest

from tests.unit.synthesis import ACCOUNT, Synthesized, as_list, statement, synthesize

FUNCTIONS = ("data-processor", "eraser", "reidentification")
STATE_MACHINES = tuple(
    f"zero-trust-{name}" for name in ("compaction", "erasure", "reidentification", "replay")
)


@pytest.fixture(scope="module", name="with_all")
def make_with_all() -> Synthesized:
    """A stack with each of these roles."""
    settings = '{"compactedDatasets": ["customers"]}'
    return Synthesized(synthesize(settings=settings, encrypts=True))


@pytest.mark.parametrize("name", [*FUNCTIONS, *STATE_MACHINES])
def test_its_allow_policy_is_its_boundary(with_all: Synthesized, name: str) -> None:
    _, role = with_all.one("AWS::IAM::Role", RoleName=f"{name}-test-us-east-1")
    assert role["PermissionsBoundary"] == role["ManagedPolicyArns"][0]
    assert not role.get("Policies")
    allowed, denied = (
        with_all.resources[one.strip("<>")]["Properties"]["PolicyDocument"]
        for one in role["ManagedPolicyArns"]
    )
    assert {one["Effect"] for one in allowed["Statement"]} == {"Allow"}
    assert {one["Effect"] for one in denied["Statement"]} == {"Deny"}
    every = {action for one in allowed["Statement"] for action in as_list(one["Action"])}
    assert set(as_list(statement(denied, "DenyEverythingElse")["NotAction"])) == every


@pytest.mark.parametrize("name", [*FUNCTIONS, *STATE_MACHINES])
def test_its_service_assumes_it_for_this_account(with_all: Synthesized, name: str) -> None:
    _, role = with_all.one("AWS::IAM::Role", RoleName=f"{name}-test-us-east-1")
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    service = "lambda" if name in FUNCTIONS else "states"
    assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
    assert len(trust["Condition"]) == (1 if name in FUNCTIONS else 2)
