"""The page of help of each command."""

import shlex
from collections.abc import Iterator

import click
import pytest

from pipeline.command import Command, Commands
from pipeline.outcomes import Exit
from pipeline.program import COMMANDS, program
from tests.unit.pipeline.conftest import Tool


def commands(
    group: click.Command = program, words: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield what is written for each command."""
    assert isinstance(group, Commands)
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        assert found
        yield from (
            commands(found, (*words, name)) if isinstance(found, Commands) else [(*words, name)]
        )


def load(words: tuple[str, ...]) -> Command:
    """Return a command."""
    found: click.Command = program
    for word in words:
        assert isinstance(found, Commands)
        inner = found.get_command(click.Context(found), word)
        assert inner
        assert inner.name == word
        found = inner
    assert isinstance(found, Command)
    return found


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_a_page_says_what_a_command_does_and_needs(words: tuple[str, ...], tool: Tool) -> None:
    command = load(words)
    page = tool(*words, "--help")
    assert page.code == Exit.OK
    text = " ".join(page.out.split())
    assert all(action in text for action in command.actions)
    assert all(policy in text for policy in command.policies)
    for code in Exit:
        asked = command.actions or code is not Exit.REFUSED
        assert (f"{int(code)} " in page.out.partition("Exit codes:")[2]) == bool(asked)
    assert ("neither a stack nor credentials" in text) == (not command.actions)
    assert f"python -m pipeline {' '.join(words)}" in text
    assert "--json" in text
    assert max(map(len, page.out.splitlines())) <= 100


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_its_examples_can_be_parsed(words: tuple[str, ...], tool: Tool) -> None:
    command = load(words)
    page = tool(*words, "--help").out
    examples = page.partition("Examples:\n")[2]
    assert examples
    for line in filter(None, map(str.strip, examples.splitlines())):
        arguments = line.removeprefix(f"python -m pipeline {' '.join(words)}")
        given = shlex.split(arguments.partition(" > ")[0])
        command.make_context("test", given).close()


def test_the_help_of_all_commands(tool: Tool) -> None:
    page = tool("--help")
    assert page.code == Exit.OK
    places = [page.out.index(f"\n  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert all(code.meaning in " ".join(page.out.split()) for code in Exit)
