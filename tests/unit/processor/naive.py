"""A naive handler, written in an afternoon, to show what hostile input does to it.

It knows the contract of the tests' people, and validates, quarantines and counts.
"""

import csv
import gzip
import io
import json
import re
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.parquet import read_parquet
from tests.unit.processor.aws import MemoryBucket

COLUMNS = ("id", "name", "phone", "born", "balance")
REQUIRED = ("id", "name", "born")


class NaiveHandler:
    """Replaces the handler's module."""

    def __init__(self, bucket: MemoryBucket) -> None:
        """Take the bucket."""
        self._bucket = bucket

    def handler(self, event: dict[str, Any], _: object) -> dict[str, Any]:
        """Process the objects of a batch of messages; return the failed messages."""
        failures = []
        for message in event["Records"]:
            try:
                for record in json.loads(message["body"])["Records"]:
                    process(self._bucket, record["s3"]["object"]["key"])
                logged = "object processed"
            except Exception:  # pylint: disable=broad-exception-caught  # as one does
                failures.append({"itemIdentifier": message["messageId"]})
                logged = "failed"
            sys.stdout.write(json.dumps({"message": logged}) + "\n")
        return {"batchItemFailures": failures}


def process(bucket: MemoryBucket, key: str) -> None:
    """Process an object; anything may be raised."""
    name = key.removeprefix("incoming/")
    rows = read(name, bucket.content(key))
    clean: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        reasons = check(row)
        if reasons:
            rejects.append({"row": number, "reasons": reasons, "raw": row})
        else:
            clean.append(row)
    file = io.BytesIO()
    schema = pa.schema([(column, pa.string()) for column in COLUMNS])
    pq.write_table(pa.Table.from_pylist(clean, schema), file)
    bucket.upload(f"processed/{name}.parquet", file.getvalue())
    lines = "".join(json.dumps(reject) + "\n" for reject in rejects)
    bucket.upload(f"quarantine/{name}.jsonl.gz", gzip.compress(lines.encode()))
    by_reason: dict[str, int] = {}
    for reject in rejects:
        for reason in reject["reasons"]:
            by_reason[reason] = by_reason.get(reason, 0) + 1
    manifest = {
        "source": {"key": key},
        "rows": {"read": len(rows), "clean": len(clean), "rejected": len(rejects)},
        "rejected_by_reason": by_reason,
        "refusal": None,
    }
    bucket.upload(f"manifests/{name}.json", json.dumps(manifest).encode())


def read(name: str, content: bytes) -> list[Any]:
    """Return the rows of a file, in the format of its name."""
    if name.endswith(".gz"):
        content, name = gzip.decompress(content), name[:-3]
    if name.endswith(".parquet"):
        return list(read_parquet(io.BytesIO(content)).to_pylist())
    text = content.decode()
    if name.endswith((".json", ".jsonl")):
        return [json.loads(line) for line in text.splitlines()]
    return list(csv.DictReader(io.StringIO(text)))


def check(row: dict[str, Any]) -> list[str]:
    """Return what is wrong with a row."""
    reasons = [f"{column}:required" for column in REQUIRED if not row[column]]
    if not re.match("^P[0-9]+$", row["id"]):
        reasons.append("id:pattern")
    if len(row["name"]) > 12:
        reasons.append("name:max-length")
    try:
        date.fromisoformat(row["born"])
    except ValueError:
        reasons.append("born:date")
    try:
        Decimal(row["balance"] or 0)
    except ArithmeticError:
        reasons.append("balance:decimal")
    return reasons
