"""The transformation of one file: from its bytes to clean and rejected rows, all counted."""

import gc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import IO

import pyarrow as pa

from processor.account import RowAccount
from processor.batches import Records, Stream
from processor.checks.columns import RowCheck
from processor.checks.notation import notation_of
from processor.checks.policies import judge
from processor.contract.model import Contract
from processor.deidentification.methods import Deidentification, output_schema
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits import disk
from processor.limits.deadline import NEVER, Deadline, TimedStream
from processor.limits.size import SizeLimit
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from processor.writers.parquet import CleanRows, count_rows
from processor.writers.quarantine import RejectedRows


def transform(
    stream: Stream,
    name: str,
    limit: SizeLimit,
    contract: Contract,
    keys: PseudonymKeys,
    clean_file: IO[bytes],
    rejected_file: IO[bytes],
    deadline: Deadline = NEVER,
) -> RowAccount:
    """Write the clean and the rejected rows of a file that keeps the form of its contract.

    ``name`` says what the file should be; ``limit`` is for its content, decompressed.

    Raises:
        FileRefusedError: it does not, or not in time, or needs more room than there is; what the
            two files then hold is of no use.
        OutOfTimeError: there was too little time to tell.
    """
    deidentification = Deidentification(contract, keys)
    records: Records | None = None
    try:
        with (
            open_records(TimedStream(stream, deadline), name, contract, limit) as records,
            CleanRows(clean_file, deidentification.schema) as clean,
            RejectedRows(rejected_file) as rejected,
            closing(_row_check(contract, records)) as check,
            _uncollected(),
        ):
            for batch in deadline.batches(records):
                checked = check.check(batch)
                try:
                    rejected.write(batch, checked.rejects)
                    clean.write(deidentification.apply(checked))
                except FileRefusedError as refusal:
                    refusal.rows_read = records.rows_read
                    raise
        rejected_file.flush()  # its last bytes need room too
        return RowAccount(
            records.rows_read,
            count_rows(clean_file),
            rejected.rows,
            rejected.by_reason,
            anonymity=judge(contract, records.rows_read, rejected.rows, clean_file, deadline),
            dropped_columns=check.dropped_columns + records.dropped_columns,
        )
    except disk.WRITE_ERRORS as error:
        if not disk.is_full(error):
            raise
        raise disk.full(records.rows_read if records else 0) from None


def _row_check(contract: Contract, records: Records) -> RowCheck:
    notation = notation_of(contract) if records.localized else {}
    return RowCheck(contract, records.header, notation)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the collector of cycles: rows make none, and it would walk through every one of them.

    One second in twenty went into that.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def refuse(
    refusal: FileRefusedError,
    contract: Contract | None,
    source: dict[str, str],
    clean_file: IO[bytes],
    rejected_file: IO[bytes],
) -> RowAccount:
    """Write that a file was refused, over what the two files hold: no clean row, one reject.

    ``source`` says where the raw object stays. Without a contract the Parquet file has no columns.
    """
    disk.clear(clean_file, rejected_file)
    with CleanRows(clean_file, output_schema(contract) if contract else pa.schema([])):
        pass
    with RejectedRows(rejected_file) as rejected:
        rejected.refuse(refusal, source)
    rows = refusal.rows_read
    by_reason = {refusal.reason: rows} if rows else {}
    return RowAccount(
        rows, count_rows(clean_file), rows, by_reason, refusal, anonymity=refusal.anonymity
    )
