"""The handler of the function ``data-processor``.

Messages arrive at least once. Processing an object twice, even at the same time, leaves the bucket
as if it had been processed once. Only the messages that fail are reported as failed; SQS delivers
them again, and finally moves them to the dead-letter queue.

The content of an object is never logged. Library errors may quote it, so only the type of an error
and the places in the code it passed through are logged, and libraries log nothing.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from time import monotonic
from traceback import walk_tb
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from processor import ProcessorError, clients
from processor.bucket.notification import created_keys
from processor.bucket.store import Store
from processor.contracts import Contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.deadline import Deadline
from processor.limits.size import SizeLimit
from processor.processing import Outcome, Processor
from processor.silence import silence
from processor.terms import TransitionError
from processor.threads import SECOND_CORE_MB

# As Lambda receives it from the queue.
# https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
Message = Mapping[str, Any]

logger = Logger()

# Of the time that is left; the rest is for writing the result.
_TIME_TO_TRANSFORM = 0.8
# Of the function's timeout. An object that gets less is not refused for being slow: the function
# started late, or another object or attempt came first.
_FULL_TIME = 0.75

_METRICS = {
    "processed": "FilesProcessed",
    "quarantined": "FilesQuarantined",
    "duplicate": "DuplicateDeliveries",
    "deleted": "SourcesDeleted",
    "marker": "FolderMarkers",
}


class ObjectFailedError(Exception):
    """An object could not be processed; ``facts`` is what may be logged about it."""

    def __init__(self, facts: dict[str, Any]) -> None:
        """Keep the facts."""
        super().__init__(facts["error"])
        self.facts = facts


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Process the objects that a batch of SQS messages names; return the failed messages.

    A message is acknowledged once the manifest of each of its objects describes the newest
    version. Until then it may have been partly processed, and is processed again when it returns.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    # Not by Powertools, whose module for batches makes the start a sixth longer.
    with silence():
        failed = [sent for sent in event["Records"] if not process_message(sent, context)]
    return {"batchItemFailures": [{"itemIdentifier": sent["messageId"]} for sent in failed]}


def process_message(message: Message, context: LambdaContext) -> bool:
    """Process all objects of one message, and tell whether all are done; log those that failed.

    Lambda counts an invocation that reports failed messages as a success, so they are counted
    here; but not those that only wait until a change of a contract is over.
    """
    failures = list(_failures(message, context))
    for failure in failures:
        logger.error("failed", **failure.facts)
    if any(failure.facts["error"] != TransitionError.__name__ for failure in failures):
        metrics = EphemeralMetrics()
        metrics.add_metric(name="DeliveriesFailed", unit=MetricUnit.Count, value=1)
        metrics.flush_metrics()
    return not failures


def _failures(message: Message, context: LambdaContext) -> Iterator[ObjectFailedError]:
    """Process all objects of one message and yield what failed."""
    facts = {"message_id": message["messageId"]}
    keys: list[str] = []
    try:
        with _sanitised(facts):
            keys = created_keys(message["body"], os.environ["BUCKET_NAME"])
    except ObjectFailedError as failure:
        yield failure
    for key in keys:
        try:
            with _sanitised(facts | {"key": key}):
                outcome = make_processor().process(
                    key,
                    _deadline(message, context),
                    invoked=_invoked(context),
                    redelivered=_receives(message) > 1,
                )
                _tell(key, outcome)
                if not outcome.final:
                    raise TransitionError("the contract has just changed; the message is not done")
        except ObjectFailedError as failure:
            yield failure


def _deadline(message: Message, context: LambdaContext) -> Deadline:
    """Return when the next object of a message must be transformed."""
    seconds = context.get_remaining_time_in_millis() / 1000 * _TIME_TO_TRANSFORM
    # A message that fails after this many receives goes to the dead-letter queue.
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    return Deadline(
        monotonic() + seconds,
        full_time=int(os.environ["TIMEOUT_SECONDS"]) * _FULL_TIME,
        refuses=_receives(message) >= int(os.environ["MAX_RECEIVES"]),
        clock=monotonic,
    )


def _invoked(context: LambdaContext) -> datetime:
    """Return when the invocation began, which is earlier than its second object's turn."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis())
    return datetime.now(UTC) + left - timedelta(seconds=int(os.environ["TIMEOUT_SECONDS"]))


def _receives(message: Message) -> int:
    """Return how often a message has been received, this time included."""
    return int(message["attributes"]["ApproximateReceiveCount"])


@cache
def make_processor() -> Processor:
    """Make the one processor of this process, from the environment and the bundled contracts."""
    # Lambda sets this: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    memory_mb = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
    return Processor(
        Store(clients.s3(), os.environ["BUCKET_NAME"]),
        Contracts(Path(__file__).with_name("contracts")),
        PseudonymKeys(
            clients.kms(),
            os.environ["PSEUDONYM_KEY_ID"],
            os.environ.get("REVERSIBLE_KEY_ID"),
        ),
        SizeLimit(int(os.environ["MAX_OBJECT_BYTES"]), os.environ["MAX_OBJECT_SETTING"]),
        settings={
            "memoryMb": memory_mb,
            "timeoutSeconds": int(os.environ["TIMEOUT_SECONDS"]),
            "ephemeralStorageMb": int(os.environ["EPHEMERAL_STORAGE_MB"]),
        },
        threads=memory_mb >= SECOND_CORE_MB,
    )


def _tell(key: str, outcome: Outcome) -> None:
    """Log and count what became of an object."""
    facts: dict[str, Any] = {"key": key, "version_id": outcome.version_id}
    metrics = EphemeralMetrics()
    metrics.add_metric(name=_METRICS[outcome.kind], unit=MetricUnit.Count, value=1)
    if outcome.dataset:
        metrics.add_dimensions(service=metrics.service, dataset=outcome.dataset)
    if account := outcome.account:
        rows = {"read": account.read, "clean": account.clean, "rejected": account.rejected}
        if account.erased:  # seldom, and a metric costs as much whether it is 0 or not
            rows["erased"] = account.erased
        for name, number in rows.items():
            metrics.add_metric(name=f"Rows{name.title()}", unit=MetricUnit.Count, value=number)
        if account.read and not account.refusal:
            share = 100 * account.rejected / account.read
            metrics.add_metric(name="RejectedShare", unit=MetricUnit.Percent, value=share)
        if warnings := [one for one in account.quality if one.severity == "warning"]:
            broken = sum(not one.passed for one in warnings)
            metrics.add_metric(name="QualityWarnings", unit=MetricUnit.Count, value=broken)
        facts |= {"rows": rows, "refusal": account.refusal and account.refusal.reason}
    logger.info(f"object {outcome.kind}", **facts)
    metrics.flush_metrics()


@contextmanager
def _sanitised(about: Mapping[str, str]) -> Iterator[None]:
    """Turn any error into :class:`ObjectFailedError`, without anything that it quotes.

    The caller logs it: an error raised inside ``except`` would carry the original one.
    """
    facts: dict[str, Any] = dict(about)
    try:
        yield
    except Exception as error:
        facts["error"] = type(error).__name__
        if isinstance(error, ProcessorError):
            facts["reason"] = str(error)
        elif isinstance(error, ClientError):
            facts["code"] = f"{error.operation_name}: {error.response['Error']['Code']}"
        frames = walk_tb(error.__traceback__)
        facts["places"] = [
            f"{Path(frame.f_code.co_filename).name}:{line}" for frame, line in frames
        ]
        raise ObjectFailedError(facts) from None
