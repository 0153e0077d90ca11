"""Throughput: objects per second through the deployed stack in the sandbox, and of no function.

The same files of one row go in again when the function's code has been replaced by a handler that
does nothing: what is left is S3, its notification, the queue and the start of a handler.

Delete it once no goal is set for objects per second.
"""

import io
import tempfile
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import boto3

from benchmarks.measurement import ROOT, MeasurementError
from sandbox import deployment, emulator
from sandbox.environment import environment

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

OBJECTS = 200
PRODUCERS = 8
PATIENCE = 300.0  # seconds until the queue must be empty
NO_FUNCTION = 'def handler(event, context):\n    return {"batchItemFailures": []}\n'


class Throughput(NamedTuple):
    """Objects per second: of this function, and of one that does nothing."""

    processed: float
    ignored: float


class Stack:
    """A deployed stack."""

    def __init__(self, outputs: Mapping[str, str], aws: Mapping[str, str]) -> None:
        """Connect to what the outputs name."""
        session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"])
        client: Any = session.client
        connect = partial(
            client,
            region_name=aws["AWS_REGION"],
            endpoint_url=aws["AWS_ENDPOINT_URL"],
            verify=aws["AWS_CA_BUNDLE"],
        )
        self._outputs = outputs
        self._s3: S3Client = connect("s3")
        self._sqs: SQSClient = connect("sqs")
        self._lambda: LambdaClient = connect("lambda")

    def measure(self, folder: str) -> float:
        """Put objects of one row, and return how many a second are done with."""
        header, row = (ROOT / "samples" / "payments.csv").read_bytes().splitlines()[:2]
        body = header + b"\n" + row + b"\n"
        keys = [f"incoming/payments/{folder}/{number}.csv" for number in range(OBJECTS)]
        put = partial(self._s3.put_object, Bucket=self._outputs["S3BucketName"], Body=body)
        begin = time.perf_counter()
        with ThreadPoolExecutor(PRODUCERS) as producers:
            list(producers.map(lambda key: put(Key=key), keys))
        self._wait(begin + PATIENCE)
        return OBJECTS / (time.perf_counter() - begin)

    def manifests(self, folder: str) -> int:
        """Return how many objects have a manifest."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._outputs["S3BucketName"], Prefix=f"manifests/payments/{folder}/"
        )
        return sum(page["KeyCount"] for page in pages)

    def do_nothing(self) -> None:
        """Replace the function's code."""
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("index.py", NO_FUNCTION)
        name = self._outputs["LambdaFunctionName"]
        self._lambda.update_function_code(FunctionName=name, ZipFile=code.getvalue())
        self._lambda.get_waiter("function_updated_v2").wait(FunctionName=name)

    def _wait(self, deadline: float) -> None:
        """Wait until nothing is in the queue, nor in the function's hands."""
        while time.perf_counter() < deadline:
            found = self._sqs.get_queue_attributes(
                QueueUrl=self._outputs["QueueUrl"],
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
            if not any(map(int, found["Attributes"].values())):
                return
            time.sleep(0.05)
        raise MeasurementError(f"the queue was not empty after {PATIENCE:.0f} s")


def measure() -> Throughput:
    """Deploy to a sandbox of its own, and return what goes through.

    Raises:
        MeasurementError: not all objects were processed.
    """
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "sandbox"
        state.mkdir()
        try:
            sandbox = emulator.start(state)
            outputs = deployment.deploy(sandbox, "bench", Path(name) / "outputs.json")
            stack = Stack(outputs, environment(sandbox))
            stack.measure("warm")
            processed = stack.measure("processed")
            if stack.manifests("processed") != OBJECTS:
                raise MeasurementError("not every object has a manifest")
            stack.do_nothing()
            stack.measure("start")
            ignored = stack.measure("ignored")
            if stack.manifests("ignored"):
                raise MeasurementError("the function was not replaced")
        finally:
            emulator.stop(state)
    return Throughput(processed, ignored)
