"""What can be queried: tables of clean rows and manifests, in workgroups that enforce settings."""

import json
import re
from typing import Any

import pytest

from lib.constructs.queries import MANIFEST_COLUMNS
from lib.contracts import CONTRACTS
from lib.contracts.tables import read_tables
from processor.account import RowAccount
from processor.bucket.keys import keys_of
from processor.bucket.manifest import Artifact, compose
from processor.bucket.store import Source
from processor.reasons import FileRefusedError, Reason
from tests.unit.processor.aws import MOMENT, MemoryBody
from tests.unit.synthesis import Resource, Synthesized, synthesize

DATASETS = ("customers", "payments")
NAME = re.compile(r"[a-z0-9_]{1,255}")  # of a database or table, in Athena


def tables(stack: Synthesized) -> dict[str, Resource]:
    """The tables of a template by name."""
    found = (one["Properties"]["TableInput"] for one in stack.find("AWS::Glue::Table").values())
    return {table["Name"]: table for table in found}


def workgroups(stack: Synthesized) -> dict[str, Resource]:
    """The configuration of each workgroup of a template, by name."""
    return {
        one["Properties"]["Name"]: one["Properties"]["WorkGroupConfiguration"]
        for one in stack.find("AWS::Athena::WorkGroup").values()
    }


def test_names_are_what_athena_allows() -> None:
    stack = Synthesized(synthesize("pr-42"))
    _, database = stack.one("AWS::Glue::Database")
    assert database["DatabaseInput"]["Name"] == "zero_trust_pr_42"
    assert all(NAME.fullmatch(name) for name in ["zero_trust_pr_42", *tables(stack)])
    assert all(re.fullmatch(r"[a-zA-Z0-9._-]{1,128}", name) for name in workgroups(stack))


def test_each_dataset_has_a_table_of_its_clean_rows(stack: Synthesized) -> None:
    bucket = f"<{stack.one('AWS::S3::Bucket')[0]}>"
    for table in read_tables(CONTRACTS):
        made = tables(stack)[table.name]
        assert made["TableType"] == "EXTERNAL_TABLE"
        assert made["Description"] == table.description
        stored = made["StorageDescriptor"]
        assert stored["Location"] == f"s3://{bucket}/processed/{table.dataset}/"
        assert "parquet" in stored["SerdeInfo"]["SerializationLibrary"].lower()
        assert "parquet" in stored["InputFormat"].lower()
        assert stored["Columns"] == [
            {"Name": one.name, "Type": one.type, "Comment": one.comment} for one in table.columns
        ]
        assert made["Parameters"] == {
            "classification": "parquet",
            **{f"classification.{one.name}": one.classification for one in table.columns},
        }


def test_no_table_is_of_raw_data(stack: Synthesized) -> None:
    bucket = f"<{stack.one('AWS::S3::Bucket')[0]}>"
    places = {table["StorageDescriptor"]["Location"] for table in tables(stack).values()}
    assert places == {
        f"s3://{bucket}/{prefix}/{dataset}/"
        for prefix in ("processed", "manifests")
        for dataset in DATASETS
    }


def read_type(text: str) -> Any:
    """The structure of a type of Athena's, with the fields of a struct by name."""
    if text.startswith("struct<"):
        fields, depth, start = [], 0, 0
        inner = text[len("struct<") : -1]
        for index, letter in enumerate(f"{inner},"):
            depth += (letter == "<") - (letter == ">")
            if letter == "," and not depth:
                fields.append(inner[start:index])
                start = index + 1
        return {name: read_type(rest) for name, _, rest in (one.partition(":") for one in fields)}
    return text


def assert_fits(value: Any, type_: Any) -> None:
    """Fail unless Athena's type takes a value of JSON, with exactly its fields."""
    if value is None:
        return
    match type_:
        case dict():
            assert value.keys() == type_.keys()
            for name, inner in type_.items():
                assert_fits(value[name], inner)
        case "map<string,bigint>":
            assert all(isinstance(one, int) for one in value.values())
        case "bigint":
            assert isinstance(value, int)
        case "string":
            assert isinstance(value, str)
        case _:
            raise AssertionError(type_)


@pytest.mark.parametrize("refused", [False, True])
def test_the_table_of_manifests_fits_a_manifest(*, refused: bool) -> None:
    key = "incoming/customers/a.csv"
    artifact = Artifact("k", "e", "v", 1, 2)
    refusal = FileRefusedError(
        Reason.FILE_TOO_LARGE_DECOMPRESSED, line=1, column=2, name="n", limit=5, setting="memoryMb"
    )
    account = RowAccount(3, 1, 2, {Reason.ROW_BLANK: 2}, refusal if refused else None)
    manifest = json.loads(
        json.dumps(
            compose(
                bucket="b",
                source=Source(key, "v", "e", 5, MOMENT, None, MemoryBody()),
                dataset=keys_of(key).dataset,
                terms={
                    "contract": {"id": "i", "version": "v", "digest": "d"},
                    "epoch": 1,
                },
                account=account,
                outputs={"processed": artifact, "quarantine": artifact},
                processed_at=MOMENT,
            )
        )
    )
    for name, (type_, _) in MANIFEST_COLUMNS.items():
        assert_fits(manifest[name], read_type(type_))


def test_manifests_are_read_as_lines_of_json(stack: Synthesized) -> None:
    for dataset in DATASETS:
        table = tables(stack)[f"{dataset}_manifests"]
        assert "JsonSerDe" in table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"]
        names = {column["Name"] for column in table["StorageDescriptor"]["Columns"]}
        assert names == MANIFEST_COLUMNS.keys()


def test_nobody_overrides_the_settings_of_a_workgroup(stack: Synthesized) -> None:
    key = f"<{stack.key('s3')[0]}.Arn>"
    bucket = f"<{stack.one('AWS::S3::Bucket')[0]}>"
    folders = {
        "zero-trust-test": "environment",
        **{
            f"zero-trust-test.{duty}.{dataset}": f"{duty}/{dataset}"
            for duty in ("consumer", "steward")
            for dataset in DATASETS
        },
    }
    found = workgroups(stack)
    assert found.keys() == folders.keys()
    for name, given in found.items():
        assert given["EnforceWorkGroupConfiguration"] is True
        assert given["PublishCloudWatchMetricsEnabled"] is True
        assert given["EngineVersion"] == {"SelectedEngineVersion": "Athena engine version 3"}
        assert given["BytesScannedCutoffPerQuery"] == 10_000_000_000
        results = given["ResultConfiguration"]
        assert results["OutputLocation"] == f"s3://{bucket}/query-results/{folders[name]}/"
        assert results["EncryptionConfiguration"] == {
            "EncryptionOption": "SSE_KMS",
            "KmsKey": key,
        }
        assert results["ExpectedBucketOwner"] == stack.pseudo["AWS::AccountId"]


def test_the_limit_of_a_query_is_a_setting() -> None:
    limited = Synthesized(synthesize(settings='{"queryLimitMb": 10}'))
    limits = {one["BytesScannedCutoffPerQuery"] for one in workgroups(limited).values()}
    assert limits == {10_000_000}  # the least that Athena takes
