"""Small files: the one file has the rows of all."""

from pathlib import Path

import pytest

from benchmarks import small_files
from tests.parquet import read_parquet


def test_each_query_is_measured_over_many_files_and_over_one(tmp_path: Path) -> None:
    small_files.write(tmp_path, 3)
    rows = [read_parquet(file) for file in sorted(tmp_path.glob("**/*.parquet"))]
    assert len(rows) == 4
    assert sorted(map(len, rows))[-1] == sum(sorted(map(len, rows))[:-1]) > 100
    costs = [*small_files.measure(tmp_path, 1)]
    assert [cost.files for cost in costs] == [3, 1] * len(small_files.QUERIES)


def test_another_answer_is_an_error(tmp_path: Path) -> None:
    small_files.write(tmp_path, 2)
    (tmp_path / "1.parquet").unlink()
    with pytest.raises(ValueError, match="one file has not the rows of all"):
        list(small_files.measure(tmp_path, 1))


def test_a_file_without_its_rows_is_an_error(tmp_path: Path) -> None:
    small_files.write(tmp_path, 1)
    (tmp_path / "all" / "one.parquet").unlink()
    (tmp_path / "all").rmdir()
    with pytest.raises(ValueError, match="1 files have other rows once they are compacted"):
        small_files.compact(tmp_path, {"0.parquet": 1})
