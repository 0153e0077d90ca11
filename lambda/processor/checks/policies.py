"""Policies: when a file as a whole is refused, although many of its rows are good.

*The share of rejects.* If too many rows of a file are wrong, the others are not trusted.

*Quality.* Nor are they if a metric of the file is not as a rule of the contract says, see
:mod:`processor.checks.quality`.

*k-anonymity* (Sweeney 2002). Columns that together may single out a person, such as month of
birth and region, are declared as quasi-identifiers. Rows that share the values of these columns in
the output are a class; k is the size of the smallest. It describes one file: it does not show what
several files reveal together, or what a whole class has in common.

The size of a class is the number of its rows or, if the contract names a ``subject``, of different
subjects: five rows of one person hide nobody.

Counting takes time, so the deadline applies to it too.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from processor.arrow import joined_with_nulls, plain
from processor.checks.classes import NOBODY, Pairs
from processor.contract.model import Contract
from processor.limits.deadline import NEVER, Deadline
from processor.reasons import Anonymity, FileRefusedError, Measured, Reason

_CLASSES = pa.schema([("class", pa.binary()), ("members", pa.int64()), ("rows", pa.int64())])


def judge(
    contract: Contract,
    read: int,
    rejected: int,
    quality: Iterable[Measured],
    clean_file: IO[bytes],
    deadline: Deadline = NEVER,
) -> Anonymity | None:
    """Return how anonymous a file's clean rows are, if the contract asks for it.

    Raises:
        FileRefusedError: they are not anonymous enough, too many rows were rejected, the file
            breaks a quality rule, or there is no time to find out.
        OutOfTimeError: there is no time to find out, but the next attempt may have more.
    """
    share = contract.max_rejected_share
    if share is not None and rejected > Fraction(share) * read:
        raise FileRefusedError(Reason.FILE_REJECTED_SHARE)
    for one in quality:
        if one.severity == "error" and not one.passed:
            raise FileRefusedError(Reason.FILE_QUALITY.about(one.rule))
    asked = contract.anonymity
    if asked is None:
        return None
    outputs = {column.name: str(column.output) for column in contract.columns}
    columns = [outputs[name] for name in asked.quasi_identifiers]
    subject = outputs[asked.subject] if asked.subject else None
    found = measure(clean_file, columns, asked.k, subject, deadline)
    if found.rows_below:
        raise FileRefusedError(Reason.FILE_K_ANONYMITY, anonymity=found)
    return found


def measure(
    clean_file: IO[bytes],
    columns: Sequence[str],
    required: int,
    subject: str | None = None,
    deadline: Deadline = NEVER,
) -> Anonymity:
    """Return how anonymous the rows of a Parquet file are by the values of some columns.

    Rows without a value of the ``subject`` count for nobody in their class.

    Raises:
        FileRefusedError, OutOfTimeError: the deadline has passed.
    """
    k: int | None = None
    classes = rows_below = 0
    begun = _CLASSES.empty_table()
    with tempfile.TemporaryFile() as file:
        pairs = Pairs(file, deadline)
        for batch in _batches(clean_file, columns, subject):
            deadline.check()
            pairs.add(*batch)
        for counted, last in pairs.sorted():
            found = _sized(begun, counted, by_subject=bool(subject))
            goes_on = pc.equal(found.column("class"), pa.scalar(last, pa.binary()))
            goes_on = pc.fill_null(goes_on, False)
            begun = found.filter(goes_on)
            done = found.filter(pc.invert(goes_on))
            if len(done):
                smallest = pc.min(done.column("members")).as_py()
                k = smallest if k is None else min(k, smallest)
                classes += len(done)
                small = pc.less(done.column("members"), required)
                rows_below += pc.sum(done.column("rows").filter(small)).as_py() or 0
    return Anonymity(k, required, classes, rows_below, "subjects" if subject else "rows")


def _batches(
    clean_file: IO[bytes], columns: Sequence[str], subject: str | None
) -> Iterator[tuple[pa.BinaryArray, pa.BinaryArray]]:
    """Yield the classes and the subjects of rows."""
    clean_file.seek(0)
    file = pq.ParquetFile(clean_file, pre_buffer=False)
    names = [*columns, subject] if subject else list(columns)
    for batch in file.iter_batches(columns=list(dict.fromkeys(names)), use_threads=False):
        classes = joined_with_nulls([batch.column(name) for name in columns])
        subjects = pa.repeat(pa.scalar(NOBODY, pa.binary()), len(batch))
        if subject:
            texts = pc.cast(plain(batch.column(subject)), pa.string())
            marked = pc.binary_join_element_wise("+", texts, "")
            subjects = pc.cast(pc.fill_null(marked, ""), pa.binary())
        yield pc.cast(classes, pa.binary()), subjects


def _sized(begun: pa.Table, counted: pa.Table, *, by_subject: bool) -> pa.Table:
    """Return the members and the rows of each class; ``begun`` has those of its first part."""
    rows = counted.column("rows")
    if by_subject:
        somebody = pc.not_equal(counted.column("subject"), pa.scalar(NOBODY, pa.binary()))
        members = pc.cast(somebody, pa.int64())
    else:
        members = rows
    parts = pa.table([counted.column("class"), members, rows], _CLASSES)
    both = pa.concat_tables([begun, parts]).group_by("class", use_threads=False)
    return both.aggregate([("members", "sum"), ("rows", "sum")]).rename_columns(_CLASSES.names)
