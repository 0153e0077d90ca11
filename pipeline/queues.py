"""The queues: how many messages wait and are parked, and the redrive of parked ones."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, get_args

from botocore.exceptions import ClientError

from pipeline.permissions import needing
from pipeline.stack import Stack
from processor.bucket.keys import INCOMING
from processor.bucket.notification import NotificationError, created_keys

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

BATCH: Literal[10] = 10  # the most messages that SQS gives or takes at once
HIDDEN_SECONDS = 60  # for as long as a message that is looked at may be hidden from others
MOST_SHOWN = 1_000

_Number = Literal[
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
_NUMBERS: tuple[_Number, ...] = get_args(_Number)

# How SQS says that a message is not hidden, or is gone: its time was over, or it was moved.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
_NOT_HIDDEN = {"InvalidParameterValue", "MessageNotInflight", "ReceiptHandleIsInvalid"}

ATTRIBUTES, RECEIVE = "sqs:GetQueueAttributes", "sqs:ReceiveMessage"
HIDE = "sqs:ChangeMessageVisibility"
MOVE, LIST_MOVES = "sqs:StartMessageMoveTask", "sqs:ListMessageMoveTasks"


@dataclass(frozen=True)
class Depth:
    """About how many messages a queue has: visible ones, and those that are being worked on."""

    visible: int
    in_flight: int

    @property
    def all(self) -> int:
        """Both."""
        return self.visible + self.in_flight


@dataclass(frozen=True)
class Parked:
    """A parked message.

    Attributes:
        keys: the files that it is about; none if it is not a notification of this bucket.
        sent: when S3 sent it. It is lost 14 days later.
        receives: how often it was received, by people who looked at it too.
    """

    keys: tuple[str, ...]
    sent: datetime
    receives: int


@dataclass(frozen=True)
class Move:
    """How far a redrive is.

    Attributes:
        status: ``RUNNING``, ``COMPLETED``, ``CANCELLING``, ``CANCELLED`` or ``FAILED``.
        moved: about how many messages were moved so far.
        failure: why it failed, if so.
        expected: about how many there were to move when it began; 0 if SQS does not say.
        started: when it began, in milliseconds since 1970 by the clock of SQS.
    """

    status: str
    moved: int
    failure: str = ""
    expected: int = 0
    started: int = 0

    @property
    def is_over(self) -> bool:
        """Whether it moves nothing more."""
        return self.status not in ("RUNNING", "CANCELLING")


class Queues:
    """The queue of files to process, and the dead-letter queue."""

    def __init__(self, stack: Stack) -> None:
        """Keep the stack."""
        self._stack = stack
        self._waiting = stack.output("QueueUrl")
        self._parked = stack.output("DeadLetterQueueUrl")

    def depths(self) -> tuple[Depth, Depth]:
        """Return how many messages wait, and how many are parked."""
        return self._depth(self._waiting), self._depth(self._parked)

    def unseen(self, found: Sequence[Parked]) -> str | None:
        """Return why parked messages are not among those that were found, if some are not."""
        about = self._depth(self._parked).all
        if len(found) >= about:
            return None
        return (
            f"Only {len(found):,} of about {about:,} parked messages could be looked at: "
            f"{MOST_SHOWN:,} are the most, and messages that somebody else looks at are hidden "
            "for a minute."
        )

    def _depth(self, url: str) -> Depth:
        with needing(self._stack, ATTRIBUTES, _name(url)):
            found = self._stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_NUMBERS)
        visible, in_flight, delayed = (int(found["Attributes"][name]) for name in _NUMBERS)
        return Depth(visible + delayed, in_flight)

    def peek(self) -> list[Parked]:
        """Return the parked messages, at most ``MOST_SHOWN``; they stay where they are.

        SQS shows a message only to whoever receives it, and hides it from others meanwhile. Each
        is released at once, or after a minute if this process is killed. Being received changes
        nothing about it: nothing follows the dead-letter queue.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
        """
        received: dict[str, MessageTypeDef] = {}
        try:
            while len(received) < MOST_SHOWN:
                with needing(self._stack, RECEIVE, _name(self._parked)):
                    page = self._stack.sqs.receive_message(
                        QueueUrl=self._parked,
                        MaxNumberOfMessages=BATCH,
                        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
                        VisibilityTimeout=HIDDEN_SECONDS,
                        WaitTimeSeconds=1,  # asks all of SQS's servers, and not some
                    ).get("Messages", [])
                if all(message["MessageId"] in received for message in page):
                    break  # there is none, or those that came first are no longer hidden
                received |= {message["MessageId"]: message for message in page}
        finally:
            for message in received.values():
                with _if_hidden(), needing(self._stack, HIDE, _name(self._parked)):
                    self._stack.sqs.change_message_visibility(
                        QueueUrl=self._parked,
                        ReceiptHandle=message["ReceiptHandle"],
                        VisibilityTimeout=0,
                    )
        found = [parked(message, self._stack.bucket) for message in received.values()]
        return sorted(found, key=lambda one: one.sent)

    def move(self) -> None:
        """Begin to move all parked messages back to the queue that they came from."""
        with needing(self._stack, MOVE, _name(self._parked)):
            self._stack.sqs.start_message_move_task(SourceArn=self._arn())

    def moving(self) -> Move | None:
        """Return how far the newest redrive is, or None if there was none lately.

        Only its start tells it from an earlier one: a redrive that is over has no handle.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListMessageMoveTasksResultEntry.html
        """
        with needing(self._stack, LIST_MOVES, _name(self._parked)):
            found = self._stack.sqs.list_message_move_tasks(SourceArn=self._arn(), MaxResults=1)
        return next(
            (
                Move(
                    one["Status"],
                    one.get("ApproximateNumberOfMessagesMoved", 0),
                    one.get("FailureReason", ""),
                    one.get("ApproximateNumberOfMessagesToMove", 0),
                    one.get("StartedTimestamp", 0),
                )
                for one in found.get("Results", [])
            ),
            None,
        )

    def _arn(self) -> str:
        """The ARN of the dead-letter queue, which is in the account and region of the function."""
        stack = self._stack
        partition = stack.output("LambdaFunctionArn").split(":")[1]
        return f"arn:{partition}:sqs:{stack.region}:{stack.account}:{_name(self._parked)}"


def parked(message: "MessageTypeDef", bucket: str) -> Parked:
    """Return what a message says."""
    attributes = message["Attributes"]
    keys: list[str] = []
    with suppress(NotificationError):
        keys = [key for key in created_keys(message["Body"], bucket) if key.startswith(INCOMING)]
    return Parked(
        tuple(keys),
        datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC),
        int(attributes["ApproximateReceiveCount"]),
    )


@contextmanager
def _if_hidden() -> Iterator[None]:
    """Pass over a message that is no longer hidden."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"].rpartition(".")[2] not in _NOT_HIDDEN:
            raise


def _name(url: str) -> str:
    return url.rpartition("/")[2]
