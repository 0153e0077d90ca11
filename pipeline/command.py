"""A command: its page of help ends with who may call it, its exit codes, and examples."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

from pipeline.outcomes import Exit
from pipeline.stack import Stack

P = ParamSpec("P")
R = TypeVar("R")


def _check_dataset(_: click.Context, param: click.Parameter, given: str | None) -> str | None:
    """Refuse what cannot be the name of a folder: nothing would be found, and nobody told."""
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


class Command(click.Command):
    """A command of the tool.

    Attributes:
        policies: which of the stack's policies, each by itself, are enough.
        actions: what anybody else needs in IAM.
    """

    def __init__(
        self,
        *arguments: Any,
        policies: Sequence[str] = (),
        actions: Sequence[str],
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
            meanings = {**{code: code.meaning for code in Exit}, Exit.WRONG: self._wrong}
            formatter.write_dl([(str(int(code)), text) for code, text in meanings.items()])
        with formatter.section("Examples"):
            for example in self._examples:
                # On a line of its own, however long, so that it can be copied.
                formatter.write(f"{'':{formatter.current_indent}}{ctx.command_path} {example}\n")

    def _who(self) -> str:
        policies = " or ".join(self.policies)
        enough = f"The {policies} policy of the stack is enough. " if policies else ""
        who = (
            "Anybody else needs"
            if policies
            else "None of the stack's policies is enough: it needs"
        )
        said = f" {self._permissions}" if self._permissions else ""
        return f"{enough}{who} {', '.join(self.actions)}.{said}"


def with_stack(command: Callable[Concatenate[Stack, P], R]) -> Callable[P, R]:
    """Give a command the stack, which is looked for only when the command runs."""

    @wraps(command)
    def run(*arguments: P.args, **options: P.kwargs) -> R:
        stack = Stack.find()
        click.get_current_context().call_on_close(stack.close)
        return command(stack, *arguments, **options)

    return run
