"""A column of a contract: its rules, and the method that says what becomes of its values."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import ClassVar, Literal, NamedTuple, Protocol, Self, get_type_hints

import pyarrow as pa

from processor.contract.options import Option, OptionError
from processor.contract.vocabulary import Type, camel_case

Texts = Callable[[pa.StringArray], pa.StringArray]


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a value must satisfy beyond its type; None where the contract says nothing.

    The lengths count Unicode characters, ``pattern`` is RE2, and ``format`` one of
    :mod:`processor.checks.string_formats`, all for strings only. ``enum``, the bounds and
    ``multiple_of`` are texts in the exact form of the column's type.
    """

    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    enum: tuple[str, ...] | None = None
    minimum: str | None = None
    exclusive_minimum: str | None = None
    maximum: str | None = None
    exclusive_maximum: str | None = None
    multiple_of: str | None = None


class Keys(Protocol):
    """The keys of a contract's tokens."""

    def derive(self, algorithm: str, column: str, domain: str | None) -> bytes:
        """Return the key of a column for an algorithm, or of all columns of a domain."""


class OutputColumn(NamedTuple):
    """What leaves of a column: which of its arrays is taken, and how its clean rows are changed.

    It takes the texts as they are in the file, or the values of the contract's type.
    """

    takes: Literal["text", "values"]
    make: Callable[[pa.Array], pa.Array]


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """What becomes of a column's values.

    A method is a subclass, whose name in small letters a contract calls it by. Its fields are
    its options, in camel case, each annotated with one of :mod:`.options`. Nothing of a value
    leaves unless the subclass is one of :class:`Written` too.

    Attributes:
        name: what a contract calls it.
        takes: the types it is for.
        says: for the documentation: what leaves, by what a contract writes.
        hides: whether nothing of a value can be seen in what leaves.
        distinguishes: whether what leaves is different for different values.
    """

    name: ClassVar[str]
    takes: ClassVar[Collection[str]]
    says: ClassVar[Mapping[str, str]]
    hides: ClassVar[bool]
    distinguishes: ClassVar[bool]

    def __init_subclass__(
        cls,
        *,
        takes: Collection[str],
        says: Mapping[str, str],
        hides: bool = False,
        distinguishes: bool = False,
    ) -> None:
        """Take what is true of every column with the method."""
        super().__init_subclass__()
        cls.name = cls.__name__.lower()
        cls.takes, cls.says = takes, says
        cls.hides, cls.distinguishes = hides, distinguishes

    @classmethod
    def read(
        cls, written: Mapping[str, object], text: Callable[[str], str]
    ) -> tuple[Self, dict[str, str]]:
        """Return the method with the options that a contract has, and what is wrong with each.

        ``text`` returns an option's text in the file. A value that is refused has its fallback.
        """
        hints = get_type_hints(cls, include_extras=True)
        options = {camel_case(field.name): field for field in fields(cls)}
        complaints = {
            option: f"has a deidentify with {option!r}, which {cls.name} does not have; remove it"
            for option in written.keys() - options.keys()
        }
        values = {}
        for option, field in options.items():
            if option in written or field.default is MISSING:
                reader: Option = hints[field.name].__metadata__[0]
                try:
                    value = reader.read(option, written.get(option), text(option))
                except OptionError as error:
                    value, complaints[option] = reader.fallback, str(error)
                values[field.name] = value
        return cls(**values), complaints

    @property
    def steps(self) -> tuple[str, ...]:
        """Which steps of :mod:`processor.checks.normalization` come before the checks."""
        return ()

    def complaints(self, column: "Column") -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the method for a column: an option, or ``method``, and what."""
        if column.type not in self.takes:
            yield "method", self.misfit(column.type)
        yield from self.check(column)

    def misfit(self, type_: Type) -> str:
        """Return what is wrong with a type that the method does not take."""
        for_types = f"{self.name} is for type {' or '.join(self.takes)}"
        return f"is of type {type_}, but {for_types}; use drop or keep"

    @abstractmethod
    def check(self, column: "Column") -> Iterator[tuple[str, str]]:
        """Yield what else is wrong with it: above all, where it would leave a value as it is."""

    def hides_as_much_as(self, other: "Method") -> bool:
        """Whether it certainly leaves no more of a value than another, as an equal one does."""
        return self == other


@dataclass(frozen=True, kw_only=True)
class Written(Method, takes=(), says={}):
    """A method that leaves something to write."""

    @abstractmethod
    def output_type(self, column: "Column") -> pa.DataType:
        """Return the type of what leaves."""

    @abstractmethod
    def prepare(self, column: "Column", keys: Keys) -> OutputColumn:
        """Return what makes what leaves.

        Raises:
            ContractError: the options are none for the column's type.
        """


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
        if self.dropped == isinstance(self.deidentify, Written):
            raise ValueError(f"column {self.name}: {self.deidentify} as {self.output}")

    @property
    def dropped(self) -> bool:
        """Whether nothing of it leaves."""
        return self.output is None

    @property
    def label(self) -> str:
        """What a file calls it."""
        return self.name if self.physical_name is None else self.physical_name
