"""The environment of AWS tools."""

import os
import subprocess
import sys

from sandbox.environment import environment
from tests.sandbox.cloud import Cloud


def test_tools_talk_to_the_sandbox_and_nothing_else(parity: Cloud) -> None:
    base = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "NO_PROXY": "intranet",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "PATH": os.environ["PATH"],
        "HOME": "/home/someone",
    }
    changed = environment(parity.emulator, base)
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    caller = subprocess.run(
        [sys.executable, "-c", program], env=changed, capture_output=True, text=True, check=True
    )
    assert caller.stdout.strip() == "000000000000"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(changed)
    assert changed["HOME"] == "/home/someone"
    assert changed["NO_PROXY"] == "intranet,127.0.0.1,localhost"
    again = environment(parity.emulator, changed)
    assert again == changed, "pointing twice changes nothing more"


def test_node_trusts_the_sandbox(parity: Cloud) -> None:
    ready = "process.env.AWS_ENDPOINT_URL + '/_ministack/ready'"
    program = f"fetch({ready}).then(answer => console.log(answer.status))"
    answer = subprocess.run(
        ["node", "-e", program],
        env=environment(parity.emulator),
        capture_output=True,
        text=True,
        check=True,
    )
    assert (answer.stdout.strip(), answer.stderr) == ("200", "")
