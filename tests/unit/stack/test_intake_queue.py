"""The queues: encrypted, written only by the bucket, with a dead-letter queue."""

import pytest

from processor.terms import OVERLAP
from tests.unit.synthesis import ACCOUNT, Resource, Synthesized, statement, synthesize


@pytest.fixture(name="queues")
def find_queues(stack: Synthesized) -> tuple[str, str]:
    """The logical ids of the queue and of its dead-letter queue."""
    queues = stack.find("AWS::SQS::Queue")
    (queue,) = (n for n, r in queues.items() if "RedrivePolicy" in r["Properties"])
    (dead_letters,) = set(queues) - {queue}
    return queue, dead_letters


def policy_of(stack: Synthesized, queue: str) -> Resource:
    """The policy document of a queue."""
    document: Resource = stack.one("AWS::SQS::QueuePolicy", Queues=[f"<{queue}>"])[1][
        "PolicyDocument"
    ]
    return document


def test_both_queues_are_encrypted_with_the_data_key(
    stack: Synthesized, queues: tuple[str, str]
) -> None:
    for queue in queues:
        key = stack.resources[queue]["Properties"]["KmsMasterKeyId"]
        assert key == f"<{stack.key('s3')[0]}.Arn>"


def test_five_failures_park_a_message_for_14_days(
    stack: Synthesized, queues: tuple[str, str]
) -> None:
    queue, dead_letters = (stack.resources[name]["Properties"] for name in queues)
    assert queue["RedrivePolicy"] == {
        "deadLetterTargetArn": f"<{queues[1]}.Arn>",
        "maxReceiveCount": 5,  # AWS asks for at least five: throttled deliveries count
    }
    assert dead_letters["MessageRetentionPeriod"] == 14 * 24 * 3600
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600  # the maximum


@pytest.mark.parametrize("seconds", [10, 300, 900])
def test_a_message_stays_hidden_for_six_timeouts(seconds: int) -> None:
    """And until no function as it was can receive it, which would acknowledge its own work."""
    stack = Synthesized(synthesize(settings=f'{{"timeoutSeconds": {seconds}}}'))
    (queue,) = (
        r["Properties"]
        for r in stack.find("AWS::SQS::Queue").values()
        if "RedrivePolicy" in r["Properties"]
    )
    assert queue["VisibilityTimeout"] > 2 * OVERLAP.total_seconds()
    assert 6 * seconds <= queue["VisibilityTimeout"] <= 12 * 3600  # SQS's maximum


def test_only_this_bucket_of_this_account_may_send(
    stack: Synthesized, queues: tuple[str, str]
) -> None:
    policy = policy_of(stack, queues[0])
    allowed = statement(policy, "AllowBucketNotifications")
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Action"] == "sqs:SendMessage"
    assert allowed["Condition"] == {
        "ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::zero-trust-data-test-{ACCOUNT}-us-east-1"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    assert [s for s in policy["Statement"] if s["Effect"] == "Allow"] == [allowed]


def test_plain_http_is_denied_on_both(stack: Synthesized, queues: tuple[str, str]) -> None:
    for queue in queues:
        assert {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "sqs:*",
            "Resource": f"<{queue}.Arn>",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        } in policy_of(stack, queue)["Statement"]
