"""The demo of what the law asks, act by act: go back, but never alone, and erase a person.

``python -m sandbox.demo_privacy`` (or ``make demo-privacy``) starts the sandbox, and deploys the
stack with a contract whose e-mail addresses are reversible tokens. Then one person asks for three
values, another approves, and the first reads them. In the second act a third one erases a
customer, whom the same file does not bring back.
"""

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import boto3
import pyarrow.parquet as pq
from rich.console import Console

from pipeline.outcomes import Exit
from pipeline.program import main as run_tool
from processor.bucket.suppressed import AGE
from sandbox import PROJECT, SandboxError, deployment, reversible
from sandbox.demo import process, read, run, start, waiting
from sandbox.environment import environment

ROWS, ASKED = 50, 3
DOMAIN = "customer"
PATIENCE = 60.0  # seconds for the function to ask for an approval
PERSON = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")

Outputs = Mapping[str, str]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.demo_privacy",
        description="Deploy the pipeline to the sandbox with reversible tokens, show how two "
        "people get the values of some, and erase a customer. The sandbox stays up.",
    )
    parser.parse_args(arguments)
    return run(show)


def show(console: Console) -> None:
    """Deploy, process a file, and play each act.

    Raises:
        SandboxError: the sandbox, the deployment or an act failed.
    """
    target = start(console)
    outputs = deployment.deploy_changed(
        target, "dev", reversible.DATASET, reversible.make_reversible
    )
    os.environ.update(environment(target))
    file = make_file()
    tokens = process_customers(console, outputs, file)
    reidentify(console, outputs, tokens)
    erase(console, outputs, file)
    console.print("The sandbox stays up. End it with: make down", highlight=False)


class File(NamedTuple):
    """A file of customers, and one of them, whom no other file has."""

    name: str
    content: bytes
    customer: str


def make_file() -> File:
    """Make a file of the first rows of the sample; the first customer is a new one."""
    sample = PROJECT / "samples" / f"{reversible.DATASET}.csv"
    header, first, *others = sample.read_bytes().splitlines(keepends=True)[: ROWS + 1]
    customer = f"C{time.time_ns() // 1_000 % 10**8:08}"
    first = b",".join([customer.encode(), first.partition(b",")[2]])
    name = f"{reversible.DATASET}/privacy-{int(time.time())}.csv"
    return File(name, b"".join([header, first, *others]), customer)


def process_customers(console: Console, outputs: Outputs, file: File) -> list[str]:
    """Process a file; return the first tokens of its clean rows."""
    s3, bucket, name = boto3.client("s3"), outputs["S3BucketName"], file.name
    process(console, s3, bucket, {name: file.content})
    parquet = read(s3, bucket, f"processed/{name}.parquet") or b""
    s3.close()
    rows = pq.ParquetFile(io.BytesIO(parquet), pre_buffer=False).read(use_threads=False)
    tokens: list[str] = rows[reversible.TOKEN].to_pylist()
    return tokens[:ASKED]


def reidentify(console: Console, outputs: Outputs, tokens: Sequence[str]) -> None:
    """The first act: a request, its approval, and the values.

    Raises:
        SandboxError: a command of the tool failed.
    """
    console.print(f"\n[bold]Somebody must know who these are[/], for {reversible.PURPOSE}:")
    for token in tokens:
        console.print(f"  {token[:32]}…", highlight=False)
    of_dataset = ["--dataset", reversible.DATASET]
    with (
        TemporaryDirectory() as name,
        person(outputs, "Requester", "alice") as alice,
        person(outputs, "Approver", "bob") as bob,
    ):
        file, values = Path(name, "tokens.txt"), Path(name, "values.csv")
        file.write_text("\n".join(tokens), encoding="utf-8")
        about = ["--column", reversible.COLUMN, "--purpose", reversible.PURPOSE]
        command = ["reidentify", str(file), *of_dataset, *about, "--no-wait"]
        play(console, "alice", alice, command)
        arn = wait_for_request(outputs)
        play(console, "bob", bob, ["approve", *of_dataset, arn.rpartition(":")[2], "--yes"])
        play(console, "alice", alice, ["reidentify", "--resume", arn, "--output", str(values)])
        console.print(values.read_text(encoding="utf-8"), highlight=False, soft_wrap=True)
        console.print("[bold]bob[/] approved them, and cannot read them. Neither can ask alone.")


def erase(console: Console, outputs: Outputs, file: File) -> None:
    """The second act: a customer is erased, and the same file does not bring them back.

    Raises:
        SandboxError: a command of the tool failed, or the customer is back.
    """
    console.print(
        "\n[bold]A customer asks to be erased[/], whose number is in [bold]people.txt[/]:"
    )
    with TemporaryDirectory() as name, person(outputs, "Eraser", "carol") as carol:
        people = Path(name, "people.txt")
        people.write_text(file.customer, encoding="utf-8")
        play(console, "carol", carol, ["erase", str(people), "--domain", DOMAIN, "--yes"])
    s3, bucket = boto3.client("s3"), outputs["S3BucketName"]
    wait_for_lists(console)
    again = file.name.replace(".csv", "-again.csv")
    rows = process(console, s3, bucket, {again: file.content})[again]["rows"]
    s3.close()
    console.print(
        f"[bold]The same rows again:[/] {rows['read']} read, {rows['clean']} clean, "
        f"{rows['rejected']} rejected, {rows['erased']} erased.",
        highlight=False,
    )
    if not rows["erased"]:
        raise SandboxError("the customer is back.")
    console.print("[bold]carol[/] has seen no row, and nobody can read whom she erased.")


def wait_for_lists(console: Console) -> None:
    """Wait until no process has an older list: on AWS it is the erasure that waits."""
    with waiting(console) as progress:
        progress.add_task("until every process knows the list of the erased", total=1)
        time.sleep(AGE)


@contextmanager
def person(outputs: Outputs, duty: str, name: str) -> Iterator[dict[str, str]]:
    """The credentials of somebody with a duty, as variables, in a role of their own."""
    iam, sts, role = boto3.client("iam"), boto3.client("sts"), f"demo-{name}-{time.time_ns()}"
    account = outputs["LambdaFunctionArn"].split(":")[4]
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
    }
    tags = {"dataset": reversible.DATASET, "purpose": reversible.PURPOSE}
    created = iam.create_role(
        RoleName=role,
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust}),
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    policy = {"RoleName": role, "PolicyArn": outputs[f"{duty}PolicyArn"]}
    iam.attach_role_policy(**policy)
    found = sts.assume_role(RoleArn=created["Role"]["Arn"], RoleSessionName=name)["Credentials"]
    secrets = (found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    try:
        yield dict(zip(PERSON, secrets, strict=True))
    finally:
        iam.detach_role_policy(**policy)
        iam.delete_role(RoleName=role)


def play(
    console: Console, name: str, credentials: Mapping[str, str], command: Sequence[str]
) -> None:
    """Let somebody run a command of the tool, and show both.

    Raises:
        SandboxError: it failed.
        KeyboardInterrupt: it was interrupted, which the tool has said.
    """
    written = " ".join(Path(word).name if "/" in word else word for word in command)
    console.print(f"[bold]{name}[/] $ python -m pipeline {written}", highlight=False)
    before = {variable: os.environ.get(variable, "") for variable in PERSON}
    os.environ.update(credentials)
    try:
        code = run_tool(command)
        if code == Exit.INTERRUPTED:
            raise KeyboardInterrupt
        if code != Exit.OK:
            raise SandboxError(f"{name}'s command failed.")
    finally:
        os.environ.update(before)
        if not before[PERSON[-1]]:
            del os.environ[PERSON[-1]]


def wait_for_request(outputs: Outputs) -> str:
    """Wait until the newest request asks for its approval; return its execution's ARN.

    Raises:
        SandboxError: it did not in time.
    """
    session: Any = boto3
    states, s3 = session.client("stepfunctions"), boto3.client("s3")
    machine, bucket = outputs["ReidentificationStateMachineArn"], outputs["S3BucketName"]
    arn = states.list_executions(stateMachineArn=machine)["executions"][0]["executionArn"]
    key = f"reidentification/approvals/{reversible.DATASET}/{arn.rpartition(':')[2]}.json"
    deadline = time.monotonic() + PATIENCE
    while not s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents"):
        if time.monotonic() > deadline:
            raise SandboxError("nobody was asked for an approval; make logs tells why.")
        time.sleep(0.2)
    states.close()
    s3.close()
    return str(arn)


if __name__ == "__main__":
    sys.exit(main())
