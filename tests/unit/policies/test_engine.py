"""The simulator decides as AWS documents IAM's evaluation.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from typing import Any

import pytest

from tests.unit.policies.engine import Engine

HOME, AWAY = "111122223333", "999988887777"
ROLE = f"arn:aws:iam::{HOME}:role/carlos"
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
DENY = {**READ, "Effect": "Deny"}
LIST = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
EVERYBODY = {**READ, "Principal": "*"}
ACCOUNT = {**READ, "Principal": {"AWS": f"arn:aws:iam::{HOME}:root"}}
SELF = {**READ, "Principal": {"AWS": f"arn:aws:sts::{HOME}:assumed-role/carlos/session"}}


def simulate(
    identity: list[Any],
    resource: list[Any] | None = None,
    *,
    boundary: list[Any] | None = None,
    endpoint: list[Any] | None = None,
    context: dict[str, Any] | None = None,
    action: str = "s3:GetObject",
    arn: str = "arn:aws:s3:::bucket/a",
    owner: str = HOME,
) -> dict[str, Any]:
    """A role's request, in the engine's form."""

    def document(statements: list[Any]) -> dict[str, Any]:
        return {"Version": "2012-10-17", "Statement": statements}

    return {
        "request": {
            "principal": f"arn:aws:sts::{HOME}:assumed-role/carlos/session",
            "action": action,
            "resource": {"resource": arn, "accountId": owner},
            "contextVariables": context or {},
        },
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "identityPolicies": [{"name": "identity", "policy": document(identity)}],
        **({"resourcePolicy": document(resource)} if resource else {}),
        **(
            {"permissionBoundaryPolicies": [{"name": "boundary", "policy": document(boundary)}]}
            if boundary
            else {}
        ),
        **(
            {"vpcEndpointPolicies": [{"name": "endpoint", "policy": document(endpoint)}]}
            if endpoint
            else {}
        ),
    }


@pytest.mark.parametrize(
    ("simulation", "decision"),
    [
        pytest.param(simulate([LIST]), "ImplicitlyDenied", id="denied by default"),
        pytest.param(simulate([READ]), "Allowed", id="allowed by identity"),
        pytest.param(simulate([READ, DENY]), "ExplicitlyDenied", id="an explicit deny wins"),
        pytest.param(
            simulate([READ], [{**DENY, "Principal": "*"}]),
            "ExplicitlyDenied",
            id="so does the resource's",
        ),
        pytest.param(simulate([LIST], [EVERYBODY]), "Allowed", id="union within the account"),
        pytest.param(
            simulate([LIST], [ACCOUNT]), "ImplicitlyDenied", id="the account itself is nobody"
        ),
        pytest.param(
            simulate([LIST], [EVERYBODY], owner=AWAY),
            "ImplicitlyDenied",
            id="both are needed across accounts: no identity",
        ),
        pytest.param(
            simulate([READ], owner=AWAY),
            "ImplicitlyDenied",
            id="both are needed across accounts: no resource",
        ),
        pytest.param(
            simulate([READ], [EVERYBODY], owner=AWAY),
            "Allowed",
            id="both are there across accounts",
        ),
        pytest.param(
            simulate([READ], boundary=[LIST]), "ImplicitlyDenied", id="intersection with boundary"
        ),
        pytest.param(simulate([READ], boundary=[READ]), "Allowed", id="inside the boundary"),
        pytest.param(
            simulate([LIST], boundary=[READ]), "ImplicitlyDenied", id="a boundary gives nothing"
        ),
        pytest.param(
            simulate([LIST], [SELF], boundary=[LIST]),
            "Allowed",
            id="a boundary does not limit a grant to the session",
        ),
        pytest.param(
            simulate([READ], endpoint=[{**LIST, "Principal": "*"}]),
            "ImplicitlyDenied",
            id="an endpoint lets through what it names",
        ),
        pytest.param(
            simulate(
                [{**READ, "Action": "kms:*", "Resource": "*"}],
                action="kms:Decrypt",
                arn=f"arn:aws:kms:us-east-1:{HOME}:key/1",
            ),
            "ImplicitlyDenied",
            id="without a key's policy IAM gives no use of it",
        ),
    ],
)
def test_evaluation_logic(engine: Engine, simulation: dict[str, Any], decision: str) -> None:
    assert engine.decide([simulation]) == [decision]


@pytest.mark.parametrize(
    ("condition", "context", "matches"),
    [
        ({"StringEquals": {"aws:UserAgent": "A"}}, {"aws:UserAgent": "a"}, False),
        ({"StringEquals": {"aws:UserAgent": ["a", "b"]}}, {"aws:UserAgent": "b"}, True),
        ({"StringEquals": {"aws:UserAgent": "a"}}, {}, False),
        ({"StringNotEquals": {"aws:UserAgent": "a"}}, {}, True),
        ({"StringNotEquals": {"aws:UserAgent": ["a", "b"]}}, {"aws:UserAgent": "b"}, False),
        ({"StringEqualsIfExists": {"aws:UserAgent": "a"}}, {}, True),
        ({"StringLike": {"aws:UserAgent": "a*"}}, {"aws:UserAgent": "ab"}, True),
        ({"StringEquals": {"aws:UserAgent": "a*"}}, {"aws:UserAgent": "ab"}, False),
        (
            {"StringEquals": {"aws:UserAgent": "a", "aws:SourceAccount": "1"}},
            {"aws:UserAgent": "a", "aws:SourceAccount": "2"},
            False,
        ),
        (
            {
                "StringEquals": {"aws:UserAgent": "a"},
                "StringNotEquals": {"aws:SourceAccount": "1"},
            },
            {"aws:UserAgent": "a", "aws:SourceAccount": "2"},
            True,
        ),
        ({"Null": {"aws:SourceVpce": "true"}}, {}, True),
        ({"Null": {"aws:SourceVpce": "false"}}, {}, False),
        ({"Null": {"aws:SourceVpce": "false"}}, {"aws:SourceVpce": "vpce-1"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {"aws:SecureTransport": "false"}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"BoolIfExists": {"aws:SecureTransport": "false"}}, {}, True),
        ({"NumericLessThan": {"s3:TlsVersion": 1.2}}, {"s3:TlsVersion": "1.1"}, True),
        ({"NumericLessThan": {"s3:TlsVersion": 1.2}}, {"s3:TlsVersion": "1.2"}, False),
        ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": ROLE}, True),
        ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, {"aws:PrincipalArn": f"{ROLE}s"}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"{ROLE}*"}}, {"aws:PrincipalArn": f"{ROLE}s"}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": ROLE}}, {}, True),
    ],
)
def test_conditions(
    engine: Engine, condition: dict[str, Any], context: dict[str, Any], matches: bool
) -> None:
    asked = simulate([{**READ, "Condition": condition}], context=context)
    assert engine.decide([asked]) == ["Allowed" if matches else "ImplicitlyDenied"]


@pytest.mark.parametrize(("tag", "decision"), [("a", "Allowed"), (None, "ImplicitlyDenied")])
def test_a_variable_without_a_value_matches_nothing(
    engine: Engine, tag: str | None, decision: str
) -> None:
    own = {**READ, "Resource": "arn:aws:s3:::bucket/${aws:PrincipalTag/team}"}
    context = {"aws:PrincipalTag/team": tag} if tag else {}
    assert engine.decide([simulate([own], context=context)]) == [decision]


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "s3:GetObjekt"},
        {"arn": "arn:aws:s3:::bucket"},
        {"context": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    ],
)
def test_it_has_no_answer_to_nonsense(engine: Engine, changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="s3:GetObj"):
        engine.decide([simulate(**{"identity": [READ], **changed})])
