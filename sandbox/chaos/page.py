"""The page of the figures: docs/reliability.md."""

from collections.abc import Iterator, Sequence

from sandbox import PROJECT
from sandbox.chaos.faults import KMS, OBJECTS, S3
from sandbox.chaos.outcomes import CONTENTS, ROWS
from sandbox.chaos.relay import LATE, MESSAGES
from sandbox.chaos.run import BAD, DISABLED, OVERLAP, PARKED, UPLOADS, Run

PAGE = PROJECT / "docs" / "reliability.md"

TEXT = f"""# Reliability

`make chaos` wrote this page. It uploads objects to a sandbox in which everything fails by a seeded
plan, and checks what is left at the end. Each object is one of {CONTENTS} files of {ROWS} rows.

While objects are uploaded, S3 and KMS refuse requests of the function, or their answers are lost,
and the function is killed between requests, or hangs until it is ended. S3's messages are lost,
late, out of order, or delivered twice. After a third of the objects, the keys of the bucket and of
pseudonyms are disabled for {DISABLED} seconds, and changed contracts are deployed. After two
thirds, the queue is purged. Then the faults are over, and the rest is what an operator does:
`redrive`, `replay --only unfinished`, which is the nightly reconciliation for files that are
younger than an hour, and `replay --only all` for the changed contracts.

At the end:

- Of each object, the manifest is of the newest version. Another reconciliation finds nothing.
- Its clean rows are byte by byte, and its rejected rows line by line, those that the same file has
  without faults, where each row of it is there once.
- No message was parked without the alarm being on.

Times are shorter than on AWS: the function is ended after {BAD.function} seconds, a message comes
again after {BAD.message}, a late one comes up to {LATE} seconds late, and a deployment is over
after {OVERLAP}.

The faults of requests are injected in the function, through botocore's own events. AWS Fault
Injection Service and `chaos-lambda` let only whole invocations fail. Proxies such as Toxiproxy and
mitmproxy see requests, but neither know which delivery they are of, nor can they kill the function
between two of them.
"""


def write(runs: Sequence[Run]) -> str:
    """Return the page."""
    heading = f"| | {' | '.join(f'seed {run.seed}' for run in runs)} |"
    rows = [f"| {' | '.join(row)} |" for row in list_rows(runs)]
    parked = f"Messages parked in all runs together: {sum(run.facts[PARKED] for run in runs):,}.\n"
    return "\n".join([TEXT, parked, heading, "| --- |" + " ---: |" * len(runs), *rows, ""])


def list_rows(runs: Sequence[Run]) -> Iterator[list[str]]:
    """Return the rows: what happened, and how often in each run."""
    planned = [*UPLOADS, *OBJECTS, *S3, *KMS, *(f"message {fault}" for fault in MESSAGES)]
    others = dict.fromkeys(name for run in runs for name in run.facts if name not in planned)
    yield ["objects", *(f"{run.objects:,}" for run in runs)]
    for name in (*planned, *others):
        yield [name, *(f"{run.facts[name]:,}" for run in runs)]
    yield ["seconds", *(f"{run.seconds:,.0f}" for run in runs)]
