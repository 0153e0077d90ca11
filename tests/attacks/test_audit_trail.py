"""The audit trail: events that are not recorded, and log files forged, removed or read."""

from typing import Any

import pytest

from tests.attacks.attempt import BY_RESOURCE, Actor, Attempt, allowed, refused

pytestmark = pytest.mark.usefixtures("audited")

NAME: dict[str, Any] = {"Name": "{trail}"}
LOGS: dict[str, Any] = {"Bucket": "{log_bucket}"}
FILE = {**LOGS, "Key": "{log_file}"}
MANAGEMENT = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
TAGGING = {"TagSet": [{"Key": "a", "Value": "b"}]}
START = Attempt("start it", "cloudtrail.start_logging", NAME)

CHANGES = [
    Attempt("stop the trail", "cloudtrail.stop_logging", NAME, undo=(START,)),
    Attempt("delete the trail", "cloudtrail.delete_trail", NAME),
    Attempt(
        "send its files elsewhere",
        "cloudtrail.update_trail",
        {**NAME, "S3BucketName": "{own_bucket}"},
    ),
    Attempt(
        "record less",
        "cloudtrail.put_event_selectors",
        {"TrailName": "{trail}", "EventSelectors": MANAGEMENT},
    ),
    Attempt("see whether it records", "cloudtrail.get_trail_status", NAME),
    Attempt("open its bucket", "s3.put_bucket_policy", {**LOGS, "Policy": "{bucket_policy}"}),
    Attempt("delete its bucket", "s3.delete_bucket", LOGS),
    Attempt("list its files", "s3.list_objects_v2", LOGS),
    Attempt("read a file", "s3.get_object", FILE),
    Attempt("delete its log group", "logs.delete_log_group", {"logGroupName": "{trail_group}"}),
    Attempt("read its log group", "logs.filter_log_events", {"logGroupName": "{trail_group}"}),
    Attempt(
        "write into its log group",
        "logs.create_log_stream",
        {"logGroupName": "{trail_group}", "logStreamName": "{own}"},
    ),
]


def on_file(name: str, operation: str, **parameters: Any) -> Attempt:
    """A change of a log file."""
    return Attempt(name, operation, {**FILE, **parameters})


FORGERIES = [
    on_file("forge a file", "s3.put_object", Body="x"),
    on_file("forge a file in parts", "s3.create_multipart_upload"),
    on_file("copy a file", "s3.copy_object", CopySource="{own_bucket}/bait"),
    on_file("hide a file", "s3.delete_object"),
    on_file("remove a file", "s3.delete_object", VersionId="none"),
    on_file("tag a file", "s3.put_object_tagging", Tagging=TAGGING),
    Attempt("put another file beside", "s3.put_object", {**LOGS, "Key": "{own}", "Body": "x"}),
]
DENIED = [
    Attempt(one.name, one.operation, one.parameters, reason=BY_RESOURCE) for one in FORGERIES
]


@refused(*CHANGES, *FORGERIES)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*CHANGES, *FORGERIES)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@refused(*CHANGES, *FORGERIES)
def test_refused_to_the_replay(replayer: Actor, attempt: Attempt) -> None:
    replayer.is_refused(attempt)


@refused(*DENIED)
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    """Whoever wants to must first change the bucket's policy, which the trail records."""
    bystander.is_refused(attempt)


@refused(*DENIED)
def test_refused_to_the_deployer(administrator: Actor, attempt: Attempt) -> None:
    """The account's root user, in the sandbox."""
    administrator.is_refused(attempt)


@allowed(
    Attempt("see whether it records", "cloudtrail.get_trail_status", NAME),
    Attempt("list its files", "s3.list_objects_v2", LOGS),
    Attempt("read its log group", "logs.filter_log_events", {"logGroupName": "{trail_group}"}),
    START,
)
def test_allowed_to_an_administrator(bystander: Actor, call: Attempt) -> None:
    bystander.may(call)
