"""A cold start: import the handler, then process the objects that the command line names.

Prints the seconds of the import and of each object as one JSON list. It runs with the bundle's
packages only, so it imports nothing else.

Delete it once the start of the function is not reported any more, see :mod:`.latency`.
"""

import json
import sys
import time
from itertools import pairwise


def seconds(keys: list[str]) -> list[float]:
    """Return how long each step took."""
    moments = [time.perf_counter()]
    import index  # pylint: disable=import-outside-toplevel

    moments.append(time.perf_counter())
    for key in keys:
        outcome = index.make_processor().process(key)
        assert outcome.kind == "processed", outcome
        moments.append(time.perf_counter())
    return [after - before for before, after in pairwise(moments)]


if __name__ == "__main__":
    print(json.dumps(seconds(sys.argv[1:])))
