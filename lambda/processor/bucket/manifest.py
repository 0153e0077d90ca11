"""The manifest: the object that says an incoming object is done, and with what result."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from processor import __version__
from processor.account import RowAccount
from processor.bucket.store import Source

FORMAT = 1


@dataclass(frozen=True)
class Artifact:
    """An output as it was stored."""

    key: str
    etag: str
    version_id: str
    rows: int
    bytes: int


def compose(
    *,
    bucket: str,
    source: Source,
    dataset: str | None,
    terms: Mapping[str, Any],
    account: RowAccount,
    outputs: Mapping[str, Artifact | None],
    processed_at: datetime,
) -> dict[str, Any]:
    """Return the manifest: identities and numbers, no value of the file.

    ``terms`` is what the object was processed under, see :mod:`processor.terms`. ``outputs`` are
    those named ``processed`` and ``quarantine``, None where there is none.
    """
    refusal = account.refusal
    return {
        "manifest_version": FORMAT,
        "outcome": "quarantined" if refusal else "processed",
        "dataset": dataset,
        "source": {
            "bucket": bucket,
            "key": source.key,
            "version_id": source.version_id,
            "etag": source.etag,
            "size": source.size,
            "last_modified": _instant(source.last_modified),
        },
        **terms,
        "rows": {
            "read": account.read,
            "clean": account.clean,
            "rejected": account.rejected,
            "erased": account.erased,
        },
        "rejected_by_reason": dict(account.by_reason),
        "refusal": refusal
        and {
            "reason": refusal.reason,
            "line": refusal.line,
            "column": refusal.column,
            "name": refusal.name,
            "limit": refusal.limit,
            "setting": refusal.setting,
        },
        "dropped_columns": account.dropped_columns,
        "anonymity": account.anonymity and asdict(account.anonymity),
        "quality": [asdict(measured) for measured in account.quality],
        "outputs": {name: output and asdict(output) for name, output in outputs.items()},
        "processed_at": _instant(processed_at),
        "processor_version": __version__,
    }


def summarize(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the metadata of a manifest: what a HEAD request tells without reading it.

    ``source-etag`` is that of the version which it describes, without quotes. Times do not tell
    whether that is the newest version: another may be uploaded while a manifest is written.
    A contract has a ``contract-digest``, a refused file a ``refusal-reason``.
    """
    contract, refusal = document["contract"], document["refusal"]
    return {
        "outcome": document["outcome"],
        "source-etag": document["source"]["etag"].strip('"'),
        **({"contract-digest": contract["digest"]} if contract else {}),
        **({"refusal-reason": refusal["reason"]} if refusal else {}),
    }


def describes(document: Any, etags: Mapping[str, str | None]) -> bool:
    """Tell whether the outputs in the bucket are exactly those that a manifest describes.

    ``etags`` has their ETags by name, None where there is no such object.
    """
    return all(etag == _etag(document, name) for name, etag in etags.items())


def covers(document: Any, etags: Mapping[str, str | None]) -> bool:
    """Tell whether a manifest describes every output in the bucket.

    It may describe more: quarantine expires, and the manifest stays.
    """
    return all(etag in (None, _etag(document, name)) for name, etag in etags.items())


def _etag(document: Any, name: str) -> str | None:
    output: dict[str, str] | None = document["outputs"][name]
    return output["etag"] if output else None


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
