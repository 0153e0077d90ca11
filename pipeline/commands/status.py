"""``status``: how each dataset is."""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import click

from lib.contracts import CONTRACTS, read_intervals
from pipeline import lateness
from pipeline.bucket import Bucket, Entry, below
from pipeline.command import Command, dataset_option, json_option
from pipeline.datasets import NO_DATASET, check_dataset, dataset_of
from pipeline.display import remark, show_json, show_table, show_text, waiting, without_unused
from pipeline.gaps import Gaps
from pipeline.moments import Moment, now
from pipeline.outcomes import Exit, RefusedError
from pipeline.permissions import GET, LIST
from pipeline.queues import ATTRIBUTES, HIDE, RECEIVE, Depth, Parked, Queues
from pipeline.records import Record
from pipeline.stack import Stack, with_stack
from processor.bucket.keys import INCOMING, MANIFESTS, is_marker, keys_of

HEADINGS = (
    *("dataset", "files", "rows", "clean", "rejected", "erased", "refused", "waiting", "parked"),
    *("deleted", "last file", "late by"),
)
T = TypeVar("T")


@dataclass(frozen=True)
class Summary:
    """How a dataset is.

    Attributes:
        files, rows, clean, rejected, erased: of the files that were processed or refused.
        refused: files that were refused as a whole, and are still there if that is known.
        waiting: files that have no manifest, or an older one; None if IAM refused it.
        parked: those of them whose message is parked; None if IAM refused it.
        deleted: files that were deleted since, or have expired; None if IAM refused it.
        last: when a file was processed last, in UTC.
        late: by how much the next one is late, if it is; ``NEVER`` if no file was ever processed.
    """

    files: int = 0
    rows: int = 0
    clean: int = 0
    rejected: int = 0
    erased: int = 0
    refused: int = 0
    waiting: int | None = None
    parked: int | None = None
    deleted: int | None = None
    last: datetime | None = None
    late: timedelta | None = None

    def with_record(self, record: Record) -> "Summary":
        """Return the summary with one more file."""
        refused = record.outcome == "refused"
        last = self.last if refused else max(filter(None, (self.last, record.processed_at)))
        return replace(
            self,
            files=self.files + 1,
            rows=self.rows + record.read,
            clean=self.clean + record.clean,
            rejected=self.rejected + record.rejected,
            erased=self.erased + record.erased,
            refused=self.refused + refused,
            last=last,
        )

    def with_older(self, written: datetime) -> "Summary":
        """Return the summary, knowing that a manifest that is not counted was written then."""
        return replace(self, last=max(filter(None, (self.last, written))))

    @property
    def is_well(self) -> bool:
        """Whether there is nothing to be done."""
        return not self.refused and not self.parked and self.late is None


@dataclass(frozen=True)
class Files:
    """The files that are there, compared with their manifests.

    Attributes:
        waiting: how many files of each dataset have no manifest that is as new as they are.
        gone: the keys of manifests whose files are not there any more.
    """

    waiting: Counter[str]
    gone: set[str]


@click.command(
    "status",
    cls=Command,
    policies=("Consumer", "Steward"),
    actions=(LIST, GET, "kms:Decrypt", ATTRIBUTES, RECEIVE, HIDE),
    permissions="With a policy of the stack, --dataset is needed, and what waits or is parked is "
    "not shown.",
    wrong="a dataset is late, a file was refused, a message is parked, or a manifest could not be "
    "read",
    examples=("", "--dataset customers", "--since 7d --json"),
)
@dataset_option
@click.option("--since", type=Moment(), help="Count only files processed then or later.")
@json_option
@with_stack
def command(stack: Stack, dataset: str | None, since: datetime | None, as_json: bool) -> Exit:
    """Show how each dataset is: its files and rows, and what waits.

    Waiting files have no manifest of their newest version yet; the message of a parked one failed
    five times, see redrive. Files that were refused as a whole count until a new version of the
    same file has been processed, or it was deleted or has expired; see files --outcome refused. A
    deleted file is not there any more, but its outputs are. A dataset is late if no file of it
    was processed for longer than its contract in this checkout allows (frequency and latency), or
    none ever was. Datasets that have a contract and no file are shown too.

    Each manifest costs a request to S3. With --since only newer ones are read and counted. What
    the credentials cannot read is left out, with the reason on standard error, and so is a
    manifest that cannot be read.
    """
    missing: list[str] = []

    def attempt(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except RefusedError as refusal:
            missing.append(refusal.message)
            return None

    bucket, queues, gaps = Bucket(stack), Queues(stack), Gaps()
    check_dataset(bucket, dataset, intervals := read_intervals(CONTRACTS))
    summaries, manifests, refused = summarize(bucket, dataset, since, gaps)
    gaps.check()
    with waiting("listing files"):
        files = attempt(lambda: compare(bucket.pages(below(INCOMING, dataset)), manifests))
    depths = attempt(queues.depths)
    messages: list[Parked] | None = []
    if depths and depths[1].all:
        with waiting("looking at parked messages"):
            messages = attempt(queues.peek)
        if messages is not None and (unseen := attempt(partial(queues.unseen, messages))):
            missing.append(unseen)
    if files is not None:
        summaries = without(
            summaries,
            {key for key in files.gone if since is None or manifests[key] >= since},
            refused,
        )
    empty = Summary(deleted=None if files is None else 0)
    summaries = {name: empty for name in intervals if dataset in (None, name)} | summaries
    summaries = complete(summaries, files, None if depths is None else messages, dataset)
    uncounted = {dataset_of(key) for key in (*gaps.manifests, *(manifests if since else ()))}
    summaries = judge(summaries, intervals, now(), uncounted)
    if as_json:
        show_json({**document(summaries, depths, missing), "unreadable": gaps.document})
    else:
        _show(summaries, depths)
    for sentence in missing:
        remark(f"Not shown: {sentence}")
    gaps.tell()
    if gaps.found or (depths and depths[1].all):
        return Exit.WRONG
    return Exit.OK if all(one.is_well for one in summaries.values()) else Exit.WRONG


def summarize(
    bucket: Bucket, dataset: str | None, since: datetime | None, gaps: Gaps
) -> tuple[dict[str, Summary], dict[str, datetime], set[str]]:
    """Return what manifests say by dataset, when each was written, and which refuse a file."""
    summaries: dict[str, Summary] = {}
    manifests: dict[str, datetime] = {}
    refused: set[str] = set()
    with waiting("reading manifests") as progress:
        for page in bucket.pages(below(MANIFESTS, dataset)):
            manifests |= {one.key: one.written for one in page}
            for old in page:
                if since and old.written < since:
                    name = dataset_of(old.key)
                    summaries[name] = summaries.get(name, Summary()).with_older(old.written)
            for record in bucket.read_records(page, gaps, since):
                name = record.dataset or NO_DATASET
                summaries[name] = summaries.get(name, Summary()).with_record(record)
                if record.outcome == "refused":
                    refused.add(keys_of(record.key).manifest)
            progress.done(len(manifests))
    return summaries, manifests, refused


def compare(pages: Iterable[Iterable[Entry]], manifests: Mapping[str, datetime]) -> Files:
    """Compare the files that are there with their manifests."""
    counts: Counter[str] = Counter()
    gone = set(manifests)
    for page in pages:
        for file in page:
            if not is_marker(file.key, file.size):
                keys = keys_of(file.key)
                done = manifests.get(keys.manifest)
                counts[keys.dataset or NO_DATASET] += done is None or done < file.written
                gone.discard(keys.manifest)
    return Files(counts, gone)


def without(
    summaries: Mapping[str, Summary], gone: Iterable[str], refused: Container[str]
) -> dict[str, Summary]:
    """Return the summaries, knowing which files are gone, and which of them were refused.

    Nothing can be done about a refused file that is gone, so it is not counted as refused.
    """
    found = {name: replace(one, deleted=0) for name, one in summaries.items()}
    for key in gone:
        name = dataset_of(key)
        one = found.get(name, Summary(deleted=0))
        found[name] = replace(
            one, deleted=(one.deleted or 0) + 1, refused=one.refused - (key in refused)
        )
    return found


def complete(
    summaries: Mapping[str, Summary],
    files: Files | None,
    messages: Iterable[Parked] | None,
    dataset: str | None,
) -> dict[str, Summary]:
    """Return the summaries by dataset, with what waits and is parked."""
    parked: Counter[str] | None = None
    if messages is not None:
        parked = Counter(
            name
            for message in messages
            for name in {keys_of(key).dataset or NO_DATASET for key in message.keys}
            if dataset in (None, name)
        )
    names = sorted({*summaries, *(files.waiting if files else ()), *(parked or ())})
    return {
        name: replace(
            summaries.get(name, Summary()),
            waiting=None if files is None else files.waiting[name],
            parked=None if parked is None else parked[name],
        )
        for name in names
    }


def judge(
    summaries: Mapping[str, Summary],
    allowed: Mapping[str, timedelta | None],
    moment: datetime,
    uncounted: Container[str],
) -> dict[str, Summary]:
    """Return the summaries with how late each dataset is.

    Without a file that was processed, nobody can tell of a dataset in ``uncounted``, some of whose
    manifests are not counted.
    """
    return {
        name: one
        if one.last is None and name in uncounted
        else replace(one, late=lateness.lateness(one.last, allowed.get(name), moment))
        for name, one in summaries.items()
    }


def document(
    summaries: Mapping[str, Summary], depths: tuple[Depth, Depth] | None, missing: list[str]
) -> dict[str, object]:
    """Return the status for JSON."""
    queues = None
    if depths:
        queue, dead = depths
        queues = {"waiting": queue.visible, "in_flight": queue.in_flight, "parked": dead.all}
    datasets = []
    for name, one in summaries.items():
        facts = {fact: value for fact, value in vars(one).items() if fact != "late"}
        datasets.append({"dataset": name or None, **facts, **lateness.document(one.late)})
    return {"datasets": datasets, "messages": queues, "missing": missing}


def _show(summaries: Mapping[str, Summary], depths: tuple[Depth, Depth] | None) -> None:
    rows: list[tuple[Any, ...]] = []
    for name, one in summaries.items():
        *facts, late = vars(one).values()
        rows.append((name or "(in no folder)", *facts, lateness.late_by(late)))
    show_table(*without_unused("erased", HEADINGS, rows))
    if depths:
        queue, dead = depths
        show_text(
            f"Messages, about: {queue.visible:,} waiting, {queue.in_flight:,} being processed, "
            f"{dead.all:,} parked."
        )
