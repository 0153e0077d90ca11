"""The queue of objects to process, and the dead-letter queue of those that could not be."""

from collections.abc import Iterator
from datetime import timedelta

from aws_cdk import Aws, Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from lib.compliance.rule_packs import acknowledge
from lib.constructs.failures import FEW_MINUTES, MAXIMUM, MINUTE, Failure
from lib.constructs.keys import Keys
from lib.environment import Environment
from lib.outputs import export
from processor.terms import OVERLAP

# A delivery that Lambda throttles counts as a receive: with fewer, load from other files would
# send a good one to the dead-letter queue.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
MAX_RECEIVES = 5

# The maximum, counted from the first enqueue, in the dead-letter queue too; older messages are
# lost. An alarm is on long before: see OLDEST.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/setting-up-dead-letter-queue-retention.html
RETENTION = Duration.days(14)

OLDEST = Duration.days(1)  # that a message may wait without an alarm

# AWS asks for at least six times the function's timeout, so that a throttled or retried batch is
# not delivered again meanwhile.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
VISIBILITY_FACTOR = 6

# A message that comes again because its contract changed must not find the function as it was,
# which would acknowledge what it made itself, nor use up all tries while the change is recent.
LEAST_VISIBILITY = 2 * OVERLAP + timedelta(minutes=1)


class IntakeQueue(Construct):
    """An encrypted queue that one bucket may write to; ``MAX_RECEIVES`` failures end its tries.

    Attributes:
        queue: one message per new object.
        dead_letter_queue: failed messages, which an operator redrives.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
    ) -> None:
        """Create both queues, and the bucket's permission to send."""
        super().__init__(scope, construct_id)
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=keys.data,
            enforce_ssl=True,
            retention_period=RETENTION,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=keys.data,
            enforce_ssl=True,
            retention_period=RETENTION,
            visibility_timeout=Duration.seconds(
                max(
                    VISIBILITY_FACTOR * environment.settings.timeout_seconds,
                    LEAST_VISIBILITY.total_seconds(),
                )
            ),
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letter_queue, max_receive_count=MAX_RECEIVES
            ),
        )
        self.queue.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AllowBucketNotifications",
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.queue.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": environment.names.bucket_arn},
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                },
            )
        )
        export(
            self,
            environment,
            QueueUrl=self.queue.queue_url,
            DeadLetterQueueUrl=self.dead_letter_queue.queue_url,
        )
        acknowledge(
            self.dead_letter_queue,
            "It is the dead-letter queue: what is parked there waits for the operator.",
            "Serverless-SQSRedrivePolicy",
        )

    def failures(self) -> Iterator[Failure]:
        """A message that nobody processes."""
        yield Failure(
            "MessageParked",
            "A file could not be processed, and its message is in the dead-letter queue.",
            "parked-messages",
            self.dead_letter_queue.metric_approximate_number_of_messages_visible(
                statistic=MAXIMUM, period=MINUTE
            ),
        )
        yield Failure(
            "Backlog",
            "A file has waited for a day. After 14 days its message is lost.",
            "throttling",
            self.queue.metric_approximate_age_of_oldest_message(
                statistic=MAXIMUM, period=FEW_MINUTES
            ),
            OLDEST.to_seconds(),
        )
