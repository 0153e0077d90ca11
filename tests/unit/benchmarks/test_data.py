"""The data: of the size that was asked for."""

from pathlib import Path

from benchmarks import data


def test_the_file_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    data.write(tmp_path / "people.csv", 0.5)
    text = (tmp_path / "people.csv").read_text(encoding="utf-8")
    assert 0.5e6 <= len(text.encode()) < 0.7e6
    assert "\nFlat " in text
