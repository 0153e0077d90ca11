"""Policies: when a file as a whole is not good enough, although many of its rows are.

*The share of rejects.* A file of which too much is wrong is not to be trusted with the rest.

*k-anonymity* (Sweeney 2002). Columns that together may single out a person, such as month of
birth and region, are declared as quasi-identifiers. Rows that have the same values of them, as
they leave, are a class; k is the size of the smallest. It is a number about one file: what
several files tell together, or what a whole class has in common, it does not show.

Classes are counted in a temporary database, which sorts on disk: memory is bounded.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from processor.contract import Contract
from processor.refusal import Anonymity, FileRefusedError
from processor.uniqueness import plain


def judge(contract: Contract, read: int, rejected: int, clean_file: IO[bytes]) -> Anonymity | None:
    """Return how anonymous a file's clean rows are, if the contract asks.

    Raises:
        FileRefusedError: they are not anonymous enough, or too many rows were rejected.
    """
    share = contract.max_rejected_share
    if share is not None and rejected > Fraction(share) * read:
        raise FileRefusedError("file:rejected-share", rows_read=read)
    if contract.anonymity is None:
        return None
    outputs = {column.name: str(column.output) for column in contract.columns}
    columns = [outputs[name] for name in contract.anonymity.quasi_identifiers]
    found = measure(clean_file, columns, contract.anonymity.k)
    if found.rows_below:
        raise FileRefusedError("file:k-anonymity", rows_read=read, anonymity=found)
    return found


def measure(clean_file: IO[bytes], columns: Sequence[str], required: int) -> Anonymity:
    """Return how anonymous the rows of a Parquet file are by the values of some columns."""
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE part (class BLOB, size INTEGER)")
        database.execute("BEGIN")
        database.executemany("INSERT INTO part VALUES (?, ?)", _parts(clean_file, columns))
        k, classes, rows_below = database.execute(
            "SELECT min(size), count(*), total(CASE WHEN size < ? THEN size END)"
            " FROM (SELECT sum(size) AS size FROM part GROUP BY class)",
            (required,),
        ).fetchone()
    return Anonymity(k, required, classes, int(rows_below))


def _parts(clean_file: IO[bytes], columns: Sequence[str]) -> Iterator[tuple[bytes, int]]:
    """Yield the classes of each part of the file, hashed, with their rows in that part."""
    clean_file.seek(0)
    file = pq.ParquetFile(clean_file, pre_buffer=False)
    for batch in file.iter_batches(columns=list(columns), use_threads=False):
        arrays = [plain(batch.column(name)) for name in columns]
        names = [str(number) for number in range(len(arrays))]  # Arrow takes some names for paths
        groups = pa.table(arrays, names).group_by(names, use_threads=False)
        counted = groups.aggregate([([], "count_all")])
        sizes = counted.column("count_all").to_pylist()
        values = zip(*(counted.column(name).to_pylist() for name in names), strict=True)
        for found, size in zip(values, sizes, strict=True):
            yield hashlib.blake2b(repr(found).encode(), digest_size=16).digest(), size
