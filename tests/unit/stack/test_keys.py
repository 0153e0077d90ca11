"""The customer-managed keys: rotation, and who may use which."""

import pytest

from tests.unit.synthesis import ACCOUNT, PARTITIONS, Synthesized, as_list, statement, synthesize

ALIASES = ("s3", "logs", "lambda", "pseudonym")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/data-processor-test-us-east-1"
ERASER_ROLE = ROLE.replace("data-processor", "eraser")
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:data-processor-test"
USES = {
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:GenerateMac",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:VerifyMac",
}
"""Actions that use a key, or allow others to."""


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


def test_there_is_a_key_for_reversible_tokens_only_if_a_contract_has_any(
    stack: Synthesized, encrypting: Synthesized
) -> None:
    _, key = encrypting.key("reversible")
    assert (key["KeySpec"], key["KeyUsage"]) == ("HMAC_512", "GENERATE_VERIFY_MAC")
    assert not key.get("EnableKeyRotation")
    (role, reidentifier, eraser), (only, other) = (
        statement(found["KeyPolicy"], "AllowDerivation")["Condition"]["ArnEquals"][
            "aws:PrincipalArn"
        ]
        for found in (key, stack.key("pseudonym")[1])
    )
    assert (role, reidentifier) == (only, only.replace("data-processor", "reidentification"))
    assert eraser == other == ERASER_ROLE
    assert "eversible" not in str(stack.resources)
    assert "ReversibleKeyId" not in stack.outputs


def test_there_is_no_key_without_an_alias(stack: Synthesized) -> None:
    assert {stack.key(alias)[0] for alias in ALIASES} == set(stack.find("AWS::KMS::Key"))


@pytest.mark.parametrize("region", PARTITIONS)
@pytest.mark.parametrize("alias", ALIASES)
def test_the_account_administers_every_key_without_using_it(alias: str, region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    _, key = stack.key(alias)
    found = statement(key["KeyPolicy"], "AllowAdministration")
    assert found["Principal"] == {"AWS": f"arn:{PARTITIONS[region][0]}:iam::{ACCOUNT}:root"}
    assert "Condition" not in found
    actions = set(found["Action"])
    assert {"kms:PutKeyPolicy", "kms:GetKeyPolicy", "kms:ScheduleKeyDeletion"} <= actions
    assert not {action for action in actions if "*" in action}
    assert not actions & USES


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


@pytest.mark.parametrize(
    ("alias", "sid", "actions", "condition"),
    [
        (
            "s3",
            "AllowStorage",
            {"kms:Decrypt", "kms:GenerateDataKey"},
            {
                "StringEquals": {
                    "kms:ViaService": ["s3.us-east-1.amazonaws.com", "sqs.us-east-1.amazonaws.com"]
                }
            },
        ),
        (
            "pseudonym",
            "AllowDerivation",
            {"kms:GenerateMac"},
            {"ArnEquals": {"aws:PrincipalArn": [ROLE, ERASER_ROLE]}},
        ),
        (
            "lambda",
            "AllowErasure",
            {"kms:Decrypt"},
            {
                "ArnEquals": {"aws:PrincipalArn": ERASER_ROLE},
                "StringEquals": {
                    "kms:EncryptionContext:aws:lambda:FunctionArn": FUNCTION.replace(
                        "data-processor", "eraser"
                    )
                },
            },
        ),
        (
            "lambda",
            "AllowFunction",
            {"kms:Decrypt"},
            {
                "ArnEquals": {"aws:PrincipalArn": ROLE},
                "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": FUNCTION},
            },
        ),
        (
            "lambda",
            "AllowDeployment",
            {"kms:CreateGrant", "kms:Decrypt", "kms:Encrypt"},
            {"StringEquals": {"kms:ViaService": ["lambda.us-east-1.amazonaws.com"]}},
        ),
    ],
)
def test_each_key_has_its_users(
    stack: Synthesized, alias: str, sid: str, actions: set[str], condition: dict[str, object]
) -> None:
    found = statement(stack.key(alias)[1]["KeyPolicy"], sid)
    assert found["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert set(as_list(found["Action"])) == actions
    assert found["Condition"] == condition


@pytest.mark.parametrize(
    ("alias", "sids"),
    [
        ("s3", {"AllowStorage", "AllowBucketNotifications"}),
        ("logs", {"AllowCloudWatchLogs", "AllowNotices"}),
        ("lambda", {"AllowFunction", "AllowDeployment", "AllowErasure"}),
        ("pseudonym", {"AllowDerivation"}),
    ],
)
def test_nobody_else_is_admitted(stack: Synthesized, alias: str, sids: set[str]) -> None:
    found = {item["Sid"] for item in stack.key(alias)[1]["KeyPolicy"]["Statement"]}
    assert found == sids | {"AllowAdministration"}
