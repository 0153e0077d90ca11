"""Rewriting: the outputs of a file without the rows of some people.

Nothing accumulates: rows are read and written in batches.
"""

import gzip
import json
from collections import Counter
from collections.abc import Mapping
from typing import IO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.erasure.people import RawRows
from processor.writers.parquet import CleanRows, count_rows

_SOME = 1 << 20  # bytes of lines that are looked through together


class Rewritten(NamedTuple):
    """What became of an output.

    Attributes:
        kept, removed: rows.
        by_reason: of rejected rows that were kept, how many have each reason.
    """

    kept: int
    removed: int
    by_reason: Mapping[str, int]


def rewrite_clean(
    source: IO[bytes],
    target: IO[bytes],
    wanted: Mapping[str, pa.StringArray],
    tokens: list[str],
) -> Rewritten:
    """Write the clean rows without those that have one of the tokens ``wanted`` by column.

    ``tokens`` are all columns of tokens. If no row has one, nothing is written.
    """
    total = count_rows(source)
    removed = 0
    file = pq.ParquetFile(source, pre_buffer=False)
    columns = [name for name in wanted if name in file.schema_arrow.names]
    for batch in file.iter_batches(columns=columns, use_threads=False) if columns else ():
        removed += _of_them(batch, wanted).true_count
    if removed:
        with CleanRows(target, file.schema_arrow, tokens) as clean:
            for batch in file.iter_batches(use_threads=False):
                kept = batch.filter(pc.invert(_of_them(batch, wanted)))
                clean.write(pa.RecordBatch.from_arrays(kept.columns, schema=file.schema_arrow))
    return Rewritten(total - removed, removed, {})


def _of_them(batch: pa.RecordBatch, wanted: Mapping[str, pa.StringArray]) -> pa.BooleanArray:
    found = pa.repeat(False, len(batch))
    for name in batch.schema.names:
        if name in wanted:
            found = pc.or_(found, pc.is_in(batch.column(name), value_set=wanted[name]))
    return found


def rewrite_rejected(source: IO[bytes], target: IO[bytes], theirs: RawRows | None) -> Rewritten:
    """Write the rejected rows without theirs, if anybody's, line by line as they are."""
    kept = removed = 0
    by_reason: Counter[str] = Counter()
    with (
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=1, mtime=0) as lines,
        gzip.GzipFile(fileobj=source) as given,
    ):
        while some := given.readlines(_SOME):
            rejects = [json.loads(line) for line in some]
            found = theirs.find(rejects) if theirs else set[int]()
            removed += len(found)
            for place, (line, reject) in enumerate(zip(some, rejects, strict=True)):
                if place not in found:
                    kept += 1
                    by_reason.update(reject["reasons"])
                    lines.write(line)
    return Rewritten(kept, removed, by_reason)
