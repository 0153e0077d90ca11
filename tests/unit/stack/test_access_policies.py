"""What producers, consumers and stewards can do, and who can break the glass."""

import pytest

from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, as_list, statement, synthesize

OWN = "${aws:PrincipalTag/dataset}/*"
"""The objects under a prefix in the dataset that the reader's tag names."""

OF_QUERIES = {"RunQueries", "UseCatalog", "ReadTables", "FindBucketOfResults", "WriteResults"}
"""The statements that let a reader query, see test_query_access.py."""


def policy_of(stack: Synthesized, output: str) -> Resource:
    """The policy document behind an output."""
    name = stack.outputs[output]["Value"].strip("<>")
    document: Resource = stack.resources[name]["Properties"]["PolicyDocument"]
    return document


@pytest.mark.parametrize(
    ("output", "sid", "actions", "prefixes"),
    [
        (
            "ProducerPolicyArn",
            "WriteOwnDataset",
            {"s3:AbortMultipartUpload", "s3:PutObject"},
            {f"incoming/{OWN}"},
        ),
        (
            "ConsumerPolicyArn",
            "ReadObjects",
            {"s3:GetObject", "s3:GetObjectVersion"},
            {f"processed/{OWN}", f"manifests/{OWN}", f"query-results/consumer/{OWN}"},
        ),
        (
            "StewardPolicyArn",
            "ReadObjects",
            {"s3:GetObject", "s3:GetObjectVersion"},
            {f"quarantine/{OWN}", f"manifests/{OWN}", f"query-results/steward/{OWN}"},
        ),
    ],
)
def test_each_reaches_its_own_objects(
    stack: Synthesized, output: str, sid: str, actions: set[str], prefixes: set[str]
) -> None:
    bucket = f"<{stack.one('AWS::S3::Bucket')[0]}.Arn>"
    policy = policy_of(stack, output)
    found = statement(policy, sid)
    assert set(as_list(found["Action"])) == actions
    assert set(as_list(found["Resource"])) == {f"{bucket}/{prefix}" for prefix in prefixes}
    others = {item["Sid"] for item in policy["Statement"] if item["Effect"] == "Allow"} - {sid}
    assert others <= {"FindObjects", "UseDataKey", *OF_QUERIES}


@pytest.mark.parametrize(
    ("output", "prefixes"),
    [
        (
            "ProducerPolicyArn",
            {"processed/*", "quarantine/*", "manifests/*", "query-results/*", "erasure/*"},
        ),
        ("ConsumerPolicyArn", {"incoming/*", "erasure/*"}),
        (
            "StewardPolicyArn",
            {
                "incoming/*",
                "erasure/*",
                "processed/*",
                "query-results/consumer/*",
                "query-results/environment/*",
            },
        ),
    ],
)
def test_producers_read_nothing_and_readers_write_nothing(
    stack: Synthesized, output: str, prefixes: set[str]
) -> None:
    bucket = f"<{stack.one('AWS::S3::Bucket')[0]}.Arn>"
    found = statement(policy_of(stack, output), "SeparateDuties")
    places = {f"{bucket}/{prefix}" for prefix in prefixes}
    assert set(as_list(found["Resource"])) == places
    assert (found["Effect"], found["Action"], found.get("Condition")) == ("Deny", "s3:*", None)


@pytest.mark.parametrize(
    ("output", "prefixes"),
    [
        (
            "ConsumerPolicyArn",
            [f"processed/{OWN}", f"manifests/{OWN}", f"query-results/consumer/{OWN}"],
        ),
        (
            "StewardPolicyArn",
            [f"quarantine/{OWN}", f"manifests/{OWN}", f"query-results/steward/{OWN}"],
        ),
    ],
)
def test_readers_list_what_they_may_read(
    stack: Synthesized, output: str, prefixes: list[str]
) -> None:
    found = statement(policy_of(stack, output), "FindObjects")
    assert found["Action"] == "s3:ListBucket"
    assert found["Resource"] == f"<{stack.one('AWS::S3::Bucket')[0]}.Arn>"
    assert found["Condition"] == {"StringLike": {"s3:prefix": prefixes}}


@pytest.mark.parametrize(
    ("output", "actions"),
    [
        ("ProducerPolicyArn", {"kms:Decrypt", "kms:GenerateDataKey"}),
        ("ConsumerPolicyArn", {"kms:Decrypt", "kms:GenerateDataKey"}),
        ("StewardPolicyArn", {"kms:Decrypt", "kms:GenerateDataKey"}),
    ],
)
def test_the_data_key_is_used_only_through_s3(
    stack: Synthesized, output: str, actions: set[str]
) -> None:
    found = statement(policy_of(stack, output), "UseDataKey")
    assert set(as_list(found["Action"])) == actions
    assert found["Resource"] == f"<{stack.key('s3')[0]}.Arn>"
    assert found["Condition"] == {
        "StringEquals": {"kms:ViaService": ["s3.us-east-1.amazonaws.com"]}
    }


def test_no_policy_is_attached_by_deploying(stack: Synthesized) -> None:
    for policy in stack.find("AWS::IAM::ManagedPolicy").values():
        assert not {"Users", "Groups", "Roles"} & set(policy["Properties"])


def test_glass_is_broken_with_mfa_and_only_where_data_are_retained(stack: Synthesized) -> None:
    glass = "zero-trust-break-glass-test-us-east-1"
    roles = stack.find("AWS::IAM::Role").values()
    assert glass not in [role["Properties"].get("RoleName") for role in roles]

    retained = Synthesized(synthesize(settings='{"retainData": true}'))
    _, role = retained.one("AWS::IAM::Role", RoleName=glass)
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert trust["Condition"] == {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    (name,) = role["ManagedPolicyArns"]
    policy = retained.resources[name.strip("<>")]["Properties"]["PolicyDocument"]
    actions = {action for item in policy["Statement"] for action in as_list(item["Action"])}
    assert actions == {
        "s3:BypassGovernanceRetention",
        "s3:DeleteObjectVersion",
        "s3:ListBucketVersions",
    }
