"""The function: its configuration and its queue."""

import pytest

from tests.unit.synthesis import Resource, Synthesized, synthesize


def function_of(stack: Synthesized) -> Resource:
    """The properties of the data processor."""
    return stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")[1]


def test_runtime_handler_and_defaults(stack: Synthesized) -> None:
    function = function_of(stack)
    assert function["Runtime"] == "python3.11"
    assert function["Handler"] == "index.handler"
    assert function["Timeout"] == 300
    assert function["MemorySize"] == 512
    assert function["EphemeralStorage"] == {"Size": 512}
    assert function["Architectures"] == ["x86_64"]


def test_settings_reach_the_function() -> None:
    settings = (
        '{"memoryMb": 1024, "timeoutSeconds": 60, "ephemeralStorageMb": 2048,'
        ' "architecture": "arm64"}'
    )
    function = function_of(Synthesized(synthesize(settings=settings)))
    assert (function["MemorySize"], function["Timeout"]) == (1024, 60)
    assert function["EphemeralStorage"] == {"Size": 2048}
    assert function["Architectures"] == ["arm64"]


@pytest.mark.parametrize("settings", ["{}", '{"timeoutSeconds": 60, "ephemeralStorageMb": 600}'])
def test_it_knows_its_own_settings_and_how_often_the_queue_delivers(settings: str) -> None:
    stack = Synthesized(synthesize(settings=settings))
    function = function_of(stack)
    variables = function["Environment"]["Variables"]
    assert variables["TIMEOUT_SECONDS"] == str(function["Timeout"])
    assert variables["EPHEMERAL_STORAGE_MB"] == str(function["EphemeralStorage"]["Size"])
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    queue = stack.resources[mapping["EventSourceArn"].strip("<>").removesuffix(".Arn")]
    receives = queue["Properties"]["RedrivePolicy"]["maxReceiveCount"]
    assert variables["MAX_RECEIVES"] == str(receives)


def test_it_runs_in_every_isolated_subnet(stack: Synthesized) -> None:
    subnets = {f"<{name}>" for name in stack.find("AWS::EC2::Subnet")}
    assert set(function_of(stack)["VpcConfig"]["SubnetIds"]) == subnets


def test_its_environment_is_under_its_own_key(stack: Synthesized) -> None:
    function = function_of(stack)
    bucket, _ = stack.one("AWS::S3::Bucket")
    assert function["KmsKeyArn"] == f"<{stack.key('lambda')[0]}.Arn>"
    variables = function["Environment"]["Variables"]
    assert variables["BUCKET_NAME"] == f"<{bucket}>"
    assert variables["MAX_OBJECT_BYTES"] == str(256 << 20)
    assert variables["MAX_OBJECT_SETTING"] == "ephemeralStorageMb"
    assert variables["PSEUDONYM_KEY_ID"] == f"<{stack.key('pseudonym')[0]}>"


def test_it_knows_the_key_of_reversible_tokens_only_if_a_contract_has_any(
    stack: Synthesized, encrypting: Synthesized
) -> None:
    assert "REVERSIBLE_KEY_ID" not in function_of(stack)["Environment"]["Variables"]
    variables = function_of(encrypting)["Environment"]["Variables"]
    assert variables["REVERSIBLE_KEY_ID"] == f"<{encrypting.key('reversible')[0]}>"


def test_it_works_off_the_queue_one_message_at_a_time(stack: Synthesized) -> None:
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    queue = mapping["EventSourceArn"].strip("<>").removesuffix(".Arn")
    assert "RedrivePolicy" in stack.resources[queue]["Properties"]
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize(("settings", "most"), [("{}", 5), ('{"maxConcurrency": 2}', 2)])
def test_one_producer_cannot_fill_the_account(settings: str, most: int) -> None:
    """A new account has 10 concurrent executions, for all of its functions."""
    stack = Synthesized(synthesize(settings=settings))
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": most}
    assert "ReservedConcurrentExecutions" not in function_of(stack)


def test_the_role_outlives_the_security_group(stack: Synthesized) -> None:
    (group,) = function_of(stack)["VpcConfig"]["SecurityGroupIds"]
    role, _ = stack.one("AWS::IAM::Role", RoleName="data-processor-test-us-east-1")
    assert role in stack.resources[group.strip("<>").removesuffix(".GroupId")]["DependsOn"]
