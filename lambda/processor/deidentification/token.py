"""What methods with tokens share: equal texts have equal tokens, which show nothing of them.

A token represents one text, so it is for types whose values have one text each, and for columns
of so many values that their frequencies do not tell them apart.
"""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pyarrow as pa

from processor.checks.normalization import STEPS
from processor.contract.column import Column, Keys, OutputColumn, Written
from processor.contract.model import Contract
from processor.contract.options import Name, Some
from processor.contract.vocabulary import Type
from processor.deidentification.generalize import OPTIONS as GENERALIZED
from processor.deidentification.language import count_texts
from processor.deidentification.pseudonyms import VERSION

TYPES: tuple[Type, ...] = ("string", "integer")
# Types that have several texts for one value, or so few values that a token hides none of them.
MISFITS: dict[Type, str] = {
    "boolean": "a token for one of two values hides nothing",
    "date": "there are so few days that their frequencies tell them apart",
    "decimal": "1.5 and 1.50 are one value but would get two tokens",
    "double": "0.1 and 1e-1 are one value but would get two tokens",
    "timestamp": "one instant has a text for every offset and would get as many tokens",
    "time": "12:00:00 and 12:00:00.0 are one value but would get two tokens",
    "array": "spaces between its items would make another token",
    "object": "spaces between its members would make another token",
}
# Whoever sees tokens of so few values tells them apart by how frequent each is.
FEW_VALUES = 10_000
FEW_CHARACTERS = 4
FORMATS_OF_FEW = ("date", "time", "date-time")


@dataclass(frozen=True, kw_only=True)
class Token(Written, takes=(), says={}):
    """A token of the text, once it is normalized by these steps.

    ``domain`` names what the column shares its tokens with; None is nothing.

    Attributes:
        algorithm: what makes the tokens; keys are derived for it, and manifests name it.
        version: of that derivation.
    """

    algorithm: ClassVar[str]
    version: ClassVar[int] = VERSION

    domain: Annotated[str | None, Name()] = None
    normalize: Annotated[tuple[str, ...], Some(STEPS)] = ()

    @property
    def steps(self) -> tuple[str, ...]:
        """How texts are normalized before they are checked."""
        return self.normalize

    def misfit(self, type_: Type) -> str:
        """Return why values of a type have no tokens."""
        others = "drop, generalize or keep" if type_ in GENERALIZED else "drop or keep"
        what = f"is of type {type_}, which {self.name} does not take: {MISFITS[type_]}"
        return f"{what}; use {others}"

    @abstractmethod
    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what makes tokens; the texts are normalized by then."""

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse columns of few values, and to normalize what has one text."""
        if column.type in self.takes and (few := _few(column)):
            what = f"{few}, so that the frequencies of its tokens tell them apart"
            yield "method", f"{what}; use drop, generalize or keep"
        if self.normalize and column.type != "string":
            what = f"is of type {column.type}, whose values have one text each"
            yield "normalize", f"{what}; remove normalize"

    def output_type(self, column: Column) -> pa.DataType:
        """Return the type of tokens."""
        return pa.string()


def origins(contract: Contract) -> list[dict[str, Any]]:
    """Return what makes the tokens of each column of the output that has any.

    Tokens join only if all but the columns is the same. Without a domain they join only with those
    of the same column of the same dataset, whatever it is called in the output.
    """
    columns: dict[tuple[str, int, str | None, tuple[str, ...]], list[str | None]] = {}
    for column in contract.columns:
        if isinstance(method := column.deidentify, Token):
            made = (method.algorithm, method.version, method.domain, method.normalize)
            columns.setdefault(made, []).append(column.output)
    return [
        {
            "algorithm": algorithm,
            "version": version,
            "epoch": contract.epoch,
            "domain": domain,
            "normalize": [*steps],
            "columns": names,
        }
        for (algorithm, version, domain, steps), names in columns.items()
    ]


def _few(column: Column) -> str:
    """Return why a column can have only a few values, as far as its rules tell, or ""."""
    rules = column.rules
    if rules.enum is not None:
        return f"has only {len(rules.enum)} values"
    if rules.format in FORMATS_OF_FEW:
        return f"has the format {rules.format}"
    if rules.max_length is not None and 0 < rules.max_length < FEW_CHARACTERS:
        return f"has at most {rules.max_length} characters"
    if rules.pattern is not None:
        count = count_texts(rules.pattern, FEW_VALUES, rules.max_length)
        if count is not None:
            return f"has only {count:,} values"
    least, most = (
        rules.minimum or rules.exclusive_minimum,
        rules.maximum or rules.exclusive_maximum,
    )
    if least is None or most is None:
        return ""
    try:
        count = (int(most) - int(least)) // int(rules.multiple_of or 1) + 1
    except (ValueError, ZeroDivisionError):  # wrong, which is reported elsewhere
        return ""
    return f"has about {count:,} values" if count < FEW_VALUES else ""
