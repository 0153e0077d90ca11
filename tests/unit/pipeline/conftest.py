"""Fixtures: an account in memory, and the tool that asks it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.program import main
from pipeline.stack import Stack
from tests.unit.pipeline.account import Account


@dataclass
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        return json.loads(self.out)


Tool = Callable[..., Answer]


@pytest.fixture(name="account")
def make_account() -> Account:
    """An empty account."""
    return Account()


@pytest.fixture(name="stack")
def make_stack(account: Account) -> Iterator[Stack]:
    """A stack in it."""
    stack = account.stack()
    yield stack
    stack.close()


@pytest.fixture(name="tool")
def make_tool(
    account: Account, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Tool:
    """Run a command of the tool."""
    monkeypatch.setattr(Stack, "find", account.stack)

    def run(*arguments: str) -> Answer:
        code = main(arguments)
        printed = capsys.readouterr()
        return Answer(code, printed.out, printed.err)

    return run
