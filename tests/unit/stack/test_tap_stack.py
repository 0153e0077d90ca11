"""The stack as a whole: its name, outputs, tags, and what it retains."""

import json
import re
from pathlib import Path

import pytest
from aws_cdk import Environment
from aws_cdk.assertions import Template

from lib.tap_stack import TapStack
from tests.unit.synthesis import ACCOUNT, Synthesized, make_app, synthesize

DATA = {
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",  # which requires TLS and protects versions as long as there are any
}
TAGGED = {
    "AWS::Athena::WorkGroup",
    "AWS::EC2::VPC",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}
ALL = '{"retainData": true, "restrictAdministrators": true, "auditTrail": true}'


def test_the_description_names_the_environment(stack: Synthesized) -> None:
    assert stack.description == "Zero-trust data processing pipeline - test"


def test_all_that_takes_tags_is_tagged(stack: Synthesized) -> None:
    expected = {
        "Environment": "test",
        "DataClassification": "confidential",
        "Owner": "data-platform",
    }
    seen = set()
    for name, resource in stack.resources.items():
        tags = resource.get("Properties", {}).get("Tags")
        if tags:
            seen.add(resource["Type"])
            assert expected.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items(), name
    assert seen >= TAGGED


@pytest.mark.parametrize("settings", ["{}", ALL])
@pytest.mark.parametrize(
    ("methods", "words"),
    [
        ({"tokens": False}, "erasure|eraser|suppressed|reversible|reidentif"),
        ({}, "reversible|reidentif"),
    ],
    ids=["no-tokens", "none-that-can-be-reversed"],
)
def test_what_no_contract_uses_is_not_in_the_template(
    settings: str, methods: dict[str, bool], words: str
) -> None:
    """No function, role, statement, log group, prefix or output."""
    without, there = (
        {found.lower() for found in re.findall(words, json.dumps(one), re.IGNORECASE)}
        for one in (
            synthesize(settings=settings, **methods),
            synthesize(settings=settings, encrypts=True),
        )
    )
    assert not without
    assert there == set(words.split("|"))


def test_synth_asks_for_no_context_lookup() -> None:
    app = make_app()
    environment = Environment(account=ACCOUNT, region="eu-central-1")
    TapStack(app, "TapStack-test", environment_suffix="test", env=environment)
    manifest = Path(app.synth().directory) / "manifest.json"
    assert not json.loads(manifest.read_text(encoding="utf-8")).get("missing")


def test_an_environment_that_retains_data_is_protected() -> None:
    app = make_app(environments={"prod": {"retainData": True, "auditTrail": True}})
    stack = TapStack(app, "TapStack-prod", environment_suffix="prod")
    assert stack.termination_protection
    template = Synthesized(dict(Template.from_stack(stack).to_json()))
    retained = {}
    for name, resource in template.resources.items():
        policy = resource.get("DeletionPolicy", "Delete")
        if policy != "Delete":
            retained[resource["Type"]] = name
            # Not "Retain", which also applies when a first creation rolls back: the names of the
            # remaining resources would block the next.
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
            assert policy == "RetainExceptOnCreate", name
            assert resource["UpdateReplacePolicy"] == "Retain", name
        else:
            assert resource["Type"] not in DATA, name
    assert retained.keys() == DATA
    assert not template.find("Custom::S3AutoDeleteObjects")
