"""Policies with one thing wrong: a statement removed, or made a little wider or narrower."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tests.unit.synthesis import Resource, as_list

WIDE = "*"


class Mutant(NamedTuple):
    """A changed policy document of the template.

    Attributes:
        name: the statement, and what is wrong with it.
        document: the whole policy.
        wider: whether it can allow more or less; None if the whole policy is removed.
        number: the statement's number in its policy, from 1 on.
        matches_more: whether the statement can match requests that it did not match.
        services: whose actions it can concern; empty for all.
    """

    name: str
    document: Resource
    wider: bool | None
    number: int
    matches_more: bool
    services: frozenset[str]


def mutate(document: Resource, known: Sequence[Resource] = ()) -> Iterator[Mutant]:
    """Every mutant of a policy document, without statements that are already ``known``."""
    statements = document["Statement"]
    for index, statement in enumerate(statements):
        if statement in known:
            continue
        allows = statement["Effect"] == "Allow"
        for what, changed, more in _change(statement):
            rest = [*statements[:index], *([changed] if changed else []), *statements[index + 1 :]]
            yield Mutant(
                f"{statement.get('Sid', index)}: {what}",
                {**document, "Statement": rest},
                wider=(allows == more) if rest else None,
                number=index + 1,
                matches_more=more,
                services=_services(statement),
            )


def _services(statement: Resource) -> frozenset[str]:
    actions = as_list(statement.get("Action", []))
    return frozenset(action.partition(":")[0] for action in actions if action != WIDE)


def _change(statement: Resource) -> Iterator[tuple[str, Resource | None, bool]]:
    """The change, the changed statement, and whether it matches more requests."""
    yield "removed", None, False
    yield from _change_conditions(statement)
    for element in ("Action", "NotAction", "Resource", "NotResource"):
        values = as_list(statement.get(element, []))
        negated = element.startswith("Not")
        for value in values:
            others = [one for one in values if one != value]
            if others:
                yield (
                    f"{element} without {brief(value)}",
                    {**statement, element: others},
                    negated,
                )
            if negated or statement["Effect"] == "Allow":
                for wide in _widen(element, value):
                    yield (
                        f"{element} {brief(value)} to {brief(wide)}",
                        {**statement, element: [*others, wide]},
                        not negated,
                    )
            else:
                rest = {name: one for name, one in statement.items() if name != element}
                for other, narrow in _narrow(element, value, statement):
                    kept = others if other == element else []
                    yield (
                        f"{element} {brief(value)} to {other} {brief(narrow)}",
                        {**rest, other: [*kept, narrow]},
                        False,
                    )
    if statement["Effect"] == "Allow" and statement.get("Principal", WIDE) != WIDE:
        yield "for everybody", {**statement, "Principal": WIDE}, True


def _change_conditions(statement: Resource) -> Iterator[tuple[str, Resource, bool]]:
    """The same for the conditions: each removed, and each of its values."""
    for operator, tests in statement.get("Condition", {}).items():
        others = {name: one for name, one in statement["Condition"].items() if name != operator}
        for key, values in tests.items():
            keys = {name: one for name, one in tests.items() if name != key}
            conditions = {**others, operator: keys} if keys else others
            yield f"without {operator} {key}", {**statement, "Condition": conditions}, True
            for value in as_list(values):
                if "${" in str(value) and statement["Effect"] == "Allow":
                    wide = [*(one for one in as_list(values) if one != value), stem_of(value)]
                    conditions = {**others, operator: {**keys, key: wide}}
                    changed = {**statement, "Condition": conditions}
                    yield f"{operator} {key} {value} to {stem_of(value)}", changed, True
            for value in as_list(values) if len(as_list(values)) > 1 else ():
                fewer = [one for one in values if one != value]
                conditions = {**others, operator: {**keys, key: fewer}}
                # Fewer values match fewer requests, or more if a request must match none.
                more = "Not" in operator
                yield (
                    f"{operator} {key} without {brief(value)}",
                    {**statement, "Condition": conditions},
                    more,
                )


def stem_of(value: str) -> str:
    """A pattern with a wildcard instead of a variable and everything after it."""
    return value.partition("${")[0] + WIDE


def brief(value: str) -> str:
    """An action or an ARN in short form."""
    return re.sub(r"^arn:([^:]*:){4}", "", value)


def _widen(element: str, value: str) -> Iterator[str]:
    """Patterns that match more than an action or a resource."""
    if value == WIDE:
        return
    if element.endswith("Action"):
        yield value.partition(":")[0] + ":*"
    else:
        yield WIDE
        if "${" in value:
            yield stem_of(value)
        else:
            yield re.sub(r"[^:/]*$", "", re.sub(r"[:/]\*$", "", value)) + WIDE


# Something of each kind that a denial can be narrowed to.
ACTIONS = {
    "s3": ("s3:GetObject", "s3:PutObject", "s3:ListBucket"),
    "sqs": ("sqs:DeleteMessage", "sqs:ReceiveMessage"),
    "athena": ("athena:GetQueryResults", "athena:UpdateWorkGroup"),
}
PLACES = {
    "s3": "arn:aws:s3:::*/incoming/*",
    "kms": "arn:aws:kms:*:*:key/KeysPseudonymKey",
    "cloudwatch": "arn:aws:cloudwatch:*:*:dataset/other",
    "ec2": "arn:aws:ec2:*:*:network-interface/*",
    "sqs": "arn:aws:sqs:*:*:IntakeQueue",
    "states": "arn:aws:states:*:*:stateMachine:zero-trust-replay-test",
    "": "arn:aws:logs:*:*:log-group:/aws/lambda/data-processor-test:*",
}


def _narrow(element: str, value: str, statement: Resource) -> Iterator[tuple[str, str]]:
    """Narrower patterns for a denied action or resource."""
    if element == "Action":
        # Listing applies to a bucket: a statement about objects does not cover it.
        of_objects = all(
            ":s3:::" in one and "/" in one for one in as_list(statement.get("Resource", []))
        )
        for action in ACTIONS.get(value.removesuffix(":*"), ()):
            if action != "s3:ListBucket" or not of_objects:
                yield "NotAction", action
    elif value == WIDE:
        for service in _services(statement) or {""}:
            yield "Resource", PLACES[service]
            yield "NotResource", PLACES[service]
    elif value.endswith("/*"):
        yield "Resource", f"{value.removesuffix('*')}incoming/*"
        yield "Resource", f"{value.removesuffix('*')}manifests/*"
