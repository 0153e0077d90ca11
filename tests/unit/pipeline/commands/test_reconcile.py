"""``reconcile``."""

import json

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool


@pytest.mark.parametrize(("sent", "code"), [(0, Exit.OK), (3, Exit.WRONG)])
@pytest.mark.parametrize("dataset", [None, "customers"])
def test_unfinished_files_are_something_wrong(
    tool: Tool, account: Account, sent: int, code: Exit, dataset: str | None
) -> None:
    account.executions = [{"status": "SUCCEEDED", "output": f'{{"sent": {sent}}}'}]
    answer = tool("reconcile", *(("--dataset", dataset) if dataset else ()))
    assert answer.code == code
    given = json.loads(dict(account.asked)["StartExecution"]["input"])
    assert given == {"only": "unfinished"} | ({"dataset": dataset} if dataset else {})
