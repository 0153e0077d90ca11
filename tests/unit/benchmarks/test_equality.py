"""Rows of two engines are compared in any order, and any other difference is noticed."""

import gzip
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks import data
from benchmarks.engines import Engine, loop, processor, pseudonymize
from benchmarks.equality import difference
from lib.contracts import compile_contracts, write_contracts
from tests.parquet import read_parquet
from tests.unit.synthesis import ROOT

ROWS = 2000


@pytest.fixture(scope="module", name="folder")
def make_outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of the two engines that need no other environment, for the same rows."""
    folder = tmp_path_factory.mktemp("benchmark")
    write_contracts(compile_contracts(ROOT / "benchmarks/contracts"), folder / "contracts")
    source = folder / "people.csv"
    lines = [",".join(row) for row in (data.HEADER, *islice(data.rows(), ROWS))]
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    engines: dict[str, Engine] = {
        "processor": processor.run,
        "pseudonymize": pseudonymize.run,
        "loop": loop.run,
    }
    for name, run in engines.items():
        (folder / name).mkdir()
        clean, rejected = run(source, folder / name)
        write_counts(folder / name, clean, rejected)
    return folder


def write_counts(folder: Path, clean: int, rejected: int) -> None:
    """What an engine reports about its own rows."""
    (folder / "rows.json").write_text(json.dumps({"clean": clean, "rejected": rejected}))


def test_one_row_in_a_hundred_is_bad_and_each_mistake_is_one(folder: Path) -> None:
    with gzip.open(folder / "processor/rejected.jsonl.gz", "rt") as file:
        rejects = [json.loads(line) for line in file]
    assert [reject["row"] for reject in rejects] == list(range(100, ROWS + 1, 100))
    assert len(rejects) >= len(data.MISTAKES)
    assert {len(reject["reasons"]) for reject in rejects} == {1}


def test_the_processor_and_a_loop_make_the_same_rows(folder: Path) -> None:
    assert difference(folder / "processor", folder / "loop") is None


def test_the_other_tokens_are_all_that_differs(folder: Path) -> None:
    both = folder / "processor", folder / "pseudonymize"
    assert difference(*both) == "the column customer_token is not the same"
    assert difference(*both, tokens=False) is None


def changed(name: str, value: object) -> Callable[[pa.Table], pa.Table]:
    """A change of one value of a column."""

    def change(rows: pa.Table) -> pa.Table:
        column = rows[name].combine_chunks()
        first = pa.array([index == 0 for index in range(len(rows))])
        other = pc.if_else(first, pa.scalar(value, column.type), column)
        return rows.set_column(rows.column_names.index(name), name, other)

    return change


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda rows: rows.slice(1), "1980 clean rows are reported, and 1979 are there"),
        (lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]), "and 1981 are there"),
        (changed("customer_token", "0" * 32), "the column customer_token is not the same"),
        (changed("loyalty_points", None), "the column loyalty_points is not the same"),
        (changed("country", "XX"), "the column country is not the same"),
        (lambda rows: rows.sort_by("phone_token"), None),
        (lambda rows: rows.select(rows.column_names[::-1]), None),
    ],
    ids=[
        "lost",
        "doubled",
        "token",
        "number",
        "country",
        "sorted",
        "columns turned",
    ],
)
def test_other_rows_are_noticed_and_another_order_is_not(
    folder: Path, tmp_path: Path, change: Callable[[pa.Table], pa.Table], expected: str | None
) -> None:
    rows = change(read_parquet(folder / "loop/clean.parquet"))
    pq.write_table(rows, tmp_path / "clean.parquet")
    write_counts(tmp_path, 1980, 20)
    for pair in ((folder / "processor", tmp_path), (tmp_path, folder / "processor")):
        found = difference(*pair)
        assert found is None if expected is None else expected in (found or "")


def test_other_counts_are_noticed(folder: Path, tmp_path: Path) -> None:
    write_counts(tmp_path, 1981, 19)
    assert "'rejected': 19" in (difference(folder / "processor", tmp_path) or "")
