"""Limits for a program, by control groups: of memory, and of processor time.

The kernel counts every page that a program holds, and kills it for one too many; of each tenth of
a second it gives the program its share. Where no group can be made, for want of rights,
``RLIMIT_DATA`` makes allocations fail instead.
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
https://docs.kernel.org/admin-guide/cgroup-v2.html
https://docs.kernel.org/scheduler/sched-bwc.html

Delete it once the large files run in Lambda, which has limits of its own.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

GROUPS = Path("/sys/fs/cgroup")
_PERIOD = 100_000  # microseconds
_JOIN = 'echo $$ > "$0" && exec "$@"'


class Limit(NamedTuple):
    """A limit in force: what it is called, and what a command must begin with to be under it."""

    name: str
    prefix: Sequence[str]


@contextmanager
def limit_memory(size: int) -> Iterator[Limit]:
    """Make a limit of this many bytes, and remove it at the end."""
    first = {"memory.limit_in_bytes": f"{size}", "memory.memsw.limit_in_bytes": f"{size}"}
    second = {"memory.max": f"{size}", "memory.swap.max": "0"}
    with _limit("memory", first, second) as limit:
        yield limit or Limit("RLIMIT_DATA", ("prlimit", f"--data={size}"))


@contextmanager
def limit_cores(cores: float) -> Iterator[Limit | None]:
    """Make a limit of this share of a core, and remove it at the end; None if we cannot."""
    quota = round(cores * _PERIOD)
    first = {"cpu.cfs_period_us": f"{_PERIOD}", "cpu.cfs_quota_us": f"{quota}"}
    with _limit("cpu", first, {"cpu.max": f"{quota} {_PERIOD}"}) as limit:
        yield limit


@contextmanager
def _limit(
    controller: str, first: Mapping[str, str], second: Mapping[str, str]
) -> Iterator[Limit | None]:
    """Make a control group of the first version, or of the second, if that can be done."""
    name = f"limit-{os.getpid()}"
    group = _group(GROUPS / controller / name, first) or _group(GROUPS / name, second)
    if group is None:
        yield None
        return
    try:
        yield Limit("control group", ("sh", "-c", _JOIN, str(group / "cgroup.procs")))
    finally:
        group.rmdir()


def _group(group: Path, settings: Mapping[str, str]) -> Path | None:
    """Make a control group with these settings, if that can be done."""
    try:
        group.mkdir()
    except OSError:
        return None
    for name, value in settings.items():
        with suppress(FileNotFoundError):  # where swapping is not counted, there is none
            (group / name).write_text(value)
    return group
