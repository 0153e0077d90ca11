"""The tables of manifests on the deployed stack: a query shows what the objects have."""

import contextlib
import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from lib.constructs.queries import MANIFEST_COLUMNS
from pipeline import queries
from pipeline.stack import Stack
from tests.conftest import ROOT
from tests.integration.conftest import Pipeline
from tests.integration.people import DATASET, begin_session

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

BROKEN = {"loyalty_points": "99999999", "postcode": ""}
REASONS = {"loyalty_points:maximum": 2, "postcode:required": 2}


@pytest.fixture(scope="module", name="stack")
def find_stack(iam: "IAMClient", outputs: dict[str, str]) -> Iterator[Stack]:
    """The deployed stack, as a consumer of a dataset asks it."""
    stack = Stack(outputs)
    with contextlib.ExitStack() as later:
        policy = outputs["ConsumerPolicyArn"]
        stack.__dict__["session"] = begin_session(iam, outputs, later, policy)[1]
        yield stack
        stack.close()


def ask(stack: Stack, sql: str) -> list[list[str]]:
    """The heading and the rows of a query, as text."""
    found = queries.run(stack, queries.workgroup_of(stack, DATASET), sql)
    return [[one or "" for one in row] for row in found]


def content() -> bytes:
    """A sound row, and two that break the same rules."""
    sample = (ROOT / "samples" / "customers.csv").read_text("utf-8")
    header, row, *_ = csv.reader(io.StringIO(sample, newline=""))
    sound = dict(zip(header, row, strict=True))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header)
    writer.writeheader()
    others = ({"customer_id": f"C9999999{number}"} for number in (1, 2))
    writer.writerows([sound, *(sound | BROKEN | other for other in others)])
    return text.getvalue().encode()


def leaves(expression: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each value of a column of a manifest: what selects it, and its text."""
    match value:
        case dict() if expression == '"rejected_by_reason"':
            for name, count in value.items():
                yield f"{expression}['{name}']", str(count)
        case dict():
            for name, inner in value.items():
                yield from leaves(f'{expression}."{name}"', inner)
        case None:
            yield f"{expression} IS NULL", "true"
        case _:
            yield expression, str(value)


@pytest.mark.parametrize(
    ("sent", "outcome"), [(content(), "processed"), (b"", "quarantined")], ids=["clean", "refused"]
)
def test_a_manifest_is_a_row_column_by_column(
    pipeline: Pipeline, stack: Stack, sent: bytes, outcome: str
) -> None:
    manifest = pipeline.process(pipeline.name("customers"), sent)
    assert manifest["outcome"] == outcome
    expected = [leaf for name in MANIFEST_COLUMNS for leaf in leaves(f'"{name}"', manifest[name])]
    assert len(expected) > len(MANIFEST_COLUMNS)
    selected = ", ".join(expression for expression, _ in expected)
    sql = f"SELECT {selected} FROM customers_manifests WHERE source.key = '{{}}'"
    _, row = ask(stack, sql.format(manifest["source"]["key"]))
    assert [text.lower() for text in row] == [text.lower() for _, text in expected]


def test_the_query_of_the_page_counts_rejected_rows_by_reason(
    pipeline: Pipeline, stack: Stack
) -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    sql = page[page.index("    SELECT reason") :].partition("\n\n")[0]
    manifest = pipeline.process(pipeline.name("customers"), content())
    assert manifest["rejected_by_reason"] == REASONS
    heading, *rows = ask(stack, sql)
    assert heading == ["reason", "rejected"]
    counts = {reason: int(count) for reason, count in rows}
    assert all(counts[reason] >= count for reason, count in REASONS.items())
