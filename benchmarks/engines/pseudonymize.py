"""The same with the method ``pseudonymize`` instead of ``hmac`` in the contract.

Its tokens are made by AES-256-CMAC; all else is the same.

Delete it once contracts have one method for tokens.
"""

from dataclasses import replace
from pathlib import Path

from benchmarks.engines import main
from benchmarks.engines.processor import transform
from processor.contract.column import Column
from processor.contract.model import Contract
from processor.deidentification.hmac import Hmac
from processor.deidentification.pseudonymize import Pseudonymize


def run(source: Path, target: Path) -> tuple[int, int]:
    """Transform ``source``; the contract of its name lies next to the folder ``target``."""
    return transform(source, target, _renewed)


def _renewed(contract: Contract) -> Contract:
    return replace(contract, columns=tuple(map(_with_other_tokens, contract.columns)))


def _with_other_tokens(column: Column) -> Column:
    method = column.deidentify
    if not isinstance(method, Hmac):
        return column
    other = Pseudonymize(domain=method.domain, normalize=method.normalize)
    return replace(column, deidentify=other)


if __name__ == "__main__":
    main(run)
