"""One object through the handler's own processor: ``python -m benchmarks.one_object KEY``.

Prints what became of it, the seconds it took and the peak resident size, as one line of JSON. It
runs with the bundle's packages only, so it imports nothing else.

Delete it once the large files run in Lambda itself.
"""

import json
import re
import sys
import time
from pathlib import Path


def process(key: str) -> dict[str, object]:
    """Process an object and return what it took."""
    import index  # pylint: disable=import-outside-toplevel

    begin, begin_cpu = time.perf_counter(), time.process_time()
    outcome = index.make_processor().process(key)
    wall, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    # Unlike ru_maxrss, this begins at zero with the program: nothing of its parent is in it.
    peak = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    account = outcome.account
    assert account
    assert peak
    return {
        "refusal": account.refusal and account.refusal.reason,
        "read": account.read,
        "clean": account.clean,
        "rejected": account.rejected,
        "wall": wall,
        "cpu": cpu,
        "peak": int(peak[1]) << 10,
    }


if __name__ == "__main__":
    print(json.dumps(process(sys.argv[1])))
