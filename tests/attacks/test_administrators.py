"""Administrators of the account: what they cannot do unless they change something first."""

from typing import Any

import boto3
import pytest

from tests import traces
from tests.attacks.attempt import BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import client_of

OURS: dict[str, Any] = {"Bucket": "{bucket}"}
OUTPUTS = ("processed", "quarantine", "manifest")


def denied(name: str, operation: str, parameters: dict[str, Any]) -> Attempt:
    """An attempt that the bucket denies."""
    return Attempt(name, operation, {**OURS, **parameters}, reason=BY_RESOURCE)


def of(what: str) -> dict[str, str]:
    """A file."""
    return {"Key": f"{{{what}}}"}


def version_of(what: str) -> dict[str, str]:
    """A version of a file."""
    return {**of(what), "VersionId": f"{{{what}_version}}"}


def copy(what: str, **to: str) -> Attempt:
    """An attempt to copy a file."""
    source = {"CopySource": {**OURS, **of(what)}}
    return denied(f"copy {what} to {' '.join(to.values())}", "s3.copy_object", {**source, **to})


TAGGING = {"TagSet": [{"Key": "a", "Value": "b"}]}
LOOKS = [
    *(
        denied(f"read {what}", "s3.get_object", place)
        for name in ("incoming", "quarantine")
        for what, place in ((name, of(name)), (f"a version of {name}", version_of(name)))
    ),
    denied("read tags of incoming", "s3.get_object_tagging", of("incoming")),
    copy("incoming", Bucket="{own_bucket}", Key="looted"),
    copy("quarantine", Bucket="{own_bucket}", Key="looted"),
    copy("incoming", Key="elsewhere/{own}"),
    denied(
        "read a steward's result", "s3.get_object", {"Key": "query-results/steward/a/{own}.csv"}
    ),
]
RESULT = {"Key": "query-results/consumer/a/{own}.csv"}
FORGERIES = [
    *(denied(f"forge {what}", "s3.put_object", {**of(what), "Body": "x"}) for what in OUTPUTS),
    *(
        denied(f"forge {what} in parts", "s3.create_multipart_upload", of(what))
        for what in OUTPUTS
    ),
    *(denied(f"hide {what}", "s3.delete_object", of(what)) for what in OUTPUTS),
    *(denied(f"remove {what}", "s3.delete_object", version_of(what)) for what in OUTPUTS),
    *(
        denied(f"tag {what}", "s3.put_object_tagging", {**of(what), "Tagging": TAGGING})
        for what in OUTPUTS
    ),
    copy("processed", **of("manifest")),
    copy("manifest", Key="processed/{dataset}/forged.parquet"),
    denied("forge a result", "s3.put_object", {**RESULT, "Body": "x"}),
    denied("forge a result in parts", "s3.create_multipart_upload", RESULT),
    denied("hide a result", "s3.delete_object", RESULT),
    denied("tag a result", "s3.put_object_tagging", {**RESULT, "Tagging": TAGGING}),
    copy("manifest", **RESULT),
]


@refused(*LOOKS, *FORGERIES)
@pytest.mark.usefixtures("restricted")
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    """Breaking in requires a change that CloudTrail shows: of a policy, a tag or the code."""
    bystander.is_refused(attempt)


@refused(*LOOKS, *FORGERIES)
@pytest.mark.usefixtures("restricted")
def test_refused_to_the_deployer(administrator: Actor, attempt: Attempt) -> None:
    """The account's root user, in the sandbox."""
    administrator.is_refused(attempt)


@allowed(
    Attempt("read processed", "s3.get_object", {**OURS, **of("processed")}),
    Attempt("read a manifest", "s3.get_object", {**OURS, **of("manifest")}),
    Attempt("list rejects", "s3.list_objects_v2", {**OURS, "Prefix": "quarantine/"}),
    Attempt("put a file", "s3.put_object", {**OURS, **of("incoming"), "Body": "x"}),
    Attempt("read the bucket's policy", "s3.get_bucket_policy", OURS),
    Attempt(
        "change the bucket's policy", "s3.put_bucket_policy", {**OURS, "Policy": "{bucket_policy}"}
    ),
)
def test_allowed_to_an_administrator(bystander: Actor, call: Attempt) -> None:
    """Nobody is locked out; the policy is written unchanged."""
    bystander.may(call)


@pytest.mark.usefixtures("restricted")
def test_allowed_after_a_change_of_the_policy(
    admin: boto3.Session, facts: dict[str, str], bystander: Actor
) -> None:
    with traces.unrestricted(client_of(admin, "s3"), facts["bucket"]):
        bystander.may(Attempt("write", "s3.put_object", {**OURS, **of("processed"), "Body": "x"}))


@allowed(Attempt("read rejects", "s3.get_object", {**OURS, **of("quarantine")}))
@pytest.mark.usefixtures("restricted")
def test_allowed_to_a_steward(steward: Actor, call: Attempt) -> None:
    steward.may(call)
