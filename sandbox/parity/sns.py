"""SNS: topics under a KMS key, and who may publish to them.

Delete each of these once MiniStack itself does this:

- ``key_of_a_topic``: keeps the key that a template gives a topic;
- ``alarms_need_the_topic``: asks whether CloudWatch may publish to an alarm's topic.
"""

import contextvars
from typing import Any

from ministack.core.iam_evaluator import pin_request_origin
from ministack.core.responses import get_account_id
from ministack.services import cloudwatch
from ministack.services.sns import _topic_by_arn_any_scope as topic_by_arn
from ministack.services.sns import topic_policy_allows

from sandbox.parity import kms
from sandbox.parity.correction import Function, Properties, Provisioned, completes, replaces

ALARMS = "cloudwatch.amazonaws.com"
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


@completes("AWS::SNS::Topic")
def key_of_a_topic(provisioned: Provisioned, properties: Properties) -> Provisioned:
    """Encrypt a topic with the key of its template.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html
    """
    topic = topic_by_arn(provisioned[0])
    topic["attributes"]["KmsMasterKeyId"] = properties.get("KmsMasterKeyId", "")
    return provisioned


@replaces(cloudwatch, "_dispatch_alarm_actions")
def alarms_need_the_topic(original: Function, alarm: dict[str, Any], *change: Any) -> None:
    """Let an alarm publish only if the policies of the topic and of its key admit it.

    It does so over TLS, also while no request is served.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """

    def publish() -> None:
        pin_request_origin(ALARMS, secure_transport=True)
        permitted = {
            name: [topic for topic in alarm.get(name) or () if admits(topic, alarm["AlarmArn"])]
            for name in ACTIONS
        }
        original({**alarm, **permitted}, *change)

    contextvars.copy_context().run(publish)


def admits(topic_arn: str, alarm_arn: str) -> bool:
    """Whether a topic and its key admit CloudWatch for an alarm."""
    account, topic = get_account_id(), topic_by_arn(topic_arn)
    if topic is None or not topic_policy_allows(topic_arn, ALARMS, alarm_arn, account):
        return False
    key = topic["attributes"].get("KmsMasterKeyId")
    context = {
        "aws:sourcearn": alarm_arn,
        "aws:sourceaccount": account,
        "kms:encryptioncontext:aws:sns:topicarn": topic_arn,
    }
    return not key or kms.service_may(ALARMS, ("kms:GenerateDataKey", "kms:Decrypt"), key, context)
