"""Every policy uses only what AWS knows: actions, condition keys, resources of the right kind.

A condition on a key that an action does not have never matches, and AWS does not report it.
"""

import re
from collections.abc import Iterator
from fnmatch import translate
from typing import Any

import pytest

from tests.unit.policies.engine import Action
from tests.unit.policies.policies import Policies
from tests.unit.synthesis import Resource, Synthesized, as_list, synthesize

OPERATORS = {
    *(f"String{end}" for end in ("Equals", "NotEquals", "Like", "NotLike")),
    *(f"Arn{end}" for end in ("Equals", "NotEquals", "Like", "NotLike")),
    *("Bool", "NumericLessThan", "Null", "ForAnyValue:StringEquals"),
    "ForAllValues:StringNotEquals",
}
"""Those that are in use."""

VARIABLES = {
    "${Partition}": "[^:]+",
    "${Region}": "[^:]*",
    "${Account}": "[^:]*",
    "${BucketName}": "[^:/]+",
}
"""Values for the variables of an ARN that cannot be arbitrary."""

ACCEPTED = {
    f"{key} AllowCloudWatchLogs: kms:DescribeKey has no "
    "kms:EncryptionContext:aws:logs:arn": "AWS asks for the action in this statement."
    for key in ("AuditTrailKey", "KeysLogsKey")
}
"""Findings that stay, and why."""


def lint(document: Resource, actions: dict[str, Action]) -> Iterator[str]:
    """What is wrong with a policy document, each with the name of its statement."""
    sids = [statement.get("Sid") for statement in document["Statement"] if "Sid" in statement]
    if len(sids) != len(set(sids)):
        yield f"{sids} has a name twice"
    for index, statement in enumerate(document["Statement"]):
        for finding in lint_statement(statement, actions):
            yield f"{statement.get('Sid', index)}: {finding}"


def lint_statement(statement: Resource, actions: dict[str, Action]) -> Iterator[str]:
    """What is wrong with a statement."""
    patterns = as_list(statement.get("Action", statement.get("NotAction")))
    found = {
        pattern: list(filter(re.compile(translate(pattern), re.IGNORECASE).match, actions))
        for pattern in patterns
    }
    yield from (f"{pattern} is not an action" for pattern in patterns if not found[pattern])
    for operator, tests in statement.get("Condition", {}).items():
        if operator.removesuffix("IfExists") not in OPERATORS:
            yield f"{operator} is not an operator"
        for key in tests:
            for pattern, names in found.items():
                if names and not any(has_key(actions[name], key) for name in names):
                    yield f"{pattern} has no {key}"
    if "Action" in statement and "Resource" in statement:
        yield from lint_places(found, as_list(statement["Resource"]), actions)


def lint_places(
    found: dict[str, list[str]], places: list[str], actions: dict[str, Action]
) -> Iterator[str]:
    """A statement's actions without a matching resource, and its resources without an action."""
    fits = {
        (pattern, place)
        for pattern, names in found.items()
        for place in places
        for name in names
        if place == "*" or any(has_form(place, form) for form in actions[name].forms)
    }
    for pattern in found.keys() - {pattern for pattern, _ in fits}:
        yield f"{pattern} is not of {places}"
    for place in set(places) - {place for _, place in fits}:
        yield f"{place} is not for {list(found)}"


def has_key(action: Action, key: str) -> bool:
    """Whether a request for an action can have a condition key."""
    stems = (re.split(r"\$\{|<|tag-key$", known)[0] for known in action.keys)
    return key in action.keys or any(
        key.startswith(stem) and stem.endswith((":", "/")) for stem in stems
    )


def has_form(place: str, form: str) -> bool:
    """Whether an ARN, with or without wildcards, can have a form."""
    pattern = "".join(
        VARIABLES.get(part, ".+") if part.startswith("${") else re.escape(part)
        for part in re.split(r"(\$\{\w+\})", form)
    )
    # The ARN of a log group ends with a wildcard, for its streams.
    return any(re.fullmatch(pattern, one) for one in (place, place[:-1] + "log-stream:*"))


@pytest.mark.no_cover
def test_nothing_is_found(actions: dict[str, Action]) -> None:
    settings = (
        '{"retainData": %s, "interfaceEndpoints": ["kms", "logs", "sqs", "sts"], '
        '"restrictAdministrators": true, "auditTrail": true}'
    )
    found = {
        f"{name} {finding}"
        for retains in ("true", "false")
        for name, document in Policies(
            Synthesized(synthesize(settings=settings % retains))
        ).documents.items()
        for finding in lint(document, actions)
    }
    assert found == set(ACCEPTED)


GOOD: Resource = {
    "Effect": "Deny",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::bucket/*",
    "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
}


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({}, None),
        ({"Action": "s3:putobject"}, None),
        ({"Action": "s3:Put*"}, None),
        ({"Action": "s3:PutObjekt"}, "s3:PutObjekt is not an action"),
        ({"Action": ["s3:PutObject", "s4:*"]}, "s4:* is not an action"),
        ({"Action": ["s3:PutObject", "s3:PutBucketPolicy"]}, "s3:PutBucketPolicy is not of"),
        ({"Action": "s3:GetObject"}, "s3:GetObject has no s3:x-amz-server-side-encryption"),
        (
            {"Condition": {"StringSame": {"s3:x-amz-acl": "private"}}},
            "StringSame is not an operator",
        ),
        ({"Condition": {"StringEquals": {"s3:prefix": "a"}}}, "s3:PutObject has no s3:prefix"),
        ({"Condition": {"StringEquals": {"aws:SourceVpces": "a"}}}, "has no aws:SourceVpces"),
        ({"Condition": {"StringEquals": {"aws:PrincipalTag/dataset": "a"}}}, None),
        ({"Resource": "arn:aws:s3:::bucket"}, "s3:PutObject is not of"),
        ({"Resource": ["arn:aws:s3:::bucket", "*"]}, "arn:aws:s3:::bucket is not for"),
        ({"Resource": "arn:aws:sqs:us-east-1:111122223333:queue"}, "s3:PutObject is not of"),
    ],
)
def test_a_mistake_is_found(
    actions: dict[str, Action], change: dict[str, Any], finding: str | None
) -> None:
    found = list(lint({"Statement": [{**GOOD, **change}]}, actions))
    assert any(finding in one for one in found) if finding else not found


def test_a_name_is_given_once(actions: dict[str, Action]) -> None:
    assert list(lint({"Statement": [{**GOOD, "Sid": "A"}] * 2}, actions))
