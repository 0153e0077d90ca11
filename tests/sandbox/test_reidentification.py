"""Re-identification, in a sandbox of its own: a request of two people, runbooks, and attacks.

The environment is as restricted as those of people's data: administrators read no raw data.
"""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from rich.console import Console

from pipeline.outcomes import Exit
from sandbox import PROJECT, SandboxError, demo_privacy, deployment, emulator, reversible
from sandbox.emulator import ACCOUNT, REGION
from sandbox.environment import environment
from tests import roles
from tests.integration.conftest import Pipeline
from tests.integration.tool import run
from tests.patience import Wait, wait_for
from tests.sandbox.attacks import attack
from tests.sandbox.aws_commands import AwsCommands
from tests.sandbox.cloud import Cloud, unique
from tests.sandbox.runbooks import Operator

SUFFIX = "test"
LINES = (PROJECT / "samples" / "customers.csv").read_bytes().splitlines(keepends=True)
ASKED = Wait(60)
Outputs = dict[str, str]


class Tokens(NamedTuple):
    """Tokens, and the values of which some were made."""

    tokens: list[str]
    values: list[str]


@pytest.fixture(scope="module", name="cloud")
def start_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A separate sandbox."""
    state = tmp_path_factory.mktemp("reidentification")
    cloud = Cloud(emulator.start(state))
    yield cloud
    cloud.close()
    emulator.stop(state)


@pytest.fixture(scope="module", name="file")
def choose_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the outputs."""
    return tmp_path_factory.mktemp("outputs") / "cfn-outputs" / "flat-outputs.json"


@pytest.fixture(scope="module", name="outputs")
def deploy(cloud: Cloud, file: Path) -> Outputs:
    """The outputs of a stack whose contract has reversible tokens."""
    return deployment.deploy_changed(
        cloud.emulator, SUFFIX, reversible.DATASET, reversible.make_reversible, file
    )


@pytest.fixture(scope="module", name="environ", autouse=True)
def point_there(cloud: Cloud, outputs: Outputs, file: Path) -> Iterator[dict[str, str]]:
    """The variables of commands, which are set for those in this process."""
    assert outputs
    variables = {**environment(cloud.emulator), "CFN_OUTPUTS": str(file)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables


@pytest.fixture(scope="module", name="people")
def begin_sessions(cloud: Cloud, outputs: Outputs) -> Iterator[dict[str, boto3.Session]]:
    """The one who asks and the one who approves."""
    iam, sts = cloud.client("iam"), cloud.client("sts")
    tags = {"dataset": reversible.DATASET, "purpose": reversible.PURPOSE}
    trust = roles.trusting("aws", ACCOUNT)
    found = {}
    with ExitStack() as later:
        for duty in ("Requester", "Approver"):
            policy = outputs[f"{duty}PolicyArn"]
            arn = later.enter_context(roles.made(iam, unique(duty), trust, policy, tags))
            session = roles.become(sts, arn, REGION)
            assert session
            found[duty] = session
        yield found


@pytest.fixture(scope="module", name="tokens")
def make_tokens(cloud: Cloud, outputs: Outputs) -> Tokens:
    """Tokens of a processed file, and values of the file."""
    pipeline = Pipeline(cloud.client("s3"), outputs["S3BucketName"])
    name = pipeline.name(reversible.DATASET)
    pipeline.process(name, b"".join(LINES[:12]))
    rows = pipeline.clean(name) or []
    text = io.StringIO(b"".join(LINES[:12]).decode(), newline="")
    values = sorted({row[reversible.COLUMN].lower() for row in csv.DictReader(text)})
    return Tokens([row[reversible.TOKEN] for row in rows], values)


def ask(people: dict[str, boto3.Session], tokens: list[str], folder: Path) -> str:
    """Ask for the values of tokens; return the execution's ARN once it waits."""
    file = folder / "tokens.txt"
    file.write_text("\n".join(tokens), encoding="utf-8")
    about = ("--dataset", reversible.DATASET, "--column", reversible.COLUMN)
    options = ("--purpose", reversible.PURPOSE, "--no-wait", "--json")
    answer = run("reidentify", str(file), *about, *options, session=people["Requester"])
    assert answer.code == 0, answer
    arn = str(json.loads(answer.out)["execution"])
    wait_for("request that waits", lambda: name_of(arn) in waiting(people) or None, ASKED)
    return arn


def name_of(arn: str) -> str:
    """The name of an execution."""
    return arn.rpartition(":")[2]


def waiting(people: dict[str, boto3.Session]) -> dict[str, Any]:
    """What the approver sees that waits."""
    given = ("approve", "--dataset", reversible.DATASET, "--json")
    answer = run(*given, session=people["Approver"])
    assert answer.code == 0, answer
    return {one["name"]: one for one in json.loads(answer.out)["waiting"]}


def test_values_come_back_after_a_second_person_has_approved(
    people: dict[str, boto3.Session], tokens: Tokens, tmp_path: Path
) -> None:
    wanted = tokens.tokens[:3]
    arn = ask(people, wanted, tmp_path)
    seen = waiting(people)[name_of(arn)]
    assert (seen["tokens"], seen["purpose"]) == (3, reversible.PURPOSE)
    assert not set(wanted) & set(json.dumps(seen).split('"'))
    refused = run("approve", "--dataset", reversible.DATASET, session=people["Requester"])
    assert refused.code == 3
    given = ("approve", "--dataset", reversible.DATASET, name_of(arn), "--yes")
    assert run(*given, session=people["Approver"]).code == 0
    output = tmp_path / "values.csv"
    resume = ("reidentify", "--resume", arn, "--output", str(output))
    answer = run(*resume, session=people["Requester"])
    assert answer.code == 0, answer
    lines = output.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "token,value"
    for line in lines[1:]:
        token, value = line.split(",")
        assert token in wanted
        assert value in tokens.values
    assert len(lines) == 4
    # The approver cannot see them.
    peek = run(*resume, session=people["Approver"])
    assert peek.code == 3, peek


def test_the_log_says_who_and_how_many_and_no_value(
    cloud: Cloud, people: dict[str, boto3.Session], tokens: Tokens
) -> None:
    """After the request above."""
    assert people
    events = cloud.client("logs").filter_log_events(
        logGroupName=f"/aws/lambda/reidentification-{SUFFIX}"
    )["events"]
    text = "\n".join(event["message"] for event in events)
    (done,) = (
        json.loads(event["message"]) for event in events if '"re-identified"' in event["message"]
    )
    assert done["requester"].endswith(":test")
    assert done["requester"] != done["approver"]
    assert (done["tokens"], done["dataset"]) == (3, reversible.DATASET)
    assert not [one for one in (*tokens.tokens, *tokens.values) if one in text]


def test_the_runbook_of_a_request(
    cloud: Cloud,
    operator: Operator,
    people: dict[str, boto3.Session],
    tokens: Tokens,
    tmp_path: Path,
) -> None:
    wanted = tokens.tokens[:1]
    first, second = (ask(people, wanted, tmp_path) for _ in range(2))
    values = {
        "dataset": reversible.DATASET,
        "request": name_of(first),
        "other request": name_of(second),
    }
    with operator.becoming(credentials(people["Approver"])):
        shown, *_ = operator.end("reidentification", values)
    assert name_of(first) in shown.out
    states = cloud.client("stepfunctions")
    refused = states.describe_execution(executionArn=second)
    assert (refused["error"], refused["status"]) == ("Refused", "FAILED")
    assert "Nobody knows of this case." in refused["cause"]


def credentials(session: boto3.Session) -> dict[str, str]:
    """Those of a session, as STS returns them."""
    found: Any = session.get_credentials()
    return {
        "AccessKeyId": found.access_key,
        "SecretAccessKey": found.secret_key,
        "SessionToken": found.token,
    }


@pytest.fixture(scope="module", name="operator")
def be_operator(cloud: Cloud, file: Path, aws_cli: Path) -> Iterator[Operator]:
    """Somebody who follows the runbooks."""
    aws = AwsCommands(aws_cli.with_name("python"))
    yield Operator(cloud.emulator, file.parents[1], aws, SUFFIX, {("lost-reversible-key", ""): ""})
    aws.close()


def test_the_demo_shows_a_request_its_approval_and_the_values(
    outputs: Outputs, tokens: Tokens, capsys: pytest.CaptureFixture[str]
) -> None:
    demo_privacy.reidentify(Console(width=200), outputs, tokens.tokens[:2])
    printed = capsys.readouterr().out
    assert "alice $ python -m pipeline reidentify tokens.txt --dataset customers" in printed
    assert "bob $ python -m pipeline approve --dataset customers" in printed
    assert [token for token in tokens.tokens[:2] if f"{token}," in printed] == tokens.tokens[:2]
    assert sum(value in printed for value in tokens.values) >= 2


def test_the_demo_shows_an_erasure_its_receipt_and_that_nobody_comes_back(
    outputs: Outputs, capsys: pytest.CaptureFixture[str]
) -> None:
    console, file = Console(width=120), demo_privacy.make_file()
    demo_privacy.process_customers(console, outputs, file)
    capsys.readouterr()
    demo_privacy.erase(console, outputs, file)
    printed = capsys.readouterr().out
    assert "carol $ python -m pipeline erase people.txt --domain customer --yes" in printed
    assert f"processed/{file.name}.parquet" in printed
    assert "1 erased." in printed
    assert file.customer not in printed
    assert len(printed.splitlines()) < 50


def test_the_demo_fails_if_somebody_comes_back(
    outputs: Outputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has erased the customer."""
    console, file = Console(width=120), demo_privacy.make_file()
    monkeypatch.setattr("sandbox.demo_privacy.AGE", 0)
    monkeypatch.setattr("sandbox.demo_privacy.play", lambda *_: None)
    with pytest.raises(SandboxError, match="the customer is back"):
        demo_privacy.erase(console, outputs, file)


def test_who_interrupts_a_command_interrupts_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is told how to end the sandbox, not that somebody's command failed."""
    monkeypatch.setattr("sandbox.demo_privacy.run_tool", lambda _: Exit.INTERRUPTED)
    for variable in demo_privacy.PERSON:
        monkeypatch.setenv(variable, "before")
    with pytest.raises(KeyboardInterrupt):
        demo_privacy.play(Console(), "carol", {}, ["erase"])


def test_one_person_alone_is_refused(environ: dict[str, str]) -> None:
    """tests/attacks/test_reidentification.py, which needs such a stack."""
    attack("test_reidentification.py", environ)


def test_the_runbook_of_erasing_what_is_reversible(
    cloud: Cloud,
    operator: Operator,
    outputs: Outputs,
    people: dict[str, boto3.Session],
    tokens: Tokens,
    tmp_path: Path,
) -> None:
    """Last: afterwards, an approved request has no values."""
    key = outputs["ReversibleKeyId"]
    found, *_ = operator.end("lost-reversible-key", {"key's id": key})
    assert key in found.out
    assert "Derives the keys of tokens that can be reversed" in found.out
    arn = ask(people, tokens.tokens[:1], tmp_path)
    given = ("approve", "--dataset", reversible.DATASET, name_of(arn), "--yes")
    assert run(*given, session=people["Approver"]).code == 0
    states = cloud.client("stepfunctions")

    def ended() -> dict[str, Any] | None:
        described: dict[str, Any] = states.describe_execution(executionArn=arn)
        return None if described["status"] == "RUNNING" else described

    answer = wait_for("end of the request", ended, ASKED)
    assert answer["status"] == "FAILED"
    assert "KMSInvalidStateException" in answer["cause"]
