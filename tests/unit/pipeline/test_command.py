"""The page of help of each command."""

import click
import pytest

from pipeline.command import Command
from pipeline.outcomes import Exit
from pipeline.program import COMMANDS
from tests.unit.pipeline.conftest import Tool


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_a_page_says_what_a_command_does_and_needs(command: click.Command, tool: Tool) -> None:
    page = tool(str(command.name), "--help")
    assert page.code == Exit.OK
    text = " ".join(page.out.split())
    assert isinstance(command, Command)
    assert all(action in text for action in command.actions)
    assert all(policy in text for policy in command.policies)
    assert all(f"{int(code)} " in text for code in Exit)
    assert f"python -m pipeline {command.name}" in text
    assert "--json" in text
    assert max(map(len, page.out.splitlines())) <= 100


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_its_examples_can_be_parsed(command: click.Command, tool: Tool) -> None:
    page = tool(str(command.name), "--help").out
    examples = page.partition("Examples:\n")[2]
    assert examples
    for line in filter(None, map(str.strip, examples.splitlines())):
        arguments = line.removeprefix(f"python -m pipeline {command.name}").partition(">")[0]
        words = [word.strip("'") for word in arguments.split()]
        command.make_context("test", words).close()


def test_the_help_of_all_commands(tool: Tool) -> None:
    page = tool("--help")
    assert page.code == Exit.OK
    names = [command.name for command in COMMANDS]
    places = [page.out.index(f"\n  {name} ") for name in names]
    assert places == sorted(places)
    assert all(code.meaning in " ".join(page.out.split()) for code in Exit)
