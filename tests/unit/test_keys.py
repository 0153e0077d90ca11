"""The customer-managed keys: rotation, and who may use which."""

import pytest

from tests.unit.synthesis import ACCOUNT, PARTITIONS, Synthesized, as_list, statement, synthesize

ALIASES = ("s3", "logs", "lambda", "pseudonym")


@pytest.mark.parametrize("alias", ["s3", "logs", "lambda"])
def test_encryption_keys_rotate_every_90_days(stack: Synthesized, alias: str) -> None:
    _, key = stack.key(alias)
    assert key["EnableKeyRotation"] is True
    assert key["RotationPeriodInDays"] == 90


def test_the_pseudonym_key_is_an_hmac_key_and_does_not_rotate(stack: Synthesized) -> None:
    _, key = stack.key("pseudonym")
    assert (key["KeySpec"], key["KeyUsage"]) == ("HMAC_256", "GENERATE_VERIFY_MAC")
    assert not key.get("EnableKeyRotation")
    assert "RotationPeriodInDays" not in key


def test_there_is_no_key_without_an_alias(stack: Synthesized) -> None:
    assert {stack.key(alias)[0] for alias in ALIASES} == set(stack.find("AWS::KMS::Key"))


@pytest.mark.parametrize("region", PARTITIONS)
@pytest.mark.parametrize("alias", ALIASES)
def test_the_account_can_always_change_a_key(alias: str, region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    _, key = stack.key(alias)
    root = f"arn:{PARTITIONS[region][0]}:iam::{ACCOUNT}:root"
    assert any(
        item["Effect"] == "Allow"
        and item["Principal"] == {"AWS": root}
        and "kms:*" in as_list(item["Action"])
        and "Condition" not in item
        for item in key["KeyPolicy"]["Statement"]
    )


@pytest.mark.parametrize("region", PARTITIONS)
def test_the_logs_key_admits_the_logs_service_for_this_environments_groups(region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    _, key = stack.key("logs")
    allowed = statement(key["KeyPolicy"], "AllowCloudWatchLogs")
    partition, url_suffix = PARTITIONS[region]
    assert allowed["Effect"] == "Allow"
    assert allowed["Principal"] == {"Service": f"logs.{region}.{url_suffix}"}
    assert set(allowed["Action"]) == {
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ReEncrypt*",
        "kms:GenerateDataKey*",
        "kms:DescribeKey",
    }
    groups = f"arn:{partition}:logs:{region}:{ACCOUNT}:log-group:"
    named = allowed["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    existing = {
        groups + group["Properties"]["LogGroupName"]
        for group in stack.find("AWS::Logs::LogGroup").values()
    }
    assert set(named) == existing  # every group of the stack, and no wildcard


def test_only_the_bucket_notifies_with_the_data_key(stack: Synthesized) -> None:
    _, key = stack.key("s3")
    allowed = statement(key["KeyPolicy"], "AllowBucketNotifications")
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert set(allowed["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert allowed["Condition"] == {
        "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::zero-trust-data-test-{ACCOUNT}-us-east-1"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }


@pytest.mark.parametrize("alias", ALIASES)
def test_no_service_is_admitted_without_a_condition(stack: Synthesized, alias: str) -> None:
    _, key = stack.key(alias)
    for item in key["KeyPolicy"]["Statement"]:
        if "Service" in item["Principal"]:
            assert item["Condition"]
