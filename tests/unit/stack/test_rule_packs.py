"""The rule packs: every finding stops a synth, and our stack has none left."""

import re
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from lib.compliance.rule_packs import acknowledge, attach_packs
from lib.tap_stack import TapStack
from tests.unit.synthesis import contracts, make_app

PACKS = {"AwsSolutions", "HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321", "Serverless"}


@pytest.mark.parametrize("encrypts", [False, True])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"retainData": True, "objectLockDays": 30, "restrictAdministrators": True},
        {"auditTrail": True},
        {"interfaceEndpoints": ["kms", "logs", "monitoring", "sqs", "sts"]},
    ],
)
def test_no_finding_is_left(settings: dict[str, Any], encrypts: bool) -> None:
    app = make_app(environments={"test": settings})
    attach_packs(app)
    with contracts(encrypts=encrypts):
        TapStack(app, "TapStack-test", environment_suffix="test")
    app.synth()


def findings(app: App) -> set[str]:
    """The rules that are violated, according to the packs."""
    with pytest.raises(RuntimeError, match="ValidationFailed") as failure:
        app.synth()
    return set(re.findall("Acknowledge with '([^']+)'", str(failure.value)))


def test_every_pack_stops_a_synth() -> None:
    app = make_app()
    attach_packs(app)
    stack = Stack(app, "Careless")
    s3.Bucket(stack, "Bucket")
    sqs.Queue(stack, "Queue")
    assert {found.partition("::")[0] for found in findings(app)} == PACKS


def test_an_acknowledgement_is_for_one_construct_and_one_rule() -> None:
    def found(*, acknowledged: bool) -> set[str]:
        app = make_app()
        attach_packs(app)
        stack = Stack(app, "Careless")
        for name in ("One", "Other"):
            bucket = s3.Bucket(stack, name)
            if acknowledged:
                acknowledge(bucket, "a reason", "AwsSolutions-S1")
        return findings(app)

    assert found(acknowledged=False) - found(acknowledged=True) == {
        "AwsSolutions::AwsSolutions-S1"
    }


def test_checkov_finds_the_acknowledgements_in_the_template() -> None:
    stack = Stack(make_app(), "Careless")
    bucket = s3.Bucket(stack, "Bucket")
    acknowledge(bucket, "a reason", "CKV_AWS_18", "AwsSolutions-S1")
    acknowledge(bucket, "another", "CKV_AWS_21")
    (found,) = Template.from_stack(stack).find_resources("AWS::S3::Bucket").values()
    assert found["Metadata"]["checkov"] == {
        "skip": [
            {"id": "CKV_AWS_18", "comment": "a reason"},
            {"id": "CKV_AWS_21", "comment": "another"},
        ]
    }
