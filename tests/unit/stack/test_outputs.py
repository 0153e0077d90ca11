"""The outputs of the stack: what each names, and under which name it is exported."""

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from lib.tap_stack import TapStack
from tests.unit.documentation import names, table
from tests.unit.synthesis import Synthesized, synthesize

OUTPUTS = {
    name: resource_type
    for outputs, _, resources in table("settings.md", "## Outputs")
    for resource_type in names([resources])
    for name in names([outputs])
}
OF_TRAIL = {name for name in OUTPUTS if name.startswith("Audit")}
OF_SOME = OF_TRAIL | {
    *("ReversibleKeyId", "ReidentificationStateMachineArn"),
    *("RequesterPolicyArn", "ApproverPolicyArn", "CompactionStateMachineArn"),
}


def target(stack: Synthesized, output: str) -> str:
    """The logical id of the resource that an output names."""
    return str(stack.outputs[output]["Value"]).strip("<>").partition(".")[0]


@pytest.fixture(scope="module", name="audited")
def synthesize_with_trail() -> Synthesized:
    """A stack that has every output."""
    settings = '{"auditTrail": true, "compactedDatasets": ["customers"]}'
    return Synthesized(synthesize(settings=settings, encrypts=True))


@pytest.mark.parametrize(("name", "resource_type"), OUTPUTS.items())
def test_each_output_is_exported_and_names_its_resource(
    audited: Synthesized, name: str, resource_type: str
) -> None:
    assert audited.outputs[name]["Export"] == {"Name": f"{name}-test"}
    assert audited.resources[target(audited, name)]["Type"] == resource_type


def test_outputs_of_the_same_type_name_the_right_resources(
    stack: Synthesized, audited: Synthesized
) -> None:
    assert target(audited, "ReversibleKeyId") == audited.key("reversible")[0]
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


def test_there_are_no_other_outputs(stack: Synthesized, audited: Synthesized) -> None:
    assert set(audited.outputs) == set(OUTPUTS)
    assert set(stack.outputs) == set(OUTPUTS) - OF_SOME


def test_the_stack_needs_no_environment_and_no_context() -> None:
    app = App(context={"aws:cdk:bundling-stacks": []})
    template = Template.from_stack(TapStack(app, "TapStackTest", environment_suffix="test"))
    assert set(template.to_json()["Outputs"]) == set(OUTPUTS) - OF_SOME
