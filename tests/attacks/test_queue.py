"""The queue: messages forged, read, or lost."""

from typing import Any

import pytest

from tests.attacks.attempt import Actor, Attempt, allowed, refused

QUEUE: dict[str, Any] = {"QueueUrl": "{queue_url}"}
OWN: dict[str, Any] = {"QueueUrl": "{own_queue_url}"}
HARMLESS = '{"Service": "Amazon S3", "Event": "s3:TestEvent"}'

FORGERY = Attempt("forge a message", "sqs.send_message", {**QUEUE, "MessageBody": HARMLESS})
CONTROL = [
    Attempt("purge a queue", "sqs.purge_queue", OWN),
    Attempt("delete a queue", "sqs.delete_queue", OWN),
    Attempt(
        "change a queue",
        "sqs.set_queue_attributes",
        {**OWN, "Attributes": {"VisibilityTimeout": "30"}},
    ),
    Attempt(
        "share the queue",
        "sqs.add_permission",
        {**QUEUE, "Label": "attack", "AWSAccountIds": ["{account}"], "Actions": ["SendMessage"]},
        undo=(Attempt("unshare it", "sqs.remove_permission", {**QUEUE, "Label": "attack"}),),
    ),
    Attempt("list queues", "sqs.list_queues"),
    Attempt("read the dead letters", "sqs.receive_message", {"QueueUrl": "{dead_letter_url}"}),
    Attempt(
        "see redrives of the dead letters",
        "sqs.list_message_move_tasks",
        {"SourceArn": "{dead_letter_arn}"},
    ),
]
# Lambda polls with the function's role; the function's code, wherever it runs, does not.
READING = [
    Attempt("read the queue's attributes", "sqs.get_queue_attributes", QUEUE),
    Attempt(
        "read messages",
        "sqs.receive_message",
        {**QUEUE, "VisibilityTimeout": 0},
    ),
    Attempt(
        "delete a message",
        "sqs.delete_message",
        {**QUEUE, "ReceiptHandle": "no-such-handle"},
    ),
]


@refused(FORGERY, *CONTROL, *READING)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    inside.is_refused(attempt)


@refused(FORGERY, *CONTROL, *READING)
def test_refused_to_stolen_credentials(outside: Actor, attempt: Attempt) -> None:
    outside.is_refused(attempt)


@refused(FORGERY, *CONTROL, *READING)
@pytest.mark.parametrize("who", ["producer", "consumer", "steward"])
def test_refused_to_people(request: pytest.FixtureRequest, who: str, attempt: Attempt) -> None:
    actor: Actor = request.getfixturevalue(who)
    actor.is_refused(attempt)


@refused(
    Attempt(
        "announce another bucket's objects",
        "s3.put_bucket_notification_configuration",
        {
            "Bucket": "{own_bucket}",
            "NotificationConfiguration": {
                "QueueConfigurations": [
                    {"QueueArn": "{queue_arn}", "Events": ["s3:ObjectCreated:*"]}
                ]
            },
        },
        codes=("InvalidArgument",),
    )
)
def test_refused_to_another_bucket(administrator: Actor, attempt: Attempt) -> None:
    """S3 tests the queue, and the queue takes messages from only one bucket."""
    administrator.is_refused(attempt)


@allowed(
    Attempt("send a message", "sqs.send_message", {**OWN, "MessageBody": HARMLESS}),
    Attempt("read the queue's attributes", "sqs.get_queue_attributes", QUEUE),
)
def test_allowed_to_an_administrator(administrator: Actor, call: Attempt) -> None:
    administrator.may(call)
