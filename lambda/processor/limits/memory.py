"""Memory: how much more of it a library may take while it reads an untrusted file.

The sizes stated in a file can be false, or true and enormous. So the kernel sets the limit: beyond
it an allocation fails before any page of it is touched, and the library reports that.
https://man7.org/linux/man-pages/man2/getrlimit.2.html (RLIMIT_DATA, Linux 4.7)
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATM = Path("/proc/self/statm")  # its sixth number: pages of data and stack


class Allowance:
    """A number of bytes on top of what the process uses when this is created."""

    def __init__(self, size: int) -> None:
        """Measure how much memory the process has."""
        pages = int(_STATM.read_text("ascii").split()[5])
        self._most = pages * resource.getpagesize() + size

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Make allocations beyond it raise MemoryError inside the block."""
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limits = [limit for limit in (self._most, soft) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
