"""``replay``."""

import json

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(autouse=True)
def done(account: Account) -> None:
    """An execution that sends two messages."""
    account.executions = [{"status": "SUCCEEDED", "output": '{"looked_at": 3, "sent": 2}'}]


@pytest.mark.parametrize(
    ("options", "given"),
    [
        ("--only all", {"only": "all"}),
        (
            "--only refused --dataset customers --reason file:empty --concurrency 3",
            {"only": "refused", "dataset": "customers", "reason": "file:empty", "concurrency": 3},
        ),
        (
            "--only unfinished --prefix incoming/a --since 2026-03-01 --until 2026-03-02T01+02:00",
            {
                "only": "unfinished",
                "prefix": "incoming/a",
                "since": "2026-03-01T00:00:00Z",
                "until": "2026-03-01T23:00:00Z",
            },
        ),
    ],
)
def test_it_asks_for_what_is_wanted(
    tool: Tool, account: Account, options: str, given: dict[str, object]
) -> None:
    answer = tool("replay", *options.split())
    assert answer.code == Exit.OK
    asked = dict(account.asked)["StartExecution"]
    assert json.loads(asked["input"]) == given


@pytest.mark.parametrize("options", ["", "--only some", "--only all --concurrency 0"])
def test_it_starts_nothing_that_makes_no_sense(tool: Tool, account: Account, options: str) -> None:
    assert tool("replay", *options.split()).code == Exit.USAGE
    assert not account.asked
