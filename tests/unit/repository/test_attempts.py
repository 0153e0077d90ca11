"""When an attempt of the attacks counts as refused."""

import pytest

from tests.attacks.attempt import BY_RESOURCE, Actor, Attempt
from tests.attacks.intruder import UNREACHABLE

READ = Attempt("read", "s3.get_object")


def actor(code: str = "", message: str = "", reaches: frozenset[str] | None = None) -> Actor:
    """An actor whose every call ends this way."""
    answer = {"code": code, "message": message} if code else {}
    return Actor("somebody", lambda _operation, _parameters: answer, {}, lambda *_: {}, reaches)


def refuses(somebody: Actor, attempt: Attempt = READ) -> bool:
    """Whether an attempt counts as refused."""
    try:
        somebody.is_refused(attempt)
    except (AssertionError, pytest.skip.Exception):
        return False
    return True


BY_BUCKET = Attempt("read", "s3.get_object", reason=BY_RESOURCE)
BY_ORGANIZATION = "with an explicit deny in a service control policy"


@pytest.mark.parametrize(
    ("somebody", "attempt", "expected"),
    [
        (actor(), READ, False),
        (actor("AccessDenied"), READ, True),
        (actor("NoSuchKey"), READ, False),
        (actor("AccessDenied", f"x {BY_RESOURCE}"), BY_BUCKET, True),
        (actor("AccessDenied", "because no identity-based policy allows"), BY_BUCKET, False),
        (actor("AccessDenied", BY_ORGANIZATION), READ, True),
        (actor("NoSuchKey", reaches=frozenset({"s3"})), READ, False),
        (actor(UNREACHABLE, reaches=frozenset({"kms"})), READ, True),
        (actor("AccessDenied", reaches=frozenset({"kms"})), READ, False),
        (actor(reaches=frozenset({"kms"})), READ, False),
    ],
    ids=[
        "allowed",
        "denied",
        "another error",
        "denied by the bucket",
        "denied by no policy",
        "denied by the organization",
        "another error where it reaches",
        "no way",
        "denied where it does not reach",
        "allowed where it does not reach",
    ],
)
def test_what_counts_as_refused(somebody: Actor, attempt: Attempt, *, expected: bool) -> None:
    assert refuses(somebody, attempt) is expected


def test_a_refusal_by_the_organization_says_nothing_of_the_stack() -> None:
    with pytest.raises(pytest.skip.Exception, match="organization"):
        actor("AccessDenied", BY_ORGANIZATION).is_refused(BY_BUCKET)


def test_what_only_the_network_forbids() -> None:
    attempt = Attempt("read", "sqs.receive_message", by_network=True)
    unreachable = actor(UNREACHABLE, reaches=frozenset({"s3"}))
    unreachable.is_refused(attempt)
    assert not refuses(actor(reaches=frozenset({"s3"})), attempt)
    with pytest.raises(pytest.skip.Exception, match="endpoint of sqs"):
        actor(reaches=frozenset({"sqs"})).is_refused(attempt)
    assert not refuses(actor(), attempt), "from elsewhere no network forbids anything"


def test_what_succeeds_is_taken_back() -> None:
    undone: list[str] = []

    def clean_up(operation: str, _parameters: object) -> dict[str, str]:
        undone.append(operation)
        return {}

    thief = Actor("thief", lambda *_: {}, {}, clean_up)
    attempt = Attempt("create", "iam.create_user", undo=(Attempt("undo", "iam.delete_user"),))
    with pytest.raises(AssertionError, match="thief did it: create"):
        thief.is_refused(attempt)
    assert undone == ["iam.delete_user"]
