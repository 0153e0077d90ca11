"""This project's processor: the transformation as it ships, under the compiled contract.

Strict; each reject has its line, its raw text and all its reasons; every row is accounted for.

Delete it with the last engine that it is compared with.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.engines import main
from benchmarks.people import KEY
from processor.contract.model import Contract
from processor.contracts import read
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.threads import SECOND_CORE_MB
from processor.transformation import Outputs, Transformation


class FixedKey:
    """Takes the place of KMS, which derives the key: here it is the one that all engines have."""

    def generate_mac(self, **_: object) -> dict[str, bytes]:
        """Return the key."""
        return {"Mac": KEY}


def run(source: Path, target: Path) -> tuple[int, int]:
    """Transform ``source``; the contract of its name lies next to the folder ``target``."""
    return transform(source, target, lambda contract: contract)


def transform(
    source: Path, target: Path, change: Callable[[Contract], Contract]
) -> tuple[int, int]:
    """Transform ``source`` under the contract once it is changed."""
    contract = change(read(target.parent / "contracts" / f"{source.stem}.json"))
    kms: Any = FixedKey()
    with (
        source.open("rb") as stream,
        (target / "clean.parquet").open("w+b") as clean,
        (target / "rejected.jsonl.gz").open("w+b") as rejected,
    ):
        limit = SizeLimit(source.stat().st_size, "")
        memory = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "0"))
        transformation = Transformation(
            contract, PseudonymKeys(kms, ""), limit, threads=memory >= SECOND_CORE_MB
        )
        account = transformation.run(stream, source.name, Outputs(clean, rejected))
    account.check()
    return account.clean, account.rejected


if __name__ == "__main__":
    main(run)
