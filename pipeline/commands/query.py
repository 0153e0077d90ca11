"""``query``: SQL over the tables of the stack."""

from itertools import islice

import click

from pipeline.command import Command, dataset_option, json_option
from pipeline.display import remark, show_json_rows, show_table
from pipeline.outcomes import Exit
from pipeline.queries import LOOK, READ, START, run, workgroup_of
from pipeline.stack import Stack, with_stack

SHOWN = 1_000


@click.command(
    "query",
    cls=Command,
    policies=("Consumer",),
    actions=(
        *(START, LOOK, READ, "athena:GetDataCatalog", "glue:GetDatabase", "glue:GetTable"),
        *("s3:GetBucketLocation", "s3:ListBucket", "s3:GetObject", "s3:PutObject"),
        *("kms:Decrypt", "kms:GenerateDataKey"),
    ),
    permissions="With the Consumer policy, name the dataset with --dataset.",
    wrong="the query failed: Athena's reason is printed",
    examples=(
        "'SELECT count(*) FROM customers' --dataset customers",
        "'SELECT * FROM customers_manifests' --json",
    ),
)
@click.argument("sql")
@dataset_option
@json_option
@with_stack
def command(stack: Stack, sql: str, dataset: str | None, as_json: bool) -> Exit:
    """Ask the tables of the stack with Athena, and wait for the answer.

    SQL is one statement. Each dataset is a table, with underscores for hyphens, and its manifests
    are another: customers, customers_manifests. Athena charges for the bytes that are read.

    The table has the first 1,000 rows; --json has all of them.
    """
    found = run(stack, workgroup_of(stack, dataset), sql)
    heading = next(found, [])
    if as_json:
        show_json_rows({"columns": heading}, "rows", found)
        return Exit.OK
    rows = list(islice(found, SHOWN + 1))
    show_table([one or "" for one in heading], rows[:SHOWN])
    if len(rows) > SHOWN:
        remark(f"These are the first {SHOWN:,} rows; --json prints all.")
    return Exit.OK
