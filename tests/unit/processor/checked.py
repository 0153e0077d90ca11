"""A column of a file as the checks judge it, and as the reference implementation does."""

from typing import Any

import pyarrow as pa

from processor.checks.columns import CheckedBatch, ColumnCheck
from tests.unit.processor import oracle
from tests.unit.processor.examples import column, make_contract


def check(rules: dict[str, Any], texts: list[str]) -> list[tuple[Any, list[str]]]:
    """Return the value and the reasons of each text of one column."""
    contract = make_contract(rules)
    text = pa.array([text or None for text in texts], pa.string())
    checked, failures = ColumnCheck(contract.columns[0]).check(text)
    assert checked.text is text
    assert len(checked.values) == len(texts)
    reasons: list[list[str]] = [[] for _ in texts]
    for reason, mask in failures:
        assert mask.null_count == 0
        assert mask.true_count > 0
        for index, failed in enumerate(mask.to_pylist()):
            if failed:
                reasons[index].append(reason)
    return list(zip(checked.values.to_pylist(), reasons, strict=True))


def assert_as_judged(rules: dict[str, Any], texts: list[str]) -> None:
    """Check that values and reasons are those of the reference implementation."""
    for text, (value, reasons) in zip(texts, check(rules, texts), strict=True):
        expected, expected_reasons = oracle.judge(text, rules)
        assert reasons == expected_reasons, text
        assert value == expected, text
        assert str(value) == str(expected) or rules["type"] == "decimal", text


PEOPLE = make_contract(
    column("id", "integer", required=True),
    column("name", maxLength=3, pattern="^[a-z]*$"),
    column("note"),
)


def selected(batch: CheckedBatch) -> dict[str, list[Any]]:
    """Return the clean values by column."""
    return {name: batch.select(found.values).to_pylist() for name, found in batch.columns.items()}
