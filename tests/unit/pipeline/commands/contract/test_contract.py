"""``contract``: what its commands have in common."""

import subprocess
import sys

import pytest

from pipeline.commands.contract import COMMANDS, command
from tests.unit.pipeline.conftest import Tool
from tests.unit.synthesis import ROOT

NOT_LOADED = {"aws_cdk", "boto3", "botocore", "constructs", "jsii"}
"""Packages that would take most of the time, and are not needed."""

EXAMPLES = {
    "adopt": ["adopt", "contracts/customers.odcs.yaml"],
    "check": ["check", "customers", "samples/customers.csv"],
    "diff": ["diff", "contracts", "contracts"],
    "draft": ["draft", "samples/customers.csv"],
    "publish": ["publish", "--help"],  # else it writes what other tests read
}


@pytest.mark.parametrize("name", COMMANDS)
def test_it_loads_nothing_of_aws(name: str) -> None:
    script = (
        f"import sys; from pipeline.program import main; main(['contract', *{EXAMPLES[name]}]); "
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {*done.stdout.splitlines()[-1].split()}
    assert f"pipeline.commands.contract.{name}" in loaded, done.stderr
    assert not NOT_LOADED & loaded


def test_a_check_of_contracts_does_not_load_the_reader_of_files() -> None:
    script = (
        "import sys; from pipeline.program import main; main(['contract', 'check']); "
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {*done.stdout.splitlines()[-1].split()}
    assert not {"processor.transformation", "pyarrow.parquet"} & loaded


def test_its_commands_are_listed_in_order(tool: Tool) -> None:
    assert command.name == "contract"
    page = tool("contract", "--help").out
    places = [page.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
