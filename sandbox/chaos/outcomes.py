"""What became of files: read from the bucket, and compared with what must be."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import pyarrow.parquet as pq

from pipeline.stack import Stack
from sandbox import PROJECT

CONTENTS, ROWS = 20, 25
"""Different files, each of this many rows; each object has one of them."""


class Made(NamedTuple):
    """What became of a file.

    Attributes:
        clean: the clean rows, as they are stored.
        rejected: the rejected rows, each a line. There is an object without any if an older
            version had some.
    """

    clean: bytes
    rejected: bytes


class Outcomes:
    """The outputs of a stack's bucket, by the name of their file."""

    def __init__(self, stack: Stack) -> None:
        """Keep the stack."""
        self._stack = stack

    def made(self, name: str) -> Made:
        """Return what became of a file."""
        rejected = self._read(f"quarantine/{name}.jsonl.gz")
        return Made(self._read(f"processed/{name}.parquet"), gzip.decompress(rejected))

    def complain(self, name: str, expected: Made) -> str | None:
        """Return what is wrong with a file's outputs or its manifest, if anything is."""
        text = self._read(f"manifests/{name}.json")
        if not text:
            return "has no manifest"
        version = json.loads(text)["source"]["version_id"]
        newest = self._stack.s3.head_object(Bucket=self._stack.bucket, Key=f"incoming/{name}")[
            "VersionId"
        ]
        if version != newest:
            return "has a manifest of an older version"
        made = self.made(name)
        if made != expected:
            return f"has other bytes, and {len(list_rows(made))} of {ROWS} rows"
        return None

    def _read(self, key: str) -> bytes:
        """Return an object, or nothing if there is none."""
        s3 = self._stack.s3
        try:
            return s3.get_object(Bucket=self._stack.bucket, Key=key)["Body"].read()
        except s3.exceptions.NoSuchKey:
            return b""


def files() -> Iterator[bytes]:
    """Return different files of customers, some of whose rows are rejected."""
    with (PROJECT / "samples" / "customers.csv").open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        (header,) = islice(lines, 1)
        for _ in range(CONTENTS):
            text = io.StringIO(newline="")
            csv.writer(text).writerows([header, *islice(lines, ROWS)])
            yield text.getvalue().encode()


def list_rows(made: Made) -> list[object]:
    """Return what identifies each row of a file: its token, or its number if it was rejected."""
    tokens = []
    if made.clean:
        file = pq.ParquetFile(io.BytesIO(made.clean), pre_buffer=False)
        tokens = file.read(["customer_token"], use_threads=False).column(0).to_pylist()
    return [*tokens, *(json.loads(line)["row"] for line in made.rejected.splitlines())]
