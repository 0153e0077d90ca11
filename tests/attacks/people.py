"""People of the account: roles with some of the stack's policies and tags, and their sessions."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import boto3

from tests import roles
from tests.attacks import intruder
from tests.attacks.attempt import Actor
from tests.attacks.conftest import Facts, client_of
from tests.patience import PERMISSION, wait_for


class Person(NamedTuple):
    """Somebody with policies and tags.

    Attributes:
        actor: makes attempts; the fact ``me`` is their user id.
        session: their credentials.
        user: their user id.
    """

    actor: Actor
    session: boto3.Session
    user: str


@contextmanager
def person(
    admin: boto3.Session, facts: Facts, duty: str, *policies: str, **tags: str
) -> Iterator[Person]:
    """Somebody with policies and tags, once a session of theirs can begin."""
    iam, sts = client_of(admin, "iam"), client_of(admin, "sts")
    trust, name = json.loads(facts["trust"]), f"{facts['own']}-{duty}"
    first, *others = policies
    with roles.made(iam, name, trust, first, tags) as arn, ExitStack() as later:
        for policy in others:
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
            later.callback(iam.detach_role_policy, RoleName=name, PolicyArn=policy)
        session = wait_for(
            f"session of {name}", lambda: roles.become(sts, arn, facts["region"]), PERMISSION
        )
        user = client_of(session, "sts").get_caller_identity()["UserId"]
        yield Person(actor_of(duty, session, {**facts, "me": user}, admin), session, user)


def actor_of(
    name: str, session: boto3.Session, facts: Facts, admin: boto3.Session | None = None
) -> Actor:
    """Somebody who calls with a session; ``admin`` cleans up after what succeeds."""

    def call(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
        return intruder.call(session, operation, parameters)

    def clean_up(operation: str, parameters: dict[str, Any]) -> dict[str, str]:
        return intruder.call(admin or session, operation, parameters)

    return Actor(name, call, facts, clean_up)
