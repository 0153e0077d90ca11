"""CloudWatch Logs, without and with the corrections."""

from typing import Any

import pytest

from sandbox.emulator import ACCOUNT, REGION
from tests.sandbox.cloud import Cloud, StackFailedError, allow, function, outcome, unique

REFUSED = "The specified KMS key does not exist or is not allowed to be used with Arn"
ACTIONS = [
    "kms:Encrypt",
    "kms:Decrypt",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
    "kms:DescribeKey",
]


def admitting(log_group: str, service: str = f"logs.{REGION}.amazonaws.com") -> dict[str, Any]:
    """The statement that AWS's guide gives for the policy of a log group's key."""
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{log_group}"
    condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn}}
    return {**allow(ACTIONS, **condition), "Principal": {"Service": service}}


def group(name: str, key: str) -> dict[str, Any]:
    """A log group of a template."""
    properties = {"LogGroupName": name, "KmsKeyId": key, "RetentionInDays": 90}
    return {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": properties}}


def test_a_templates_group_needs_a_key_that_admits_the_service(
    plain: Cloud, parity: Cloud
) -> None:
    name = unique("/aws/lambda/f")
    plain.deploy(group(name, plain.key()))

    with pytest.raises(StackFailedError, match=REFUSED):
        parity.deploy(group(name, parity.key()))
    with pytest.raises(StackFailedError, match=REFUSED):
        parity.deploy(group(name, parity.key(admitting("/aws/lambda/other"))))
    with pytest.raises(StackFailedError, match=REFUSED):
        parity.deploy(group(name, parity.key(admitting(name, "s3.amazonaws.com"))))
    key = parity.key(admitting(name))
    parity.deploy(group(name, key))

    found = parity.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert [(g["kmsKeyId"], g["retentionInDays"]) for g in found] == [(key, 90)]


def test_an_update_needs_such_a_key_too(plain: Cloud, parity: Cloud) -> None:
    name = unique("group")

    def change(cloud: Cloud) -> None:
        stack = cloud.deploy(group(name, cloud.key(admitting(name))))["AWS::StackName"]
        cloud.deploy(group(name, cloud.key()), stack)

    change(plain)
    with pytest.raises(StackFailedError, match=REFUSED):
        change(parity)


def test_creating_a_group_needs_such_a_key_too(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> tuple[str, str]:
        name = unique("group")
        wrong, right = cloud.key(), cloud.key(admitting(name))
        logs = cloud.client("logs")
        refused = outcome(lambda: logs.create_log_group(logGroupName=name, kmsKeyId=wrong))
        return refused, outcome(lambda: logs.create_log_group(logGroupName=name, kmsKeyId=right))

    assert probe(plain) == ("ok", "ResourceAlreadyExistsException")
    assert probe(parity) == ("InvalidParameterException", "ok")


def test_cloudformation_names_a_group_without_a_name(plain: Cloud, parity: Cloud) -> None:
    resources = {"Group": {"Type": "AWS::Logs::LogGroup"}}
    assert plain.deploy(resources)["Group"].startswith("/aws/cloudformation/")
    ids = parity.deploy(resources)
    assert ids["Group"].startswith(f"{ids['AWS::StackName']}-Group-")
    retained = {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 7}}}
    assert parity.deploy(retained, ids["AWS::StackName"])["Group"] == ids["Group"]


def test_events_of_functions_have_identifiers(plain: Cloud, parity: Cloud) -> None:
    def identifiers(cloud: Cloud) -> set[object]:
        role = cloud.role("lambda.amazonaws.com")
        name = cloud.deploy({"Function": function(role)})["Function"]
        cloud.client("lambda").invoke(FunctionName=name)
        group_name = f"/aws/lambda/{name}"
        found = cloud.client("logs").filter_log_events(logGroupName=group_name)["events"]
        return {event.get("eventId") for event in found}

    assert identifiers(plain) == {None}
    assert len(identifiers(parity)) >= len(("START", "END", "REPORT"))


def test_arn_of_a_log_group_in_a_policy(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud, end: str) -> str:
        name = unique("group")
        cloud.client("logs").create_log_group(logGroupName=name)
        arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{name}{end}"
        logs = cloud.assume(allow("logs:CreateLogStream", arn)).client("logs")
        return outcome(lambda: logs.create_log_stream(logGroupName=name, logStreamName="s"))

    assert (probe(plain, ":*"), probe(plain, "")) == ("AccessDeniedException", "ok")
    assert (probe(parity, ":*"), probe(parity, "")) == ("ok", "AccessDeniedException")
    assert probe(parity, "-of-another:*") == "AccessDeniedException"


def test_a_template_may_have_saved_queries(plain: Cloud, parity: Cloud) -> None:
    def template(name: str) -> dict[str, dict[str, object]]:
        properties = {"Name": name, "QueryString": "fields @message"}
        return {"Query": {"Type": "AWS::Logs::QueryDefinition", "Properties": properties}}

    with pytest.raises(StackFailedError, match="QueryDefinition"):
        plain.deploy(template("one"))
    ids = parity.deploy(template("one"))
    assert parity.deploy(template("two"), ids["AWS::StackName"])["Query"] == ids["Query"]
    assert parity.destroy(ids["AWS::StackName"]) == "DELETE_COMPLETE"
