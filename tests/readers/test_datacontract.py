"""Whether what leaves keeps the consumers' contracts, by the tool of those who made the format.

A consumer adds the server that the files are on; here they are on the disk. Of types the tool says
that it cannot check them in Parquet: `test_readers.py` does.
"""

import subprocess
from pathlib import Path

import duckdb
import pytest
import yaml

from lib.contracts import CONTRACTS, compile_contracts
from lib.contracts.published import FOLDER
from tests.readers.processed import process
from tests.unit.synthesis import ROOT


@pytest.fixture(scope="module", name="tool")
def install_datacontract() -> str:
    """The tool, where the Makefile installs it."""
    folder = ".cache/datacontract"
    subprocess.run(
        ["make", "--silent", "--old-file=.venv/.installed", folder], cwd=ROOT, check=True
    )
    return str(ROOT / folder / "bin" / "datacontract")


@pytest.fixture(name="file")
def process_sample(dataset: str, tmp_path: Path) -> Path:
    """The clean rows of a sample."""
    content = (ROOT / "samples" / f"{dataset}.csv").read_bytes()
    file = tmp_path / "a.parquet"
    account = process(compile_contracts(CONTRACTS)[dataset], content, "csv", file)
    assert account.clean > 1_000
    return file


def check(tool: str, dataset: str, file: Path) -> "subprocess.CompletedProcess[str]":
    """Test a file against the contract that is checked in."""
    document = yaml.safe_load((CONTRACTS / FOLDER / f"{dataset}.odcs.yaml").read_text("utf-8"))
    server = {"server": "here", "type": "local", "path": str(file), "format": "parquet"}
    contract = file.with_name("contract.odcs.yaml")
    contract.write_text(yaml.safe_dump(document | {"servers": [server]}), encoding="utf-8")
    return subprocess.run(
        [tool, "test", contract], stdout=subprocess.PIPE, text=True, check=False, cwd=file.parent
    )


@pytest.mark.parametrize("dataset", ["customers", "payments"])
def test_what_leaves_keeps_the_consumers_contract(tool: str, dataset: str, file: Path) -> None:
    done = check(tool, dataset, file)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("dataset", ["customers"])
@pytest.mark.parametrize(
    "rows",
    [
        "* EXCLUDE phone",
        "* REPLACE ('XX' AS country)",
        "* REPLACE (10_000_001 AS loyalty_points)",
        "* REPLACE (NULL::VARCHAR AS country)",
    ],
)
def test_it_would_see_what_does_not(tool: str, dataset: str, file: Path, rows: str) -> None:
    breach = file.with_name("b.parquet")
    duckdb.read_parquet(str(file)).select(rows).write_parquet(str(breach))
    done = check(tool, dataset, breach)
    assert done.returncode == 1, done.stdout
