"""Route 53 Resolver, without and with the corrections."""

from typing import Any

import pytest

from tests.sandbox.cloud import Cloud, StackFailedError

TYPE = "AWS::Route53Resolver"
FIREWALL: dict[str, Any] = {
    "Names": {"Type": f"{TYPE}::FirewallDomainList", "Properties": {"Domains": ["*"]}},
    "Rules": {
        "Type": f"{TYPE}::FirewallRuleGroup",
        "Properties": {
            "FirewallRules": [
                {
                    "Action": "BLOCK",
                    "BlockResponse": "NXDOMAIN",
                    "Priority": 1,
                    "FirewallDomainListId": {"Fn::GetAtt": ["Names", "Id"]},
                }
            ]
        },
    },
    "Association": {
        "Type": f"{TYPE}::FirewallRuleGroupAssociation",
        "Properties": {
            "FirewallRuleGroupId": {"Fn::GetAtt": ["Rules", "Id"]},
            "VpcId": "vpc-1",
            "Priority": 101,
        },
    },
}


def test_a_template_may_have_a_firewall(plain: Cloud, parity: Cloud) -> None:
    with pytest.raises(StackFailedError, match=TYPE):
        plain.deploy(FIREWALL)
    made = parity.deploy(FIREWALL)
    assert made["Names"].startswith("rslvr-fdl-")
    assert made["Rules"].startswith("rslvr-frg-")
    assert made["Association"].startswith("rslvr-frgassoc-")
    changed = {**FIREWALL, "Names": {**FIREWALL["Names"], "Properties": {"Domains": ["a."]}}}
    assert parity.deploy(changed, made["AWS::StackName"]) == made
