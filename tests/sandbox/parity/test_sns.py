"""Topics under a KMS key, and who may publish to them."""

import json

from sandbox.emulator import ACCOUNT, REGION
from tests.patience import Wait, wait_for
from tests.sandbox.cloud import Cloud, allow, deny, policy, unique
from tests.sandbox.metrics import alarm, publish
from tests.sandbox.queues import subscribe

ALARMS = {"Service": "cloudwatch.amazonaws.com"}
OWN = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:mine-*"}}
ADMITTED = {**allow("sns:Publish", **OWN), "Principal": ALARMS}
TLS = {**deny("sns:Publish", Bool={"aws:SecureTransport": "false"}), "Principal": "*"}
KEY_ADMITTED = {**allow(["kms:Decrypt", "kms:GenerateDataKey*"], **OWN), "Principal": ALARMS}


def notices(
    cloud: Cloud, *, name: str = "mine-", of_topic: bool = True, of_key: bool = True
) -> int:
    """How many notices an alarm's change brings to a topic that a template encrypts.

    Args:
        cloud: the emulator.
        name: how the alarm's name begins.
        of_topic: whether the topic's policy admits the alarms that are named ``mine-``.
        of_key: whether the key's does.
    """
    key = cloud.key(*([KEY_ADMITTED] if of_key else []))
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": key}}
    arn = cloud.deploy({"Topic": topic})["Topic"]
    sns, namespace = cloud.client("sns"), unique("Space")
    document = json.dumps(policy(TLS, *([ADMITTED] if of_topic else [])))
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    url = subscribe(cloud, arn)
    alarm(cloud, namespace, "Depth", named=unique(name), actions=[arn])
    publish(cloud, namespace, "Depth", 5)
    found = cloud.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return len(found.get("Messages", []))


def test_a_topic_keeps_its_key(plain: Cloud, parity: Cloud) -> None:
    def probe(cloud: Cloud) -> str | None:
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/some"}}
        arn = cloud.deploy({"Topic": topic})["Topic"]
        found = cloud.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        key: str | None = found.get("KmsMasterKeyId")
        return key

    assert probe(plain) is None
    assert probe(parity) == "alias/some"


def test_an_alarm_needs_the_topic_and_its_key(plain: Cloud, parity: Cloud) -> None:
    assert notices(plain) == notices(parity) == 1
    assert notices(plain, of_topic=False) == 1
    assert notices(parity, of_topic=False) == 0
    assert notices(plain, of_key=False) == 1
    assert notices(parity, of_key=False) == 0
    assert notices(plain, name="other-") == 1
    assert notices(parity, name="other-") == 0


def test_an_alarm_that_acts_by_itself_uses_tls(parity: Cloud) -> None:
    """As a service does, though no request is being served."""
    sns = parity.client("sns")
    arn = sns.create_topic(Name=unique("topic"))["TopicArn"]
    document = json.dumps(policy(TLS, ADMITTED))
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    url = subscribe(parity, arn)
    namespace = unique("Space")
    publish(parity, namespace, "Depth", 0)  # so that it goes on when this value is too old
    name = unique("mine-")
    alarm(parity, namespace, "Depth", named=name, actions=[arn], missing="breaching", period=2)

    def look() -> str | None:
        messages = parity.client("sqs").receive_message(QueueUrl=url).get("Messages", ())
        return next((json.loads(one["Body"])["Message"] for one in messages), None)

    notice = json.loads(wait_for("notice", look, Wait(20)))
    assert (notice["AlarmName"], notice["NewStateValue"]) == (name, "ALARM")
