"""Compaction, in a sandbox of its own: what the table has, what fails, and attacks.

The environment is as restricted as those of people's data: administrators forge no outputs.
"""

import csv
import io
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lib.contracts import CONTRACTS
from lib.contracts.tables import read_tables
from sandbox import PROJECT, deployment, emulator
from sandbox.environment import environment
from tests import traces
from tests.integration.conftest import Pipeline
from tests.parquet import read_parquet
from tests.patience import Wait, wait_for
from tests.sandbox.attacks import attack
from tests.sandbox.aws_commands import AwsCommands
from tests.sandbox.cloud import Cloud
from tests.sandbox.runbooks import Operator

SUFFIX, DATASET, OTHER = "test", "customers", "payments"
ENDED = Wait(60)
SAMPLE = (PROJECT / "samples" / "customers.csv").read_text("utf-8")
HEADER, *ROWS = csv.reader(io.StringIO(SAMPLE, newline=""))
(TABLE,) = (one for one in read_tables(CONTRACTS) if one.dataset == DATASET)
COLUMNS = ", ".join(column.name for column in TABLE.columns)
Outputs = dict[str, str]


@pytest.fixture(scope="module", name="cloud")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A separate sandbox."""
    state = tmp_path_factory.mktemp("compaction")
    cloud = Cloud(emulator.start(state))
    yield cloud
    cloud.close()
    emulator.stop(state)


@pytest.fixture(scope="module", name="file")
def choose_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the outputs."""
    return tmp_path_factory.mktemp("outputs") / "flat-outputs.json"


def deploy(cloud: Cloud, file: Path, *datasets: str) -> Outputs:
    """The outputs of a stack that compacts these datasets."""
    copy = cloud.emulator.state / "compacting"
    deployment.copy_app(copy)
    settings = copy / "cdk.json"
    app = json.loads(settings.read_text("utf-8"))
    app["context"]["environments"][SUFFIX]["compactedDatasets"] = datasets
    settings.write_text(json.dumps(app), encoding="utf-8")
    found = deployment.deploy(cloud.emulator, SUFFIX, file, project=copy, quiet=True)
    shutil.rmtree(copy)
    return found


@pytest.fixture(scope="module", name="outputs")
def deploy_once(cloud: Cloud, file: Path) -> Outputs:
    """The outputs of a stack whose settings name a dataset."""
    return deploy(cloud, file, DATASET)


@pytest.fixture(scope="module", name="pipeline")
def make_pipeline(cloud: Cloud, outputs: Outputs) -> Iterator[Pipeline]:
    """The pipeline. What a test writes stays for those that follow."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(cloud.emulator).items():
            patch.setenv(name, value)
        yield Pipeline(cloud.client("s3"), outputs["S3BucketName"])


def content(first: int, last: int) -> bytes:
    """A file of some of the sample's rows."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *ROWS[first:last]])
    return text.getvalue().encode()


def compact(cloud: Cloud, outputs: Outputs, **given: Any) -> dict[str, Any]:
    """Run the state machine; return the description of its execution.

    It takes what was processed before the second in which it begins.
    """
    second = int(time.time())
    wait_for("the next second", lambda: int(time.time()) > second or None, ENDED)
    states = cloud.client("stepfunctions")
    started = states.start_execution(
        stateMachineArn=outputs["CompactionStateMachineArn"], input=json.dumps(given)
    )

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = states.describe_execution(executionArn=started["executionArn"])
        return None if found["status"] == "RUNNING" else found

    return wait_for("end of the compaction", ended, ENDED)


def counts(cloud: Cloud, outputs: Outputs, **given: Any) -> tuple[int, int]:
    """Run it, and return how many files and rows the table then has."""
    found = compact(cloud, outputs, **given)
    assert found["status"] == "SUCCEEDED", found
    (of,) = json.loads(found["output"])["datasets"]
    assert of["dataset"] == DATASET
    return of["files"], of["rows"]


class Reader:
    """Somebody who queries in the environment's workgroup."""

    def __init__(self, athena: Any, outputs: Outputs) -> None:
        """Take their client."""
        self._athena, self._database = athena, outputs["GlueDatabaseName"]
        self._group = outputs["AthenaWorkgroupName"]

    def ask(self, sql: str) -> list[list[str | None]]:
        """The rows of a query.

        Raises:
            PermissionError: it failed.
        """
        started = self._athena.start_query_execution(
            QueryString=sql,
            WorkGroup=self._group,
            QueryExecutionContext={"Database": self._database},
        )
        asked = {"QueryExecutionId": started["QueryExecutionId"]}

        def ended() -> dict[str, str] | None:
            found: dict[str, str] = self._athena.get_query_execution(**asked)["QueryExecution"][
                "Status"
            ]
            return None if found["State"] in ("QUEUED", "RUNNING") else found

        status = wait_for("query", ended, ENDED)
        if status["State"] != "SUCCEEDED":
            raise PermissionError(status["StateChangeReason"])
        rows = self._athena.get_query_results(**asked)["ResultSet"]["Rows"][1:]
        return [[one.get("VarCharValue") for one in row["Data"]] for row in rows]


@pytest.fixture(name="administrator")
def be_administrator(cloud: Cloud, outputs: Outputs) -> Reader:
    """Who may query everything."""
    return Reader(cloud.client("athena"), outputs)


COMPACTED = f"{DATASET}_compacted"
COUNT = f"SELECT count(*) FROM {COMPACTED}"


def rows_of(reader: Reader, table: str) -> list[list[str | None]]:
    """The rows of a table, in order, but for what tells their files."""
    return reader.ask(f"SELECT {COLUMNS} FROM {table} ORDER BY ALL")


def files_of(reader: Reader) -> dict[str, str | None]:
    """The number of rows in the compacted table, by file."""
    found = reader.ask(f"SELECT source_key, count(*) FROM {COMPACTED} GROUP BY 1")
    return {str(key): rows for key, rows in found}


def objects(cloud: Cloud, outputs: Outputs) -> set[str]:
    """The keys of what a compaction wrote."""
    found = cloud.client("s3").list_objects_v2(
        Bucket=outputs["S3BucketName"], Prefix=f"compacted/{DATASET}/"
    )
    return {one["Key"] for one in found.get("Contents", [])}


def test_the_table_has_the_rows_of_all_files(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline, administrator: Reader
) -> None:
    first, second = pipeline.name(DATASET, "it's (one) 1.csv"), pipeline.name(DATASET)
    assert pipeline.process(first, content(0, 10))["rows"]["clean"] == 10
    pipeline.process(second, content(10, 15))
    before = counts(cloud, outputs)
    assert rows_of(administrator, COMPACTED) == rows_of(administrator, DATASET) != []
    files = {f"processed/{first}.parquet": "10", f"processed/{second}.parquet": "5"}
    assert files.items() <= files_of(administrator).items()

    # Again it changes nothing. A newer version replaces rows, and one that is refused ends them.
    assert counts(cloud, outputs) == before
    pipeline.process(first, content(20, 23))
    pipeline.process(second, b"not,the,columns\n1,2,3\n")
    assert counts(cloud, outputs) == (before[0] - 1, before[1] - 12)
    assert rows_of(administrator, COMPACTED) == rows_of(administrator, DATASET)

    # The table is made again from nothing, with new objects alone.
    written = objects(cloud, outputs)
    assert counts(cloud, outputs, again=[DATASET]) == (before[0] - 1, before[1] - 12)
    assert written
    assert not written & objects(cloud, outputs)
    assert rows_of(administrator, COMPACTED) == rows_of(administrator, DATASET)


def test_a_file_without_its_rows_fails_the_run_and_is_left_out(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline, administrator: Reader
) -> None:
    sound, other = pipeline.name(DATASET), pipeline.name(DATASET)
    pipeline.process(sound, content(30, 34))
    pipeline.process(other, content(34, 39))
    key = f"processed/{other}.parquet"
    short = io.BytesIO()
    pq.write_table(read_parquet(io.BytesIO(pipeline.read(key) or b""))[:3], short)
    with traces.unrestricted(pipeline.s3, pipeline.bucket):
        pipeline.s3.put_object(Bucket=pipeline.bucket, Key=key, Body=short.getvalue())
    found = compact(cloud, outputs)
    assert (found["status"], found["error"]) == ("FAILED", "Incomplete")
    assert found["cause"] == f"{DATASET}: 1 files differ"
    files = files_of(administrator)
    assert files[f"processed/{sound}.parquet"] == "4"
    assert key not in files

    pipeline.process(other, content(40, 45))
    counts(cloud, outputs)
    assert files_of(administrator)[key] == "5"


def test_a_query_that_fails_ends_the_run(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline
) -> None:
    """As with a table that has other columns than the contract: it must be made again."""
    pipeline.process(pipeline.name(DATASET), content(50, 54))
    before = counts(cloud, outputs)
    glue, database = cloud.client("glue"), outputs["GlueDatabaseName"]
    table = glue.get_table(DatabaseName=database, Name=COMPACTED)["Table"]
    glue.delete_table(DatabaseName=database, Name=COMPACTED)
    stored = {**table["StorageDescriptor"], "Columns": table["StorageDescriptor"]["Columns"][1:]}
    given = {"Name": COMPACTED, "StorageDescriptor": stored, "Parameters": {}}
    glue.create_table(DatabaseName=database, TableInput=given)
    found = compact(cloud, outputs)
    assert found["status"] == "FAILED"
    assert found["cause"] == f"{DATASET}: States.TaskFailed"
    assert counts(cloud, outputs, again=[DATASET]) == before


def test_an_input_that_names_no_compacted_table_changes_nothing(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline
) -> None:
    pipeline.process(pipeline.name(DATASET), content(80, 84))
    before, written = counts(cloud, outputs), objects(cloud, outputs)
    pipeline.process(pipeline.name(DATASET), content(84, 88))
    wrong: dict[str, Any] = {"again": [DATASET, OTHER]}
    for given, cause in (
        (wrong, f"again has {OTHER}, but compactedDatasets names only {DATASET}"),
        ({"again": DATASET}, "again must be a list of names of datasets"),
        ({"agian": [DATASET]}, "unknown input: agian; there is only again"),
    ):
        found = compact(cloud, outputs, **given)
        assert (found["status"], found["error"]) == ("FAILED", "InvalidInput")
        assert found["cause"] == cause
        assert objects(cloud, outputs) == written
    assert counts(cloud, outputs) == (before[0] + 1, before[1] + 4)


def test_administrators_change_no_table(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline, administrator: Reader
) -> None:
    pipeline.process(pipeline.name(DATASET), content(70, 74))
    counts(cloud, outputs)
    before = administrator.ask(COUNT)
    delete = (
        f"MERGE INTO {COMPACTED} AS t USING (SELECT 1 AS a) AS s ON true WHEN MATCHED THEN DELETE"
    )
    for sql in (f"DROP TABLE {COMPACTED}", delete):
        with pytest.raises(PermissionError, match="not authorized"):
            administrator.ask(sql)
    assert administrator.ask(COUNT) == before


def test_who_may_not_is_refused(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline, file: Path
) -> None:
    """tests/attacks/test_compaction.py, which needs such a stack; its table has rows."""
    pipeline.process(pipeline.name(DATASET), content(90, 94))
    assert all(counts(cloud, outputs))
    attack("test_compaction.py", {**environment(cloud.emulator), "CFN_OUTPUTS": str(file)})


def test_the_runbook_of_a_dataset_that_is_no_longer_compacted(
    cloud: Cloud, outputs: Outputs, pipeline: Pipeline, file: Path, aws_cli: Path
) -> None:
    """Last: the stack then compacts nothing. The files stay."""
    name = pipeline.name(DATASET)
    pipeline.process(name, content(100, 104))
    counts(cloud, outputs)
    assert "CompactionStateMachineArn" not in deploy(cloud, file)
    aside = {("ended-compaction", "make deploy suffix=S"): "The test itself deploys, from a copy."}
    aws = AwsCommands(aws_cli.with_name("python"))
    operator = Operator(cloud.emulator, file.parent, aws, SUFFIX, aside)
    values = {
        "dataset": DATASET,
        "table": f"{DATASET}_compacted",
        "database": outputs["GlueDatabaseName"],
        "bucket": pipeline.bucket,
    }
    operator.end("ended-compaction", values)
    aws.close()
    assert not objects(cloud, outputs)
    assert pipeline.read(f"processed/{name}.parquet")
