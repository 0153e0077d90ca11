"""``contract draft``."""

from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from pipeline.outcomes import Exit
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(name="file")
def make_file(tmp_path: Path) -> Path:
    """A file of two rows."""
    file = tmp_path / "orders.csv"
    file.write_text("quantity,note\n1,hällo\n2,\n", encoding="utf-8")
    return file


def test_a_draft_goes_to_standard_output(tool: Tool, file: Path) -> None:
    answer = tool("contract", "draft", str(file))
    assert answer.code == Exit.OK
    assert "- name: orders\n" in answer.out
    assert "2 rows were looked at, which is all of" in answer.err


def test_a_draft_is_written_and_nothing_overwritten(tool: Tool, file: Path) -> None:
    output = file.parent / "contracts" / "sales.odcs.yaml"
    output.parent.mkdir()
    answer = tool("contract", "draft", str(file), "--output", str(output))
    assert (answer.code, answer.out) == (Exit.OK, "")
    assert [*compile_contracts(output.parent)] == ["sales"]
    before = output.read_text()
    again = tool("contract", "draft", str(file), "--output", str(output))
    assert again.code == Exit.USAGE
    assert "exists, and is not overwritten" in again.err
    assert output.read_text() == before


@pytest.mark.parametrize("name", ["sales.yaml", "1.odcs.yaml", ".odcs.yaml"])
def test_a_contract_has_a_name_of_its_own(tool: Tool, file: Path, name: str) -> None:
    answer = tool("contract", "draft", str(file), "--output", str(file.parent / name))
    assert answer.code == Exit.USAGE
    assert "is not the name of a contract" in answer.err
    assert not (file.parent / name).exists()


def test_broken_rows_are_something_wrong(tool: Tool, file: Path) -> None:
    file.write_text("quantity,note\n1,x\n2\n")
    answer = tool("contract", "draft", str(file), "--json")
    assert answer.code == Exit.WRONG
    assert "The draft rejects 1 of them" in answer.err
    assert f"python -m pipeline contract check orders {file}" in answer.err
    assert (answer.json["rows"], answer.json["broken"]) == (2, 1)
    assert answer.json["contract"].startswith("# A draft from 2 rows")


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        ('{"note": 1, "a@b.example": 2}', "Look at column 2."),
        ('{"x": 1, "y": 1, "12": 2, "tel +43 664 5550123": 1}', "Look at column 3, 4."),
        ('{"K0012345": 1, "y": 1}', "Look at column 1."),
        (
            str({f"a{n}@b.example": n for n in range(6)}).replace("'", '"'),
            "1, 2, 3, 4, 5 and others.",
        ),
        ('{"price_2024": 1, "line1": 1, "e-mail": "x"}', ""),
    ],
)
def test_names_that_look_like_values_are_warned_of(
    tool: Tool, tmp_path: Path, text: str, warned: str
) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text(f"{text}\n")
    answer = tool("contract", "draft", str(file))
    assert ("look like values" in answer.err) == bool(warned)
    assert warned in " ".join(answer.err.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,amount,amount\n1,2,3\n", True),
        ("id,amount,,\n1,2,,\n", True),
        ("1,2\n3,4\n", True),
        ("id,amount\n1,2\n", False),
    ],
)
def test_it_says_that_the_first_line_was_taken_for_a_row(
    tool: Tool, tmp_path: Path, text: str, said: bool
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    answer = " ".join(tool("contract", "draft", str(file)).err.split())
    assert ("was taken for a row, and not for a header" in answer) == said


def test_a_missing_file_is_reported(tool: Tool, tmp_path: Path) -> None:
    answer = tool("contract", "draft", str(tmp_path / "x.csv"))
    assert answer.code == Exit.FAILED
    assert "x.csv cannot be read or written: No such file" in answer.err
