"""A contract with a column whose tokens can be reversed, which none of the samples has."""

from typing import Any

DATASET, COLUMN, TOKEN, PURPOSE = "customers", "email", "email_token", "fraud-investigation"


def make_reversible(contract: dict[str, Any]) -> None:
    """Give the column of the dataset's contract the method ``encrypt``."""
    contract["version"] = "1.1.0"
    properties = contract["schema"][0]["properties"]
    (column,) = (one for one in properties if one["name"] == COLUMN)
    (custom,) = column["customProperties"]
    method = {"method": "encrypt", "reidentification": PURPOSE, "normalize": ["lowercase"]}
    custom["value"] = method
