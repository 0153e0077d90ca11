"""Files whose messages were lost, all replayed at once: ``python -m sandbox.backlog OUTPUTS``.

A replay reads no content. So the files have none, and the function does not process them: their
messages are taken out of the queue and counted. docs/architecture.md#replay has the figures.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import boto3

from pipeline.moments import written
from pipeline.stack import Stack
from sandbox import PROJECT, SandboxError, emulator
from sandbox.environment import environment


class BacklogError(SandboxError):
    """A message was not sent, or twice."""


class Figures(NamedTuple):
    """How many files, and the seconds to upload, to replay, and to count messages."""

    files: int
    uploaded: float
    replayed: float
    counted: float


def execute(outputs: Path, files: int) -> Figures:
    """Upload so many files, replay them with the tool, and count their messages.

    Raises:
        BacklogError: not every file has one message.
    """
    variables = os.environ | {"CFN_OUTPUTS": str(outputs)}
    place = f"incoming/customers/{time.time_ns()}/"
    keys = [f"{place}{number}.csv" for number in range(files)]
    with closing(Stack.find(variables)) as stack, _unnoticed(stack):
        times = [time.monotonic()]
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda key: stack.s3.put_object(Bucket=stack.bucket, Key=key), keys))
        times.append(time.monotonic())
        soon = written(datetime.now(UTC) + timedelta(hours=1))
        command = ["replay", "--only", "unfinished", "--until", soon, "--prefix", place, "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *command],
            cwd=PROJECT,
            env=variables,
            stdout=subprocess.PIPE,
            check=False,
        )
        if done.returncode:
            raise BacklogError("The replay failed (see above).")
        times.append(time.monotonic())
        found = Counter(_take(stack))
        times.append(time.monotonic())
    sent = json.loads(done.stdout)["counts"]["sent"]
    if found != Counter(keys) or sent != files:
        raise BacklogError(f"{sent} messages are said to be sent; {len(found)} files have one.")
    uploaded, replayed, counted = (b - a for a, b in pairwise(times))
    return Figures(files, uploaded, replayed, counted)


@contextmanager
def _unnoticed(stack: Stack) -> Iterator[None]:
    """Keep the bucket from sending messages, and the function from taking them."""
    s3: Any = stack.s3
    before = s3.get_bucket_notification_configuration(Bucket=stack.bucket)
    before.pop("ResponseMetadata")
    silent = {name: one for name, one in before.items() if name != "QueueConfigurations"}

    def notify(configuration: dict[str, Any]) -> None:
        s3.put_bucket_notification_configuration(
            Bucket=stack.bucket, NotificationConfiguration=configuration
        )

    awslambda: Any = boto3.client("lambda")
    with closing(awslambda):
        name = stack.output("LambdaFunctionName")
        (mapping,) = awslambda.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        awslambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        notify(silent)
        try:
            yield
        finally:
            notify(before)
            awslambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _take(stack: Stack) -> Iterator[str]:
    """Yield the key in each message of the queue, which is removed."""
    url = stack.output("QueueUrl")
    while found := stack.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            (record,) = json.loads(message["Body"])["Records"]
            yield record["s3"]["object"]["key"]
        stack.sqs.delete_message_batch(
            QueueUrl=url,
            Entries=[
                {"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]}
                for number, one in enumerate(found)
            ],
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a run, print its figures, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.backlog",
        description="Upload files to the sandbox whose messages are lost, replay them, and check "
        "that each has one message. `make backlog` starts a sandbox for it, and ends it.",
    )
    parser.add_argument("outputs", type=Path, help="the file with the stack's outputs")
    parser.add_argument("--files", type=int, default=20_000, help="(default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        os.environ.update(environment(emulator.running(emulator.default_state())))
        found = execute(options.outputs, options.files)
    except SandboxError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    print(
        f"{found.files:,} files uploaded in {found.uploaded:,.0f} seconds, replayed in "
        f"{found.replayed:,.0f}, and their messages counted in {found.counted:,.0f}: one each."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
