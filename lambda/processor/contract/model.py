"""The compiled data contract of a dataset: what a file's columns must be and what becomes of them.

The JSON is written when the application is synthesized, from the contract in the Open Data
Contract Standard, and checked there. Here it is only read; a key that nobody here knows is
still an error, because a rule that is silently not applied lets data through.
"""

from dataclasses import dataclass
from typing import Literal

from processor.contract.vocabulary import ESCAPE, Type


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a value must satisfy beyond its type; None where the contract says nothing.

    ``pattern`` is RE2, ``format`` one of :mod:`processor.checks.string_formats`, and the lengths
    count Unicode characters, all for strings only. ``enum``, the bounds and ``multiple_of`` are
    texts in the exact form of the column's type.
    """

    pattern: str | None = None
    format: str | None = None
    min_length: int | None = None
    max_length: int | None = None
    enum: tuple[str, ...] | None = None
    minimum: str | None = None
    exclusive_minimum: str | None = None
    maximum: str | None = None
    exclusive_maximum: str | None = None
    multiple_of: str | None = None


@dataclass(frozen=True, kw_only=True)
class Hmac:
    """A token of the text, once it is normalized by these steps.

    ``domain`` names what the column shares its tokens with; None is nothing.
    """

    domain: str | None = None
    normalize: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Mask:
    """The text, with so many characters readable."""

    keep_first: int = 0
    keep_last: int = 0


@dataclass(frozen=True, kw_only=True)
class Truncate:
    """So many characters of the text."""

    length: int


@dataclass(frozen=True, kw_only=True)
class Generalize:
    """The least value of the value's class; one option is set, by the column's type.

    Classes are a calendar unit (``to``), as wide as a number (``width``), or all texts that
    begin alike (``prefix`` characters).
    """

    to: str | None = None
    width: str | None = None
    prefix: int | None = None


@dataclass(frozen=True, kw_only=True)
class Redact:
    """The text without what has one of these patterns."""

    patterns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Drop:
    """Nothing."""


@dataclass(frozen=True, kw_only=True)
class Keep:
    """The value."""


Written = Hmac | Mask | Truncate | Generalize | Redact | Keep
Method = Written | Drop


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the file, and of the output unless it is dropped (``output`` is None).

    A file calls it by its ``physical_name``, and only so, where it has one. ``precision`` and
    ``scale`` are set for decimals. A ``timestamp`` without ``timezone`` has no zone in its text,
    and is one of UTC.
    """

    name: str
    type: Type
    required: bool
    physical_name: str | None = None
    deidentify: Method
    rules: Rules
    output: str | None = None
    unique: bool = False
    precision: int = 0
    scale: int = 0
    timezone: bool = True

    def __post_init__(self) -> None:
        """Let nothing leave of a column that is dropped, and no other be lost.

        Raises:
            ValueError: it has an output and is dropped, or has none and is not.
        """
        if (self.output is None) != isinstance(self.deidentify, Drop):
            raise ValueError(f"column {self.name}: {self.deidentify} as {self.output}")

    @property
    def label(self) -> str:
        """What a file calls it."""
        return self.name if self.physical_name is None else self.physical_name


@dataclass(frozen=True, kw_only=True)
class Anonymity:
    """Each row of a file must share the values of some columns with ``k - 1`` others.

    Where a column is the ``subject``, they must be about ``k`` different ones.
    """

    k: int
    quasi_identifiers: tuple[str, ...]
    subject: str | None = None


@dataclass(frozen=True, kw_only=True)
class Csv:
    """How CSV files are written: by default as in RFC 4180, with a header.

    ``quote`` is empty where nothing is quoted. Without a ``header`` the fields are the columns of
    the contract, in its order. A field that is one of ``nulls`` is empty, quoted or not. The
    ``encoding`` is one of :mod:`processor.readers.encodings`. The first ``preamble_lines`` of a
    file, up to their line ends, are no part of the table, whatever stands there. An ``escape`` is
    a backslash, see :mod:`processor.readers.escaping`; ``decimal`` and ``thousands`` are what
    numbers have before their fraction and between groups of three digits, see
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

    def __post_init__(self) -> None:
        """Let no other escape pass for the one that there is.

        Raises:
            ValueError: it is none.
        """
        if self.escape not in ("", ESCAPE):
            raise ValueError(f"escape {self.escape!r} is unknown")

    @property
    def any_text(self) -> bool:
        """Whether a file may begin with any text, and so look like one of another format."""
        return not self.header or self.preamble_lines > 0


RFC_4180 = Csv()


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The contract of a dataset, and its policies for a file as a whole.

    Attributes:
        epoch: the generation of its pseudonyms, from 1.
        unknown_columns: what becomes of columns without a contract: ``refuse`` the file, or
            ``drop`` them.
        max_rejected_share: of the rows, as a decimal text; a file with more is refused.
        anonymity: what a file must satisfy, if anything.
        csv: the dialect of its CSV files.
    """

    dataset: str
    id: str
    version: str
    epoch: int
    columns: tuple[Column, ...]
    unknown_columns: Literal["refuse", "drop"] = "refuse"
    max_rejected_share: str | None = None
    anonymity: Anonymity | None = None
    csv: Csv = RFC_4180

    @property
    def labels(self) -> list[str]:
        """What a file calls its columns."""
        return [column.label for column in self.columns]
