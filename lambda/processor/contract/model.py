"""The compiled data contract of a dataset: what a file's columns must be, and what they become.

The JSON is written at synth, from a checked contract in the Open Data Contract Standard. When it
is read, an unknown key is an error: a rule that is silently not applied would let data through.
See :mod:`processor.contracts`.
"""

from dataclasses import dataclass

from processor import ProcessorError
from processor.contract.column import Column
from processor.contract.quality import QualityRule
from processor.contract.vocabulary import ESCAPE, ISO_DAYS, UnknownColumns


class ContractError(ProcessorError):
    """A compiled contract cannot be read; the message names the file and the field."""


@dataclass(frozen=True, kw_only=True)
class Anonymity:
    """Each row of a file must share the values of some columns with ``k - 1`` others.

    If a column is the ``subject``, they must be about ``k`` different subjects.
    """

    k: int
    quasi_identifiers: tuple[str, ...]
    subject: str | None = None


@dataclass(frozen=True, kw_only=True)
class Csv:
    """How CSV files are written: by default as in RFC 4180, with a header.

    ``quote`` is empty if nothing is quoted. Without a ``header``, the fields are the columns of
    the contract, in its order. A field that is one of ``nulls`` is empty, quoted or not. The
    ``encoding`` is one of ENCODINGS, see :mod:`processor.readers.encodings`. The first
    ``preamble_lines`` of a file are not part of the table, whatever they contain. An ``escape`` is
    a backslash, see :mod:`processor.readers.escaping`. ``decimal`` and ``thousands`` separate a
    number's fraction and its groups of three digits, and ``dates`` is one of DAYS, see
    :mod:`processor.checks.notation`.
    """

    delimiter: str = ","
    quote: str = '"'
    header: bool = True
    nulls: tuple[str, ...] = ()
    encoding: str = "utf-8"
    preamble_lines: int = 0
    escape: str = ""
    decimal: str = "."
    thousands: str = ""
    dates: str = ISO_DAYS

    def __post_init__(self) -> None:
        """Make sure that the escape is the supported one.

        Raises:
            ValueError: it is another.
        """
        if self.escape not in ("", ESCAPE):
            raise ValueError(f"escape {self.escape!r} is unknown")

    @property
    def any_text(self) -> bool:
        """Whether a file may begin with any text, and so look like another format."""
        return not self.header or self.preamble_lines > 0


RFC_4180 = Csv()


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The contract of a dataset, and its policies for a file as a whole.

    Attributes:
        epoch: the generation of its pseudonyms, from 1.
        unknown_columns: what to do about columns without a contract: ``drop`` them, or ``refuse``
            the file, which is the default.
        max_rejected_share: of the rows, as a decimal text; a file with more is refused.
        anonymity: what a file must satisfy, if anything.
        quality: what metrics of a file must be.
        csv: the dialect of its CSV files.
    """

    dataset: str
    id: str
    version: str
    epoch: int
    columns: tuple[Column, ...]
    unknown_columns: UnknownColumns | None = None
    max_rejected_share: str | None = None
    anonymity: Anonymity | None = None
    quality: tuple[QualityRule, ...] = ()
    csv: Csv = RFC_4180

    @property
    def labels(self) -> list[str]:
        """The names of its columns in files."""
        return [column.label for column in self.columns]
