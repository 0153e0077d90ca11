"""A run with faults: objects are uploaded while everything fails; then an operator cleans up.

At the end each object must have the outputs that its content has without faults, byte by byte.
"""

import csv
import gzip
import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pyarrow.parquet as pq
from rich.progress import Progress, TaskID

from pipeline.moments import written
from pipeline.stack import CONNECTIONS, Stack
from sandbox import PROJECT
from sandbox.chaos import ChaosError, faults
from sandbox.chaos.faults import Shares, choose
from sandbox.chaos.relay import relay

CONTENTS, ROWS = 20, 25
"""Different files, each of so many rows; each object has one of them."""

UPLOADS: Shares = {"two versions at once": 0.1, "a new version at the end": 0.05}
"""The share of objects that are uploaded twice."""

DISABLED = 3
"""Seconds for which keys are disabled."""

WAITING = 100
"""Messages in the queue, above which uploads wait, so that incidents hit only some of them."""


class Times(NamedTuple):
    """Seconds after which the function is ended, and after which a message comes again."""

    function: int
    message: int


BAD, CALM = Times(12, 3), Times(300, 60)
"""While there are faults, and afterwards."""

PARKED = "message parked, with an alarm"

OVERLAP = 1
"""Seconds of a deployment for which two contracts may be in use."""


class Made(NamedTuple):
    """What became of a file.

    Attributes:
        clean: the clean rows, as they are stored.
        rejected: the rejected rows, each a line. There is an object without any if an older
            version had some.
    """

    clean: bytes
    rejected: bytes


@dataclass
class Run:
    """A run with faults.

    Attributes:
        seed: decides what happens.
        objects: how many there are.
        facts: how often each thing happened.
        seconds: how long it took.
    """

    seed: int
    objects: int
    facts: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, facts: Mapping[str, int]) -> None:
        """Add how often more things happened; what never did stays, with 0."""
        self.facts.update(facts)


class Chaos:
    """Carries out a run.

    Args:
        outputs: the file with the outputs of the stack.
        bundle: the folder with the function's code.
        folder: for files of the run.
    """

    def __init__(
        self, outputs: Path, bundle: Path, folder: Path, run: Run, progress: Progress
    ) -> None:
        """Find the stack, in the account of the environment; close it."""
        self._environ = os.environ | {"CFN_OUTPUTS": str(outputs)}
        self._stack = Stack.find(self._environ)
        services: tuple[Any, ...] = ("lambda", "kms", "cloudwatch")
        self._clients = {name: boto3.client(name) for name in services}
        self._bundle, self._changed = bundle, folder / "changed"
        self._log = folder / "faults"
        self._run = run
        self._progress = progress
        self._place = f"customers/{time.time_ns()}"
        self._files = list(files())

    def close(self) -> None:
        """Close the clients."""
        for client in (self._stack, *self._clients.values()):
            client.close()

    def execute(self) -> None:
        """Carry out the run, and check its end.

        Raises:
            ChaosError: an object was lost, or is not what it would be without faults.
        """
        began = time.monotonic()
        run, queue = self._run, self._stack.output("QueueUrl")
        self._log.touch()
        change_contracts(self._bundle, self._changed)
        self._switch(self._bundle, BAD)
        with relay(self._stack, run.seed) as messages:
            objects = self._upload_all(messages.url, queue)
            self._await_silence("the queue becomes empty", messages.url, queue)
        run.add(messages.facts)
        run.add(Counter(self._log.read_text(encoding="utf-8").splitlines()))
        self._check_parked()
        self._switch(self._changed, CALM)
        expected = self._process_calmly()
        self._recover()
        self._check(objects, expected)
        run.seconds = time.monotonic() - began

    @cached_property
    def _variables(self) -> dict[str, str]:
        name = self._stack.output("LambdaFunctionName")
        found = self._clients["lambda"].get_function_configuration(FunctionName=name)
        variables: dict[str, str] = found["Environment"]["Variables"]
        return variables

    def _switch(self, bundle: Path, times: Times) -> None:
        """Let the function run a bundle, in new processes, with faults if times are ``BAD``."""
        name = self._stack.output("LambdaFunctionName")
        variables = self._variables | {
            "PYTHONPATH": str(bundle),
            "OVERLAP_SECONDS": str(OVERLAP),
            "TIMEOUT_SECONDS": str(times.function),
            "FAULTS_SEED": str(self._run.seed) if times is BAD else "",
            "FAULTS_LOG": str(self._log),
        }
        self._clients["lambda"].update_function_configuration(
            FunctionName=name,
            Handler="faults.handler",
            Timeout=times.function,
            Environment={"Variables": variables},
        )
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.write(faults.__file__, "faults.py")
        self._clients["lambda"].update_function_code(FunctionName=name, ZipFile=code.getvalue())
        self._stack.sqs.set_queue_attributes(
            QueueUrl=self._stack.output("QueueUrl"),
            Attributes={"VisibilityTimeout": str(times.message)},
        )

    def _upload_all(self, *queues: str) -> dict[str, int]:
        """Upload the objects, with incidents; return the content of each by name."""
        run = self._run
        task = self._step("uploads", run.objects)
        objects: dict[str, int] = {}
        again: list[str] = []
        for number in range(run.objects):
            name, content = f"{self._place}/{number:06}.csv", number % CONTENTS
            twice = choose(run.seed, f"upload {number}", UPLOADS)
            if twice == "two versions at once":
                self._put(name, (content + 1) % CONTENTS)
            elif twice:
                again.append(name)
            run.facts[twice or "one version"] += 1
            objects[name] = content
            self._put(name, content)
            if number == run.objects // 3:
                self._await_at_most(number // 2, queues)
                self._change_contracts_without_keys()
            if number == 2 * run.objects // 3:
                queue = self._stack.output("QueueUrl")
                run.facts["message purged"] += self._depth(queue)
                self._stack.sqs.purge_queue(QueueUrl=queue)
            if number % 10 == 0:
                self._await_at_most(WAITING, queues)
            self._progress.update(task, completed=number + 1)
        self._await_at_most(run.objects // 6, queues)
        for name in again:
            objects[name] = (objects[name] + 1) % CONTENTS
            self._put(name, objects[name])
        return objects

    def _put(self, name: str, content: int) -> None:
        self._stack.s3.put_object(
            Bucket=self._stack.bucket, Key=f"incoming/{name}", Body=self._files[content]
        )

    def _change_contracts_without_keys(self) -> None:
        """Deploy changed contracts, while the keys of data and of pseudonyms are disabled."""
        pages = self._stack.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._stack.bucket, Prefix=f"manifests/{self._place}/"
        )
        done = sum(page["KeyCount"] for page in pages)
        self._run.facts["object done before contracts change"] += done
        kms = self._clients["kms"]
        keys = [self._stack.output(name) for name in ("S3KmsKeyId", "PseudonymKeyId")]
        for key in keys:
            kms.disable_key(KeyId=key)
        self._switch(self._changed, BAD)
        time.sleep(DISABLED)
        for key in keys:
            kms.enable_key(KeyId=key)
        self._run.facts.update(["contracts changed", *["key disabled"] * len(keys)])

    def _check_parked(self) -> None:
        """Check that the alarm is on if messages are parked.

        Raises:
            ChaosError: it is not.
        """
        queue = self._stack.output("DeadLetterQueueUrl")
        self._run.facts[PARKED] = parked = self._depth(queue)
        cloudwatch = self._clients["cloudwatch"]
        deadline = time.monotonic() + 60
        alarmed = not parked
        while not alarmed:
            alarms = cloudwatch.describe_alarms_for_metric(
                Namespace="AWS/SQS",
                MetricName="ApproximateNumberOfMessagesVisible",
                Dimensions=[{"Name": "QueueName", "Value": queue.rpartition("/")[2]}],
            )["MetricAlarms"]
            alarmed = any(alarm["StateValue"] == "ALARM" for alarm in alarms)
            if time.monotonic() > deadline:
                raise ChaosError(f"{parked} messages are parked, and no alarm is on.")
            time.sleep(0.2)

    def _process_calmly(self) -> list[Made]:
        """Return what each content becomes without faults, under the changed contracts.

        Raises:
            ChaosError: not every row of it is there once.
        """
        names = [f"{self._place}-calm/{content}.csv" for content in range(CONTENTS)]
        for content, name in enumerate(names):
            self._put(name, content)
        self._await_silence("what files become without faults", self._stack.output("QueueUrl"))
        found = [self._made(name) for name in names]
        for name, made in zip(names, found, strict=True):
            if len(rows := list_rows(made)) != ROWS or len(set(rows)) != ROWS:
                raise ChaosError(f"{name} does not have its {ROWS} rows once, without any fault.")
        return found

    def _recover(self) -> None:
        """Do what an operator does after faults and a change of contracts.

        Raises:
            ChaosError: something is unfinished afterwards.
        """
        self._redrive()
        soon = written(datetime.now(UTC) + timedelta(hours=1))
        young = ("--only", "unfinished", "--until", soon)
        for options in (young, ("--only", "all")):
            what = f"replay {' '.join(options[:2])}"
            self._run.facts[f"message sent again by {what}"] = self._replay(*options)
            self._await_silence(what, self._stack.output("QueueUrl"))
            self._redrive()
        if found := self._replay(*young):
            raise ChaosError(f"{found} objects are not settled after reconciliation.")

    def _redrive(self) -> None:
        for _ in range(3):
            if not self._depth(self._stack.output("DeadLetterQueueUrl")):
                return
            self._use_tool("redrive", "--yes")
            self._await_silence("redrive", self._stack.output("QueueUrl"))
        raise ChaosError("Messages are parked again and again, without any fault.")

    def _replay(self, *options: str) -> int:
        found = self._use_tool("replay", "--prefix", f"incoming/{self._place}/", *options)
        return int(found["counts"]["sent"])

    def _use_tool(self, *arguments: str) -> Any:
        """Run ``python -m pipeline`` and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", *arguments, "--json"],
            cwd=PROJECT,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ChaosError(f"python -m pipeline {' '.join(arguments)} failed: {done.stderr}")
        return json.loads(done.stdout)

    def _check(self, objects: dict[str, int], expected: list[Made]) -> None:
        """Compare what became of each object, and its manifest, with what must be.

        Raises:
            ChaosError: they differ.
        """
        task = self._step("compared", len(objects))

        def complain(name: str) -> str | None:
            complaint = self._complain(name, expected[objects[name]])
            self._progress.advance(task)
            return complaint and f"{name} {complaint}"

        with ThreadPoolExecutor(CONNECTIONS) as pool:
            complaints = [one for one in pool.map(complain, objects) if one]
        if complaints:
            raise ChaosError(
                f"{len(complaints)} of {len(objects)} objects are not what they must be: "
                + "; ".join(complaints[:5])
            )
        self._run.facts["object settled, byte by byte as without faults"] = len(objects)

    def _complain(self, name: str, expected: Made) -> str | None:
        """Return what is wrong with an object, if anything is."""
        text = self._read(f"manifests/{name}.json")
        if not text:
            return "has no manifest"
        version = json.loads(text)["source"]["version_id"]
        newest = self._stack.s3.head_object(Bucket=self._stack.bucket, Key=f"incoming/{name}")[
            "VersionId"
        ]
        if version != newest:
            return "has a manifest of an older version"
        made = self._made(name)
        if made != expected:
            return f"has other bytes, and {len(list_rows(made))} of {ROWS} rows"
        return None

    def _made(self, name: str) -> Made:
        rejected = self._read(f"quarantine/{name}.jsonl.gz")
        return Made(self._read(f"processed/{name}.parquet"), gzip.decompress(rejected))

    def _read(self, key: str) -> bytes:
        """Return an object, or nothing if there is none."""
        s3 = self._stack.s3
        try:
            return s3.get_object(Bucket=self._stack.bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return b""

    def _step(self, text: str, total: int) -> TaskID:
        for task in self._progress.tasks:
            self._progress.remove_task(task.id)
        return self._progress.add_task(f"seed {self._run.seed}: {text}", total=total)

    def _await_silence(self, text: str, *queues: str) -> None:
        """Wait until queues have been empty for a moment.

        Raises:
            ChaosError: they do not become empty.
        """
        most = sum(map(self._depth, queues))
        task = self._step(text, most)
        deadline = time.monotonic() + 120 + most
        quiet = 0
        while quiet < 3:
            left = sum(map(self._depth, queues))
            if time.monotonic() > deadline:
                raise ChaosError(f"{left} messages are still in the queue.")
            self._progress.update(task, completed=max(0, most - left))
            quiet = 0 if left else quiet + 1
            time.sleep(0.2)

    def _await_at_most(self, most: int, queues: Sequence[str]) -> None:
        """Wait until queues have at most so many messages.

        Raises:
            ChaosError: they have more for too long.
        """
        deadline = time.monotonic() + 120
        while (left := sum(map(self._depth, queues))) > most:
            if time.monotonic() > deadline:
                raise ChaosError(f"{left} messages are still in the queue.")
            time.sleep(0.2)

    def _depth(self, url: str) -> int:
        names: Any = [f"ApproximateNumberOfMessages{w}" for w in ("", "Delayed", "NotVisible")]
        found = self._stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(map(int, found["Attributes"].values()))


def files() -> Iterator[bytes]:
    """Return different files of customers, some of whose rows are rejected."""
    with (PROJECT / "samples" / "customers.csv").open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        (header,) = islice(lines, 1)
        for _ in range(CONTENTS):
            text = io.StringIO(newline="")
            csv.writer(text).writerows([header, *islice(lines, ROWS)])
            yield text.getvalue().encode()


def change_contracts(before: Path, after: Path) -> None:
    """Make a bundle whose contracts have another epoch, and so other tokens; link the rest."""
    (after / "contracts").mkdir(parents=True)
    for part in before.iterdir():
        if part.name != "contracts":
            (after / part.name).symlink_to(part)
    for file in (before / "contracts").iterdir():
        contract = json.loads(file.read_text(encoding="utf-8"))
        changed = json.dumps(contract | {"epoch": contract["epoch"] + 1})
        (after / "contracts" / file.name).write_text(changed, encoding="utf-8")


def list_rows(made: Made) -> list[object]:
    """Return what identifies each row of a file: its token, or its number if it was rejected."""
    tokens = []
    if made.clean:
        file = pq.ParquetFile(io.BytesIO(made.clean), pre_buffer=False)
        tokens = file.read(["customer_token"], use_threads=False).column(0).to_pylist()
    return [*tokens, *(json.loads(line)["row"] for line in made.rejected.splitlines())]
