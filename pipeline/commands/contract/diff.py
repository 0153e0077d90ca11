"""``contract diff``: what a change of contracts breaks."""

from pathlib import Path

import click

from pipeline.command import Command, json_option
from pipeline.contracts.difference import compare, read
from pipeline.display import show_json, show_table, show_text
from pipeline.outcomes import Exit


@click.command(
    "diff",
    cls=Command,
    wrong="a change breaks something, or a contract is not valid",
    examples=(
        "old/customers.odcs.yaml contracts/customers.odcs.yaml",
        ".cache/contracts contracts --json",
    ),
)
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@json_option
def command(old: Path, new: Path, as_json: bool) -> Exit:
    """Show what a change of contracts breaks for producers and consumers.

    OLD and NEW are two contracts, or two folders of contracts.

    For producers a change is breaking if a file that passed might be refused: a new required
    column, a narrower type, enum, pattern or bound, a removed column unless unknownColumns is
    drop, another CSV dialect, a new quality rule, a new version without a file for the old one.
    For consumers it is breaking if slaProperties promise files later, if a column of the output
    is removed, renamed, of another type or newly null, if tokens do not join with earlier
    ones (another method, domain, epoch or normalize), if de-identification or k-anonymity hides
    less, or if values become others because it hides more.
    """
    changes = compare(read(old), read(new))
    breaking = any(change.breaking for change in changes)
    if as_json:
        show_json({"breaking": breaking, "changes": [change._asdict() for change in changes]})
    elif changes:
        rows = [
            (one.dataset, one.concerns, one.where, one.what, "breaking" if one.breaking else "")
            for one in changes
        ]
        show_table(("contract", "for", "where", "what", "breaking"), rows)
    else:
        show_text("Nothing changes for producers or consumers.")
    return Exit.WRONG if breaking else Exit.OK
