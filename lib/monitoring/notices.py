"""The topic of notices: what alarms publish, and who receives it."""

from aws_cdk import Annotations
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from lib.constructs.keys import Keys, of_alarms
from lib.environment import Environment
from lib.outputs import export


class Notices(Construct):
    """An encrypted topic that only this stack's alarms may publish to, and only over TLS.

    The policy admits no other service or account. IAM policies of this account decide who may
    subscribe.

    Attributes:
        topic: see the module.
    """

    def __init__(
        self, scope: Construct, construct_id: str, environment: Environment, *, keys: Keys
    ) -> None:
        """Create the topic, and subscribe the addresses of the setting ``notifyEmails``.

        Each address gets a message first, and nothing else until somebody confirms it. Where data
        are retained, it is a warning if there is none.
        https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html
        """
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=environment.names.notices,
            display_name=f"Data pipeline {environment.suffix}",
            master_key=keys.logs,
            enforce_ssl=True,
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowAlarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions=of_alarms(self),
            )
        )
        settings = environment.settings
        if settings.retain_data and not settings.notify_emails:
            Annotations.of(self).add_warning_v2(
                "zero-trust:no-notify-emails",
                f"environments.{environment.suffix}.notifyEmails names nobody: alarms publish to "
                f"{environment.names.notices}, and no e-mail is sent. Add an address, or "
                "subscribe to the topic in another way.",
            )
        for address in settings.notify_emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(address))
        export(self, environment, NoticesTopicArn=self.topic.topic_arn)

    def send(self, alarm: cloudwatch.Alarm) -> None:
        """Publish when an alarm is raised (``ALARM``), and when it is over (``OK``)."""
        alarm.add_alarm_action(actions.SnsAction(self.topic))
        alarm.add_ok_action(actions.SnsAction(self.topic))
