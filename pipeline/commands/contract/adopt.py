"""``contract adopt``: somebody's contract, with what it lacks here."""

import sys
from pathlib import Path

import click

from lib.contracts.source import SUFFIX
from pipeline.command import Command, json_option
from pipeline.contracts.adoption import adopt
from pipeline.contracts.difference import name_of
from pipeline.display import adapt, remark, show_json
from pipeline.outcomes import Exit


@click.command(
    "adopt",
    cls=Command,
    wrong="something of the contract is for a person to decide",
    examples=(
        "orders.odcs.yaml",
        "orders.odcs.yaml --output contracts/orders.odcs.yaml",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help=f"A new file <dataset>{SUFFIX}; without it, the contract goes to standard output.",
)
@json_option
def command(file: Path, output: Path | None, as_json: bool) -> Exit:
    """Take over an ODCS contract that was written elsewhere.

    FILE keeps its text, with comments and order. What it lacks is added: columns without a
    classification are restricted and dropped, unless they are plainly harmless, and so are
    sensitive ones without a method. What would be refused is translated if nothing is lost, and
    otherwise becomes a comment that says why. Every decision is listed on standard error.

    What only a person can decide is listed with its line and what to write. Nothing is written
    then. An existing file is never overwritten.
    """
    if output and not output.name.endswith(SUFFIX):
        raise click.UsageError(
            f"{output} is not the name of a contract. Name it <dataset>{SUFFIX}."
        )
    if output and output.exists():
        raise click.UsageError(f"{output} exists, and is not overwritten. Name a new file.")
    name = output.name.removesuffix(SUFFIX) if output else name_of(file)
    found = adopt(file.read_bytes(), name)
    for one in found.decisions:
        remark(f"{file}, line {one.line}: {one.field}: {one.done}, because: {one.why}")
    undecided = [f"{file}, line {line}: {what}" for line, what in found.undecided]
    if as_json:
        document = {"dataset": name, "decisions": [one._asdict() for one in found.decisions]}
        show_json(
            {
                **document,
                "undecided": [{"line": line, "what": what} for line, what in found.undecided],
                "contract": None if undecided else found.text,
            }
        )
    if undecided:
        for sentence in undecided:
            remark(sentence)
        return Exit.WRONG
    if output:
        with output.open("x", encoding="utf-8", newline="") as stream:
            stream.write(found.text)
    elif not as_json:
        adapt(sys.stdout, "utf-8")
        sys.stdout.write(found.text)
    return Exit.OK
