"""Queries: the tables of what was processed, and the workgroups of Athena that query them."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from aws_cdk import Aws
from aws_cdk import aws_glue as glue
from constructs import Construct

from lib.constructs.data_bucket import DataBucket
from lib.constructs.keys import Keys
from lib.constructs.workgroup import add_workgroup
from lib.contracts.tables import Table
from lib.environment import Environment
from lib.outputs import export
from processor.bucket.keys import MANIFESTS, PROCESSED

DUTIES = ("consumer", "steward")
SEVERAL = "environment"  # the folder of results over several datasets


class Format(NamedTuple):
    """A storage format in Hive's words: its name, its classes and the SerDe's parameters."""

    name: str
    reader: str
    writer: str
    serde: str
    parameters: dict[str, str]


# The classes of Hive's storage formats, by which Athena recognises a format.
# https://docs.aws.amazon.com/athena/latest/ug/parquet-serde.html
# https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html
PARQUET = Format(
    "parquet",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    {"serialization.format": "1"},
)
# Reasons name columns as they are written, so the case of keys counts. A manifest that an earlier
# processor wrote on several lines shows as empty rows.
JSON = Format(
    "json",
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.openx.data.jsonserde.JsonSerDe",
    {"case.insensitive": "false", "ignore.malformed.json": "true"},
)

_ARTIFACT = "struct<key:string,etag:string,version_id:string,rows:bigint,bytes:bigint>"
MANIFEST_COLUMNS = {
    "outcome": ("string", "processed, or quarantined if the file was refused"),
    "source": (
        "struct<bucket:string,key:string,version_id:string,etag:string,size:bigint,"
        "last_modified:string>",
        "The version of the file that the manifest is about",
    ),
    "contract": (
        "struct<id:string,version:string,digest:string>",
        "The contract that the file was processed under",
    ),
    "epoch": ("bigint", "The generation of the tokens"),
    "rows": (
        "struct<read:bigint,clean:bigint,rejected:bigint,erased:bigint>",
        "read = clean + rejected + erased",
    ),
    "rejected_by_reason": (
        "map<string,bigint>",
        "How many rows were rejected for each column:rule; a row may have several",
    ),
    "refusal": (
        "struct<reason:string,line:bigint,column:bigint,name:string,limit:bigint,setting:string>",
        "Why the whole file was refused",
    ),
    "outputs": (
        f"struct<processed:{_ARTIFACT},quarantine:{_ARTIFACT}>",
        "What was written for the file",
    ),
    "processed_at": ("string", "When it was processed, in UTC"),
    "processor_version": ("string", "The processor that did it"),
}
"""What the table of manifests shows of a manifest, with Athena's type and a comment."""


class Queries(Construct):
    """A database with two tables for each dataset, and workgroups whose settings nobody overrides.

    The tables are of clean rows and of manifests. There is none of quarantine: its objects have
    the raw rows next to the reasons, and a table cannot hide part of an object from whoever may
    read the object. The manifests say how many rows were rejected for each reason.

    Athena writes every result of a workgroup to the same prefix, and whoever may read there may
    read the results of all. So each dataset has a workgroup for its consumers and one for its
    stewards. The environment's own is for those who may read several datasets.
    https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html

    Attributes:
        tables: the datasets and their columns.
        database: of the tables.
        workgroup: the environment's own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: Environment,
        *,
        keys: Keys,
        data: DataBucket,
        tables: Sequence[Table],
    ) -> None:
        """Create the database, its tables and the workgroups."""
        super().__init__(scope, construct_id)
        names, self.tables = environment.names, tables
        self._bucket = data.bucket
        self.database = glue.CfnDatabase(
            self,
            "Database",
            catalog_id=Aws.ACCOUNT_ID,
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=names.database,
                description=f"Clean rows and manifests of the data pipeline {environment.suffix}",
            ),
        )
        for table in tables:
            self._add_clean_rows(table)
            self._add_manifests(table)
        add = partial(
            add_workgroup,
            self,
            limit=environment.settings.query_limit_mb * 1_000_000,
            data=data,
            keys=keys,
        )
        self.workgroup = add(
            "Workgroup",
            name=names.workgroup,
            description="Queries over several datasets",
            results=f"{SEVERAL}/",
        )
        for duty in DUTIES:
            for table in tables:
                add(
                    f"{duty.capitalize()}-{table.dataset}",
                    name=names.workgroup_of(duty, table.dataset),
                    description=f"Queries of the {duty}s of {table.dataset}",
                    results=f"{duty}/{table.dataset}/",
                )
        export(
            self,
            environment,
            GlueDatabaseName=self.database.ref,
            AthenaWorkgroupName=self.workgroup.ref,
        )

    def _add_clean_rows(self, table: Table) -> None:
        """The clean rows of a dataset. Athena finds columns of Parquet by name.

        CloudFormation knows no parameters of columns, so the table has their classifications.
        https://docs.aws.amazon.com/athena/latest/ug/handling-schema-updates-chapter.html
        """
        self._add_table(
            f"Rows-{table.dataset}",
            table.name,
            description=table.description,
            prefix=f"{PROCESSED}{table.dataset}/",
            columns=[_column(one.name, one.type, one.comment) for one in table.columns],
            stored=PARQUET,
            parameters={f"classification.{one.name}": one.classification for one in table.columns},
        )

    def _add_manifests(self, table: Table) -> None:
        """The manifests of a dataset: a row for each file."""
        self._add_table(
            f"Manifests-{table.dataset}",
            table.manifests,
            description=f"What became of each file of {table.dataset}",
            prefix=f"{MANIFESTS}{table.dataset}/",
            columns=[_column(name, *of) for name, of in MANIFEST_COLUMNS.items()],
            stored=JSON,
        )

    def _add_table(
        self,
        construct_id: str,
        name: str,
        *,
        description: str,
        prefix: str,
        columns: Sequence[glue.CfnTable.ColumnProperty],
        stored: Format,
        parameters: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        glue.CfnTable(
            self,
            construct_id,
            catalog_id=Aws.ACCOUNT_ID,
            database_name=self.database.ref,
            table_input=glue.CfnTable.TableInputProperty(
                name=name,
                description=description,
                table_type="EXTERNAL_TABLE",
                parameters={"classification": stored.name, **parameters},
                storage_descriptor=glue.CfnTable.StorageDescriptorProperty(
                    location=f"s3://{self._bucket.bucket_name}/{prefix}",
                    columns=columns,
                    input_format=stored.reader,
                    output_format=stored.writer,
                    serde_info=glue.CfnTable.SerdeInfoProperty(
                        serialization_library=stored.serde, parameters=stored.parameters
                    ),
                ),
            ),
        )


def _column(name: str, type_: str, comment: str) -> glue.CfnTable.ColumnProperty:
    return glue.CfnTable.ColumnProperty(name=name, type=type_, comment=comment)
