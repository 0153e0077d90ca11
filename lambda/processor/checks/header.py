"""The header: which of a file's columns are in its contract."""

import difflib
from collections.abc import Sequence

from processor.contract.model import Contract
from processor.reasons import FileRefusedError, Reason

_MEANT = 256  # characters of a name in the header that are compared with a contract's


def positions(
    contract: Contract, header: Sequence[str], line: int | None = None
) -> dict[str, int]:
    """Return the position of each of the contract's columns in the header, which is on this line.

    The result is by the names in the contract, whatever a file calls them.

    Raises:
        FileRefusedError: the header does not fit the contract.
    """
    names = {column.label: column.name for column in contract.columns}
    found: dict[str, int] = {}
    for position, label in enumerate(header):
        if label not in names:
            if contract.unknown_columns == "drop":
                continue
            raise FileRefusedError(
                Reason.HEADER_UNKNOWN_COLUMN,
                line=line,
                column=position + 1,
                name=_meant(label, contract),
                text=label,
            )
        name = names[label]
        if name in found:
            raise FileRefusedError(
                Reason.HEADER_DUPLICATE_COLUMN, line=line, column=position + 1, name=name
            )
        found[name] = position
    if not found:
        raise FileRefusedError(Reason.HEADER_NO_COLUMN, line=line, text=", ".join(header))
    for column in contract.columns:
        if column.required and column.name not in found:
            raise FileRefusedError(Reason.HEADER_MISSING_COLUMN, line=line, name=column.name)
    return found


def _meant(text: str, contract: Contract) -> str | None:
    """Return the name of the column that was probably meant, matched by its label or its name."""
    names = {column.name: column.name for column in contract.columns}
    names |= {column.label: column.name for column in contract.columns}
    folded = {spelt.strip().casefold(): name for spelt, name in names.items()}
    meant = text[:_MEANT].strip().casefold()
    near = difflib.get_close_matches(meant, folded, 1, cutoff=0.8)
    return folded[near[0]] if near else None
