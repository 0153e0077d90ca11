"""A column of a contract: its rules, and the method of de-identification for its values."""

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
    """What a value must satisfy beyond its type; None if the contract does not say.

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

    def derive_for(self, algorithm: str, column: str) -> bytes:
        """Return the key of a column for another algorithm than its own: that of its domain."""

    def derive_reversible(self, column: str, domain: str | None) -> tuple[bytes, bytes]:
        """Return the key of such tokens as can be reversed, and what is associated with them."""


class OutputColumn(NamedTuple):
    """What a column becomes in the output: which of its arrays it uses, and how that changes.

    It takes the texts as they are in the file, or the values of the contract's type. If the column
    ``beside`` has a name, it takes the texts of that one too, as they are made tokens of.
    """

    takes: Literal["text", "values"]
    make: Callable[..., pa.Array]
    beside: str | None = None


@dataclass(frozen=True, kw_only=True)
class Method(ABC):
    """What happens to a column's values.

    A method is a subclass; its name in lower case is its name in contracts. Its fields are its
    options, in camel case there, each annotated with one of :mod:`.options`. Nothing is written
    for a column unless the subclass derives from :class:`Written` too.

    Attributes:
        name: its name in contracts.
        takes: the types it is for.
        says: for the documentation: what is written, by what a contract says.
        hides: whether nothing of a value can be seen in the output.
        distinguishes: whether different values have different outputs.
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
        """Return the method with the options that a contract sets, and what is wrong with each.

        ``text`` returns an option's text in the file. A wrong value is replaced by its fallback.
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
        """Which steps of :mod:`processor.checks.normalization` run before the checks."""
        return ()

    @property
    def subject(self) -> str | None:
        """The column that says whom a value is about, if its output depends on that."""
        return None

    def complaints(self, column: "Column") -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the method for a column: the option, or ``method``, and why."""
        if column.type not in self.takes:
            yield "method", self.misfit(column.type)
        yield from self.check(column)

    def misfit(self, type_: Type) -> str:
        """Return what is wrong with a type that the method does not take."""
        for_types = f"{self.name} is for type {' or '.join(self.takes)}"
        return f"is of type {type_}, but {for_types}; use drop or keep"

    @abstractmethod
    def check(self, column: "Column") -> Iterator[tuple[str, str]]:
        """Yield what else is wrong with it: above all, that it would leave a value as it is."""

    def hides_as_much_as(self, other: "Method") -> bool:
        """Whether it certainly shows no more of a value than another; true if they are equal."""
        return self == other


@dataclass(frozen=True, kw_only=True)
class Written(Method, takes=(), says={}):
    """A method that writes something."""

    @abstractmethod
    def output_type(self, column: "Column") -> pa.DataType:
        """Return the type of the output."""

    @abstractmethod
    def prepare(self, column: "Column", keys: Keys) -> OutputColumn:
        """Return the function that makes the output.

        Raises:
            ContractError: the options do not fit the column's type.
        """


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the file, and of the output unless it is dropped (``output`` is None).

    If it has a ``physical_name``, files must call it that. ``precision`` and ``scale`` are set for
    decimals. A ``timestamp`` without ``timezone`` has no zone in its text, and is in UTC.
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
        """Make sure that a dropped column has no output, and every other has one.

        Raises:
            ValueError: it has an output and is dropped, or has none and is not.
        """
        if self.dropped == isinstance(self.deidentify, Written):
            raise ValueError(f"column {self.name}: {self.deidentify} as {self.output}")

    @property
    def dropped(self) -> bool:
        """Whether the output has nothing of it."""
        return self.output is None

    @property
    def label(self) -> str:
        """Its name in files."""
        return self.name if self.physical_name is None else self.physical_name
