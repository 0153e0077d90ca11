"""Denials that keep a role to its allow policy, whatever else somebody attaches to it."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_iam as iam


def deny(sid: str, **what: Any) -> iam.PolicyStatement:
    """Return a denial; ``what`` is as in ``aws_iam.PolicyStatement``."""
    return iam.PolicyStatement(sid=sid, effect=iam.Effect.DENY, **what)


def deny_the_rest(allowed: Sequence[iam.PolicyStatement]) -> list[iam.PolicyStatement]:
    """Deny all other actions, and each allowed action on every resource it is not allowed on."""
    return [
        deny(
            "DenyEverythingElse",
            not_actions=sorted({action for statement in allowed for action in statement.actions}),
            resources=["*"],
        ),
        *_deny_elsewhere(allowed),
    ]


def _deny_elsewhere(allowed: Sequence[iam.PolicyStatement]) -> list[iam.PolicyStatement]:
    places: dict[str, list[str]] = {}
    for statement in allowed:
        for action in statement.actions:
            places.setdefault(action, []).extend(statement.resources)
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, resources in places.items():
        actions.setdefault(tuple(dict.fromkeys(resources)), []).append(action)
    return [
        deny(
            f"Deny{found[0].partition(':')[2]}Elsewhere",
            actions=found,
            not_resources=list(resources),
        )
        for resources, found in actions.items()
        if "*" not in resources
    ]
