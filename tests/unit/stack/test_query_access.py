"""How the tag of a reader selects tables; tests/unit/policies decides what else is allowed."""

from aws_cdk import App, Stack
from aws_cdk import aws_s3 as s3

from lib.access.query_access import query_statements
from lib.contracts.tables import Table
from lib.names import Names
from tests.unit.synthesis import Resource


def statements(*datasets: str, of_rows: bool) -> list[Resource]:
    """The statements of consumers, where there are these datasets."""
    bucket = s3.Bucket(Stack(App(), "Stack"), "Bucket")
    tables = [Table(dataset, "", ()) for dataset in datasets]
    found = query_statements("consumer", Names("dev"), bucket, tables, of_rows=of_rows)
    return [dict(one.to_statement_json()) for one in found]


def places(statement: Resource) -> list[str]:
    """What the tables of a statement are called."""
    resource = statement["Resource"]
    listed = resource if isinstance(resource, list) else [resource]
    return [str(one).rpartition(":table/")[2] for one in listed if ":table/" in str(one)]


OWN = "zero_trust_dev/${aws:PrincipalTag/dataset}"


def test_the_tag_selects_the_tables_of_its_name() -> None:
    named = [one for one in statements("orders", of_rows=True) if places(one)]
    assert [places(one) for one in named] == [[OWN, f"{OWN}_manifests"]]
    named = [one for one in statements("orders", of_rows=False) if places(one)]
    assert [places(one) for one in named] == [[f"{OWN}_manifests"]]


def test_a_table_with_another_name_has_a_statement_of_its_own() -> None:
    *_, renamed = [one for one in statements("orders", "web-shop", of_rows=True) if places(one)]
    assert places(renamed) == ["zero_trust_dev/web_shop", "zero_trust_dev/web_shop_manifests"]
    assert renamed["Action"] == "glue:GetTable"
    assert renamed["Condition"] == {"StringEquals": {"aws:PrincipalTag/dataset": "web-shop"}}
