"""The row account: what became of every row of a file, in counts that must agree."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from processor import ProcessorError
from processor.reasons import Anonymity, FileRefusedError, Measured, Stated


class RowAccountError(ProcessorError):
    """Rows were lost or invented on the way: the processor has a bug, and nothing is written."""


@dataclass(frozen=True)
class RowAccount:
    """What became of the rows of a file.

    Attributes:
        read: data rows that framing saw.
        clean: rows that the Parquet file says it has.
        rejected: rows that were written as rejects; of a refused file, all that were read.
        erased: rows of people who were erased, which are nowhere else.
        by_reason: rejected rows that have each reason; a row may have several.
        refusal: why nothing of the file is clean, if so.
        anonymity: of the clean rows, if the contract asks for it.
        quality: what each quality rule of the contract found, if all rows could be read.
        dropped_columns: columns of the file that the contract does not know.
    """

    read: int
    clean: int
    rejected: int
    by_reason: Mapping[Stated, int] = field(default_factory=dict)
    refusal: FileRefusedError | None = None
    anonymity: Anonymity | None = None
    quality: tuple[Measured, ...] = ()
    dropped_columns: int = 0
    erased: int = 0

    @property
    def has_rejects(self) -> bool:
        """Whether there is something to say in quarantine."""
        return self.rejected > 0 or self.refusal is not None

    def check(self) -> None:
        """Make sure that the counts agree; each comes from a different part.

        Raises:
            RowAccountError: they do not.
        """
        if self.read != self.clean + self.rejected + self.erased:
            erased = f", {self.erased} erased" if self.erased else ""
            raise RowAccountError(
                f"{self.read} rows read, but {self.clean} clean and {self.rejected} rejected"
                f"{erased}"
            )
