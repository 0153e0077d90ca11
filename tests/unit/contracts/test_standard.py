"""What the standard itself asks of a contract."""

from pathlib import Path

from tests.unit.contracts.orders import edited, mistakes


def test_every_breach_of_the_standard_is_reported_at_once(directory: Path) -> None:
    text = edited("kind: DataContract\n", "")
    text = text.replace("logicalType: boolean", "logicalType: bool").replace("public", "5")
    assert mistakes(directory, text) == [
        "contracts/orders.odcs.yaml, line 1: the contract lacks 'kind'; add it.",
        "contracts/orders.odcs.yaml, line 38: field 'classification' of column 'country' is 5 "
        'without quotes, which YAML reads as a number; put it in quotes: "5".',
        "contracts/orders.odcs.yaml, line 63: column 'gift' has the logicalType 'bool', which is "
        "not supported; use one of string, integer, number, boolean, date, timestamp, time, "
        "array, object.",
    ]
