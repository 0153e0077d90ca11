"""Identifiers of parametrised tests: what a value is called where no id is given.

pytest calls a text by itself, however long, and most other objects by a number, which says
nothing and changes when a case is added.
"""

import re
from enum import Enum
from types import NoneType

LENGTH = 64
"""How long the identifier of a value may be, in characters."""

_KNOWN = (NoneType, bool, int, float, complex, Enum, re.Pattern)


def identify(value: object) -> str | None:
    """Return what to call a value; None leaves it to pytest, which knows numbers and the like.

    Raises:
        ValueError: the value has no text that is the same in every run; it needs an id.
    """
    if isinstance(value, _KNOWN):
        return None
    text = _text(value)
    if re.search(r"<lambda>| at 0x[0-9a-f]+", text):
        raise ValueError(f"give the case with {text} an id: it has no name of its own")
    if len(text) > LENGTH:
        text = f"{text[: LENGTH - 20]}..{text[-18:]}"
    return text.encode("unicode_escape").decode("ascii") or "empty"


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value[:1000].decode("ascii", "backslashreplace")
    if isinstance(value, dict):
        return ", ".join(f"{_text(key)}={_text(value[key])}" for key in value)
    if isinstance(value, set | frozenset):
        return ", ".join(sorted(map(_text, value)))
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):  # no NamedTuple
        return ", ".join(map(_text, value))
    if callable(value):
        return str(getattr(value, "__name__", value))
    return " ".join(repr(value).split())
