"""The stack as a whole: its name, outputs, tags, and what it retains."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Environment
from aws_cdk.assertions import Template

from lib.tap_stack import TapStack
from tests.unit.synthesis import ACCOUNT, Synthesized, make_app, synthesize

OUTPUTS = {
    "VpcId": "AWS::EC2::VPC",
    "S3BucketName": "AWS::S3::Bucket",
    "S3BucketArn": "AWS::S3::Bucket",
    "LambdaFunctionName": "AWS::Lambda::Function",
    "LambdaFunctionArn": "AWS::Lambda::Function",
    "LambdaRoleArn": "AWS::IAM::Role",
    "S3KmsKeyId": "AWS::KMS::Key",
    "LogsKmsKeyId": "AWS::KMS::Key",
    "LambdaKmsKeyId": "AWS::KMS::Key",
    "PseudonymKeyId": "AWS::KMS::Key",
    "LogGroupName": "AWS::Logs::LogGroup",
    "QueueUrl": "AWS::SQS::Queue",
    "DeadLetterQueueUrl": "AWS::SQS::Queue",
    "NoticesTopicArn": "AWS::SNS::Topic",
    "ReplayStateMachineArn": "AWS::StepFunctions::StateMachine",
    "ProducerPolicyArn": "AWS::IAM::ManagedPolicy",
    "ConsumerPolicyArn": "AWS::IAM::ManagedPolicy",
    "StewardPolicyArn": "AWS::IAM::ManagedPolicy",
}
OUTPUTS_OF_TRAIL = {
    "AuditTrailArn": "AWS::CloudTrail::Trail",
    "AuditBucketName": "AWS::S3::Bucket",
    "AuditKmsKeyId": "AWS::KMS::Key",
}
DATA = {
    "AWS::KMS::Key",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",  # which requires TLS and protects versions as long as there are any
}
TAGGED = {
    "AWS::EC2::VPC",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
}


def target(stack: Synthesized, output: str) -> str:
    """The logical id of the resource that an output names."""
    return str(stack.outputs[output]["Value"]).strip("<>").partition(".")[0]


@pytest.mark.parametrize(("name", "resource_type"), OUTPUTS.items())
def test_each_output_is_exported_and_names_its_resource(
    stack: Synthesized, name: str, resource_type: str
) -> None:
    assert stack.outputs[name]["Export"] == {"Name": f"{name}-test"}
    assert stack.resources[target(stack, name)]["Type"] == resource_type


def test_an_audit_trail_adds_its_own() -> None:
    audited = Synthesized(synthesize(settings='{"auditTrail": true}'))
    assert set(audited.outputs) == {*OUTPUTS, *OUTPUTS_OF_TRAIL}
    for name, resource_type in OUTPUTS_OF_TRAIL.items():
        assert audited.outputs[name]["Export"] == {"Name": f"{name}-test"}
        assert audited.resources[target(audited, name)]["Type"] == resource_type


def test_outputs_of_the_same_type_name_the_right_resources(stack: Synthesized) -> None:
    for output, alias in (
        ("S3KmsKeyId", "s3"),
        ("LogsKmsKeyId", "logs"),
        ("LambdaKmsKeyId", "lambda"),
        ("PseudonymKeyId", "pseudonym"),
    ):
        assert target(stack, output) == stack.key(alias)[0]
    queue = stack.resources[target(stack, "QueueUrl")]["Properties"]
    dead_letters = f"<{target(stack, 'DeadLetterQueueUrl')}.Arn>"
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == dead_letters
    _, function = stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
    assert function["Role"] == f"<{target(stack, 'LambdaRoleArn')}.Arn>"
    assert function["LoggingConfig"]["LogGroup"] == f"<{target(stack, 'LogGroupName')}>"


def test_there_are_no_other_outputs(stack: Synthesized) -> None:
    assert set(stack.outputs) == set(OUTPUTS)


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


def test_the_stack_needs_no_environment_and_no_context() -> None:
    app = App(context={"aws:cdk:bundling-stacks": []})
    template = Template.from_stack(TapStack(app, "TapStackTest", environment_suffix="test"))
    assert set(template.to_json()["Outputs"]) == set(OUTPUTS)


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
