"""Wording: columns of a contract as people write and read them."""

from collections.abc import Mapping
from typing import Any

from processor.contract.column import Column, Method
from processor.contracts import method_document


def type_text(column: Column) -> str:
    """Return a column's type, such as ``decimal(12,2)``."""
    if column.type == "decimal":
        return f"decimal({column.precision},{column.scale})"
    if column.type == "timestamp" and not column.timezone:
        return "timestamp without a zone"
    return column.type


def method_text(method: Method) -> str:
    """Return a method as contracts write it, such as ``{method: mask, keepLast: 4}``."""
    return options_text(method_document(method))


def options_text(options: Mapping[str, Any]) -> str:
    """Return the name and the options of a method as contracts write them."""

    def written(value: object) -> str:
        return f"[{', '.join(value)}]" if isinstance(value, list | tuple) else str(value)

    return f"{{{', '.join(f'{name}: {written(value)}' for name, value in options.items())}}}"
