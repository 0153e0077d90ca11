"""The page of help of each command."""

import pytest

from pipeline.command import Command
from pipeline.outcomes import Exit
from pipeline.program import COMMANDS, load
from tests.unit.pipeline.conftest import Tool


@pytest.mark.parametrize("name", COMMANDS)
def test_a_page_says_what_a_command_does_and_needs(name: str, tool: Tool) -> None:
    command = load(name)
    assert command.name == name
    page = tool(name, "--help")
    assert page.code == Exit.OK
    text = " ".join(page.out.split())
    assert isinstance(command, Command)
    assert all(action in text for action in command.actions)
    assert all(policy in text for policy in command.policies)
    assert all(f"{int(code)} " in text for code in Exit)
    assert f"python -m pipeline {name}" in text
    assert "--json" in text
    assert max(map(len, page.out.splitlines())) <= 100


@pytest.mark.parametrize("name", COMMANDS)
def test_its_examples_can_be_parsed(name: str, tool: Tool) -> None:
    command = load(name)
    assert command.name == name
    page = tool(name, "--help").out
    examples = page.partition("Examples:\n")[2]
    assert examples
    for line in filter(None, map(str.strip, examples.splitlines())):
        arguments = line.removeprefix(f"python -m pipeline {name}").partition(">")[0]
        words = [word.strip("'") for word in arguments.split()]
        command.make_context("test", words).close()


def test_the_help_of_all_commands(tool: Tool) -> None:
    page = tool("--help")
    assert page.code == Exit.OK
    places = [page.out.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert all(code.meaning in " ".join(page.out.split()) for code in Exit)
