"""Adoption: finds what a deleted stack retained, by identifiers that CloudFormation accepts."""

import json
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from lib.adoption import IDENTIFIERS, AdoptionError, detach, identify, main
from tests.unit.synthesis import Resource, references, synthesize

OUTPUTS = {
    "S3BucketName": "a-bucket",
    "S3KmsKeyId": "key-1",
    "LogsKmsKeyId": "key-2",
    "LambdaKmsKeyId": "key-3",
    "PseudonymKeyId": "key-4",
    "LogGroupName": "/aws/lambda/data-processor-test",
}


@pytest.fixture(name="template")
def make_template() -> Resource:
    """The template of an environment that retains data."""
    return synthesize(settings='{"retainData": true}')


def test_everything_retained_is_found_by_its_own_name(template: Resource) -> None:
    mapping = identify(template, OUTPUTS)
    found = {
        (template["Resources"][name]["Type"], *identifier.items())
        for name, identifier in mapping.items()
    }
    assert found == {
        *(("AWS::KMS::Key", ("KeyId", f"key-{number}")) for number in range(1, 5)),
        *(
            ("AWS::Logs::LogGroup", ("LogGroupName", name))
            for name in (
                "/aws/lambda/data-processor-test",
                "/aws/lambda/eraser-test",
                "/aws/lambda/zero-trust-providers-test",
                "/aws/vpc/zero-trust-vpc-test",
            )
        ),
        ("AWS::S3::Bucket", ("BucketName", "a-bucket")),
        ("AWS::S3::BucketPolicy", ("Bucket", "a-bucket")),
    }
    pseudonym = template["Outputs"]["PseudonymKeyId"]["Value"]["Ref"]
    assert mapping[pseudonym] == {"KeyId": "key-4"}


def test_the_audit_trail_leaves_its_bucket_and_what_belongs_to_it(template: Resource) -> None:
    audited = synthesize(settings='{"retainData": true, "auditTrail": true}')
    outputs = OUTPUTS | {"AuditBucketName": "logs", "AuditKmsKeyId": "key-5"}
    found, known = (list(identify(one, outputs).values()) for one in (audited, template))
    assert [one for one in found if one not in known] == [
        {"KeyId": "key-5"},
        {"BucketName": "logs"},
        {"Bucket": "logs"},
        {"LogGroupName": "/aws/cloudtrail/zero-trust-audit-test"},
    ]
    with pytest.raises(AdoptionError, match="The output AuditKmsKeyId is missing"):
        identify(audited, OUTPUTS)


@pytest.mark.parametrize(("resource_type", "identifier"), IDENTIFIERS.items())
def test_cloudformation_identifies_a_resource_by_that_property(
    resource_type: str, identifier: str
) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    assert schema["primaryIdentifier"] == [f"/properties/{identifier}"]


def test_nothing_that_is_imported_refers_to_what_is_not(template: Resource) -> None:
    resources = detach(template)["Resources"]
    assert resources.keys() == identify(template, OUTPUTS).keys()
    others = template["Resources"].keys() - resources.keys()
    for name, resource in resources.items():
        assert not references(resource) & others, name
        assert set(resource.get("DependsOn", [])) <= resources.keys(), name
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"


def test_a_policy_loses_whole_statements_never_a_condition(template: Resource) -> None:
    def statements(resources: dict[str, Any]) -> list[Any]:
        (policy,) = (r for r in resources.values() if r["Type"] == "AWS::S3::BucketPolicy")
        found: list[Any] = policy["Properties"]["PolicyDocument"]["Statement"]
        return found

    before, after = (statements(one["Resources"]) for one in (template, detach(template)))
    lost = [item.get("Sid") for item in before if item not in after]
    assert lost == ["DenyFunctionOutsideNetwork"]  # its endpoint was deleted with the stack
    assert [item for item in before if item in after] == after


def test_a_key_is_imported_as_it_is(template: Resource) -> None:
    """A key refers to no other resource: its policy names everybody literally."""
    detached = detach(template)["Resources"]
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::KMS::Key":
            assert detached[name] == resource


def run(tmp_path: Path, template: Resource, outputs: str) -> int:
    """Run the command on files."""
    (tmp_path / "TapStack-test.template.json").write_text(json.dumps(template))
    (tmp_path / "outputs.json").write_text(outputs)
    return main([str(tmp_path / "TapStack-test.template.json"), str(tmp_path / "outputs.json")])


def test_the_command_prepares_an_assembly(tmp_path: Path, template: Resource) -> None:
    assert run(tmp_path, template, json.dumps(OUTPUTS)) == 0
    mapping = json.loads((tmp_path / "resource-mapping.json").read_text())
    assert mapping == identify(template, OUTPUTS)
    written = json.loads((tmp_path / "TapStack-test.template.json").read_text())
    assert written == detach(template)


@pytest.mark.parametrize(
    ("settings", "outputs", "sentence"),
    [
        ("{}", json.dumps(OUTPUTS), "This environment retains nothing"),
        ('{"retainData": true}', '{"A": "b"}', "The output S3KmsKeyId is missing: give the outp"),
        (
            '{"retainData": true}',
            json.dumps(OUTPUTS | {"LogGroupName": "/aws/lambda/data-processor-dev"}),
            "The output LogGroupName is /aws/lambda/data-processor-dev, not /aws/lambda/data-p",
        ),
        *(
            (
                '{"retainData": true}',
                json.dumps(OUTPUTS | {"S3KmsKeyId": value}),
                f"The output S3KmsKeyId is {json.dumps(value)}: give the text",
            )
            for value in (5, None, "", ["a-key"], {"Ref": "Key"})
        ),
        ('{"retainData": true}', "{}", "outputs.json is not a JSON object of outputs"),
        ('{"retainData": true}', "not json", "outputs.json is not a JSON object of outputs"),
        ('{"retainData": true}', "[1]", "outputs.json is not a JSON object of outputs"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    settings: str,
    outputs: str,
    sentence: str,
) -> None:
    template = synthesize(settings=settings)
    assert run(tmp_path, template, outputs) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("Error: ")
    assert sentence in printed
    assert len(printed.splitlines()) == 1
    assert json.loads((tmp_path / "TapStack-test.template.json").read_text()) == template


@pytest.mark.parametrize("other", [OUTPUTS, {"Resources": "none"}, {"Resources": {"A": "b"}}])
def test_a_file_that_is_not_a_template_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], template: Resource, other: Resource
) -> None:
    """Such as the two files swapped."""
    assert run(tmp_path, other, json.dumps(template)) == 1
    assert capsys.readouterr().err == (
        "Error: There is no template: name the template first, then the outputs.\n"
    )


def test_a_missing_file_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "no.template.json"), str(tmp_path / "no.json")]) == 1
    assert capsys.readouterr().err == (
        f"Error: {tmp_path}/no.template.json cannot be read: No such file or directory. Name the "
        "outputs of the deleted stack: outputs=FILE\n"
    )


def test_a_template_that_retains_nothing_cannot_be_detached() -> None:
    with pytest.raises(AdoptionError):
        detach(synthesize())
