"""The vocabulary of a contract: names and texts that its compiler and the processor share."""

import re
from typing import Literal

DATASET = re.compile(r"[a-z][a-z0-9-]{0,62}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")

# What the last two hold is kept as JSON text.
# fmt: off
Type = Literal[
    "string", "integer", "decimal", "double", "boolean", "date", "timestamp", "time",
    "array", "object",
]
# fmt: on

ESCAPE = "\\"
