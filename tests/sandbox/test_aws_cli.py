"""The AWS CLI: version 1 does not send every request to ``AWS_ENDPOINT_URL``."""

import os
import subprocess
from pathlib import Path

import pytest

from sandbox import toolchain
from sandbox.environment import environment
from tests.sandbox.cloud import Cloud

BASE = {"HTTPS_PROXY": "http://127.0.0.1:1"}
"""Nothing listens there: requests that are not for the sandbox fail."""
ASTRAY = "Failed to connect to proxy URL"
SERVICES = (
    "docdb describe-db-clusters",
    "emr list-clusters",
    "neptune describe-db-clusters",
    "rds describe-db-instances",
    "s3 ls",
    "sqs list-queues",
)


class Aws:
    """``aws`` in a shell that is pointed at a sandbox."""

    def __init__(self, cloud: Cloud) -> None:
        self.environ = environment(cloud.emulator, BASE) | {"AWS_MAX_ATTEMPTS": "1"}

    def __call__(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = ["aws", *arguments]
        return subprocess.run(
            command, env=self.environ, capture_output=True, text=True, check=False
        )


@pytest.fixture(name="aws")
def make_aws(parity: Cloud, aws_cli: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """Version 1."""
    monkeypatch.setenv("PATH", f"{aws_cli.parent}{os.pathsep}{os.environ['PATH']}")
    return Aws(parity)


@pytest.mark.parametrize("command", SERVICES)
def test_it_talks_to_the_sandbox(aws: Aws, command: str) -> None:
    done = aws(*command.split())
    assert ASTRAY not in done.stderr
    assert done.returncode == 0 or "An error occurred (400)" in done.stderr, "the sandbox's answer"


def test_by_default_it_does_not(aws: Aws) -> None:
    """When this fails, ``sandbox/bin/aws`` can be deleted."""
    own = str(toolchain.COMMANDS) + os.pathsep
    assert aws.environ["PATH"].startswith(own)
    aws.environ["PATH"] = aws.environ["PATH"].removeprefix(own)
    assert ASTRAY in aws("sqs", "list-queues").stderr


def test_arguments_are_passed_as_they_are(aws: Aws) -> None:
    query = "join(' and ', [Account, '$HOME'])"
    done = aws("sts", "get-caller-identity", "--output", "text", "--query", query)
    assert done.stdout == "000000000000 and $HOME\n"


def test_another_endpoint_may_be_named(aws: Aws) -> None:
    done = aws("sqs", "list-queues", "--endpoint-url", "http://127.0.0.1:1")
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"' in done.stderr


def test_a_shell_outside_the_sandbox_has_the_plain_cli(aws: Aws) -> None:
    del aws.environ["AWS_ENDPOINT_URL"]
    assert ASTRAY in aws("sts", "get-caller-identity").stderr


def test_without_it_an_error_says_so(aws: Aws, tmp_path: Path) -> None:
    aws.environ["PATH"] = f"{toolchain.COMMANDS}{os.pathsep}{tmp_path}"
    done = aws("s3", "ls")
    assert done.returncode == 127
    assert done.stderr.startswith("Error: there is no AWS CLI here.")
