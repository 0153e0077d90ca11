"""The function and the state machine of erasures."""

import json

import pytest

from tests.unit.synthesis import Synthesized, synthesize


@pytest.fixture(scope="module", name="locked")
def synthesize_locked() -> Synthesized:
    """A stack with Object Lock and its own times."""
    settings = {
        **{"retainData": True, "objectLockDays": 90, "rawDataExpiryDays": 100},
        **{"timeoutSeconds": 200, "ephemeralStorageMb": 8_192},
    }
    return Synthesized(synthesize(settings=json.dumps(settings)))


def test_the_function_has_the_code_and_the_place_of_the_processor(stack: Synthesized) -> None:
    _, eraser = stack.one("AWS::Lambda::Function", FunctionName="eraser-test")
    _, processor = stack.one("AWS::Lambda::Function", FunctionName="data-processor-test")
    for name in ("Code", "VpcConfig", "KmsKeyArn", "Runtime", "Architectures", "MemorySize"):
        assert eraser[name] == processor[name]
    assert (eraser["Handler"], eraser["Timeout"]) == ("erasure.handler", 900)
    assert eraser["EphemeralStorage"] == {"Size": 1_024}


def test_it_knows_when_versions_expire(stack: Synthesized, locked: Synthesized) -> None:
    for template, raw, lock in ((stack, "30", "0"), (locked, "100", "90")):
        _, eraser = template.one("AWS::Lambda::Function", FunctionName="eraser-test")
        known = eraser["Environment"]["Variables"]
        assert (known["RAW_DATA_EXPIRY_DAYS"], known["OBJECT_LOCK_DAYS"]) == (raw, lock)
        assert (known["OLD_VERSIONS_DAYS"], known["OLD_RAW_VERSIONS_DAYS"]) == ("30", "1")
    _, eraser = locked.one("AWS::Lambda::Function", FunctionName="eraser-test")
    assert eraser["EphemeralStorage"] == {"Size": 10_240}


def test_it_waits_for_invocations_that_know_no_list(
    stack: Synthesized, locked: Synthesized
) -> None:
    """For the processor's timeout, the age of a list, and a minute."""
    for template, seconds in ((stack, 420), (locked, 320)):
        _, machine = template.one(
            "AWS::StepFunctions::StateMachine", StateMachineName="zero-trust-erasure-test"
        )
        assert json.loads(machine["DefinitionString"])["States"]["Wait"]["Seconds"] == seconds


def test_it_leaves_executions_to_the_processor(stack: Synthesized) -> None:
    """A new account has 10 concurrent executions, for all of its functions."""
    _, machine = stack.one(
        "AWS::StepFunctions::StateMachine", StateMachineName="zero-trust-erasure-test"
    )
    datasets = json.loads(machine["DefinitionString"])["States"]["Datasets"]
    files = datasets["ItemProcessor"]["States"]["Files"]
    erasing = datasets["MaxConcurrency"] * files["MaxConcurrency"]
    _, mapping = stack.one("AWS::Lambda::EventSourceMapping")
    assert 0 < erasing <= 10 - mapping["ScalingConfig"]["MaximumConcurrency"]


def test_requests_expire_in_a_day_with_their_versions(stack: Synthesized) -> None:
    _, bucket = stack.one("AWS::S3::Bucket")
    rules = {rule.get("Prefix"): rule for rule in bucket["LifecycleConfiguration"]["Rules"]}
    found = rules["erasure/requests/"]
    assert found["ExpirationInDays"] == 1
    assert found["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    for name in ("suppressed", "receipts"):
        assert "ExpirationInDays" not in rules[f"erasure/{name}/"]
