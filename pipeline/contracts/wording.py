"""Wording: columns of a contract as people write and read them."""

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

    def written(value: object) -> str:
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(str, value))}]"
        return str(value)

    options = (f"{name}: {written(value)}" for name, value in method_document(method).items())
    return f"{{{', '.join(options)}}}"
