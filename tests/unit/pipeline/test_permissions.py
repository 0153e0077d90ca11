"""What is said about a request that IAM refused."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipeline.outcomes import RefusedError
from pipeline.permissions import GET, LIST, LIST_VERSIONS, PUT, needing, policies_for
from pipeline.stack import Stack

KEY = "quarantine/customers/a.csv.jsonl.gz"


def ask(
    stack: Stack, action: str, resource: str, code: str, message: str = "Access Denied"
) -> str:
    """The sentence about a refusal."""
    answer: Any = {"Error": {"Code": code, "Message": message}}
    with pytest.raises(RefusedError) as raised, needing(stack, action, resource):
        raise ClientError(answer, "AnyOperation")
    return raised.value.message


def test_a_refusal_names_action_resource_policy_and_tag(stack: Stack) -> None:
    assert ask(stack, GET, KEY, "AccessDenied") == (
        "IAM refused s3:GetObject on quarantine/customers/a.csv.jsonl.gz: it takes the Steward "
        "policy (arn:aws:iam::123456789012:policy/Steward), on a role whose tag 'dataset' is "
        "'customers'."
    )


@pytest.mark.parametrize(
    ("action", "key"),
    [
        (PUT, "reidentification/requests/customers/fraud/AROA:alice/x"),
        (GET, "reidentification/values/customers/fraud/AROA:alice/x.csv"),
    ],
)
def test_who_asks_for_values_needs_the_purpose_too(stack: Stack, action: str, key: str) -> None:
    said = ask(stack, action, key, "AccessDenied")
    assert said.endswith("whose tag 'dataset' is 'customers' and whose tag 'purpose' is 'fraud'.")


def test_who_erases_may_have_no_other_duty(stack: Stack) -> None:
    """Whoever has two duties has the policy, and would look for what is missing in vain."""
    said = ask(stack, PUT, "erasure/requests/x.json", "AccessDenied")
    assert said.endswith("policy/Eraser), on a role with no other duty.")


def test_a_reader_of_all_datasets_is_asked_for_one(stack: Stack) -> None:
    said = ask(stack, LIST, "manifests/", "AccessDenied")
    assert "the Consumer policy (" in said
    assert "or Steward policy (" in said
    assert "name that with --dataset" in said


def test_what_no_policy_allows_needs_a_permission_of_its_own(stack: Stack) -> None:
    said = ask(stack, "sqs:ReceiveMessage", "parked", "AccessDenied")
    assert said.startswith("IAM refused sqs:ReceiveMessage on parked: none of the Producer, ")


def test_the_key_may_be_what_refuses(stack: Stack) -> None:
    message = "User: arn:x is not authorized to perform: kms:Decrypt on resource: arn:y because"
    assert "(at its key: kms:Decrypt)" in ask(stack, GET, KEY, "AccessDenied", message)
    message = message.replace("kms:Decrypt", "s3:GetObject")
    assert "at its key" not in ask(stack, GET, KEY, "AccessDeniedException", message)


@pytest.mark.parametrize(
    "policy", ["a resource-based policy", "an identity-based policy", "a permissions boundary"]
)
def test_an_explicit_denial_is_no_missing_permission(stack: Stack, policy: str) -> None:
    message = (
        "User: arn:x is not authorized to perform: s3:GetObject on resource: arn:y with an "
        f"explicit deny in {policy}"
    )
    said = ask(stack, GET, KEY, "AccessDenied", message)
    assert f"IAM refused s3:GetObject on {KEY} (explicitly, by {policy}): it takes" in said


def test_a_name_cannot_change_the_terminal(stack: Stack) -> None:
    said = ask(stack, GET, "manifests/\x1b[2J/a.json", "AccessDenied")
    assert "\x1b" not in said
    assert r"\x1b[2J" in said


def test_other_errors_stay_what_they_are(stack: Stack) -> None:
    error = ClientError({"Error": {"Code": "SlowDown"}}, "ListObjectsV2")
    with pytest.raises(ClientError, match="SlowDown"), needing(stack, LIST, KEY):
        raise error


@pytest.mark.parametrize(
    ("action", "resource", "policies"),
    [
        ("athena:StartQueryExecution", "zero-trust-dev.consumer.d", ("Consumer",)),
        (GET, "processed/d/a.parquet", ("Consumer",)),
        (GET, "quarantine/d/a.jsonl.gz", ("Steward",)),
        (LIST, "manifests/d/", ("Consumer", "Steward")),
        (GET, "incoming/d/a", ()),
        (LIST_VERSIONS, "manifests/d/a", ()),
        (GET, "elsewhere", ()),
    ],
)
def test_who_may_read_what(action: str, resource: str, policies: tuple[str, ...]) -> None:
    assert policies_for(action, resource) == policies
