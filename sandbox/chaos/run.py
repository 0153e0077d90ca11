"""A run with faults: objects are uploaded while everything fails; then an operator cleans up.

At the end each object must have the outputs that its content has without faults, byte by byte.
"""

import io
import json
import os
import time
import zipfile
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from rich.progress import Progress

from pipeline.stack import CONNECTIONS, Stack
from sandbox.chaos import ChaosError, faults
from sandbox.chaos.faults import Shares, choose
from sandbox.chaos.outcomes import CONTENTS, ROWS, Made, Outcomes, files, list_rows
from sandbox.chaos.queues import Queues
from sandbox.chaos.recovery import Recovery
from sandbox.chaos.relay import relay

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
        self._queues = Queues(self._stack, run.seed, progress)
        self._outcomes = Outcomes(self._stack)
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
            self._queues.await_silence("the queue becomes empty", messages.url, queue)
        run.add(messages.facts)
        run.add(Counter(self._log.read_text(encoding="utf-8").splitlines()))
        self._check_parked()
        self._switch(self._changed, CALM)
        expected = self._process_calmly()
        Recovery(self._stack, self._queues, self._environ, self._place, run.facts).recover()
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
        task = self._queues.step("uploads", run.objects)
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
                self._queues.await_at_most(number // 2, queues)
                self._change_contracts_without_keys()
            if number == 2 * run.objects // 3:
                queue = self._stack.output("QueueUrl")
                run.facts["message purged"] += self._queues.depth(queue)
                self._stack.sqs.purge_queue(QueueUrl=queue)
            if number % 10 == 0:
                self._queues.await_at_most(WAITING, queues)
            self._progress.update(task, completed=number + 1)
        self._queues.await_at_most(run.objects // 6, queues)
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
        self._run.facts[PARKED] = parked = self._queues.depth(queue)
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
        self._queues.await_silence(
            "what files become without faults", self._stack.output("QueueUrl")
        )
        found = [self._outcomes.made(name) for name in names]
        for name, made in zip(names, found, strict=True):
            if len(rows := list_rows(made)) != ROWS or len(set(rows)) != ROWS:
                raise ChaosError(f"{name} does not have its {ROWS} rows once, without any fault.")
        return found

    def _check(self, objects: dict[str, int], expected: list[Made]) -> None:
        """Compare what became of each object, and its manifest, with what must be.

        Raises:
            ChaosError: they differ.
        """
        task = self._queues.step("compared", len(objects))

        def complain(name: str) -> str | None:
            complaint = self._outcomes.complain(name, expected[objects[name]])
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
