"""``reidentify``: asks for the values of tokens, waits for somebody's approval, fetches them."""

import csv
import io
import os
from collections.abc import Iterator
from pathlib import Path

import click

from pipeline.command import Command, json_option
from pipeline.display import remark, show_json, show_text
from pipeline.executions import DESCRIBE, START
from pipeline.outcomes import Exit
from pipeline.permissions import GET, PUT
from pipeline.reidentifications import Reidentifications
from pipeline.stack import Stack, with_stack
from pipeline.text import is_formula
from processor.reidentification.answering import MOST_TOKENS

PRIVATE = 0o600


@click.command(
    "reidentify",
    cls=Command,
    policies=("Requester",),
    actions=(PUT, GET, START, DESCRIBE, "kms:Decrypt", "kms:GenerateDataKey"),
    permissions="The tags 'dataset' and 'purpose' of your role must be those that you ask for.",
    wrong="the request was refused, or nobody approved it within a day: the cause is printed",
    examples=(
        "tokens.txt --dataset customers --column email --purpose fraud",
        "rows.csv --field token --dataset people --column name --purpose aml",
        "--resume arn:aws:states:…:execution:…:6e1a2c0c",
    ),
)
@click.argument("tokens", type=click.Path(path_type=Path), required=False)
@click.option("--field", metavar="NAME", help="TOKENS is a CSV file, and this the field to read.")
@click.option("--dataset", metavar="NAME", help="The dataset that the tokens are of.")
@click.option("--column", metavar="NAME", help="The column, as the contract calls it.")
@click.option("--purpose", metavar="NAME", help="What for: the purpose that the contract names.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("values.csv"),
    show_default=True,
    help="Where to write the values; nobody else on this machine may read the file.",
)
@click.option("--no-wait", is_flag=True, help="Ask, and do not wait for the approval.")
@click.option("--resume", metavar="ARN", help="Wait for a request that was made before.")
@json_option
@with_stack
def command(
    stack: Stack,
    *,
    tokens: Path | None,
    field: str | None,
    dataset: str | None,
    column: str | None,
    purpose: str | None,
    output: Path,
    no_wait: bool,
    resume: str | None,
    as_json: bool,
) -> Exit:
    """Ask for the values of tokens, wait until somebody else approves, and write them to a file.

    TOKENS is a file with a token on each line, at most 1,000. Their column must have the method
    encrypt, whose option reidentification is the purpose.

    Somebody with the Approver policy, and another role than yours, sees who asks, for what and for
    how many, and approves or refuses. Only you can read the values, and they expire in a day.
    After Ctrl-C the request goes on; wait for it again with --resume and the ARN that was printed.

    Values are exactly what they were. If some begin like formulas, such as telephone numbers with
    a plus sign, a warning says so: read the file with a program, or have a spreadsheet import its
    columns as text.
    """
    requests = Reidentifications(stack)
    if resume is None:
        if tokens is None or dataset is None or column is None or purpose is None:
            raise click.UsageError("Name TOKENS, --dataset, --column and --purpose, or --resume.")
        resume = requests.ask(dataset, column, purpose, list(read_tokens(tokens, field)))
        remark(f"The request has begun: {resume}")  # at once: the session may expire
    elif not requests.has(resume):
        raise click.UsageError(f"{resume} is not an execution of a request of this stack.")
    if no_wait:
        if as_json:
            show_json({"execution": resume})
        return Exit.OK
    found = requests.wait(resume)
    if found.done:
        content = requests.fetch(str(found.output["values"]))
        _write(output, content)
        _warn(output, content)
    if as_json:
        written = {"output": str(output)} if found.done else {}
        show_json(found.document(resume, facts=found.output) | written)
    elif found.done:
        facts = found.output
        show_text(f"{facts['tokens']:,} values, approved by {facts['approver']}: {output}")
    else:
        show_text(found.failure)
    return Exit.OK if found.done else Exit.WRONG


def read_tokens(file: Path, field: str | None) -> Iterator[str]:
    """Yield the tokens of a file: its lines, or a field of a CSV file with a header.

    Raises:
        click.UsageError: it is not text, or there is no such field, or there are too many tokens,
            or none.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines, strict=True) if field is not None else None
            if rows is not None and field not in (rows.fieldnames or ()):
                raise click.UsageError(f"{file} has no field {field!r}.")
            given = (row[field] or "" for row in rows) if rows is not None else lines
            tokens = list(dict.fromkeys(token for one in given if (token := one.strip())))
    except (UnicodeDecodeError, csv.Error):
        raise click.UsageError(
            f"{file} is not UTF-8 text, or not CSV. Save it as UTF-8."
        ) from None
    if not 0 < len(tokens) <= MOST_TOKENS:
        raise click.UsageError(
            f"{file} has {len(tokens):,} different tokens: a request has 1 to {MOST_TOKENS:,}."
        )
    yield from tokens


def _write(file: Path, content: bytes) -> None:
    """Write a file that nobody else may read, or that nobody else could read before."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "wb") as written:
        os.fchmod(descriptor, PRIVATE)
        written.write(content)


def _warn(file: Path, content: bytes) -> None:
    """Say how many values a spreadsheet would run.

    They are not changed: programs read them, and nothing would tell what was added.
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(content)))
    _, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    if count := sum(is_formula(value) for _, value in rows):
        remark(
            f"Values that begin like formulas, which a spreadsheet would run: {count:,}. Import "
            f"the columns of {file} as text, or read it with a program."
        )
