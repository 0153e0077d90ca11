"""Latency: how long the function takes to start, and for a file of one row, in the sandbox.

Delete it once no goal is set for the time that one small file takes.
"""

import json
from statistics import median
from typing import NamedTuple

from benchmarks import data, function
from benchmarks.function import BUCKET, Function
from benchmarks.measurement import MeasurementError
from processor.contract.model import Contract

STARTS = 5
OBJECTS = 20  # of each start


class Latency(NamedTuple):
    """Seconds: to import the handler, for the first file of one row, and for a later one."""

    cold_import: float
    first_object: float
    later_object: float


def measure(contracts: dict[str, Contract]) -> Latency:
    """Return the medians of several starts, with a sandbox of its own.

    Raises:
        MeasurementError: a start did not end well; the message has what it wrote.
    """
    with function.start(contracts) as started:
        _upload(started)
        starts = [_start(started, number) for number in range(STARTS)]
    return Latency(
        median(start[0] for start in starts),
        median(start[1] for start in starts),
        median(seconds for start in starts for seconds in start[2:]),
    )


def _keys(start: int) -> list[str]:
    return [f"incoming/people/{start}-{number}.csv" for number in range(OBJECTS)]


def _upload(started: Function) -> None:
    """Make the bucket with its objects."""
    s3 = started.s3
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    file = "\n".join(",".join(row) for row in (data.HEADER, next(data.rows())))
    for start in range(STARTS):
        for key in _keys(start):
            s3.put_object(Bucket=BUCKET, Key=key, Body=file.encode())


def _start(started: Function, start: int) -> list[float]:
    """Start the function in a new process and return how long each of its steps took."""
    done = started.run("benchmarks.cold_start", _keys(start))
    if done.returncode:
        raise MeasurementError(f"a start ended with {done.returncode}:\n{done.stderr}")
    seconds: list[float] = json.loads(done.stdout)
    return seconds
