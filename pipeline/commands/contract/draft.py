"""``contract draft``: a contract from a file."""

import shlex
import sys
from pathlib import Path

import click

from lib.contracts.source import SUFFIX
from pipeline.command import Command, json_option
from pipeline.contracts.drafting import draft, name_of
from pipeline.display import adapt, remark, show_json
from pipeline.outcomes import Exit
from processor.contract.vocabulary import DATASET, DATASET_FORM

SHOWN_NUMBERS = 5


@click.command(
    "draft",
    cls=Command,
    wrong="no contract can be drafted from the file, or it has rows that the draft rejects",
    examples=(
        "samples/customers.csv",
        "samples/customers.csv --output contracts/people.odcs.yaml",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help=f"A new file <dataset>{SUFFIX}; without it, the draft goes to standard output.",
)
@json_option
def command(file: Path, output: Path | None, as_json: bool) -> Exit:
    """Draft a contract from a CSV, JSON Lines or Parquet file.

    FILE may be in gzip or zstd. Its delimiter, escape, lines before the table, header, encoding,
    null markers and how it writes numbers are found out. All rows are looked at, in batches, and
    then checked against the contract. The number of those that it rejects is shown.

    Columns are restricted and dropped, unless name and values say plainly that they are harmless.
    A comment beside each says why, and which method of de-identification would do too. No value
    of the file is written: bounds are powers of ten, patterns are structure, and enums only have
    codes of public lists, such as currencies. The names of columns are written, so look whether
    the first line was rightly taken for a header.

    An existing file is never overwritten.
    """
    dataset = name_of(file) if output is None else output.name.removesuffix(SUFFIX)
    if output and not (output.name.endswith(SUFFIX) and DATASET.fullmatch(dataset)):
        raise click.UsageError(
            f"{output} is not the name of a contract. Name it <dataset>{SUFFIX}, with "
            f"{DATASET_FORM}."
        )
    if output and output.exists():
        raise click.UsageError(f"{output} exists, and is not overwritten. Name a new file.")
    found = draft(file, dataset)
    if output:
        with output.open("x", encoding="utf-8") as stream:
            stream.write(found.text)
    if as_json:
        facts = {"rows": found.rows, "broken": found.broken}
        show_json({"dataset": dataset, **facts, "contract": found.text})
    elif not output:
        adapt(sys.stdout, "utf-8")
        sys.stdout.write(found.text)
    remark(f"{found.rows:,} rows were looked at, which is all of {file}.")
    if not found.header:
        remark(
            "The first line was taken for a row, and not for a header: a header has other texts "
            "than the rows below, none of them twice, one empty at most, and no numbers. If it is "
            "one, correct it, and draft again."
        )
    if found.value_like:
        numbers = ", ".join(map(str, found.value_like[:SHOWN_NUMBERS]))
        more = " and others" if len(found.value_like) > SHOWN_NUMBERS else ""
        remark(
            "Some names of columns look like values, and names are in the draft. Look at column "
            f"{numbers}{more}."
        )
    if found.broken:
        see = "See" if output else "Save the draft in contracts/, and see"
        remark(
            f"The draft rejects {found.broken:,} of them: they have other fields, another type or "
            f"another CSV dialect than most. {see} why: python -m pipeline contract "
            f"check {dataset} {shlex.quote(str(file))}"
        )
    return Exit.WRONG if found.broken else Exit.OK
