"""The log groups: encrypted, and kept as long as the settings say."""

from tests.unit.synthesis import Synthesized, synthesize

GROUPS = {
    "/aws/lambda/data-processor-test",
    "/aws/lambda/eraser-test",
    "/aws/lambda/zero-trust-providers-test",
    "/aws/vpc/zero-trust-vpc-test",
}


def test_each_group_is_encrypted_and_kept_for_90_days(stack: Synthesized) -> None:
    groups = [r["Properties"] for r in stack.find("AWS::Logs::LogGroup").values()]
    assert {group["LogGroupName"] for group in groups} == GROUPS
    for group in groups:
        assert group["RetentionInDays"] == 90
        assert group["KmsKeyId"] == f"<{stack.key('logs')[0]}.Arn>"


def test_retention_follows_the_settings() -> None:
    stack = Synthesized(synthesize(settings='{"logRetentionDays": 365}'))
    for group in stack.find("AWS::Logs::LogGroup").values():
        assert group["Properties"]["RetentionInDays"] == 365
