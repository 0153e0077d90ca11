"""CDK's own functions and roles: the same rules apply as to ours."""

from tests.unit.synthesis import ACCOUNT, Synthesized


def test_a_service_assumes_a_role_only_for_this_account(stack: Synthesized) -> None:
    roles = stack.find("AWS::IAM::Role")
    assert len(roles) > 2  # ours, and CDK's own
    for name, role in roles.items():
        for item in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
            if "Service" in item["Principal"]:
                assert item["Condition"]["StringEquals"]["aws:SourceAccount"] == ACCOUNT, name


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
