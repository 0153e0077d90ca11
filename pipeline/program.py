"""The program: the commands, and what becomes of their errors."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

import click

from pipeline.command import Commands
from pipeline.display import adapt, remark, show_json
from pipeline.outcomes import Exit, WrongContractError
from pipeline.text import plain

NAME = "python -m pipeline"

OF_A_STACK = (
    *("status", "files", "show", "rejects", "report", "query"),
    *("redrive", "replay", "reconcile", "erase"),
)
"""The commands that talk to a stack."""

OF_REVERSIBLE = ("reidentify", "approve")
"""Those that talk to a stack with reversible tokens."""

COMMANDS = (*OF_A_STACK, *OF_REVERSIBLE, "contract")
"""All commands, in the order in which the help lists them."""


class Program(Commands):
    """The group of all commands."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(code)), code.meaning) for code in Exit])


@click.group(
    cls=Program,
    names=COMMANDS,
    package="pipeline.commands",
    context_settings={"max_content_width": 100},
)
def program() -> None:
    """Look at a data pipeline, and repair it.

    It talks to the stack whose outputs are in cfn-outputs/flat-outputs.json, or in the file that
    CFN_OUTPUTS names, with the credentials of the environment: on AWS, or in the sandbox after
    eval "$(python3 -m sandbox env)". The commands of contract need neither a stack nor AWS.

    Every command has --json, and --help with an example and what it needs in IAM. Tables, JSON and
    CSV go to standard output, progress and errors to standard error.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return its exit code, see :class:`pipeline.outcomes.Exit`."""
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()  # >&- closes one
    for stream in (sys.stdout, sys.stderr):
        adapt(stream)
    try:
        _check(arguments)
        code = program.main(args=arguments, prog_name=NAME, standalone_mode=False)
        sys.stdout.flush()
        return int(code or Exit.OK)
    except click.ClickException as error:
        if isinstance(error, WrongContractError) and "--json" in arguments:
            show_json({"error": error.message})  # before anything else is printed
        error.show()
        return error.exit_code
    except click.Abort:
        remark("Interrupted.")
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):  # as click and rich end when nobody reads on: | head
        _write_no_more()
        return Exit.OK
    except OSError as error:
        _write_no_more()
        what = error.filename or "standard output, or a temporary file,"
        remark(f"Error: {what} cannot be read or written: {error.strerror or error}.")
        return Exit.FAILED


def _nowhere() -> IO[str]:
    return Path(os.devnull).open("w", encoding="utf-8")


def _write_no_more() -> None:
    """Discard what is still to be written to standard output: Python tries when it ends."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _check(arguments: Sequence[str]) -> None:
    """Refuse what no name in AWS can be: Python has lone surrogates for bytes that are not UTF-8.

    https://peps.python.org/pep-0383/
    """
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise click.UsageError(
                f"{plain(argument)} is not UTF-8, as names in AWS are. Set a locale such as "
                "LC_ALL=C.UTF-8, and write it again."
            ) from None
