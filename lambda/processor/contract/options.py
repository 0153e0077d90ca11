"""Options: what a contract may write for an option of a method of de-identification.

A field of a method is annotated with one of these, as in ``Annotated[int, Count(0)] = 0``.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from processor.contract.vocabulary import DATASET, DATASET_FORM

MOST = 2**31 - 1  # the largest count of characters, rows or epochs


def is_count(value: object, least: int) -> bool:
    """Whether ``value`` is a whole number from ``least`` that the processor can count with.

    To Python, ``True`` is a number; not here.
    """
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST


def count_wanted(value: object, least: int) -> str:
    """Say what to write for a ``value`` that is not a count; to YAML, one in quotes is a text."""
    quoted = isinstance(value, str) and value.isdecimal()
    return f"use a whole number from {least}{', without quotes' if quoted else ''}"


class OptionError(ValueError):
    """An option has a wrong value; the message says what is wrong, for people."""


class Option(ABC):
    """How an option is read."""

    @property
    @abstractmethod
    def fallback(self) -> Any:
        """What replaces a wrong value while mistakes are collected."""

    @abstractmethod
    def read(self, name: str, value: object, text: str) -> Any:
        """Return the option's value, from its name, YAML's value and its text in the file.

        Raises:
            OptionError: the value is wrong.
        """


@dataclass(frozen=True)
class Count(Option):
    """A whole number from ``least``."""

    least: int
    fallback: int = 0

    def read(self, name: str, value: object, text: str) -> Any:
        """Return the number."""
        if not is_count(value, self.least):
            raise OptionError(f"has the {name} {text!r}; {count_wanted(value, self.least)}")
        return value


@dataclass(frozen=True)
class Name(Option):
    """A name of the same form as a dataset's; without it, ``missing`` says what is wrong."""

    missing: str = ""
    fallback: None = None

    def read(self, name: str, value: object, text: str) -> Any:
        """Return the name."""
        if value is None and self.missing:
            raise OptionError(self.missing)
        if not isinstance(value, str) or not DATASET.fullmatch(value):
            raise OptionError(f"has the {name} {text!r}; use {DATASET_FORM}")
        return value


@dataclass(frozen=True)
class Some(Option):
    """A list of at least one of ``allowed``, without repeats; it is sorted in that order."""

    allowed: Sequence[str]

    @property
    def fallback(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self.allowed)

    def read(self, name: str, value: object, text: str) -> Any:
        """Return the items."""
        items = value if isinstance(value, list) else []
        found = tuple(one for one in self.allowed if one in items)
        if not found or len(found) != len(items):
            raise OptionError(
                f"has an invalid {name} option; write a list of {', '.join(self.allowed)}"
            )
        return found


@dataclass(frozen=True)
class Text(Option):
    """The text as it is in the file, such as a number's; the method itself checks it."""

    fallback: None = None

    def read(self, name: str, value: object, text: str) -> Any:
        """Return the text."""
        return text
