"""Compaction: who attempts to read a compacted table of another dataset, or to change one.

The role of the compaction can create tables over anything, but Athena then reads for it only what
it compacts. tests/sandbox/test_compaction.py has a stack that compacts a dataset.
"""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from tests.attacks.analysts import Analyst, become
from tests.attacks.attempt import BY_IDENTITY, BY_RESOURCE, Actor, Attempt, allowed, refused
from tests.attacks.conftest import Facts, broken_into, client_of
from tests.attacks.people import actor_of
from tests.patience import Wait, wait_for

OWN, OTHER = "customers", "payments"
TABLE, FOLDER = f"{OWN}_compacted", f"compacted/{OWN}/"
COUNT = f"SELECT count(*) FROM {TABLE}"
ENDED = Wait(1800)
OURS: dict[str, Any] = {"Bucket": "{bucket}"}


@pytest.fixture(scope="module", name="place", autouse=True)
def find_machine(admin: boto3.Session, outputs: dict[str, str], facts: Facts) -> Facts:
    """What is attacked, if the stack compacts the dataset; its table exists afterwards."""
    arn = outputs.get("CompactionStateMachineArn", "")
    states = client_of(admin, "stepfunctions")
    machine = states.describe_state_machine(stateMachineArn=arn) if arn else {"definition": ""}
    if f'"dataset": "{OWN}"' not in machine["definition"].replace('":"', '": "'):
        pytest.skip(f"this stack does not compact {OWN}: compactedDatasets does not name it")
    started = states.start_execution(stateMachineArn=arn, input="{}")

    def ended() -> bool:
        found = states.describe_execution(executionArn=started["executionArn"])
        return bool(found["status"] != "RUNNING")

    wait_for("end of the compaction", ended, ENDED)
    # S3 refuses to say that there is no object, so one that exists is read.
    found = client_of(admin, "s3").list_objects_v2(Bucket=facts["bucket"], Prefix=FOLDER)
    facts |= {
        "compaction": arn,
        "compacted": str(found["Contents"][0]["Key"]),
        "database": outputs["GlueDatabaseName"],
        "workgroup": outputs["AthenaWorkgroupName"],
    }
    return facts


# --- The attempts -------------------------------------------------------------------------------


def of_object(verb: str, key: str, **more: Any) -> Attempt:
    """An attempt on an object, whether or not there is one."""
    undo = Attempt("undo", "s3.delete_object", {**OURS, "Key": key})
    operation = {"read": "get", "forge": "put", "hide": "delete"}[verb]
    given = {**OURS, "Key": key, **({"Body": "x"} if verb == "forge" else {}), **more}
    steps = (undo,) if verb == "forge" else ()
    return Attempt(f"{verb} {key}", f"s3.{operation}_object", given, undo=steps)


def find(prefix: str) -> Attempt:
    """An attempt to list objects."""
    return Attempt(f"find {prefix}", "s3.list_objects_v2", {**OURS, "Prefix": prefix})


def because(reason: str, *attempts: Attempt) -> list[Attempt]:
    """Attempts that a policy denies explicitly, whatever else who attempts them has."""
    return [
        Attempt(one.name, one.operation, one.parameters, reason=reason, undo=one.undo)
        for one in attempts
    ]


KEY = f"{FOLDER}data/{{own}}.parquet"
READS = [find(FOLDER), of_object("read", "{compacted}")]
FORGERIES = [of_object("forge", KEY), of_object("hide", KEY)]
QUERY = {"QueryString": "SELECT 1"}
BESIDES = [
    Attempt(
        "start a compaction",
        "stepfunctions.start_execution",
        {"stateMachineArn": "{compaction}", "input": f'{{"again": ["{OWN}"]}}'},
    ),
    Attempt(
        "query in its workgroup",
        "athena.start_query_execution",
        {**QUERY, "WorkGroup": "{workgroup}.compaction"},
    ),
]
"""What is up to the compaction and its schedule."""


# --- Readers ------------------------------------------------------------------------------------


@pytest.fixture(scope="module", name="reader")
def be_reader(admin: boto3.Session, place: Facts, outputs: dict[str, str]) -> Iterator[Analyst]:
    """A consumer of the dataset."""
    with become(admin, place, outputs, "consumer", OWN, COUNT) as analyst:
        yield analyst


@pytest.fixture(scope="module", params=["consumer-of-another", "steward"], name="outsider")
def be_outsider(
    request: pytest.FixtureRequest, admin: boto3.Session, place: Facts, outputs: dict[str, str]
) -> Iterator[Analyst]:
    """A consumer of another dataset, or a steward of this one."""
    duty = str(request.param).partition("-")[0]
    dataset = OTHER if duty == "consumer" else OWN
    shows = f"SELECT count(outcome) FROM {dataset}_manifests"
    with become(admin, place, outputs, duty, dataset, shows) as analyst:
        yield analyst


def test_allowed_to_a_consumer(reader: Analyst, place: Facts) -> None:
    ((count,),) = reader.rows(reader.query(COUNT))
    assert count.isdigit()
    actor_of("a consumer", reader.session, place).may(find(FOLDER))


@pytest.mark.parametrize(
    "sql",
    [
        COUNT,
        f"SELECT max(source_key) FROM {TABLE}",
        f"SELECT (SELECT count(*) FROM {TABLE}) FROM {OTHER}_manifests",
    ],
)
def test_refused_to_an_outsider_to_query(outsider: Analyst, sql: str) -> None:
    outsider.is_refused(sql)


@refused(*READS, *FORGERIES, *BESIDES)
def test_refused_to_an_outsider(outsider: Analyst, place: Facts, attempt: Attempt) -> None:
    actor_of("an outsider", outsider.session, place).is_refused(attempt)


@refused(*FORGERIES, *BESIDES)
def test_refused_to_a_consumer(reader: Analyst, place: Facts, attempt: Attempt) -> None:
    actor_of("a consumer", reader.session, place).is_refused(attempt)


@pytest.mark.parametrize(
    "sql",
    [
        f"DROP TABLE {TABLE}",
        f"INSERT INTO {TABLE} SELECT * FROM {TABLE}",
        f"MERGE INTO {TABLE} AS t USING (SELECT 1 AS a) AS s ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_refused_to_a_consumer_to_change_the_table(reader: Analyst, sql: str) -> None:
    before = reader.rows(reader.query(COUNT))
    reader.is_refused(sql)
    assert reader.rows(reader.query(COUNT)) == before


@refused(*READS, *FORGERIES, *BESIDES)
def test_refused_to_a_producer(producer: Actor, attempt: Attempt) -> None:
    producer.is_refused(attempt)


@refused(*because(BY_RESOURCE, *FORGERIES))
@pytest.mark.usefixtures("restricted")
def test_refused_to_an_administrator(bystander: Actor, attempt: Attempt) -> None:
    bystander.is_refused(attempt)


@allowed(find(FOLDER))
def test_allowed_to_an_administrator(bystander: Actor, call: Attempt) -> None:
    bystander.may(call)


# --- The processor, whose outputs are compacted -------------------------------------------------


@refused(*READS, *FORGERIES)
def test_refused_to_the_function(inside: Actor, attempt: Attempt) -> None:
    """Even with AdministratorAccess attached to its role."""
    inside.is_refused(attempt)


@allowed(of_object("read", "{processed}"))
def test_allowed_to_the_function(inside: Actor, call: Attempt) -> None:
    inside.may(call)


# --- The compaction itself ----------------------------------------------------------------------


@pytest.fixture(scope="module", params=["as-deployed", "with-AdministratorAccess"], name="thief")
def be_thief(
    request: pytest.FixtureRequest, admin: boto3.Session, place: Facts
) -> Iterator[Analyst]:
    """Somebody with the credentials of the compaction's role, who queries in its workgroup."""
    grown = request.param != "as-deployed"
    with broken_into(admin, place, place["compaction"], grown=grown) as session:
        yield Analyst(session, place["database"], f"{place['workgroup']}.compaction")


PLACES = ("incoming", "processed", "quarantine", "manifest")


@refused(
    *because(
        BY_IDENTITY,
        *(of_object(verb, f"{{{one}}}") for one in PLACES for verb in ("read", "forge", "hide")),
        *(find(f"{one}/") for one in ("incoming", "processed", "quarantine", "compacted")),
        *READS,
        *FORGERIES,
        Attempt(
            "query in the environment's workgroup",
            "athena.start_query_execution",
            {**QUERY, "WorkGroup": "{workgroup}"},
        ),
        Attempt(
            "create a table of another name",
            "glue.create_table",
            {"DatabaseName": "{database}", "TableInput": {"Name": f"{OWN}_more"}},
            undo=(
                Attempt(
                    "undo",
                    "glue.delete_table",
                    {"DatabaseName": "{database}", "Name": f"{OWN}_more"},
                ),
            ),
        ),
        BESIDES[0],
        Attempt(
            "send a message", "sqs.send_message", {"QueueUrl": "{queue_url}", "MessageBody": "{}"}
        ),
        Attempt(
            "derive a key of pseudonyms",
            "kms.generate_mac",
            {"KeyId": "{pseudonym_key}", "Message": "x", "MacAlgorithm": "HMAC_SHA_256"},
        ),
        Attempt(
            "become the function",
            "sts.assume_role",
            {"RoleArn": "{role_arn}", "RoleSessionName": "thief"},
        ),
    )
)
def test_refused_to_the_compaction(thief: Analyst, place: Facts, attempt: Attempt) -> None:
    """Even with AdministratorAccess attached to its role."""
    actor_of("the compaction", thief.session, place).is_refused(attempt)


def test_allowed_to_the_compaction(thief: Analyst) -> None:
    ((count,),) = thief.rows(thief.query(COUNT))
    assert count.isdigit()


@pytest.fixture(scope="module", name="tables")
def make_tables(thief: Analyst, place: Facts) -> Iterator[dict[str, str]]:
    """Tables that the compaction's role may create, over what is closed to it and what is not."""
    glue, own = client_of(thief.session, "glue"), place["own"].replace("-", "_")
    found = {one: f"{own}_{one}_compacted" for one in ("incoming", "processed", "quarantine")}
    try:
        for one, name in found.items():
            stored = {
                "Location": f"s3://{place['bucket']}/{one}/{place['dataset']}/",
                "Columns": [{"Name": "line", "Type": "string"}],
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {
                    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
                },
            }
            table = {"Name": name, "TableType": "EXTERNAL_TABLE", "StorageDescriptor": stored}
            glue.create_table(DatabaseName=place["database"], TableInput=table)
        yield found
    finally:
        for name in found.values():
            glue.delete_table(DatabaseName=place["database"], Name=name)


@pytest.mark.parametrize("where", ["incoming", "quarantine"])
def test_refused_to_the_compaction_to_query_raw_data(
    thief: Analyst, tables: dict[str, str], where: str
) -> None:
    """A table of its own over raw data opens them no more than S3 does."""
    assert thief.rows(thief.query(f"SELECT * FROM {tables['processed']}"))
    thief.is_refused(f"SELECT * FROM {tables[where]}")
