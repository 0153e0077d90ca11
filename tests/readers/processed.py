"""Files as the processor writes them."""

import io
from pathlib import Path
from typing import Any

from processor.account import RowAccount
from processor.contract.model import Contract
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.unit.processor.aws import HmacKey


def process(contract: Contract, content: bytes, ending: str, target: Path) -> RowAccount:
    """Write the clean rows of a file to ``target``; its name has the ``ending``."""
    kms: Any = HmacKey()
    transformation = Transformation(
        contract, PseudonymKeys(kms, "a-key"), SizeLimit(1 << 30, "memoryMb")
    )
    with target.open("w+b") as clean:
        return transformation.run(io.BytesIO(content), f"a.{ending}", Outputs(clean, io.BytesIO()))
