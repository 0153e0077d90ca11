"""``rejects``: the rejected rows of a file, with their reasons."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from shutil import copyfileobj
from typing import IO

import click

from pipeline.bucket import Bucket
from pipeline.catalogue import advice
from pipeline.command import Command, json_option
from pipeline.display import adapt, remark, show_json_rows, show_table, waiting
from pipeline.outcomes import Exit, NotFoundError
from pipeline.permissions import GET, LIST
from pipeline.records import Record
from pipeline.rejects import Layout, Reject, read_rejects, write_csv
from pipeline.stack import Stack, with_stack
from processor.bucket.keys import ObjectKeys

SHOWN = 20  # rows in the table


@click.command(
    "rejects",
    cls=Command,
    policies=("Steward",),
    actions=(LIST, GET, "kms:Decrypt"),
    permissions="Where administrators are restricted, the role's tag 'dataset' must name the "
    "dataset too. The rows are raw: they hold what the contract protects.",
    wrong="the file was refused as a whole, or has no manifest yet",
    examples=(
        "incoming/customers/2026-03-01.csv",
        "incoming/customers/2026-03-01.csv --csv > correct.csv",
    ),
)
@click.argument("key")
@click.option("--csv", "as_csv", is_flag=True, help="Print all rows as CSV, to be corrected.")
@click.option(
    "--delimiter",
    default=",",
    metavar="CHARACTER",
    help="What separates the fields of the file, if it is CSV; a comma by default.",
)
@json_option
@with_stack
def command(stack: Stack, key: str, as_csv: bool, delimiter: str, as_json: bool) -> Exit:
    r"""Show the rejected rows of one file, and why each was rejected.

    KEY is the file's key in the bucket, with or without incoming/, or its s3:// address.

    The table has the first 20 rows. --csv prints all of them for a spreadsheet: first the row, its
    line in the file, the reasons and what to do, then the fields. Fields of CSV files have no
    names, because quarantine does not have the header. To deliver corrected rows, delete the four
    first columns, write the header, and upload the result as a new file.

    A text that a spreadsheet would take for a formula has an apostrophe before it, which is not
    part of the value. Control characters are shown as escapes such as \x1b. --json has the rows
    exactly as they are in the file.
    """
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise click.BadParameter(
            f"{delimiter!r} cannot separate fields. Write one character, such as ';', which is "
            "not a quote or a line end.",
            param_hint="'--delimiter'",
        )
    bucket = Bucket(stack)
    keys = bucket.keys(key)
    if not _has_rows(bucket, keys):
        return Exit.OK
    with tempfile.TemporaryFile() as file:
        with waiting("reading rejected rows"):
            _fetch(bucket, keys, file)
        rejects = _Rejects(file, keys.outputs["quarantine"])
        if as_json:
            for _ in rejects:  # all can be read, before anything is printed
                pass
            show_json_rows({"key": keys.source}, "rejects", (vars(one) for one in rejects))
        elif as_csv:
            adapt(sys.stdout, "utf-8")
            write_csv(sys.stdout, rejects, Layout.of(rejects, delimiter))
        else:
            _show(rejects)
    return Exit.OK


class _Rejects:
    """Rows that can be read again and again, one reader after the other."""

    def __init__(self, file: IO[bytes], key: str) -> None:
        self._file = file
        self._key = key

    def __iter__(self) -> Iterator[Reject]:
        """Yield them from the first one on."""
        self._file.seek(0)
        yield from read_rejects(self._file, self._key)


def _has_rows(bucket: Bucket, keys: ObjectKeys) -> bool:
    """Tell whether rows of a file were rejected, and it was processed.

    Raises:
        NotFoundError: it has no manifest, or was refused as a whole.
    """
    content = bucket.read(keys.manifest)
    if content is None:
        raise NotFoundError(f"{keys.source} has no manifest: it waits, or there is no such file.")
    record = Record.parse(content, keys.manifest)
    if record.refusal:
        known = advice(record.refusal)
        raise NotFoundError(
            f"{keys.source} was refused as a whole ({record.refusal}), so no row is in "
            f"quarantine. {known.means} {known.sentences}"
        )
    if not record.rejected:
        remark(f"No row of {keys.source} was rejected.")
    return record.rejected > 0


def _fetch(bucket: Bucket, keys: ObjectKeys, file: IO[bytes]) -> None:
    body = bucket.open(keys.outputs["quarantine"])
    if body is None:
        raise NotFoundError(
            f"The rejected rows of {keys.source} have expired: {keys.outputs['quarantine']} is "
            "gone. Its manifest still counts them: show."
        )
    with closing(body):
        copyfileobj(body, file)


def _show(rejects: _Rejects) -> None:
    first = list(islice(rejects, SHOWN + 1))
    rows = [(one.row, one.line, ", ".join(one.reasons), one.raw) for one in first[:SHOWN]]
    show_table(("row", "line", "reasons", "text in the file"), rows)
    for reason in sorted({reason for one in first[:SHOWN] for reason in one.reasons}):
        known = advice(reason)
        remark(f"{reason}: {known.means} {known.sentences}")
    if len(first) > SHOWN:
        remark(f"These are the first {SHOWN} rows; --csv and --json print all.")
