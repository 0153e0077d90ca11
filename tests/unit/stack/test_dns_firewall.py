"""Which names the network can resolve: those of its endpoints, with any prefix."""

import re

import pytest

from tests.unit.synthesis import PARTITIONS, Synthesized, synthesize


def answer(stack: Synthesized, name: str) -> str:
    """What the VPC's firewall does with a query, by its rules."""
    _, association = stack.one("AWS::Route53Resolver::FirewallRuleGroupAssociation")
    group = association["FirewallRuleGroupId"].strip("<>").removesuffix(".Id")
    assert association["VpcId"] == f"<{stack.one('AWS::EC2::VPC')[0]}>"
    rules = stack.resources[group]["Properties"]["FirewallRules"]
    for rule in sorted(rules, key=lambda found: found["Priority"]):
        names = rule["FirewallDomainListId"].strip("<>").removesuffix(".Id")
        for pattern in stack.resources[names]["Properties"]["Domains"]:
            if re.fullmatch(re.escape(pattern).replace(r"\*", ".+"), name):
                return str(rule["Action"])
    return "ALLOW"  # names without a rule


@pytest.mark.parametrize("region", PARTITIONS)
def test_the_endpoints_have_names(region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    domain = f"{region}.{PARTITIONS[region][1]}"
    for name in (f"s3.{domain}", f"a-bucket.s3.{domain}", f"kms.{domain}"):
        assert answer(stack, name) == "ALLOW", name


@pytest.mark.parametrize(
    "name",
    [
        "example.com",
        "c2VjcmV0.attacker.example",
        "amazonaws.com",
        "c2VjcmV0.amazonaws.com",
        "s3.us-east-1.amazonaws.com.attacker.example",
        "kms.eu-west-1.amazonaws.com",
        "lambda.us-east-1.amazonaws.com",
        "c2VjcmV0.execute-api.us-east-1.amazonaws.com",
        "c2VjcmV0.kms.us-east-1.amazonaws.com",
    ],
)
def test_no_other_name_is_answered(stack: Synthesized, name: str) -> None:
    assert answer(stack, name) == "BLOCK"


def test_names_follow_the_endpoints() -> None:
    stack = Synthesized(synthesize(settings='{"interfaceEndpoints": ["kms", "sts"]}'))
    assert answer(stack, "sts.us-east-1.amazonaws.com") == "ALLOW"


def test_what_is_blocked_does_not_exist(stack: Synthesized) -> None:
    _, group = stack.one("AWS::Route53Resolver::FirewallRuleGroup")
    (blocking,) = [rule for rule in group["FirewallRules"] if rule["Action"] == "BLOCK"]
    assert blocking["BlockResponse"] == "NXDOMAIN"
