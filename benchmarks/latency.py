"""Latency: how long the function takes to start, and for a file of one row, in the sandbox.

What starts is the bundle that is deployed, alone: no package of the development environment is
seen, and no byte code is kept, because where Lambda runs it none could be.
"""

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import boto3

from benchmarks import data
from benchmarks.measurement import CORE, ROOT
from lib.bundle import FunctionBundle
from lib.contracts import CompiledContract
from sandbox import emulator
from sandbox.environment import environment

BUCKET = "benchmark"
STARTS = 5
OBJECTS = 20  # of each start


class Latency(NamedTuple):
    """Seconds: to import the handler, for the first file of one row, and for a later one."""

    cold_import: float
    first_object: float
    later_object: float


def measure(contracts: dict[str, CompiledContract]) -> Latency:
    """Return the medians of several starts, with a sandbox of its own."""
    starts = []
    with tempfile.TemporaryDirectory() as name:
        bundle = Path(name) / "bundle"
        FunctionBundle("host", contracts).build(bundle)
        state = Path(name) / "sandbox"
        state.mkdir()
        try:
            aws = environment(emulator.start(state))
            key_id = _prepare(aws)
            for start in range(STARTS):
                keys = [f"incoming/people/{start}-{number}.csv" for number in range(OBJECTS)]
                starts.append(_start(bundle, keys, aws | {"PSEUDONYM_KEY_ID": key_id}))
        finally:
            emulator.stop(state)
    return Latency(
        median(start[0] for start in starts),
        median(start[1] for start in starts),
        median(seconds for start in starts for seconds in start[2:]),
    )


def _prepare(aws: dict[str, str]) -> str:
    """Make the bucket with its objects, and the key; return its id."""
    session = boto3.Session(aws["AWS_ACCESS_KEY_ID"], aws["AWS_SECRET_ACCESS_KEY"])
    connect = partial(
        session.client,
        region_name=aws["AWS_REGION"],
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        verify=aws["AWS_CA_BUNDLE"],
    )
    s3 = connect("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    file = "\n".join(",".join(row) for row in (data.HEADER, next(data.rows())))
    for start in range(STARTS):
        for number in range(OBJECTS):
            key = f"incoming/people/{start}-{number}.csv"
            s3.put_object(Bucket=BUCKET, Key=key, Body=file.encode())
    created = connect("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return str(created["KeyMetadata"]["KeyId"])


def _start(bundle: Path, keys: list[str], aws: dict[str, str]) -> list[float]:
    """Start the function in a new process and return how long each of its steps took."""
    done = subprocess.run(
        [
            "taskset",
            "--cpu-list",
            str(CORE),
            sys.executable,
            "-S",
            "-m",
            "benchmarks.cold_start",
            *keys,
        ],
        cwd=ROOT,
        env=aws
        | {
            "BUCKET_NAME": BUCKET,
            "MAX_OBJECT_BYTES": "1000000",
            "MAX_OBJECT_SETTING": "memoryMb",
            "PYTHONPATH": os.pathsep.join([str(bundle), str(ROOT)]),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds: list[float] = json.loads(done.stdout)
    return seconds
