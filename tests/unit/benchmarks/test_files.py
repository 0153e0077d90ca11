"""Each file of the benchmark is of its form, and the processor takes it."""

import re
from pathlib import Path

import pytest

from benchmarks.engines import pseudonymize
from benchmarks.files import FILES, WIDTH, BenchmarkFile, write_contracts
from lib import contracts

ROWS = 300
GOOD = {
    "all rows bad": (0, ROWS),
    f"{WIDTH} columns": (12, 0),
    "Parquet": (297, 0),
}


@pytest.fixture(scope="module", name="folder")
def write_compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contracts of all files."""
    folder = tmp_path_factory.mktemp("files")
    write_contracts(folder / "odcs")
    contracts.write_contracts(contracts.compile_contracts(folder / "odcs"), folder / "contracts")
    (folder / "outputs").mkdir()
    return folder


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_file_has_the_good_and_bad_rows_of_its_form(folder: Path, file: BenchmarkFile) -> None:
    source = folder / f"{file.dataset}{file.suffix}"
    file.write(source, ROWS)
    counts = pseudonymize.run(source, folder / "outputs")
    assert counts == GOOD.get(file.name, (297, 3))


def test_the_forms_are_what_they_are_called(folder: Path) -> None:
    content = {}
    for file in FILES:
        file.write(folder / "file", ROWS)
        content[file.name] = (folder / "file").read_bytes()
    assert b'"' in content["people"]
    assert b'"' not in content["no quotes"]
    _, _, quoted = content["all quoted"].partition(b"\n")
    assert set(re.sub(b'"[^"]+"', b"", quoted)) == set(b",\n")
    assert 80 < content["every third of two lines"].count(b"\nFlat 7") < 120
    assert content[f"{WIDTH} columns"].split(b"\n")[1].count(b",") == WIDTH - 1
    assert content["Parquet"].startswith(b"PAR1")
