"""Contracts, columns and settings that the processor's tests share."""

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, settings

from processor.batches import NO_LINES, ROWS, Batch, Lines
from processor.contract.model import Contract
from processor.contracts import parse

# The same examples every time, however slow the machine; tests/unit/conftest.py sets the number.
EXAMPLES = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def column(
    name: str,
    type_: str = "string",
    method: str = "keep",
    options: dict[str, Any] | None = None,
    **rules: Any,
) -> dict[str, Any]:
    """Return a column of a compiled contract; by default it is not required."""
    mask = {"keepFirst": rules.pop("keep_first", 0), "keepLast": rules.pop("keep_last", 0)}
    deidentify = {"method": method} | (mask if method == "mask" else {}) | (options or {})
    output = {} if method == "drop" else {"output": rules.pop("output", name)}
    defaults = {"required": False, "deidentify": deidentify}
    return {"name": name, "type": type_} | defaults | output | rules


def document(*columns: dict[str, Any], dataset: str = "people", epoch: int = 1) -> dict[str, Any]:
    """Return the JSON of a compiled contract."""
    identity = {"id": "a-contract", "version": "1.2.0"}
    return {"dataset": dataset, "contract": identity, "epoch": epoch, "columns": list(columns)}


def relabelled(compiled: dict[str, Any], **labels: str) -> dict[str, Any]:
    """Return a compiled contract with other names in files for some columns."""
    columns = [
        one | ({"physicalName": labels[one["name"]]} if one["name"] in labels else {})
        for one in compiled["columns"]
    ]
    return compiled | {"columns": columns}


def make_contract(*columns: dict[str, Any]) -> Contract:
    """Return a contract of these columns."""
    return parse(document(*columns))


def make_lines(texts: Iterable[str]) -> Lines:
    """Return physical lines."""
    return Lines(pa.array(list(texts), pa.string()))


def make_batch(*rows: list[str]) -> Batch:
    """Return rows without lines."""
    return Batch(1, pa.array(rows, ROWS), [], 0, NO_LINES)


def fields(batch: Batch) -> list[list[str]]:
    """Return the fields of each record."""
    return [row or [] for row in batch.rows.to_pylist()]


PEOPLE = document(
    column("id", required=True, pattern="^P[0-9]+$", method="hmac", output="person_token"),
    column("name", required=True, maxLength=12, method="drop"),
    column("phone", method="mask", keep_last=2),
    column("born", "date", required=True, minimum="1900-01-01"),
    column("balance", "decimal", precision=7, scale=2),
)
# A file of them. The phone number is a card's, which must not leave raw.
SECRET = "4929-1111-2222-3333"
HEADER = "id,name,phone,born,balance\n"
GOOD = f"P1,ann,{SECRET},1990-02-28,12.50\n"
# Realistic names of such columns in files; the name of one is another's label.
LABELS = {
    "id": "Kunden-Nr.: ",
    "name": "Full\nName",
    "phone": "",
    "born": "a.b",
    "balance": "name",
}
RELABELLED = relabelled(PEOPLE, **LABELS)
