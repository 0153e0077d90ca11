"""Re-identification: its function, its state machine, its alarm; nothing where nobody uses it."""

import json

from tests.unit.synthesis import Resource, Synthesized, synthesize

FUNCTION = "AWS::Lambda::Function"


def function_of(stack: Synthesized) -> Resource:
    """The function's properties."""
    _, found = stack.one(FUNCTION, FunctionName="reidentification-test")
    return found


def test_it_is_not_in_the_template_unless_a_contract_has_reversible_tokens(
    stack: Synthesized,
) -> None:
    text = json.dumps([stack.resources, stack.outputs]).lower()
    assert "reidentif" not in text
    assert "re-identif" not in text


def test_the_function_is_in_the_isolated_subnets_with_the_processors_code(
    encrypting: Synthesized,
) -> None:
    function = function_of(encrypting)
    _, processor = encrypting.one(FUNCTION, FunctionName="data-processor-test")
    assert function["VpcConfig"] == processor["VpcConfig"]
    assert function["Code"] == processor["Code"]
    assert function["KmsKeyArn"] == processor["KmsKeyArn"]
    assert function["Handler"] == "reidentification.handler"
    assert function["Role"] != processor["Role"]


def test_the_function_knows_the_key_and_the_limit() -> None:
    stack = Synthesized(synthesize(settings='{"reidentificationsPerDay": 3}', encrypts=True))
    variables = function_of(stack)["Environment"]["Variables"]
    assert variables["REVERSIBLE_KEY_ID"] == f"<{stack.key('reversible')[0]}>"
    assert variables["REQUESTS_PER_DAY"] == "3"
    assert "PSEUDONYM_KEY_ID" not in variables


def test_it_logs_into_an_encrypted_group_of_its_own(encrypting: Synthesized) -> None:
    group = function_of(encrypting)["LoggingConfig"]["LogGroup"].strip("<>")
    found = encrypting.resources[group]["Properties"]
    assert found["LogGroupName"] == "/aws/lambda/reidentification-test"
    assert (found["RetentionInDays"], bool(found["KmsKeyId"])) == (90, True)


def test_all_that_it_writes_expires_in_a_day_old_versions_too(encrypting: Synthesized) -> None:
    _, bucket = encrypting.one(
        "AWS::S3::Bucket", BucketName="zero-trust-data-test-111122223333-us-east-1"
    )
    (rule,) = (
        one
        for one in bucket["LifecycleConfiguration"]["Rules"]
        if one.get("Prefix") == "reidentification/"
    )
    assert rule["ExpirationInDays"] == 1
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_every_request_raises_an_alarm(encrypting: Synthesized) -> None:
    machine, properties = encrypting.one(
        "AWS::StepFunctions::StateMachine", StateMachineName="zero-trust-reidentification-test"
    )
    of_machine = [{"Name": "StateMachineArn", "Value": f"<{machine}>"}]
    _, alarm = encrypting.one(
        "AWS::CloudWatch::Alarm", MetricName="ExecutionsStarted", Dimensions=of_machine
    )
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Sum", 60, 0)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert properties["RoleArn"]
