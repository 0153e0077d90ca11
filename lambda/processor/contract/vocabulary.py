"""The vocabulary of a contract: names and texts that its compiler and the processor share."""

import re
from typing import Literal

DATASET = re.compile(r"[a-z][a-z0-9-]{0,62}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")

# Values of the last two are kept as JSON text.
# fmt: off
Type = Literal[
    "string", "integer", "decimal", "double", "boolean", "date", "timestamp", "time",
    "array", "object",
]
# fmt: on

UnknownColumns = Literal["refuse", "drop"]

ENCODINGS = ("utf-8", "windows-1252", "utf-16", "utf-16-le", "utf-16-be")
ESCAPE = "\\"


def snake_case(name: str) -> str:
    """Return Python's name for a name in camel case, as in contracts and their JSON."""
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def camel_case(name: str) -> str:
    """Return the name in contracts and their JSON for Python's name in snake case."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
