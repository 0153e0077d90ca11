"""``query``."""

import pytest

from pipeline.commands import query
from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(autouse=True)
def done(account: Account) -> None:
    """A query with three rows."""
    account.states = [{"State": "SUCCEEDED"}]
    account.results = [[["country", "number"], ["AT", "1"], ["\x1b[31m", None]], [["DE", "2"]]]


def test_the_answer_is_a_table(tool: Tool, account: Account) -> None:
    answer = tool("query", "SELECT 1", "--dataset", "customers")
    assert (answer.code, answer.err) == (Exit.OK, "")
    assert [line.split() for line in answer.out.splitlines()[3:-1]] == [
        ["│", "AT", "│", "1", "│"],
        ["│", "\\x1b[31m", "│", "│"],
        ["│", "DE", "│", "2", "│"],
    ]
    assert account.asked[0][1]["WorkGroup"] == "zero-trust-test.consumer.customers"


def test_json_has_all_rows(tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "SHOWN", 2)
    assert tool("query", "SELECT 1", "--json").json == {
        "columns": ["country", "number"],
        "rows": [["AT", "1"], ["\x1b[31m", None], ["DE", "2"]],
    }
    account.states = [{"State": "SUCCEEDED"}]
    answer = tool("query", "SELECT 1")
    assert "DE" not in answer.out
    assert answer.err == "These are the first 2 rows; --json prints all.\n"


def test_a_statement_may_have_no_answer(tool: Tool, account: Account) -> None:
    account.results = [[]]
    assert tool("query", "SELECT 1", "--json").json == {"columns": [], "rows": []}


def test_a_failure_is_something_wrong(tool: Tool, account: Account) -> None:
    account.states = [{"State": "FAILED", "StateChangeReason": "line 1:8: no such column"}]
    answer = tool("query", "SELECT x")
    assert (answer.code, answer.out) == (Exit.WRONG, "")
    assert "line 1:8: no such column" in answer.err
