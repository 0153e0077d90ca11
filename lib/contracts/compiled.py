"""The compiled contract: the JSON that the processor reads, key by key."""

from typing import NotRequired, Required, TypedDict


class Deidentification(TypedDict, total=False):
    """What happens to a column's values before they are written, and the options of the method.

    ``hmac``: columns of one ``domain`` share their tokens, all others have tokens of their own;
    ``normalize`` is done first, any of nfc, trim, lowercase.
    ``mask`` leaves ``keepFirst`` and ``keepLast`` Unicode characters readable.
    ``truncate`` leaves the first ``length``.
    ``generalize`` goes down ``to`` the begin of a year, month, day or hour, or to a multiple of
    ``width``, or leaves the ``prefix`` of so many characters.
    ``redact`` replaces ``patterns``, of email, iban, card, ssn, phone.
    """

    method: Required[str]
    domain: str
    normalize: list[str]
    keepFirst: int
    keepLast: int
    length: int
    to: str
    width: str
    prefix: int
    patterns: list[str]


class Rules(TypedDict, total=False):
    """What a value must satisfy beyond its type; a rule that is absent does not apply.

    Lengths are Unicode characters, ``pattern`` is RE2 from ^ to $, bounds and ``multipleOf`` are
    texts in the exact form of the column's type. ``precision`` and ``scale`` belong to every
    decimal. The texts of a timestamp without ``timezone`` have no zone, and are instants of UTC. A
    ``unique`` value is in one row of a file.
    """

    unique: bool
    timezone: bool
    precision: int
    scale: int
    pattern: str
    format: str
    minLength: int
    maxLength: int
    enum: list[str]
    minimum: str
    exclusiveMinimum: str
    maximum: str
    exclusiveMaximum: str
    multipleOf: str


class Output(TypedDict, total=False):
    """The column's name in what is written; absent for a column that is dropped."""

    output: str


class PhysicalName(TypedDict, total=False):
    """What files call a column; absent where that is its name."""

    physicalName: str


class Column(Rules, Output, PhysicalName):
    """One column; ``name`` is the one in reasons, and in the output unless that says another.

    ``type`` is one of string, integer, decimal, double, boolean, date, timestamp, time, and array
    and object, which are JSON text.
    """

    name: str
    type: str
    required: bool
    deidentify: Deidentification


def label_of(column: Column) -> str:
    """What files call a column."""
    return column.get("physicalName", column["name"])


class ContractIdentity(TypedDict):
    """Which contract it is; goes into every manifest."""

    id: str
    version: str


class Anonymity(TypedDict):
    """Each class of rows with the same values of ``quasiIdentifiers`` has at least ``k``.

    It has so many rows, or different values of the column ``subject``, if there is one.
    """

    k: int
    quasiIdentifiers: list[str]
    subject: NotRequired[str]


class Policies(TypedDict, total=False):
    """What decides about a file as a whole; what is absent decides nothing.

    ``unknownColumns`` is drop or refuse, the default; ``maxRejectedShare`` a decimal text.
    """

    unknownColumns: str
    maxRejectedShare: str
    anonymity: Anonymity


class Csv(TypedDict):
    """How CSV files are written; ``quote`` is empty where nothing is quoted.

    A field that is one of ``nulls`` is empty. ``encoding`` is utf-8, windows-1252, utf-16,
    utf-16-le or utf-16-be. The first ``preambleLines`` of a file are not read.
    ``escape`` is a backslash, or empty where there is none. Numbers have ``decimal`` before their
    fraction and, unless it is empty, may have ``thousands`` between groups of three digits.
    """

    delimiter: str
    quote: str
    header: bool
    nulls: list[str]
    encoding: str
    preambleLines: int
    escape: str
    decimal: str
    thousands: str


class Dialect(TypedDict, total=False):
    """What differs from RFC 4180 with a header; absent where nothing does."""

    csv: Csv


class CompiledContract(Policies, Dialect):
    """A dataset's contract as the processor reads it; columns are in the order of the output.

    Pseudonyms derive from ``epoch`` (1 and up): a new one gives every value a new token.
    """

    dataset: str
    contract: ContractIdentity
    epoch: int
    columns: list[Column]
