"""What the benchmark relies on: its data, its comparison of rows, and its report."""

import gzip
import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from benchmarks import data
from benchmarks.engines import Engine, loop, processor, pseudonymize
from benchmarks.equality import difference
from benchmarks.latency import Latency
from benchmarks.measurement import Usage
from benchmarks.report import FileUsage, Report, Round, chart, page
from benchmarks.throughput import Throughput
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


def test_the_file_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    data.write(tmp_path / "people.csv", 0.5)
    text = (tmp_path / "people.csv").read_text(encoding="utf-8")
    assert 0.5e6 <= len(text.encode()) < 0.7e6
    assert "\nFlat " in text


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


def rounds(cpu: float, wall: float, mebibytes: int) -> list[Round]:
    """Three rounds, one of them disturbed; each start takes a second."""
    return [
        Round(Usage(1.0, 1.0, 0), Usage(cpu * factor, wall, mebibytes << 20))
        for factor in (1, 9, 1)
    ]


def test_the_report_takes_medians_and_leaves_out_the_start() -> None:
    report = Report(
        megabytes=100,
        start_megabytes=0,
        rows={"clean": 99, "rejected": 1},
        rounds={
            "processor": rounds(5, 6, 100),
            "pseudonymize": rounds(3, 3, 100),
            "polars": rounds(6, 3, 100),
            "spark": rounds(11, 12, 300),
        },
        parts=[{"frame": 3.0, "hash": 1.0}],
        best_parts=[{"parse": 1.0, "hash": 1.0}] * 2 + [{"parse": 9.0, "hash": 9.0}],
        files=[
            [FileUsage("no quotes", 100, ours, 6.0), FileUsage("Parquet", 50, ours, None)]
            for ours in (2.0, 3.0, 9.0)
        ],
        by_memory={512: 0.3, 3538: 2.0},
        latency=Latency(0.4, 0.1, 0.01),
        throughput=Throughput(30, 75),
        load=((0.1, 0, 0), (1.2, 0, 0)),
    )
    text = page(report)
    assert "| this processor, `pseudonymize` | 20 (0.50) | 3 (0.50) | 100 (1.00) | 1.0 |" in text
    assert "| this processor, `hmac` | 40 (1.00) | 6 (1.00) | 100 (1.00) | 1.0 |" in text
    assert "| PySpark | 100 (2.50) | 12 (2.00) | 300 (3.00) | 1.0 |" in text
    assert "| frame | 30.0 | 75% |" in text
    assert "| no quotes | 20 | 50 | 0.40 |\n| Parquet | 40 |  |  |\n" in text
    assert "| 512 | 0.29 | 0.30 |\n| 3,538 | 2.00 | 2.00 |\n" in text
    assert "began: 0.1, when it ended: 1.2" in text
    assert "parse 10.0, hash 10.0. Together that is 20.0 CPU s/GB" in text
    assert "takes 2.00 times as much" in text
    assert "A TB of such files takes 0.58 USD of Lambda" in text
    assert "20 CPU seconds per GB, times 1,000 GB, times 1.7275 GB of memory" in text
    assert "at 30 a second" in text
    assert "at 75 a second (2.5 times as many)" in text


def test_the_chart_has_a_bar_for_each_value_as_long_as_it_says() -> None:
    drawn = ET.fromstring(chart({"this processor": 40, "PySpark": 100, "Polars": 20}))
    namespace = "{http://www.w3.org/2000/svg}"
    texts = [text.text for text in drawn.iter(f"{namespace}text")][1:]
    widths = [float(rect.attrib["width"]) for rect in drawn.iter(f"{namespace}rect")]
    assert texts == ["Polars", "20", "this processor", "40", "PySpark", "100"]
    assert [width / widths[0] for width in widths] == [1, 2, 5]
