"""``approve``: shows the requests to re-identify that wait, and approves or refuses one."""

import sys

import click

from pipeline.command import Command, json_option
from pipeline.display import remark, show_json, show_table, show_text
from pipeline.executions import DESCRIBE
from pipeline.outcomes import Exit, NotFoundError
from pipeline.permissions import GET, LIST, PUT
from pipeline.reidentifications import APPROVE, REFUSE, Reidentifications, Waiting
from pipeline.stack import Stack, with_stack

HEADINGS = ("request", "who asks", "column", "purpose", "tokens")


@click.command(
    "approve",
    cls=Command,
    policies=("Approver",),
    actions=(LIST, GET, PUT, DESCRIBE, APPROVE, REFUSE, "kms:Decrypt", "kms:GenerateDataKey"),
    permissions="The tag 'dataset' of your role must be the dataset. Whoever also has the "
    "Requester policy can do neither.",
    wrong="no such request waits, or you did not agree",
    examples=(
        "--dataset customers",
        "--dataset customers 6e1a2c0c --yes",
        "--dataset customers 6e1a2c0c --refuse unknown-case",
    ),
)
@click.argument("request", required=False)
@click.option("--dataset", metavar="NAME", required=True, help="The dataset of the requests.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--refuse", metavar="REASON", help="Refuse it; who asked sees the reason.")
@json_option
@with_stack
def command(
    stack: Stack,
    *,
    request: str | None,
    dataset: str,
    yes: bool,
    refuse: str | None,
    as_json: bool,
) -> Exit:
    """Show which requests to re-identify wait for approval, and approve or refuse one.

    You see who asks, for which column and purpose, and how many tokens: neither tokens nor values.
    With the name of a REQUEST, it is approved after you agree. Your user id is kept with it. A
    request ends by itself after a day.
    """
    requests = Reidentifications(stack)
    found = [one for one in requests.waiting(dataset) if request in (None, one.name)]
    if request is None:
        _show(found, as_json)
        return Exit.OK
    if not found:
        raise NotFoundError(f"No request {request} of {dataset} waits for an approval.")
    (one,) = found
    if refuse is not None:
        requests.refuse(one, refuse)
        _tell(one, "refused", as_json)
        return Exit.OK
    if not as_json:
        _show(found, as_json=False)
    if not yes and not _agree():
        return Exit.WRONG
    requests.approve(one)
    _tell(one, "approved", as_json)
    return Exit.OK


def _show(found: list[Waiting], as_json: bool) -> None:
    if as_json:
        show_json({"waiting": [{"name": one.name, **one.facts} for one in found]})
    elif found:
        names = ("requester", "column", "purpose", "tokens")
        rows = [(one.name, *(one.facts[name] for name in names)) for one in found]
        show_table(HEADINGS, rows, "Requests that wait for an approval")
    else:
        show_text("No request waits for an approval.")


def _agree() -> bool:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody can answer here: add --yes to approve the request.")
    agreed = False
    try:
        agreed = click.confirm("Let this person see these values?", err=True)
    finally:  # after Ctrl-C too
        if not agreed:
            remark("Nothing was changed: the request still waits.")
    return agreed


def _tell(one: Waiting, outcome: str, as_json: bool) -> None:
    if as_json:
        show_json({"name": one.name, "outcome": outcome, **one.facts})
    else:
        show_text(f"{outcome.capitalize()}: {one.name}")
