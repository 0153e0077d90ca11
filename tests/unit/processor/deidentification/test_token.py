"""What the manifest says of tokens: what made them, and of which columns."""

from processor.contracts import parse
from processor.deidentification.token import origins
from tests.unit.processor.examples import column, document, make_contract


def test_each_algorithm_is_named_with_its_version_epoch_and_columns() -> None:
    columns = (
        column("id", method="pseudonymize", output="token"),
        column("code", method="hmac"),
        column("email", method="pseudonymize", options={"domain": "email"}),
        column("name", method="drop"),
        column("city"),
    )
    assert origins(parse(document(*columns, epoch=4))) == [
        {
            "algorithm": "AES-256-CMAC",
            "version": 2,
            "epoch": 4,
            "columns": ["token", "email"],
        },
        {"algorithm": "HMAC-SHA256", "version": 2, "epoch": 4, "columns": ["code"]},
    ]


def test_without_tokens_nothing_made_them() -> None:
    assert origins(make_contract(column("city"), column("name", method="mask"))) == []
