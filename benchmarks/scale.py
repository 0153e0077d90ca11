"""The run of large files through the function: ``python -m benchmarks.scale``, 15 minutes.

Each goes through the function's own processor in a new process, under a hard limit of memory: what
the function has by default. The sandbox could not hold them in its memory: a bucket of files does.

Delete it once a test of the deployed stack has files as large.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import function, large_bucket
from benchmarks.control_group import Limit, limit_memory
from benchmarks.function import Function
from benchmarks.large_bucket import LargeBucket
from benchmarks.large_files import FILES, MB, LargeFile
from benchmarks.measurement import ROOT, MeasurementError
from benchmarks.report import describe_machine
from lib.contracts import compile_contracts
from lib.settings import EnvironmentSettings

LIMIT = EnvironmentSettings().memory_mb << 20
GOAL = 400 << 20
"""The most that the processor may hold, resident, for anything it accepts."""

TEXT = """\
# Memory

`make scale` wrote this page on {machine}.

Each file went through the function's own processor, the bundle that is deployed, in a process \
of its own, pinned to one core, under a hard limit of {limit} MiB ({mechanism}). A program that \
takes as much was started first, and did not survive. S3 was a bucket of files on the same \
machine, over TLS; KMS was that of the sandbox. Peak is resident size as the kernel keeps it \
(`VmHWM`); the goal is {goal} MiB.

{table}

A refusal is not a failure: the file is in quarantine with that reason, and a manifest says so.
"""


@dataclass(frozen=True)
class Run:
    """What became of a file of this many bytes, and what it took: seconds, and bytes."""

    file: LargeFile
    size: int
    read: int
    clean: int
    rejected: int
    refusal: str | None
    wall: float
    cpu: float
    peak: int

    @property
    def outcome(self) -> str:
        """As :class:`LargeFile` has it."""
        if self.refusal:
            return self.refusal
        if self.clean and self.rejected:
            return "both"
        return "clean" if self.clean else "rejected"

    def check(self) -> None:
        """Make sure that all is as it should be.

        Raises:
            MeasurementError: another outcome, lost rows, or too much memory.
        """
        if self.outcome != self.file.outcome:
            raise MeasurementError(f"{self.file.name}: {self.outcome}, not {self.file.outcome}")
        if self.read != self.clean + self.rejected:
            raise MeasurementError(f"{self.file.name}: rows were lost")
        if self.peak >= GOAL:
            raise MeasurementError(f"{self.file.name}: took {self.peak >> 20} MiB")


def run(started: Function, bucket: LargeBucket, limit: Limit, file: LargeFile) -> Run:
    """Make a file, let the function process it, and delete it again.

    Raises:
        MeasurementError: the function did not survive; the message has what it wrote.
    """
    key = f"incoming/{file.dataset}/file"
    with bucket.path(key).open("wb") as target:
        file.write(target, file.megabytes * MB)
    bucket.add(key)
    done = started.run(
        "benchmarks.one_object",
        [key],
        prefix=limit.prefix,
        variables={
            "AWS_ENDPOINT_URL_S3": bucket.endpoint,
            # The bucket of files does not read the trailers that checksums come in.
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "TMPDIR": str(bucket.folder),
        },
    )
    size = bucket.path(key).stat().st_size
    bucket.clear()
    if done.returncode:
        raise MeasurementError(f"{file.name}: ended with {done.returncode}\n{done.stderr}")
    return Run(file, size, **json.loads(done.stdout))


def check_limit(limit: Limit) -> None:
    """Make sure that a program which takes as much as the limit does not survive.

    Raises:
        MeasurementError: it does.
    """
    program = f"taken = bytearray({LIMIT}); taken[::4096] = bytes(len(taken[::4096]))"
    command = [*limit.prefix, sys.executable, "-c", program]
    if not subprocess.run(command, check=False, capture_output=True).returncode:
        raise MeasurementError(f"the limit ({limit.name}) does not hold")


def runs(files: Sequence[LargeFile], limit: Limit) -> Iterator[Run]:
    """Yield what became of each file.

    Raises:
        MeasurementError: a function did not survive.
    """
    contracts = compile_contracts(Path(__file__).with_name("contracts"))
    cache = ROOT / ".cache"
    cache.mkdir(exist_ok=True)
    with (
        function.start(contracts) as started,
        tempfile.TemporaryDirectory(dir=cache) as folder,
        large_bucket.serve(Path(folder), started.sandbox.certificate) as bucket,
    ):
        for file in files:
            yield run(started, bucket, limit, file)


def page(found: Sequence[Run], limit: Limit) -> str:
    """Return the page, in Markdown."""
    lines = [
        "| file | MB | rows | clean | rejected | CPU s | wall s | peak MiB |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *map(_line, found),
    ]
    return TEXT.format(
        machine=describe_machine(),
        limit=LIMIT >> 20,
        mechanism=limit.name,
        goal=GOAL >> 20,
        table="\n".join(lines),
    )


def _line(run_: Run) -> str:
    rows = f"{run_.read:,} | {run_.clean:,} | {run_.rejected:,}"
    refusal = f": `{run_.refusal}`" if run_.refusal else ""
    return (
        f"| {run_.file.name}{refusal} | {run_.size / MB:,.0f} | {rows} | "
        f"{run_.cpu:.0f} | {run_.wall:.0f} | {run_.peak >> 20} |"
    )


def main() -> None:
    """Run all files, and write ``docs/memory.md``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=main.__doc__)
    parser.parse_args()
    found = []
    try:
        with limit_memory(LIMIT) as limit:
            check_limit(limit)
            for done in runs(FILES, limit):
                print(_line(done), flush=True)
                done.check()
                found.append(done)
    except MeasurementError as error:
        sys.exit(f"Error: {error}")
    (ROOT / "docs" / "memory.md").write_text(page(found, limit), encoding="utf-8")


if __name__ == "__main__":
    main()
