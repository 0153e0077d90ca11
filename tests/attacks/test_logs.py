"""Logs: traces removed, or read, or sent away."""

from typing import Any

from tests.attacks.attempt import Actor, Attempt, allowed, refused

GROUP: dict[str, Any] = {"logGroupName": "{log_group}"}
OWN: dict[str, Any] = {"logGroupName": "{own_group}"}

ATTEMPTS = [
    Attempt("delete a group", "logs.delete_log_group", OWN),
    Attempt("delete a stream", "logs.delete_log_stream", {**GROUP, "logStreamName": "none"}),
    Attempt("shorten the retention", "logs.put_retention_policy", {**OWN, "retentionInDays": 1}),
    Attempt("keep no longer", "logs.delete_retention_policy", OWN),
    Attempt("read its own log", "logs.filter_log_events", GROUP),
    Attempt("read another log", "logs.filter_log_events", OWN),
    Attempt("read a stream", "logs.get_log_events", {**GROUP, "logStreamName": "none"}),
    Attempt("list groups", "logs.describe_log_groups"),
    Attempt("list streams", "logs.describe_log_streams", GROUP),
    Attempt("create a group", "logs.create_log_group", {"logGroupName": "{own_group}/new"}),
    Attempt(
        "write into another log", "logs.create_log_stream", {**OWN, "logStreamName": "forged"}
    ),
    Attempt(
        "send a log away",
        "logs.put_subscription_filter",
        {
            **OWN,
            "filterName": "leak",
            "filterPattern": "",
            "destinationArn": "{function_arn}",
        },
    ),
    Attempt("take the key off a log", "logs.disassociate_kms_key", OWN),
    Attempt(
        "query a log",
        "logs.start_query",
        {**GROUP, "startTime": 0, "endTime": 1, "queryString": "fields @message"},
    ),
]
STREAM = {**GROUP, "logStreamName": "{own}"}


@refused(*ATTEMPTS)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(*ATTEMPTS)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@allowed(
    Attempt(
        "begin a stream of its own log",
        "logs.create_log_stream",
        STREAM,
        undo=(Attempt("delete it", "logs.delete_log_stream", STREAM),),
    )
)
def test_allowed_to_stolen_credentials(outside: Actor, call: Attempt) -> None:
    """The Lambda service writes the function's log with its role, from outside its network."""
    outside.may(call)
