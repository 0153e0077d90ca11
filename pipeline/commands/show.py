"""``show``: the whole history of one file."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import click

from pipeline.bucket import Bucket, Version
from pipeline.catalogue import advice
from pipeline.command import Command, json_option
from pipeline.display import remark, show_json, show_table, show_text
from pipeline.outcomes import Exit, NotFoundError, PipelineError, RefusedError
from pipeline.permissions import GET, GET_VERSION, LIST, LIST_VERSIONS
from pipeline.records import Record
from pipeline.stack import Stack, with_stack
from processor.bucket.keys import ObjectKeys

T = TypeVar("T")


@dataclass(frozen=True)
class History:
    """What is known about a file.

    Attributes:
        keys: its keys, and those of its outputs.
        record: its manifest, if it has one.
        versions: its versions, newest first; None if IAM refused to list them.
        earlier: earlier manifests, newest first; None if IAM refused to list them.
        missing: why something is not known.
    """

    keys: ObjectKeys
    record: Record | None
    versions: list[Version] | None
    earlier: list[Record] | None
    missing: list[str] = field(default_factory=list)

    @property
    def newest(self) -> Version | None:
        """The newest version of the file, if that is known and it was not deleted."""
        newest = next((one for one in self.versions or () if one.newest), None)
        return newest if newest and newest.size is not None else None

    @property
    def state(self) -> str:
        """How far the file is: waiting, processed, refused, or deleted, whatever it was before."""
        if self.versions is not None and self.newest is None:
            return "deleted"
        if self.record is None or (self.newest and self.newest.version != self.record.version):
            return "waiting"
        return self.record.outcome


@click.command(
    "show",
    cls=Command,
    policies=("Consumer", "Steward"),
    actions=(LIST, GET, LIST_VERSIONS, GET_VERSION, "kms:Decrypt"),
    permissions="With a policy of the stack, versions and earlier manifests are not shown.",
    wrong="the file was refused, was deleted, has expired, or is not done: it has no manifest of "
    "its newest version",
    examples=("incoming/customers/2026-03-01.csv", "customers/2026-03-01.csv --json"),
)
@click.argument("key")
@json_option
@with_stack
def command(stack: Stack, key: str, as_json: bool) -> Exit:
    """Show the whole history of one file.

    KEY is the file's key in the bucket, with or without incoming/, or its s3:// address.

    It shows the outcome, the rows by reason with what each reason means and what to do, the
    outputs, the versions that were uploaded, and what earlier manifests said. What the
    credentials cannot read is left out, with the reason on standard error.
    """
    history = find(Bucket(stack), key)
    if history.record is None and not history.versions:
        raise NotFoundError(
            "\n".join([f"Nothing is known of {history.keys.source}.", *history.missing])
        )
    if as_json:
        show_json(document(history))
    else:
        _show(history)
    for sentence in history.missing:
        remark(f"Not shown: {sentence}")
    return Exit.OK if history.state == "processed" else Exit.WRONG


def find(bucket: Bucket, text: str) -> History:
    """Collect what is known about a file.

    Raises:
        RefusedError: IAM refused to read its manifest.
    """
    keys = bucket.keys(text)
    content = bucket.read(keys.manifest)
    record = None if content is None else Record.parse(content, keys.manifest)
    missing: list[str] = []

    def attempt(ask: Callable[[], T]) -> T | None:
        try:
            return ask()
        except RefusedError as refusal:
            missing.append(refusal.message)
            return None

    return History(
        keys,
        record,
        versions=attempt(lambda: bucket.versions(keys.source)),
        earlier=attempt(lambda: _earlier(bucket, keys.manifest, missing)),
        missing=missing,
    )


def _earlier(bucket: Bucket, manifest: str, missing: list[str]) -> list[Record]:
    """Return earlier manifests; why one cannot be read is added to ``missing``."""
    found = []
    for one in bucket.versions(manifest):
        if one.newest or one.size is None:
            continue
        try:
            content = bucket.read_version(manifest, one.version)
            if content is not None:
                found.append(Record.parse(content, f"Version {one.version} of {manifest}"))
        except PipelineError as error:
            if error.message not in missing:
                missing.append(error.message)
    return found


def document(history: History) -> dict[str, Any]:
    """Return the history for JSON."""
    record = history.record
    return {
        "key": history.keys.source,
        "state": history.state,
        "manifest": record and record.document,
        "reasons": [
            {"rows": rows, **advice(text).document}
            for text, rows in (record.all_reasons if record else {}).items()
        ],
        "versions": history.versions and [vars(one) for one in history.versions],
        "earlier_manifests": history.earlier and [one.document for one in history.earlier],
        "missing": history.missing,
    }


def _show(history: History) -> None:
    show_text(f"{history.keys.source}: {history.state}", "bold")
    if history.record is None:
        show_text("It has no manifest: it waits, its message is parked, or it was deleted before.")
    else:
        if history.state == "deleted":
            show_text(
                f"It was {history.record.outcome} before. Its outputs stay until they are deleted "
                "or expire."
            )
        _show_record(history.record)
        _show_reasons(history.record)
        _show_quality(history.record)
        _show_outputs(history.record)
    if history.versions:
        _show_versions(history.versions, history.record)
    if history.earlier:
        _show_earlier(history.earlier)


def _show_record(record: Record) -> None:
    contract = record.document.get("contract") or {}
    anonymity = record.document.get("anonymity")
    facts: dict[str, Any] = {
        "dataset": record.dataset,
        "processed at": record.processed_at,
        "contract": contract.get("version"),
        "epoch of its tokens": record.document.get("epoch"),
        "rows": record.read,
        "clean": record.clean,
        "rejected": record.rejected,
        "erased": record.erased or None,
        "dropped columns": record.document.get("dropped_columns"),
        "k-anonymity": anonymity and f"{anonymity['k']} of {anonymity['required']} required",
        "refused for": record.refusal,
        "processor": record.document.get("processor_version"),
    }
    refusal = record.document["refusal"] or {}
    details = ("line", "column", "name", "limit", "setting")
    facts |= {f"refused at {name}": refusal.get(name) for name in details}
    known = {name: fact for name, fact in facts.items() if fact is not None}
    show_table(
        ("about it", ""),
        [(name, f"{x:,}" if isinstance(x, int) else x) for name, x in known.items()],
    )


def _show_reasons(record: Record) -> None:
    if reasons := record.all_reasons:
        rows = []
        for text, count in sorted(reasons.items(), key=lambda item: -item[1]):
            known = advice(text)
            rows.append((text, count or None, known.means, known.cause, known.sentences))
        show_table(("reason", "rows", "means", "usual cause", "what to do"), rows, "Reasons")


def _show_quality(record: Record) -> None:
    if rules := record.document.get("quality"):
        rows = [
            (
                rule["rule"],
                rule["metric"],
                f"{round(rule['measured'], 4):,}",
                rule["condition"],
                "passed" if rule["passed"] else f"broken: {rule['severity']}",
            )
            for rule in rules
        ]
        show_table(("rule", "metric", "measured", "must be", ""), rows, "Quality rules")


def _show_outputs(record: Record) -> None:
    outputs = [
        (output["key"], output["rows"], output["bytes"], output["version_id"])
        for output in record.document["outputs"].values()
        if output
    ]
    if outputs:
        show_table(("output", "rows", "bytes", "version"), outputs, "Outputs")


def _show_versions(versions: list[Version], record: Record | None) -> None:
    rows = []
    for one in versions:
        done = record.outcome if record and one.version == record.version else None
        what = "deleted" if one.size is None else "newest" if one.newest else "replaced"
        rows.append((one.version, one.written, one.size, done or what))
    show_table(("version", "written at", "bytes", ""), rows, "Versions of the file")


def _show_earlier(earlier: list[Record]) -> None:
    rows = [
        (
            one.processed_at,
            one.outcome,
            one.read,
            one.clean,
            one.rejected,
            one.refusal,
            one.version,
        )
        for one in earlier
    ]
    headings = ("processed at", "outcome", "rows", "clean", "rejected", "refused for", "version")
    show_table(headings, rows, "Earlier manifests")
