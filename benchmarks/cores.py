"""Cores: how much of a file is done in a minute with the cores that Lambda gives for memory.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html

Delete it once a deployed function is measured instead.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.control_group import Limit, limit_cores
from benchmarks.measurement import ROOT, MeasurementError

MEMORY_MB = (512, 1769, 3538)
CORE_MB = 1769  # for each core


def measure(small: Path, large: Path, folder: Path, rounds: int) -> dict[int, float]:
    """Return the GB a minute by MB of memory; nothing where processor time cannot be limited.

    Args:
        small: a file whose time does not count: that of the start.
        large: a file like it.
        folder: of the outputs; the compiled contracts lie next to it.
        rounds: of which the medians count.
    """
    found = {}
    for memory in MEMORY_MB:
        with limit_cores(memory / CORE_MB) as limit:
            if limit is None:
                return {}
            start, whole = (
                median(_seconds(limit, memory, file, folder) for _ in range(rounds))
                for file in (small, large)
            )
        size = large.stat().st_size - small.stat().st_size
        found[memory] = size / 1e9 / (whole - start) * 60
    return found


def _seconds(limit: Limit, memory: int, source: Path, target: Path) -> float:
    target.mkdir(exist_ok=True)
    command: Sequence[str] = (
        *(*limit.prefix, sys.executable, "-m", "benchmarks.engines.pseudonymize"),
        *(str(source), str(target)),
    )
    size = {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory), "PYTHONPATH": "lambda"}
    begin = time.perf_counter()
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | size, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise MeasurementError(f"with {memory} MB: ended with {done.returncode}:\n{done.stderr}")
    return time.perf_counter() - begin
