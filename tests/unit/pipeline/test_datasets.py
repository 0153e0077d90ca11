"""Which datasets there are."""

import pytest

from lib.contracts import CONTRACTS, read_intervals
from pipeline.datasets import dataset_of
from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool

COMMANDS = pytest.mark.parametrize("command", ["status", "files", "report"])


@COMMANDS
def test_a_name_of_no_dataset_is_a_mistake_of_use(
    tool: Tool, account: Account, command: str
) -> None:
    account.process("incoming/customers/a.csv")
    account.put("incoming/custmers/", b"")  # a folder of the console is not a file
    answer = tool(command, "--dataset", "custmers", "--json")
    assert (answer.code, answer.out) == (Exit.USAGE, "")
    said = " ".join(answer.err.split())
    assert "There is no dataset custmers" in said
    assert f"these have a contract: {', '.join(sorted(read_intervals(CONTRACTS)))}." in said


@COMMANDS
@pytest.mark.parametrize("key", ["incoming/other/a.csv", "manifests/other/a.csv.json"])
def test_a_dataset_without_a_contract_may_have_files(
    tool: Tool, account: Account, command: str, key: str
) -> None:
    account.process("incoming/other/a.csv")
    del account.objects[key]
    assert tool(command, "--dataset", "other", "--json").code == Exit.OK


@COMMANDS
def test_a_contract_is_enough(tool: Tool, command: str) -> None:
    assert tool(command, "--dataset", "customers", "--json").code != Exit.USAGE


@COMMANDS
def test_who_may_not_list_files_does_not_know_the_name(
    tool: Tool, account: Account, command: str
) -> None:
    account.put("incoming/other/a.csv", b"x")

    def interrupt(_: str) -> None:
        asked = account.asked[-1][1].get("Prefix", "")
        account.denied = {"ListObjectsV2": "no"} if asked.startswith("incoming/") else {}

    account.interrupt = interrupt
    assert tool(command, "--dataset", "other", "--json").code == Exit.USAGE


@COMMANDS
def test_who_may_list_nothing_is_refused(tool: Tool, account: Account, command: str) -> None:
    account.denied["ListObjectsV2"] = "no"
    assert tool(command, "--dataset", "custmers", "--json").code == Exit.REFUSED


@pytest.mark.parametrize(
    ("manifest", "dataset"),
    [("manifests/customers/2026/a.csv.json", "customers"), ("manifests/a.csv.json", "")],
)
def test_a_manifest_names_its_dataset(manifest: str, dataset: str) -> None:
    assert dataset_of(manifest) == dataset
