"""The receipt of an erasure in an account in memory."""

import json
from collections.abc import Sequence
from typing import Any

from tests.unit.pipeline.account import Account

REQUEST = "erasure/requests/a.json"
ARN = "arn:aws:states:eu-central-1:123456789012:execution:zero-trust-erasure-test:x"


def copy(key: str, version: str, gone: str | None, locked: str | None = None) -> dict[str, Any]:
    """What a receipt says about a version that still holds somebody."""
    newest = key.startswith("incoming/")
    said = {"key": key, "version_id": version, "newest": newest}
    return {**said, "gone_on": gone, "locked_until": locked}


def file(key: str, **changes: Any) -> dict[str, Any]:
    """What a receipt says about a file."""
    said = {"key": key, "clean": 0, "rejected": 0, "erased": 0, "refused": False, "versions": []}
    return said | changes


FILES = (
    file(
        "incoming/customers/a.csv",
        clean=1_200,
        rejected=1,
        erased=1_201,
        versions=[
            copy("incoming/customers/a.csv", "v1", "2026-04-02", "2026-05-30"),
            copy("processed/customers/a.csv.parquet", "v2", "2026-04-01"),
        ],
    ),
    file("incoming/customers/b.csv", erased=2),
    file("incoming/payments/c.csv", refused=True),
    {"key": "manifests/payments/d.csv.json", "failed": "others kept interfering"},
)
COUNTS = {"files": 9, "changed": 1, "clean": 1_200, "rejected": 1, "refused": 1, "failed": 1}


def end(
    account: Account,
    *ends: dict[str, Any],
    files: Sequence[Any] = FILES,
    dry_run: bool = False,
    **counts: int,
) -> None:
    """Let an erasure run for a moment and then end, with a receipt of these files."""
    receipt = {"request": REQUEST, "dry_run": dry_run, "counts": COUNTS | counts, "files": files}
    account.put("erasure/receipts/a/x.json", json.dumps(receipt).encode())
    given = {"input": json.dumps({"request": REQUEST})}
    running = {"status": "RUNNING"}
    account.executions = [{**given, **one} for one in (running, *ends)]


DONE = {"status": "SUCCEEDED", "output": json.dumps(COUNTS)}
INCOMPLETE = {"status": "FAILED", "error": "Incomplete", "cause": "1 of 9 files failed."}
REFUSED = {
    "status": "FAILED",
    "error": "RequestError",
    "cause": '{"errorMessage": "there is no such request", "errorType": "RequestError"}',
}
