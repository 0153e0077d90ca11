"""Records: what manifests say about files."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

from pipeline.outcomes import PipelineError

FORMAT = 1
"""The ``manifest_version`` that this version of the tool reads."""

Outcome = Literal["processed", "refused"]
_OUTCOMES: Mapping[str, Outcome] = {"processed": "processed", "quarantined": "refused"}


@dataclass(frozen=True)
class Record:
    """What a manifest says about a file.

    Attributes:
        key: the file, ``incoming/…``.
        dataset: None if the file is in no folder.
        version: the version of the file that was processed.
        outcome: whether its rows were processed, or it was refused as a whole.
        read, clean, rejected, erased: rows. All rows of a refused file that were read are
            rejected; in manifests of version 1.0.0 none were erased.
        reasons: the rejected rows that have each reason; a row may have several.
        refusal: why it was refused, if it was.
        processed_at: when, in UTC.
        document: the whole manifest.
    """

    key: str
    dataset: str | None
    version: str
    outcome: Outcome
    read: int
    clean: int
    rejected: int
    erased: int
    reasons: Mapping[str, int]
    refusal: str | None
    processed_at: datetime
    document: Mapping[str, Any]

    @classmethod
    def parse(cls, content: bytes, manifest: str) -> Self:
        """Read a manifest, which is at the key ``manifest``.

        Raises:
            PipelineError: it is not one that this version can read.
        """
        try:
            document = json.loads(content)
            if document["manifest_version"] != FORMAT:
                raise ValueError(f"manifest_version {document['manifest_version']!r}")
            rows, refusal = document["rows"], document["refusal"]
            _check(document)
            return cls(
                key=_text(document["source"]["key"]),
                dataset=None if document["dataset"] is None else _text(document["dataset"]),
                version=_text(document["source"]["version_id"]),
                outcome=_OUTCOMES[document["outcome"]],
                read=_count(rows["read"]),
                clean=_count(rows["clean"]),
                rejected=_count(rows["rejected"]),
                erased=_count(rows.get("erased", 0)),
                reasons={
                    name: _count(number) for name, number in document["rejected_by_reason"].items()
                },
                refusal=refusal and _text(refusal["reason"]),
                processed_at=_moment(document["processed_at"]),
                document=document,
            )
        except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
            raise PipelineError(
                f"{manifest} is not a manifest that this version of the tool can read: "
                f"{type(error).__name__} at {error}. Use the version that was deployed."
            ) from None

    @property
    def rows(self) -> dict[str, int]:
        """Its rows, as a manifest has them."""
        return {
            "read": self.read,
            "clean": self.clean,
            "rejected": self.rejected,
            "erased": self.erased,
        }

    @property
    def all_reasons(self) -> dict[str, int]:
        """The rows of each reason, with the refusal, which may concern no row."""
        return {**({self.refusal: 0} if self.refusal else {}), **self.reasons}


def _check(document: Mapping[str, Any]) -> None:
    """Check what commands take from the document itself."""
    (document.get("contract") or {}).get("version")
    for output in filter(None, document["outputs"].values()):
        _text(output["key"])
        _count(output["rows"])
        _count(output["bytes"])
    if anonymity := document.get("anonymity"):
        _count(anonymity["required"])
        _count(anonymity["k"] or 0)
    for rule in document.get("quality") or ():
        for name in ("rule", "metric", "condition", "severity"):
            _text(rule[name])
        _count(rule["passed"])
        _number(rule["measured"])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r}, which is not a text")
    return value


def _count(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(f"{value!r}, which is not a number")
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"{value!r}, which is not a number")
    return value


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


@dataclass(frozen=True)
class Choice:
    """Which records are wanted.

    Attributes:
        dataset: only of this dataset.
        outcome: only with this outcome; ``rejects`` are processed files with rejected rows.
        since, until: only if processed from ``since`` on, and before ``until``.
        reason: only with this reason; ``*`` stands for anything.
    """

    dataset: str | None = None
    outcome: Literal["processed", "refused", "rejects"] | None = None
    since: datetime | None = None
    until: datetime | None = None
    reason: str | None = None

    def wants(self, record: Record) -> bool:
        """Tell whether a record is wanted."""
        return (
            (self.dataset is None or record.dataset == self.dataset)
            and self._wants_outcome(record)
            and (self.since is None or record.processed_at >= self.since)
            and (self.until is None or record.processed_at < self.until)
            and (self.reason is None or any(map(self._wants_reason, record.all_reasons)))
        )

    def _wants_outcome(self, record: Record) -> bool:
        if self.outcome == "rejects":
            return record.outcome == "processed" and record.rejected > 0
        return self.outcome in (None, record.outcome)

    def _wants_reason(self, text: str) -> bool:
        return self.reason is not None and (text == self.reason or fnmatchcase(text, self.reason))
