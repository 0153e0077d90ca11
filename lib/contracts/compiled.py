"""The compiled contract: the JSON that the processor reads, key by key."""

from typing import NotRequired, TypedDict


class Deidentification(TypedDict):
    """What happens to a column's values before they are written.

    ``keepFirst`` and ``keepLast`` count the Unicode characters that ``mask`` leaves readable.
    """

    method: str
    keepFirst: NotRequired[int]
    keepLast: NotRequired[int]


class Rules(TypedDict, total=False):
    """What a value must satisfy beyond its type; a rule that is absent does not apply.

    Lengths are Unicode characters, ``pattern`` is RE2 from ^ to $, bounds are texts in the exact
    form of the column's type. ``precision`` and ``scale`` belong to every decimal.
    """

    precision: int
    scale: int
    pattern: str
    minLength: int
    maxLength: int
    enum: list[str]
    minimum: str
    exclusiveMinimum: str
    maximum: str
    exclusiveMaximum: str


class Output(TypedDict, total=False):
    """The column's name in what is written; absent for a column that is dropped."""

    output: str


class Column(Rules, Output):
    """One column: ``name`` is the one in the file's header.

    ``type`` is one of string, integer, decimal, double, boolean, date, timestamp.
    """

    name: str
    type: str
    required: bool
    deidentify: Deidentification


class ContractIdentity(TypedDict):
    """Which contract it is; goes into every manifest."""

    id: str
    version: str


class CompiledContract(TypedDict):
    """A dataset's contract as the processor reads it; columns are in the order of the output.

    Pseudonyms derive from ``epoch`` (1 and up): a new one gives every value a new token.
    """

    dataset: str
    contract: ContractIdentity
    epoch: int
    columns: list[Column]
