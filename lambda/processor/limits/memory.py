"""Memory: how much more of it a library may take while it reads what somebody else wrote.

Sizes that a file states can lie, and some are honest and enormous. The kernel knows what is asked
for: beyond the limit an allocation fails, and the library says so, before a page of it is touched.
https://man7.org/linux/man-pages/man2/getrlimit.2.html (RLIMIT_DATA, Linux 4.7)
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATM = Path("/proc/self/statm")  # its sixth number: pages of data and stack


class Allowance:
    """So many bytes more than the process has when this is made."""

    def __init__(self, size: int) -> None:
        """Measure how much memory the process has."""
        pages = int(_STATM.read_text("ascii").split()[5])
        self._most = pages * resource.getpagesize() + size

    @contextmanager
    def enforced(self) -> Iterator[None]:
        """Let what asks for more raise MemoryError inside the block."""
        soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
        limits = [limit for limit in (self._most, soft) if limit != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_DATA, (min(limits), hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
