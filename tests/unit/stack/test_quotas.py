"""What AWS would refuse but an emulator accepts: grammar, partitions and policy sizes."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cfnlint import ManualArgs, lint

from lib.settings import SUFFIX_MAX_LENGTH
from tests.unit.synthesis import PARTITIONS, ROOT, Synthesized, synthesize

CONTEXT = json.loads((ROOT / "cdk.json").read_text("utf-8"))["context"]
ENVIRONMENTS = [json.dumps(settings) for settings in CONTEXT["environments"].values()]
EVERYTHING = json.dumps(
    {
        "availabilityZones": 3,
        "interfaceEndpoints": ["kms", "logs", "monitoring", "sqs", "sts"],
        "architecture": "arm64",
        "retainData": True,
        "objectLockDays": 30,
        "auditTrail": True,
    }
)
LONGEST_SUFFIX = "x" * SUFFIX_MAX_LENGTH
POLICY_QUOTAS = {
    "KeyPolicy": 32_768,
    "AssumeRolePolicyDocument": 2_048,
    "PolicyDocument": 20_480,  # of a bucket; a queue's has no other
}
INLINE_POLICIES_OF_A_ROLE = 10_240
MANAGED_POLICY = 6_144


def walk(value: Any) -> Iterator[Any]:
    """A value, and every value inside it."""
    yield value
    for child in value.values() if isinstance(value, dict) else ():
        yield from walk(child)
    for child in value if isinstance(value, list) else ():
        yield from walk(child)


def size(policy: Any) -> int:
    """The length that IAM counts, without white space."""
    return len(re.sub(r"\s", "", json.dumps(policy)))


@pytest.fixture(
    name="linted",
    params=[("us-east-1", settings) for settings in ENVIRONMENTS]
    + [(region, EVERYTHING) for region in PARTITIONS],
)
def make_linted(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A region and a template for it. Coverage is measured here, and not while it is linted."""
    region, settings = request.param
    return region, json.dumps(synthesize(region=region, settings=settings))


@pytest.mark.no_cover
def test_cfn_lint_finds_nothing(linted: tuple[str, str]) -> None:
    region, template = linted
    matches = lint(template, config=ManualArgs(regions=[region]))
    assert not [f"{match.rule.id} {match.message}" for match in matches]


def test_cfn_lint_would_find_something() -> None:
    template = json.dumps(synthesize()).replace('"KeySpec": "HMAC_256"', '"KeySpec": "HMAC_257"')
    assert lint(template, config=ManualArgs(regions=["us-east-1"]))


def test_no_partition_account_or_region_is_written_into_the_template() -> None:
    texts = [value for value in walk(synthesize(region=None)) if isinstance(value, str)]
    assert not [text for text in texts if re.search(r"\barn:aws|\b[a-z]{2}-[a-z]+-\d\b", text)]
    assert not [text for text in texts if re.search(r"amazonaws\.com\.|-\d\.amazonaws", text)]


@pytest.mark.parametrize("region", PARTITIONS)
def test_every_arn_is_of_the_partition_of_its_region(region: str) -> None:
    texts = [value for value in walk(synthesize(region=region)) if isinstance(value, str)]
    arns = [text for text in texts if text.startswith("arn:aws")]
    assert arns
    assert {text.split(":")[1] for text in arns} == {PARTITIONS[region][0]}


def test_policies_fit_at_their_longest() -> None:
    stack = Synthesized(synthesize(LONGEST_SUFFIX, settings='{"auditTrail": true}'))
    for name, resource in stack.resources.items():
        for policy, quota in POLICY_QUOTAS.items():
            assert size(resource.get("Properties", {}).get(policy)) <= quota, name
    for name, role in stack.find("AWS::IAM::Role").items():
        documents = [item["PolicyDocument"] for item in role["Properties"].get("Policies", [])]
        documents += [
            policy["Properties"]["PolicyDocument"]
            for policy in stack.find("AWS::IAM::Policy").values()
            if f"<{name}>" in policy["Properties"]["Roles"]
        ]
        assert sum(map(size, documents)) <= INLINE_POLICIES_OF_A_ROLE, name
    for name, managed in stack.find("AWS::IAM::ManagedPolicy").items():
        assert size(managed["Properties"]["PolicyDocument"]) <= MANAGED_POLICY, name
