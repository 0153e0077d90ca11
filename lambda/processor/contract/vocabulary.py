"""The vocabulary of a contract: names and texts that its compiler and the processor share."""

import re
from typing import Literal

# Spark and Hive do not read folders whose names begin with an underscore.
DATASET = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,62}")
DATASET_FORM = "1 to 63 letters, digits, underscores and hyphens, a letter first"
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

ISO_DAYS = "YYYY-MM-DD"
DAYS = (
    *(ISO_DAYS, "DD.MM.YYYY", "D.M.YYYY", "DD/MM/YYYY", "D/M/YYYY", "MM/DD/YYYY", "M/D/YYYY"),
    *("DD-MM-YYYY", "D-M-YYYY", "YYYY/MM/DD"),
)
"""How CSV files may write days; D and M have no leading zero."""


def snake_case(name: str) -> str:
    """Return Python's name for a name in camel case, as in contracts and their JSON."""
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def camel_case(name: str) -> str:
    """Return the name in contracts and their JSON for Python's name in snake case."""
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)
