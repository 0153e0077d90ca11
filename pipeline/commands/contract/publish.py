"""``contract publish``: what consumers get, as contracts of their own."""

import click

from lib.contracts import CONTRACTS, ContractError
from lib.contracts.published import FOLDER, publish
from lib.contracts.source import SUFFIX
from pipeline.command import Command, json_option
from pipeline.display import show_json, show_text
from pipeline.outcomes import Exit, WrongContractError


@click.command("publish", cls=Command, wrong="a contract is not valid", examples=("", "--json"))
@json_option
def command(as_json: bool) -> Exit:
    """Write a contract for the consumers of each dataset into contracts/published.

    It has the columns that leave, with their types, rules and descriptions, and the method behind
    each that is de-identified, but nothing of dropped columns. It is written from the dataset's
    own contract, in its current version. A file there of a dataset without a contract is removed.
    """
    try:
        documents = publish(CONTRACTS)
    except ContractError as error:
        raise WrongContractError(str(error)) from None
    folder = CONTRACTS / FOLDER
    folder.mkdir(exist_ok=True)
    for file in {*folder.glob(f"*{SUFFIX}")} - {folder / f"{name}{SUFFIX}" for name in documents}:
        file.unlink()
    for name, text in documents.items():
        (folder / f"{name}{SUFFIX}").write_text(text, encoding="utf-8")
    if as_json:
        show_json(documents)
    else:
        show_text(f"Written into {folder}: {', '.join(documents)}")
    return Exit.OK
