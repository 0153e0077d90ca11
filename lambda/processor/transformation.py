"""The transformation of one file: its bytes become clean and rejected rows, all counted."""

import gc
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import IO, NamedTuple

import pyarrow as pa

from processor.account import RowAccount
from processor.batches import Records, Stream
from processor.checks.columns import RowCheck
from processor.checks.notation import notation_of
from processor.checks.policies import judge
from processor.checks.quality import QualityCheck
from processor.contract.model import Contract
from processor.deidentification.methods import Deidentification, output_schema
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits import disk
from processor.limits.deadline import NEVER, Deadline, TimedStream
from processor.limits.size import SizeLimit
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError, Measured
from processor.suppression import Suppressed
from processor.threads import ReadAhead, started
from processor.writers.parquet import CleanRows, count_rows
from processor.writers.quarantine import RejectedRows


class Outputs(NamedTuple):
    """The two files that are written for each file: Parquet, and gzipped JSON Lines."""

    clean: IO[bytes]
    rejected: IO[bytes]


@dataclass(frozen=True)
class Transformation:
    """The transformation of files under a contract.

    Attributes:
        contract: what they must satisfy.
        keys: the keys of the tokens.
        limit: for a file's content, decompressed.
        deadline: when each must be done.
        threads: whether there is a second core for reading and writing.
        suppressed: whose rows are left out; None if nobody's.
    """

    contract: Contract
    keys: PseudonymKeys
    limit: SizeLimit
    deadline: Deadline = NEVER
    threads: bool = False
    suppressed: Suppressed | None = None

    def run(self, stream: Stream, name: str, outputs: Outputs) -> RowAccount:
        """Write the clean and the rejected rows of a file; its ``name`` promises a format.

        Raises:
            FileRefusedError: the file as a whole breaks its contract, or takes too much time or
                room; the content of the outputs is then useless.
            OutOfTimeError: there was too little time to find out.
        """
        deidentification = Deidentification(self.contract, self.keys)
        suppression = self.suppressed.of(self.contract) if self.suppressed else None
        erased = 0
        records: Records | None = None
        measured: tuple[Measured, ...] = ()
        try:
            with disk.refused_when_full():
                with (
                    started(wanted=self.threads) as executor,
                    open_records(
                        self._timed(stream, executor), name, self.contract, self.limit
                    ) as records,
                    CleanRows(
                        outputs.clean,
                        deidentification.schema,
                        deidentification.tokens,
                        None if records.limits_memory else executor,
                    ) as clean,
                    RejectedRows(outputs.rejected) as rejected,
                    closing(_row_check(self.contract, records)) as check,
                    closing(QualityCheck(self.contract)) as quality,
                    _uncollected(),
                ):
                    for batch in self.deadline.batches(records):
                        checked = check.check(batch)
                        quality.add(checked.columns)
                        if suppression:
                            checked, left_out = suppression.apply(batch, checked)
                            erased += left_out
                        rejected.write(batch, checked.rejects)
                        clean.write(deidentification.apply(checked))
                measured = tuple(quality.measure(records.rows_read))
                outputs.rejected.flush()  # flushing its last bytes needs room too
                return RowAccount(
                    records.rows_read,
                    count_rows(outputs.clean),
                    rejected.rows,
                    rejected.by_reason,
                    erased=erased,
                    anonymity=judge(
                        self.contract,
                        records.rows_read,
                        rejected.rows,
                        measured,
                        outputs.clean,
                        self.deadline,
                    ),
                    quality=measured,
                    dropped_columns=check.dropped_columns + records.dropped_columns,
                )
        except FileRefusedError as refusal:
            refusal.rows_read = records.rows_read if records else 0
            refusal.quality = measured
            raise

    def _timed(self, stream: Stream, executor: Executor | None) -> TimedStream:
        return TimedStream(ReadAhead(stream, executor) if executor else stream, self.deadline)


def _row_check(contract: Contract, records: Records) -> RowCheck:
    notation = notation_of(contract) if records.localized else {}
    return RowCheck(contract, records.header, notation)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Pause the cycle collector: rows have no cycles, and it would visit every one of them.

    That took one second in twenty.
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
    outputs: Outputs,
) -> RowAccount:
    """Replace the outputs with those of a refused file: no clean row, one reject.

    ``source`` says where the raw object is. Without a contract the Parquet file has no columns.
    """
    disk.clear(*outputs)
    with CleanRows(outputs.clean, output_schema(contract) if contract else pa.schema([])):
        pass
    with RejectedRows(outputs.rejected) as rejected:
        rejected.refuse(refusal, source)
    rows = refusal.rows_read
    by_reason = {refusal.reason: rows} if rows else {}
    return RowAccount(
        rows,
        count_rows(outputs.clean),
        rows,
        by_reason,
        refusal,
        anonymity=refusal.anonymity,
        quality=refusal.quality,
    )
