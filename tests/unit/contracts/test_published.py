"""The consumers' contracts: right by the standard, by the Parquet, and as they are checked in."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from lib.contracts import CONTRACTS, compile_contracts
from lib.contracts.published import FOLDER, publish
from lib.contracts.standard import read_standard
from processor.deidentification.methods import output_schema
from tests.unit.contracts.orders import CONTRACT, edited

ANONYMOUS = (
    "  - property: kAnonymity\n"
    "    value: {k: 5, quasiIdentifiers: [country, email], subject: order_id}\n"
)


@pytest.fixture(name="orders")
def publish_orders(directory: Path) -> dict[str, Any]:
    """What consumers get of the orders."""
    epoch = "  - {property: pseudonymEpoch, value: 3}\n"
    (directory / "orders.odcs.yaml").write_text(edited(epoch, epoch + ANONYMOUS))
    return dict(yaml.safe_load(publish(directory)["orders"]))


def columns(document: dict[str, Any]) -> dict[str, Any]:
    """Its columns by name."""
    (table,) = document["schema"]
    return {one["name"]: one for one in table["properties"]}


def test_those_of_this_repository_are_current() -> None:
    files = {file.name: file.read_text("utf-8") for file in (CONTRACTS / FOLDER).iterdir()}
    expected = {f"{name}.odcs.yaml": text for name, text in publish(CONTRACTS).items()}
    assert files == expected, "write them again: python -m pipeline contract publish"


def test_it_is_a_contract_by_the_standard(orders: dict[str, Any]) -> None:
    validator, _ = read_standard()
    assert [*validator.iter_errors(orders)] == []
    assert OpenDataContractStandard.model_validate(orders).version == "1.2.0"


def test_it_has_the_columns_that_leave(orders: dict[str, Any], directory: Path) -> None:
    contract = compile_contracts(directory)["orders"]
    schema = output_schema(contract)
    found = columns(orders)
    assert [*found] == schema.names
    for field in schema:
        assert found[field.name]["required"] != field.nullable
    dropped = {column.name for column in contract.columns if column.dropped}
    assert dropped
    assert not dropped & {*found}


def test_a_value_that_is_kept_keeps_its_rules(orders: dict[str, Any]) -> None:
    found = columns(orders)
    assert found["country"]["enum"]
    assert "transformDescription" not in found["country"]


def test_what_a_method_writes_is_said_and_promises_no_rule_of_the_value(
    orders: dict[str, Any],
) -> None:
    changed = [one for one in columns(orders).values() if "transformDescription" in one]
    assert changed
    for column in changed:
        assert yaml.safe_load(column["transformDescription"])["method"] != "keep"
        assert not {"logicalTypeOptions", "enum", "unique"} & {*column}


def test_it_says_how_many_people_share_what(orders: dict[str, Any]) -> None:
    customs = {one["property"]: one["value"] for one in orders["customProperties"]}
    names = ["country", "email_token"]
    assert customs == {"pseudonymEpoch": 3, "kAnonymity": {"k": 5, "quasiIdentifiers": names}}


def test_an_instant_that_leaves_is_in_utc(orders: dict[str, Any]) -> None:
    assert "timezone: true" in CONTRACT
    options = columns(orders)["shipped_at"]["logicalTypeOptions"]
    assert options == {"minimum": "2020-01-01T00:00:00Z"}
