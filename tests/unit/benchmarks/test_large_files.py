"""Large files are what they say."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.large_files import FILES, MB, LargeFile
from benchmarks.scale import Run
from lib.contracts import compile_contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.unit.processor.aws import HmacKey
from tests.unit.synthesis import ROOT

ACCEPTED = [file for file in FILES if file.outcome in ("both", "clean", "rejected")]
RUN = Run(FILES[0], 8 * 10**9, 3, 2, 1, None, 300.2, 250.1, 200 << 20)
CONTRACTS = compile_contracts(ROOT / "benchmarks/contracts")


@pytest.mark.parametrize("file", ACCEPTED, ids=[file.name for file in ACCEPTED])
def test_a_large_file_becomes_what_it_says_when_it_is_small(
    tmp_path: Path, file: LargeFile
) -> None:
    with (tmp_path / "file").open("wb") as target:
        file.write(target, MB)
    kms: Any = HmacKey()
    with (tmp_path / "file").open("rb") as stream:
        transformation = Transformation(
            CONTRACTS[file.dataset], PseudonymKeys(kms, "a-key"), SizeLimit(1 << 40, "")
        )
        account = transformation.run(stream, "file", Outputs(io.BytesIO(), io.BytesIO()))
    assert replace(RUN, file=file, clean=account.clean, rejected=account.rejected).outcome == (
        file.outcome
    )
