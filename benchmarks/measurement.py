"""Measurement: what a program and all the processes it starts take, pinned to one core.

Delete it once no benchmark measures a process.
"""

import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import psutil

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_SECONDS = 0.01
CORE = max(os.sched_getaffinity(0))
"""The one that everything is measured on: the last."""


class MeasurementError(Exception):
    """A program did not end well; the message says which."""


@dataclass(frozen=True)
class Usage:
    """What a run took.

    Attributes:
        cpu: seconds of processor time, of user and system together.
        wall: seconds that went by.
        memory: bytes, the peak resident size of the processes together.
    """

    cpu: float
    wall: float
    memory: int


def measure(command: Sequence[str], environment: Mapping[str, str], folder: Path = ROOT) -> Usage:
    """Run a program in a folder, the project's, on the last core and return what it took.

    Raises:
        MeasurementError: it ended with another status than 0; the message has what it wrote.
    """
    begin = time.perf_counter()
    with (
        tempfile.TemporaryFile() as output,
        Popen(command, cwd=folder, env=environment, stdout=output, stderr=output) as process,
    ):
        tree = psutil.Process(process.pid)
        tree.cpu_affinity([CORE])
        # Sampled, because a process inherits ru_maxrss from the one that started it.
        memory = 0
        # Of all ways to wait, this one tells what the process and those it waited for took.
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            memory = max(memory, _resident(tree))
            time.sleep(SAMPLE_SECONDS)
        _, status, used = ended
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")
            raise MeasurementError(f"{' '.join(command)} ended with {process.returncode}:\n{said}")
    return Usage(used.ru_utime + used.ru_stime, wall, memory)


def _resident(tree: psutil.Process) -> int:
    """Return the resident size of a process and its descendants, of those that are still there."""
    total = 0
    with suppress(psutil.NoSuchProcess):
        for member in [tree, *tree.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                total += member.memory_info().rss
    return total
