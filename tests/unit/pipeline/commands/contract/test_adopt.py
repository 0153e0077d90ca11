"""``contract adopt``."""

from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from pipeline.outcomes import Exit
from tests.unit.contracts.kinds import MORE, REFUSED
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(name="file")
def make_file(tmp_path: Path) -> Path:
    """Somebody's contract."""
    file = tmp_path / "theirs.yaml"
    file.write_text(MORE["blocks with comments"], newline="")
    return file


def test_the_contract_goes_to_standard_output(tool: Tool, file: Path) -> None:
    answer = tool("contract", "adopt", str(file))
    assert answer.code == Exit.OK
    assert "# where we write to\n" in answer.out
    assert "line 20: column 'email': deidentify: {method: drop}, because: By its" in answer.err
    assert file.read_text() == MORE["blocks with comments"]


@pytest.mark.parametrize("kind", ["blocks with comments", "lines of another system"])
def test_it_is_written_and_nothing_overwritten(tool: Tool, file: Path, kind: str) -> None:
    file.write_text(MORE[kind], newline="")
    output = file.parent / "contracts" / "orders.odcs.yaml"
    output.parent.mkdir()
    answer = tool("contract", "adopt", str(file), "--output", str(output))
    assert (answer.code, answer.out) == (Exit.OK, "")
    assert [*compile_contracts(output.parent)] == ["orders"]
    before = output.read_bytes()
    assert (b"\r\n" in before) == ("\r\n" in MORE[kind])
    assert before.count(b"\r\n") in (0, before.count(b"\n"))
    again = tool("contract", "adopt", str(file), "--output", str(output))
    assert again.code == Exit.USAGE
    assert "exists, and is not overwritten" in again.err
    assert output.read_bytes() == before


def test_a_contract_has_a_name_of_its_own(tool: Tool, file: Path) -> None:
    answer = tool("contract", "adopt", str(file), "--output", str(file.parent / "x.yaml"))
    assert answer.code == Exit.USAGE
    assert "is not the name of a contract" in answer.err


def test_decisions_are_machine_readable(tool: Tool, file: Path) -> None:
    answer = tool("contract", "adopt", str(file), "--json")
    assert answer.json["dataset"] == "orders"
    assert answer.json["undecided"] == []
    assert "restricted" in answer.json["contract"]
    assert {"line", "field", "done", "why"} == answer.json["decisions"][0].keys()


def test_what_a_person_must_decide_is_something_wrong(tool: Tool, file: Path) -> None:
    file.write_text(REFUSED["a misspelt field"][0])
    output = file.with_name("orders.odcs.yaml")
    answer = tool("contract", "adopt", str(file), "--output", str(output))
    assert (answer.code, output.exists()) == (Exit.WRONG, False)
    assert "theirs.yaml, line 12: field 'requried' of column 'c'" in answer.err
    answer = tool("contract", "adopt", str(file), "--json")
    assert (answer.code, answer.json["contract"]) == (Exit.WRONG, None)
    assert answer.json["undecided"][0]["line"] == 12
