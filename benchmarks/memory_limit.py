"""A hard limit of memory for a program: a control group, or the limits of a process.

In a control group the kernel counts every page a program holds and kills it for one too many.
Where none can be made, for want of rights, ``RLIMIT_DATA`` makes allocations fail instead.
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
https://docs.kernel.org/admin-guide/cgroup-v2.html#memory
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

GROUPS = Path("/sys/fs/cgroup")
_JOIN = 'echo $$ > "$0" && exec "$@"'


class MemoryLimit(NamedTuple):
    """A limit in force: what it is called, and what a command must begin with to be under it."""

    name: str
    prefix: Sequence[str]


@contextmanager
def limit_memory(size: int) -> Iterator[MemoryLimit]:
    """Make a limit of so many bytes, and remove it in the end."""
    name = f"limit-{os.getpid()}"
    first = {"memory.limit_in_bytes": size, "memory.memsw.limit_in_bytes": size}
    second = {"memory.max": size, "memory.swap.max": 0}
    group = _group(GROUPS / "memory" / name, first) or _group(GROUPS / name, second)
    if group is None:
        yield MemoryLimit("RLIMIT_DATA", ("prlimit", f"--data={size}"))
        return
    try:
        yield MemoryLimit("control group", ("sh", "-c", _JOIN, str(group / "cgroup.procs")))
    finally:
        group.rmdir()


def _group(group: Path, settings: Mapping[str, int]) -> Path | None:
    """Make a control group with these settings, if that can be done."""
    try:
        group.mkdir()
    except OSError:
        return None
    for name, value in settings.items():
        with suppress(FileNotFoundError):  # where swapping is not counted, there is none
            (group / name).write_text(str(value))
    return group
