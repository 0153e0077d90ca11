"""Policies: when a file as a whole is not good enough, although many of its rows are.

*The share of rejects.* A file of which too much is wrong is not to be trusted with the rest.

*k-anonymity* (Sweeney 2002). Columns that together may single out a person, such as month of
birth and region, are declared as quasi-identifiers. Rows that have the same values of them, as
they leave, are a class; k is the size of the smallest. It is a number about one file: what
several files tell together, or what a whole class has in common, it does not show.

The size of a class is its rows, or, if the contract names a ``subject``, the different subjects
that they are about: five rows of one person hide nobody.

Classes are counted in a temporary database, which sorts on disk: memory is bounded. It takes its
time, so the deadline holds for it too.
"""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.contract import Contract
from processor.deadline import NEVER, Deadline
from processor.refusal import Anonymity, FileRefusedError
from processor.uniqueness import plain

_BY_ROW = (
    "CREATE TEMP VIEW classes AS"
    " SELECT sum(size) AS members, sum(size) AS size FROM part GROUP BY class"
)
_BY_SUBJECT = (
    "CREATE TEMP VIEW classes AS"
    " SELECT count(DISTINCT subject) AS members, sum(size) AS size FROM part GROUP BY class"
)
STEPS = 100_000  # of the database's machine, between two looks at the clock; some milliseconds


def judge(
    contract: Contract, read: int, rejected: int, clean_file: IO[bytes], deadline: Deadline = NEVER
) -> Anonymity | None:
    """Return how anonymous a file's clean rows are, if the contract asks.

    Raises:
        FileRefusedError: they are not anonymous enough, too many rows were rejected, or there is
            no time to tell.
        OutOfTimeError: there is no time to tell, but may be at the next attempt.
    """
    share = contract.max_rejected_share
    if share is not None and rejected > Fraction(share) * read:
        raise FileRefusedError("file:rejected-share", rows_read=read)
    asked = contract.anonymity
    if asked is None:
        return None
    outputs = {column.name: str(column.output) for column in contract.columns}
    columns = [outputs[name] for name in asked.quasi_identifiers]
    subject = outputs[asked.subject] if asked.subject else None
    try:
        found = measure(clean_file, columns, asked.k, subject, deadline)
    except FileRefusedError as refusal:
        refusal.rows_read = read
        raise
    if found.rows_below:
        raise FileRefusedError("file:k-anonymity", rows_read=read, anonymity=found)
    return found


def measure(
    clean_file: IO[bytes],
    columns: Sequence[str],
    required: int,
    subject: str | None = None,
    deadline: Deadline = NEVER,
) -> Anonymity:
    """Return how anonymous the rows of a Parquet file are by the values of some columns.

    Rows without a value of the ``subject`` are about nobody who could hide in their class.

    Raises:
        FileRefusedError, OutOfTimeError: the deadline is over.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("CREATE TABLE part (class BLOB, subject BLOB, size INTEGER)")
        database.execute("BEGIN")
        parts = _parts(clean_file, columns, subject, deadline)
        database.executemany("INSERT INTO part VALUES (?, ?, ?)", parts)
        database.execute(_BY_SUBJECT if subject else _BY_ROW)
        database.set_progress_handler(lambda: deadline.over, STEPS)
        try:
            k, classes, rows_below = database.execute(
                "SELECT min(members), count(*), total(CASE WHEN members < ? THEN size END)"
                " FROM classes",
                (required,),
            ).fetchone()
        except sqlite3.OperationalError:  # interrupted, or the disk is full
            deadline.check()
            raise
    counted = "subjects" if subject else "rows"
    return Anonymity(k, required, classes, int(rows_below), counted)


def _parts(
    clean_file: IO[bytes], columns: Sequence[str], subject: str | None, deadline: Deadline
) -> Iterator[tuple[bytes, bytes | None, int]]:
    """Yield the classes of each part of the file, and their subjects, with their rows in it."""
    clean_file.seek(0)
    file = pq.ParquetFile(clean_file, pre_buffer=False)
    names = [*columns, subject] if subject else list(columns)
    for batch in file.iter_batches(columns=list(dict.fromkeys(names)), use_threads=False):
        deadline.check()
        # Arrow takes some names for paths, so the columns go without theirs.
        keys = {"class": _joined([batch.column(name) for name in columns])}
        if subject:
            keys["subject"] = pc.cast(plain(batch.column(subject)), pa.string())
        groups = pa.table(keys).group_by(list(keys), use_threads=False)
        counted = groups.aggregate([([], "count_all")])
        subjects = counted.column("subject") if subject else pa.nulls(len(counted), pa.string())
        yield from zip(
            map(_digest, counted.column("class").to_pylist()),
            (None if one is None else _digest(one) for one in subjects.to_pylist()),
            counted.column("count_all").to_pylist(),
            strict=True,
        )


def _joined(columns: Sequence[pa.Array]) -> pa.StringArray:
    """Return a text for each row, the same for the same values, null being one of them."""
    texts = [pc.cast(plain(column), pa.string()) for column in columns]
    lengths = [pc.cast(pc.binary_length(text), pa.string()) for text in texts]
    marked = [
        pc.binary_join_element_wise(length, text, ":")
        for length, text in zip(lengths, texts, strict=True)
    ]
    return pc.binary_join_element_wise(*(pc.fill_null(one, "-") for one in marked), "")


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
