"""Queries: what readers of one dataset attempt through Athena.

The readers are of a dataset that has a contract, because only those have tables. They read nothing
of it but the number of its rows.
"""

import contextlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.attacks.analysts import CLOSED, Analyst, become
from tests.attacks.conftest import Facts, client_of
from tests.patience import PERMISSION, wait_for

OWN, OTHER = "customers", "payments"
COUNT = f"SELECT count(*) FROM {OWN}"


@pytest.fixture(scope="module", name="consumer")
def be_consumer(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> Iterator[Analyst]:
    """A consumer of a dataset with tables."""
    with become(admin, facts, outputs, "consumer", OWN, COUNT) as analyst:
        yield analyst


@pytest.fixture(scope="module", name="steward")
def be_steward(admin: boto3.Session, facts: Facts, outputs: dict[str, str]) -> Iterator[Analyst]:
    """A steward of the same dataset."""
    with become(admin, facts, outputs, "steward", OWN, manifests()) as analyst:
        yield analyst


def manifests(dataset: str = OWN) -> str:
    """A query of a dataset's manifests."""
    return f"SELECT count(outcome) FROM {dataset}_manifests"


def test_allowed_to_a_consumer(consumer: Analyst) -> None:
    ((count,),) = consumer.rows(consumer.query(COUNT))
    assert count.isdigit()
    assert consumer.query(manifests())


def test_allowed_to_a_steward(steward: Analyst) -> None:
    ((count,),) = steward.rows(steward.query(manifests()))
    assert count.isdigit()


@pytest.mark.parametrize(
    "sql",
    [
        f"SELECT * FROM {OTHER}",
        f"SELECT * FROM {OWN} JOIN {OTHER} USING (customer_token)",
        f"SELECT (SELECT max(customer_token) FROM {OTHER}) FROM {OWN}",
        manifests(OTHER),
        f"DROP TABLE {OWN}",
        f"CREATE EXTERNAL TABLE mine (a string) LOCATION 's3://{{bucket}}/incoming/{OWN}/'",
        f"CREATE TABLE mine AS SELECT * FROM {OWN}",
        f"INSERT INTO {OWN} SELECT * FROM {OWN}",
        f"UNLOAD (SELECT * FROM {OWN}) TO 's3://{{own_bucket}}/mine/' WITH (format = 'JSON')",
        f"UNLOAD (SELECT * FROM {OWN}) TO 's3://{{bucket}}/processed/{OWN}/mine/' "
        "WITH (format = 'PARQUET')",
        f"UNLOAD (SELECT * FROM {OWN}) TO 's3://{{bucket}}/query-results/steward/{OWN}/mine/' "
        "WITH (format = 'PARQUET')",
    ],
)
def test_refused_to_a_consumer(consumer: Analyst, facts: Facts, sql: str) -> None:
    consumer.is_refused(sql.format(**facts))
    assert consumer.query(COUNT)  # the table is still there


@pytest.mark.parametrize("sql", [COUNT, manifests(OTHER)])
def test_refused_to_a_steward(steward: Analyst, sql: str) -> None:
    steward.is_refused(sql)


WORKGROUPS = ["", f".consumer.{OTHER}", f".steward.{OTHER}", "primary"]


@pytest.mark.parametrize("workgroup", [*WORKGROUPS, f".steward.{OWN}"])
def test_refused_to_a_consumer_in_another_workgroup(
    consumer: Analyst, facts: Facts, outputs: dict[str, str], workgroup: str
) -> None:
    name = workgroup if workgroup == "primary" else outputs["AthenaWorkgroupName"] + workgroup
    place = {"OutputLocation": f"s3://{facts['bucket']}/query-results/consumer/{OWN}/"}
    consumer.is_refused(COUNT, WorkGroup=name, ResultConfiguration=place)


@pytest.mark.parametrize("workgroup", [*WORKGROUPS, f".consumer.{OWN}"])
def test_refused_to_a_steward_in_another_workgroup(
    steward: Analyst, facts: Facts, outputs: dict[str, str], workgroup: str
) -> None:
    name = workgroup if workgroup == "primary" else outputs["AthenaWorkgroupName"] + workgroup
    place = {"OutputLocation": f"s3://{facts['bucket']}/query-results/steward/{OWN}/"}
    steward.is_refused(manifests(), WorkGroup=name, ResultConfiguration=place)


def test_refused_to_a_consumer_to_write_results_elsewhere(
    admin: boto3.Session, consumer: Analyst, facts: Facts
) -> None:
    """The request's location counts for nothing: the workgroup's settings override it."""
    place = {"OutputLocation": f"s3://{facts['own_bucket']}/"}
    query = consumer.query(COUNT, ResultConfiguration=place)
    s3 = client_of(admin, "s3")
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=facts["own_bucket"])["Contents"]] == [
        "bait"
    ]
    key = f"query-results/consumer/{OWN}/{query}.csv"
    found = s3.head_object(Bucket=facts["bucket"], Key=key)
    assert found["SSEKMSKeyId"] == facts["data_key"]


def test_refused_to_a_consumer_to_read_results_of_others(
    admin: boto3.Session, consumer: Analyst, steward: Analyst, outputs: dict[str, str]
) -> None:
    everybody = Analyst(admin, outputs["GlueDatabaseName"], outputs["AthenaWorkgroupName"])
    athena, s3 = client_of(consumer.session, "athena"), client_of(consumer.session, "s3")
    for analyst, folder in ((everybody, "environment"), (steward, f"steward/{OWN}")):
        query = analyst.query(manifests())
        assert analyst.rows(query)
        for call, asked in (
            (athena.get_query_results, {"QueryExecutionId": query}),
            (athena.get_query_execution, {"QueryExecutionId": query}),
            (athena.stop_query_execution, {"QueryExecutionId": query}),
            (
                s3.get_object,
                {
                    "Bucket": outputs["S3BucketName"],
                    "Key": f"query-results/{folder}/{query}.csv",
                },
            ),
        ):
            with pytest.raises(ClientError, match=CLOSED):
                call(**asked)


def test_refused_to_a_consumer_to_reuse_results_of_others(
    admin: boto3.Session, consumer: Analyst, outputs: dict[str, str]
) -> None:
    """Athena reuses a result for whoever may read all tables of the query, and the result."""
    everybody = Analyst(admin, outputs["GlueDatabaseName"], outputs["AthenaWorkgroupName"])
    by_age = {"Enabled": True, "MaxAgeInMinutes": 60}
    reuse = {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": by_age}}
    for sql in (COUNT, f"SELECT count(*) FROM {OTHER}"):
        assert everybody.rows(everybody.query(sql))
    assert consumer.rows(consumer.query(COUNT, **reuse))
    consumer.is_refused(f"SELECT count(*) FROM {OTHER}", **reuse)
    consumer.is_refused(COUNT, WorkGroup=everybody.workgroup, **reuse)


@pytest.fixture(name="widened")
def widen(
    admin: boto3.Session, consumer: Analyst, steward: Analyst, facts: Facts
) -> Iterator[str]:
    """Both readers get all of Athena besides, and there is a workgroup of somebody else's."""
    athena, iam = client_of(admin, "athena"), client_of(admin, "iam")
    name = f"{facts['own']}-queries"
    athena.create_work_group(Name=name)
    try:
        opened = {"Effect": "Allow", "Action": "athena:*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": opened})
        reading = [consumer.role, steward.role]
        for role in reading:
            iam.put_role_policy(RoleName=role, PolicyName="athena", PolicyDocument=document)
        try:
            for analyst in (consumer, steward):
                client = client_of(analyst.session, "athena")
                wait_for("permission", partial(_describes, client, name), PERMISSION)
            yield name
        finally:
            for role in reading:
                iam.delete_role_policy(RoleName=role, PolicyName="athena")
    finally:
        athena.delete_work_group(WorkGroup=name, RecursiveDeleteOption=True)


def _describes(athena: Any, workgroup: str) -> bool | None:
    with contextlib.suppress(ClientError):
        athena.update_work_group(WorkGroup=workgroup, Description="A reader's")
        return True
    return None


def test_refused_to_readers_to_change_a_workgroup(
    consumer: Analyst, steward: Analyst, widened: str, outputs: dict[str, str]
) -> None:
    """Neither their own, nor another, nor may they query in one that is not the environment's."""
    environment = outputs["AthenaWorkgroupName"]
    updates = {"EnforceWorkGroupConfiguration": False}
    for analyst in (consumer, steward):
        athena = client_of(analyst.session, "athena")
        athena.update_work_group(WorkGroup=widened, ConfigurationUpdates=updates)
        for name in (environment, consumer.workgroup, steward.workgroup):
            for call, asked in (
                (athena.update_work_group, {"ConfigurationUpdates": updates}),
                (athena.delete_work_group, {"RecursiveDeleteOption": True}),
            ):
                with pytest.raises(ClientError, match=CLOSED):
                    call(WorkGroup=name, **asked)
        with pytest.raises(ClientError, match=CLOSED):
            athena.create_work_group(Name=f"{environment}.consumer.{widened}")
        analyst.is_refused(manifests(), WorkGroup=widened)
        assert analyst.query(manifests())


@pytest.fixture(scope="module", name="open_tables")
def make_open_tables(
    admin: boto3.Session, consumer: Analyst, steward: Analyst, facts: Facts
) -> Iterator[str]:
    """A database of tables over what is closed, which the catalogue opens to both readers."""
    glue, iam = client_of(admin, "glue"), client_of(admin, "iam")
    name = facts["own"].replace("-", "_")
    glue.create_database(DatabaseInput={"Name": name})
    try:
        for place in ("incoming", "processed", "quarantine"):
            stored = {
                "Location": f"s3://{facts['bucket']}/{place}/{facts['dataset']}/",
                "Columns": [{"Name": "line", "Type": "string"}],
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
                },
            }
            table = {"Name": place, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": stored}
            glue.create_table(DatabaseName=name, TableInput=table)
        opened = {"Effect": "Allow", "Action": "glue:Get*", "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": opened})
        reading = [consumer.role, steward.role]
        for role in reading:
            iam.put_role_policy(RoleName=role, PolicyName="catalogue", PolicyDocument=document)
        try:
            for analyst in (consumer, steward):
                glue = client_of(analyst.session, "glue")
                wait_for("catalogue", partial(_sees, glue, name), PERMISSION)
            yield name
        finally:
            for role in reading:
                iam.delete_role_policy(RoleName=role, PolicyName="catalogue")
    finally:
        client_of(admin, "glue").delete_database(Name=name)


def _sees(glue: Any, database: str) -> bool | None:
    with contextlib.suppress(ClientError):
        return bool(glue.get_table(DatabaseName=database, Name="quarantine"))
    return None


@pytest.mark.parametrize("place", ["incoming", "processed", "quarantine"])
def test_refused_to_readers_whom_the_catalogue_lets_in(
    consumer: Analyst, steward: Analyst, open_tables: str, place: str
) -> None:
    """Raw data, quarantine and another dataset stay closed in S3, whatever a table points to."""
    for analyst in (consumer, steward):
        analyst.is_refused(f'SELECT * FROM "{open_tables}"."{place}"')
