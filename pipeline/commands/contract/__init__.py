"""``contract``: commands about data contracts, and files on this machine."""

import click

from pipeline.command import Commands

COMMANDS = ("check", "draft", "adopt", "diff", "publish")


@click.group("contract", cls=Commands, names=COMMANDS, package="pipeline.commands.contract")
def command() -> None:
    """Draft and adopt contracts, check files against them, and compare them.

    These commands run on this machine. They ask nothing of AWS, and need no stack.
    """
