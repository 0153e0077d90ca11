"""``contract publish``."""

from pathlib import Path

import pytest
import yaml

from pipeline.commands.contract import publish
from pipeline.outcomes import Exit
from tests.unit.contracts.orders import CONTRACT, edited
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(autouse=True)
def make_contracts(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """A folder with only the valid contract."""
    (directory / "orders.odcs.yaml").write_text(CONTRACT)
    monkeypatch.setattr(publish, "CONTRACTS", directory)


def test_it_writes_each_and_removes_what_has_no_contract(tool: Tool, directory: Path) -> None:
    folder = directory / "published"
    folder.mkdir()
    (folder / "gone.odcs.yaml").write_text("")
    answer = tool("contract", "publish")
    assert answer.code == Exit.OK
    assert answer.out.endswith("published: orders\n")
    (file,) = folder.iterdir()
    assert yaml.safe_load(file.read_text("utf-8"))["schema"][0]["name"] == "orders"
    again = tool("contract", "publish", "--json")
    assert again.json == {"orders": file.read_text("utf-8")}


def test_without_a_valid_contract_nothing_is_written(tool: Tool, directory: Path) -> None:
    (directory / "orders.odcs.yaml").write_text(edited("classification: public", "x: y"))
    answer = tool("contract", "publish")
    assert answer.code == Exit.WRONG
    assert "country" in answer.err
    assert not (directory / "published").exists()
