"""Redact: free text without what identifies a person in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import pyarrow as pa

from processor.contract.column import Column, Keys, Method, OutputColumn, Written
from processor.contract.options import Some
from processor.deidentification.redaction import PATTERNS, redact


@dataclass(frozen=True, kw_only=True)
class Redact(
    Written,
    takes=("string",),
    says={
        "{method: redact}": (
            "free text without e-mail addresses, IBANs, card numbers (issuer and Luhn), SSNs and "
            "telephone numbers; `patterns` names some of "
            + ", ".join(f"`{name}`" for name in PATTERNS)
        )
    },
):
    """The text without what has one of these patterns, see :mod:`.redaction`."""

    patterns: Annotated[tuple[str, ...], Some(PATTERNS)] = PATTERNS

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Take any text."""
        return iter(())

    def output_type(self, column: Column) -> pa.DataType:
        """Return the type of texts."""
        return pa.string()

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what redacts texts."""
        return OutputColumn("text", partial(redact, patterns=self.patterns))

    def hides_as_much_as(self, other: Method) -> bool:
        """Whether it takes out all that the other does."""
        return isinstance(other, Redact) and {*self.patterns} >= {*other.patterns}
