"""Outcomes: the exit codes of commands, and the errors that lead to them.

Messages may quote names that somebody else chose, so they are made safe for a terminal.
"""

from enum import IntEnum

import click

from pipeline.text import plain


class Exit(IntEnum):
    """What a command found, for scripts."""

    OK = 0
    WRONG = 1
    USAGE = 2
    REFUSED = 3
    FAILED = 4
    INTERRUPTED = 128 + 2  # what shells say after Ctrl-C

    @property
    def meaning(self) -> str:
        """The meaning, for the pages of help."""
        return _MEANINGS[self]


_MEANINGS = {
    Exit.OK: "all is well",
    Exit.WRONG: "something is wrong: the page of the command says what",
    Exit.USAGE: "the command was not understood, or there is no such dataset, or no stack",
    Exit.REFUSED: "IAM refused a request",
    Exit.FAILED: "AWS could not be asked, or answered with another error; or a disk is full",
    Exit.INTERRUPTED: "interrupted by Ctrl-C",
}


class PipelineError(click.ClickException):
    """A command cannot go on; the message says what was wrong, where, and what to do."""

    exit_code = Exit.FAILED

    def __init__(self, message: str) -> None:
        """Keep the message, safe for a terminal."""
        super().__init__("\n".join(map(plain, message.split("\n"))))


class NotFoundError(PipelineError):
    """There is no such file."""

    exit_code = Exit.WRONG


class WrongContractError(PipelineError):
    """A contract is not valid."""

    exit_code = Exit.WRONG


class WrongQueryError(PipelineError):
    """A query failed."""

    exit_code = Exit.WRONG


class NoStackError(PipelineError):
    """There is no stack to talk to, or not with what is asked of it."""

    exit_code = Exit.USAGE


class RefusedError(PipelineError):
    """IAM refused a request."""

    exit_code = Exit.REFUSED
