"""A command: its page of help ends with who may call it, its exit codes, and examples."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from pipeline.outcomes import Exit


def _check_dataset(_: click.Context, param: click.Parameter, given: str | None) -> str | None:
    """Refuse what cannot be the name of a folder: nothing would be found, without a reason."""
    if given is not None and (not given or "/" in given):
        raise click.BadParameter(
            f"{given!r} is not a dataset. Write the name of a folder below incoming/, such as "
            "customers.",
            param=param,
        )
    return given


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
dataset_option = click.option(
    "--dataset",
    metavar="NAME",
    callback=_check_dataset,
    help="Only of this dataset: the first folder of a file's key.",
)


_LOCAL = {
    Exit.USAGE: "the command was not understood, or there is no such dataset",
    Exit.FAILED: "a file cannot be read or written",
}
"""What exit codes mean for a command that asks nothing of AWS."""


class Commands(click.Group):
    """A group of commands in their own order; a module is loaded when its command is asked for."""

    def __init__(
        self, *arguments: Any, names: Sequence[str], package: str, **options: Any
    ) -> None:
        """Take the names of the commands, and the package with a module for each."""
        super().__init__(*arguments, **options)
        self._names = tuple(names)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None if there is none of this name."""
        if cmd_name not in self._names:
            return None
        found: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return found


class Command(click.Command):
    """A command of the tool.

    Attributes:
        policies: which of the stack's policies, each by itself, are enough.
        actions: what anybody else needs in IAM; none if the command asks nothing of AWS.
    """

    def __init__(
        self,
        *arguments: Any,
        policies: Sequence[str] = (),
        actions: Sequence[str] = (),
        permissions: str = "",
        wrong: str,
        examples: Sequence[str],
        **options: Any,
    ) -> None:
        """Take what the page of help says.

        Args:
            arguments: of ``click.Command``.
            policies: see above.
            actions: see above.
            permissions: what else to say about them.
            wrong: what exit code 1 means.
            examples: arguments that make sense.
            options: of ``click.Command``.
        """
        super().__init__(*arguments, **options)
        self.policies = tuple(policies)
        self.actions = tuple(actions)
        self._permissions = permissions
        self._wrong = wrong
        self._examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections after the options."""
        with formatter.section("Permissions"):
            formatter.write_text(self._who())
        with formatter.section("Exit codes"):
            codes = [code for code in Exit if self.actions or code is not Exit.REFUSED]
            meanings = {code: code.meaning for code in codes} | {Exit.WRONG: self._wrong}
            if not self.actions:
                meanings |= _LOCAL
            formatter.write_dl([(str(int(code)), text) for code, text in meanings.items()])
        with formatter.section("Examples"):
            for example in self._examples:
                # On a line of its own, however long, so that it can be copied.
                formatter.write(f"{'':{formatter.current_indent}}{ctx.command_path} {example}\n")

    def _who(self) -> str:
        if not self.actions:
            return "None: it runs on this machine, and needs neither a stack nor credentials."
        policies = " or ".join(self.policies)
        enough = f"The {policies} policy of the stack is enough. " if policies else ""
        who = (
            "Anybody else needs"
            if policies
            else "None of the stack's policies is enough: it needs"
        )
        said = f" {self._permissions}" if self._permissions else ""
        return f"{enough}{who} {', '.join(self.actions)}.{said}"
