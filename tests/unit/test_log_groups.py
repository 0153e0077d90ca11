"""The log groups: encrypted, and kept as long as the settings say."""

from tests.unit.synthesis import Synthesized, synthesize

GROUPS = {
    "/aws/lambda/data-processor-test",
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


def test_every_function_logs_to_a_group_of_the_stack(stack: Synthesized) -> None:
    groups = {f"<{name}>" for name in stack.find("AWS::Logs::LogGroup")}
    functions = stack.find("AWS::Lambda::Function")
    assert len(functions) > 1  # ours, and CDK's own
    for name, function in functions.items():
        assert function["Properties"]["LoggingConfig"]["LogGroup"] in groups, name


def test_only_the_data_processor_logs_to_its_group(stack: Synthesized) -> None:
    name, _ = stack.one("AWS::Logs::LogGroup", LogGroupName="/aws/lambda/data-processor-test")
    writers = [
        function["Properties"].get("FunctionName")
        for function in stack.find("AWS::Lambda::Function").values()
        if function["Properties"]["LoggingConfig"]["LogGroup"] == f"<{name}>"
    ]
    assert writers == ["data-processor-test"]
