"""The tables of queries: what Athena's names and types must be, and how they fit the Parquet."""

import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from lib.contracts import CONTRACTS, ContractError, compile_contracts
from lib.contracts.tables import read_tables
from processor.contract.model import Contract
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.unit.contracts.orders import CONTRACT
from tests.unit.processor.aws import HmacKey
from tests.unit.synthesis import ROOT

ORDERS = "orders.odcs.yaml"


def write(directory: Path, dataset: str, text: str = CONTRACT, **replaced: str) -> None:
    """Write a valid contract of a dataset, with some texts replaced."""
    text = text.replace("name: orders", f"name: {dataset}")
    text = text.replace("id: 11111111", f"id: {len(list(directory.iterdir())):08}")
    for old, new in replaced.items():
        assert old in text
        text = text.replace(old, new)
    (directory / f"{dataset}.odcs.yaml").write_text(text, encoding="utf-8")


def process(contract: Contract, content: bytes) -> pq.ParquetFile:
    """The Parquet file of a file."""
    kms: Any = HmacKey()
    outputs = Outputs(io.BytesIO(), io.BytesIO())
    keys = PseudonymKeys(kms, "a-key")
    Transformation(contract, keys, SizeLimit(1 << 30, "memoryMb")).run(
        io.BytesIO(content), "a", outputs
    )
    return pq.ParquetFile(outputs.clean, pre_buffer=False)


def type_in_athena(column: Any) -> str:
    """The type that Athena reads a column of Parquet as: its own rules, by Parquet's names.

    https://docs.aws.amazon.com/athena/latest/ug/data-types.html
    """
    logical = column.logical_type
    match logical.type, column.physical_type:
        case "STRING", "BYTE_ARRAY":
            return "string"
        case "DECIMAL", _:
            return f"decimal({column.precision},{column.scale})"
        case "DATE", "INT32":
            return "date"
        case "TIMESTAMP", "INT64":
            assert "isAdjustedToUTC=true, timeUnit=microseconds" in str(logical)
            return "timestamp"
        case "NONE", physical:
            return {"INT64": "bigint", "DOUBLE": "double", "BOOLEAN": "boolean"}[physical]
    raise AssertionError(column)


@pytest.mark.parametrize("dataset", ["customers", "payments"])
def test_a_table_is_its_parquet_column_by_column(dataset: str) -> None:
    contract = compile_contracts(CONTRACTS)[dataset]
    file = process(contract, (ROOT / "samples" / f"{dataset}.csv").read_bytes())
    assert file.metadata.num_rows > 1_000
    (table,) = (one for one in read_tables(CONTRACTS) if one.dataset == dataset)
    columns = [file.schema.column(index) for index in range(len(file.schema))]
    assert [(one.name, one.type) for one in table.columns] == [
        (column.name.lower(), type_in_athena(column)) for column in columns
    ]


def test_every_type_of_a_contract_has_one_in_athena(directory: Path) -> None:
    write(directory, "orders")
    (table,) = read_tables(directory)
    types = {column.name: column.type for column in table.columns}
    file = process(
        compile_contracts(directory)["orders"],
        b"order_id,email,phone,comment,country,quantity,price,weight,ordered_on,shipped_at,gift\n"
        b"O1,a@b.de,12345678,x,AT,1,1.00,0.5,2024-01-01,2024-01-01T00:00:00Z,true\n",
    )
    assert file.metadata.num_rows == 1
    columns = [file.schema.column(index) for index in range(len(file.schema))]
    assert types == {column.name: type_in_athena(column) for column in columns}
    assert set(types.values()) == {
        *("string", "bigint", "decimal(12,2)", "double", "date", "timestamp", "boolean")
    }


def test_a_column_says_what_its_contract_says(directory: Path) -> None:
    document = yaml.safe_load(CONTRACT)
    (described,) = document["schema"]
    described["description"] = "Orders\n  of a shop"
    email = described["properties"][1]
    email["description"] = "Where\nto write " + "x" * 300
    (directory / ORDERS).write_text(yaml.safe_dump(document), encoding="utf-8")
    (table,) = read_tables(directory)
    assert table.description == "Orders of a shop"
    columns = {column.name: column for column in table.columns}
    token = columns["email_token"]
    assert token.classification == "restricted"
    assert token.comment.startswith("Where to write xxx")
    assert token.comment.endswith("x…")
    assert len(token.comment) == 255
    assert columns["country"].classification == "public"
    assert columns["country"].comment == ""
    assert "comment" not in columns  # which is dropped


def test_a_name_has_only_what_athena_allows(directory: Path) -> None:
    write(directory, "web-shop-2", **{"name: gift": "name: Gift"})
    (table,) = read_tables(directory)
    assert (table.dataset, table.name) == ("web-shop-2", "web_shop_2")
    assert table.manifests == "web_shop_2_manifests"
    assert table.columns[-1].name == "gift"


def test_other_versions_have_no_table_of_their_own(directory: Path) -> None:
    write(directory, "orders")
    older = CONTRACT.replace("version: 1.2.0", "version: 1.0.0")
    older = older.replace("id: 11111111", "id: 00000000")
    (directory / "orders@1.0.0.odcs.yaml").write_text(older, encoding="utf-8")
    assert [table.name for table in read_tables(directory)] == ["orders"]


@pytest.mark.parametrize(
    ("one", "other", "what"),
    [
        ("orders-manifests", "orders", "both need a table named 'orders_manifests' in Athena"),
        ("Orders_Manifests", "orders", "both need a table named 'orders_manifests' in Athena"),
        ("web-shop", "web_shop", "both would be one table"),
        ("Orders", "orders", "both would be one table"),
    ],
)
def test_two_datasets_cannot_share_a_table(
    directory: Path, one: str, other: str, what: str
) -> None:
    write(directory, one)
    write(directory, other)
    with pytest.raises(ContractError, match=f"{what}; rename one of them"):
        read_tables(directory)


def test_a_name_that_athena_cannot_have_is_refused(directory: Path) -> None:
    write(directory, "orders", **{"name: gift": f"name: {'ß' * 128}"})
    with pytest.raises(ContractError, match=r"of orders has more than 255 bytes .* shorten it"):
        read_tables(directory)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\x00b\x1b[0m\x7f", "a b [0m\x7f"),
        ("a\ufffeb\uffff", "a b"),
        (" a\t\nb\x85c\u2028d", "a b c d"),
        ("x" * 255, "x" * 255),
        ("x" * 256, "x" * 254 + "…"),
        ("\N{PACKAGE}" * 127 + "x", "\N{PACKAGE}" * 127 + "x"),
        ("\N{PACKAGE}" * 128, "\N{PACKAGE}" * 127 + "…"),
        ("x" + "\N{PACKAGE}" * 128, "x" + "\N{PACKAGE}" * 126 + "…"),
    ],
)
def test_comments_are_what_glue_takes(tmp_path: Path, text: str, line: str) -> None:
    """A character beyond U+FFFF counts twice, and is kept or left out as a whole."""
    write(tmp_path, "orders")
    document = yaml.safe_load((tmp_path / ORDERS).read_text("utf-8"))
    (described,) = document["schema"]
    described["properties"][0]["description"] = text
    (tmp_path / ORDERS).write_text(yaml.safe_dump(document), encoding="utf-8")
    (table,) = read_tables(tmp_path)
    assert line in [column.comment for column in table.columns]
