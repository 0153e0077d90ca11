"""What the workflows run besides deployments: strays, and the bill of materials."""

import json
import re
import subprocess
from collections.abc import Iterator

import pytest

from delivery.strays import LOOKUP_ROLE
from sandbox import PROJECT
from sandbox.emulator import ACCOUNT, REGION
from tests.sandbox.cloud import Cloud, allow, policy

MAKE = ("make", "--silent", "--old-file=.venv/.installed")
QUEUE = {"Queue": {"Type": "AWS::SQS::Queue"}}
STACKS = ("TapStack-pr-7", "TapStack-pr-12", "TapStack-prod", "TapStack-pr-x", "Other-pr-8")


@pytest.fixture(scope="module", name="account")
def make_account(parity: Cloud) -> Iterator[Cloud]:
    """An account with the bootstrap's lookup role and stacks, some of them of pull requests."""
    iam, cloudformation = parity.client("iam"), parity.client("cloudformation")
    lookup = LOOKUP_ROLE.format(partition="aws", account=ACCOUNT, region=REGION)
    name = lookup.rpartition("/")[2]
    trust = {**allow("sts:AssumeRole"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    del trust["Resource"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy(trust)))
    reading = json.dumps(policy(allow("cloudformation:Describe*")))
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=reading)
    for stack in STACKS:
        cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": QUEUE}))
    yield parity
    for stack in STACKS:
        cloudformation.delete_stack(StackName=stack)
    iam.delete_role_policy(RoleName=name, PolicyName="read")
    iam.delete_role(RoleName=name)


def find(account: Cloud, hours: str, document: str) -> "subprocess.CompletedProcess[str]":
    """Look for strays as a role with a policy of ``docs/delivery``."""
    text = (PROJECT / "docs" / "delivery" / f"{document}.json").read_text(encoding="utf-8")
    granted = json.loads(text.replace("ACCOUNT", ACCOUNT).replace("REGION", REGION))
    role = account.role("ec2.amazonaws.com", *granted["Statement"])
    return account.run_as(role, "-m", "delivery.strays", "--hours", hours)


@pytest.mark.parametrize("document", ["deploy-policy", "diff-policy"])
def test_stacks_of_pull_requests_are_found(account: Cloud, document: str) -> None:
    found = find(account, "0", document)
    assert (sorted(found.stdout.split()), found.returncode) == (["pr-12", "pr-7"], 0), found.stderr


def test_a_stack_that_may_be_under_test_is_kept(account: Cloud) -> None:
    found = find(account, "6", "deploy-policy")
    assert (found.stdout, found.returncode) == ("", 0), found.stderr


def test_a_role_that_cannot_assume_the_lookup_role_finds_nothing(account: Cloud) -> None:
    found = find(account, "0", "test-policy")
    assert "AccessDenied" in found.stderr
    assert (found.stdout, found.returncode) == ("", 1)


def test_the_bill_of_materials_is_what_the_function_ships() -> None:
    subprocess.run([*MAKE, "sbom"], cwd=PROJECT, check=True, capture_output=True)
    found = json.loads((PROJECT / ".cache" / "sbom" / "function.cdx.json").read_text("utf-8"))
    locked = (PROJECT / "lambda" / "requirements.txt").read_text(encoding="utf-8")
    assert found["bomFormat"] == "CycloneDX"
    assert sorted((one["name"], one["version"]) for one in found["components"]) == sorted(
        re.findall(r"^([a-z0-9-]+)==([^ \\]+)", locked, re.MULTILINE)
    )
    for component in found["components"]:
        assert component["externalReferences"]
        for file in component["externalReferences"]:
            assert [given["alg"] for given in file["hashes"]] == ["SHA-256"]
