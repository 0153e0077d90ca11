"""The topic of notices: who publishes, under which key, and who is notified."""

import pytest
from aws_cdk.assertions import Annotations, Match

from lib.tap_stack import TapStack
from tests.unit.synthesis import (
    ACCOUNT,
    PARTITIONS,
    Synthesized,
    make_app,
    statement,
    synthesize,
)


def test_the_topic_is_encrypted_with_the_logs_key(stack: Synthesized) -> None:
    _, topic = stack.one("AWS::SNS::Topic", TopicName="zero-trust-notices-test")
    assert topic["KmsMasterKeyId"] == f"<{stack.key('logs')[0]}.Arn>"


@pytest.mark.parametrize("region", PARTITIONS)
def test_only_alarms_of_this_stack_publish(region: str) -> None:
    stack = Synthesized(synthesize(region=region), region)
    alarms = f"arn:{PARTITIONS[region][0]}:cloudwatch:{region}:{ACCOUNT}:alarm:TapStack-test-*"
    topic, _ = stack.one("AWS::SNS::Topic")
    _, policy = stack.one("AWS::SNS::TopicPolicy", Topics=[f"<{topic}>"])
    allowed = statement(policy["PolicyDocument"], "AllowAlarms")
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert (allowed["Action"], allowed["Resource"]) == ("sns:Publish", f"<{topic}>")
    assert allowed["Condition"] == {
        "ArnLike": {"aws:SourceArn": alarms},
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
    }
    statements = policy["PolicyDocument"]["Statement"]
    assert [one for one in statements if one["Effect"] == "Allow"] == [allowed]
    # A key that does not admit the alarms would swallow every notice.
    admitted = statement(stack.key("logs")[1]["KeyPolicy"], "AllowNotices")
    assert admitted["Principal"] == allowed["Principal"]
    assert admitted["Condition"]["ArnLike"] == allowed["Condition"]["ArnLike"]
    arn = f"arn:{PARTITIONS[region][0]}:sns:{region}:{ACCOUNT}:zero-trust-notices-test"
    assert admitted["Condition"]["StringEquals"] == {
        "aws:SourceAccount": ACCOUNT,
        "kms:EncryptionContext:aws:sns:topicArn": arn,
    }


def test_plain_http_is_denied(stack: Synthesized) -> None:
    topic, _ = stack.one("AWS::SNS::Topic")
    _, policy = stack.one("AWS::SNS::TopicPolicy")
    assert {
        "Sid": "AllowPublishThroughSSLOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": f"<{topic}>",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    } in policy["PolicyDocument"]["Statement"]


def test_each_address_is_subscribed() -> None:
    settings = '{"notifyEmails": ["a@example.com", "on-call+data@example.org"]}'
    stack = Synthesized(synthesize(settings=settings))
    topic, _ = stack.one("AWS::SNS::Topic")
    found = {
        (
            one["Properties"]["TopicArn"],
            one["Properties"]["Protocol"],
            one["Properties"]["Endpoint"],
        )
        for one in stack.find("AWS::SNS::Subscription").values()
    }
    assert found == {
        (f"<{topic}>", "email", "a@example.com"),
        (f"<{topic}>", "email", "on-call+data@example.org"),
    }


def test_nobody_is_subscribed_by_default(stack: Synthesized) -> None:
    assert not stack.find("AWS::SNS::Subscription")


@pytest.mark.parametrize(
    ("settings", "warned"),
    [
        ({"retainData": True}, 1),
        ({"retainData": True, "notifyEmails": ["a@example.com"]}, 0),
        ({}, 0),
    ],
    ids=str,
)
def test_synth_warns_if_data_are_retained_and_nobody_gets_notices(
    settings: dict[str, object], warned: int
) -> None:
    app = make_app(environments={"test": settings})
    stack = TapStack(app, "TapStack-test", environment_suffix="test")
    sentence = Match.string_like_regexp("environments.test.notifyEmails names nobody: .*")
    assert len(Annotations.from_stack(stack).find_warning("*", sentence)) == warned
