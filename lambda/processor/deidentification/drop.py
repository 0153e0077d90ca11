"""Drop: nothing is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

from processor.contract.column import Column, Method
from processor.contract.vocabulary import Type


@dataclass(frozen=True, kw_only=True)
class Drop(Method, takes=get_args(Type), says={"{method: drop}": "nothing"}, hides=True):
    """Nothing."""

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Take any column."""
        return iter(())

    def hides_as_much_as(self, other: Method) -> bool:
        """Whether it shows no more than any other: always."""
        return True
