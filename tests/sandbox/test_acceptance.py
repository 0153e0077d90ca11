"""``make accept``: what it runs against, and when it refuses to."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox import PROJECT
from sandbox.emulator import ACCOUNT
from sandbox.environment import environment
from tests.conftest import OUTPUTS
from tests.sandbox.cloud import Cloud, unique

Completed = subprocess.CompletedProcess[str]

FLOW_LOGS = "tests/integration/test_deployed_resources.py::test_flow_logs_are_on"
"""An integration test that needs only a small stack."""


def run(cloud: Cloud, *arguments: str, **changes: str | None) -> Completed:
    """Run Python on the project, pointed at an emulator; ``changes`` are of the environment."""
    environ: Mapping[str, str | None] = {**environment(cloud.emulator), **changes}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=PROJECT,
        env={name: value for name, value in environ.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def accept(cloud: Cloud, suffix: str, **changes: str | None) -> Completed:
    """Run one integration test against a stack."""
    return run(cloud, "-m", "tests.acceptance", suffix, FLOW_LOGS, **changes)


def function_arn(account: str) -> str:
    """The ARN of a function of an account."""
    return f"arn:aws:lambda:us-east-1:{account}:function:data-processor-x"


def deploy(cloud: Cloud, **flow_log: str) -> str:
    """Deploy what the integration test checks; return the stack's suffix."""
    suffix = unique("x")
    resources: dict[str, Any] = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "FlowLog": {
            "Type": "AWS::EC2::FlowLog",
            "Properties": {
                "ResourceId": {"Ref": "Vpc"},
                "ResourceType": "VPC",
                "TrafficType": "ALL",
                "LogGroupName": "group",
                **flow_log,
            },
        },
    }
    outputs = {
        "VpcId": {"Value": {"Ref": "Vpc"}},
        "LambdaFunctionArn": {"Value": function_arn(ACCOUNT)},
    }
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=f"TapStack-{suffix}",
        TemplateBody=json.dumps({"Resources": resources, "Outputs": outputs}),
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=f"TapStack-{suffix}", WaiterConfig={"Delay": 1}
    )
    return suffix


def test_a_sound_stack_is_accepted(parity: Cloud) -> None:
    suffix = deploy(parity)
    ran = accept(parity, suffix)
    assert ran.returncode == 0, ran.stdout
    assert ran.stdout.startswith(
        f"TapStack-{suffix} in the sandbox: account {ACCOUNT}, region us-east-1\n"
    )
    assert "1 passed" in ran.stdout


def test_an_unsound_stack_is_not(parity: Cloud) -> None:
    ran = accept(parity, deploy(parity, TrafficType="REJECT"))
    assert ran.returncode == 1
    assert "1 failed" in ran.stdout


def test_the_lag_is_reported(parity: Cloud) -> None:
    ran = accept(parity, deploy(parity), SANDBOX_LAG="2")
    assert "in the sandbox, which lags 2 s: account" in ran.stdout


def test_a_stale_outputs_file_is_ignored(parity: Cloud, tmp_path: Path) -> None:
    stale = tmp_path / "stale.json"
    stale.write_text('{"VpcId": "vpc-gone"}')
    assert accept(parity, deploy(parity), CFN_OUTPUTS=str(stale)).returncode == 0


def refused(ran: Completed, sentence: str) -> None:
    """Fail unless a run was refused with one sentence."""
    assert ran.returncode == 2
    assert sentence in ran.stderr
    assert ran.stderr.count("\n") == 1
    assert not ran.stdout


def test_no_stack(parity: Cloud) -> None:
    refused(
        accept(parity, "nobody"),
        f"There is no stack TapStack-nobody in account {ACCOUNT}, region us-east-1. "
        "Deploy it first: make up suffix=nobody",
    )


def test_a_stack_that_is_not_whole(parity: Cloud) -> None:
    cloudformation, suffix = parity.client("cloudformation"), unique("x")
    broken = {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"KmsKeyId": "none"}}}
    cloudformation.create_stack(
        StackName=f"TapStack-{suffix}",
        TemplateBody=json.dumps({"Resources": broken}),
        OnFailure="DO_NOTHING",
    )
    status = "CREATE_IN_PROGRESS"
    while status.endswith("IN_PROGRESS"):
        (stack,) = cloudformation.describe_stacks(StackName=f"TapStack-{suffix}")["Stacks"]
        status = stack["StackStatus"]
    assert status == "CREATE_FAILED"
    refused(accept(parity, suffix), f"is {status}: it must be deployed, and at rest.")


def test_a_stack_of_another_project(parity: Cloud) -> None:
    cloudformation, suffix = parity.client("cloudformation"), unique("x")
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    cloudformation.create_stack(StackName=f"TapStack-{suffix}", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=f"TapStack-{suffix}", WaiterConfig={"Delay": 1}
    )
    refused(accept(parity, suffix), "is another project's")


def test_nobody_to_ask(parity: Cloud) -> None:
    closed = accept(parity, "dev", AWS_ENDPOINT_URL="https://127.0.0.1:9")
    refused(closed, "Is the sandbox down? Start it: make up")
    nowhere = accept(parity, "dev", AWS_REGION=None, AWS_DEFAULT_REGION=None)
    refused(nowhere, "No region is named.")
    unknown = accept(parity, "dev", AWS_ACCESS_KEY_ID=None, AWS_SECRET_ACCESS_KEY=None)
    refused(unknown, "There are no credentials.")
    wrong = accept(parity, "dev", AWS_ACCESS_KEY_ID="AKIAIOSFODNN7EXAMPLE")
    refused(wrong, "InvalidClientTokenId")


def test_pytest_by_hand(parity: Cloud, tmp_path: Path) -> None:
    def outcome(file: Path) -> tuple[int, str]:
        ran = run(parity, "-m", "pytest", FLOW_LOGS, CFN_OUTPUTS=str(file))
        return ran.returncode, ran.stdout

    suffix = deploy(parity)
    (stack,) = parity.client("cloudformation").describe_stacks(StackName=f"TapStack-{suffix}")[
        "Stacks"
    ]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    own, foreign = tmp_path / "own.json", tmp_path / "foreign.json"
    own.write_text(json.dumps(outputs))
    foreign.write_text(json.dumps({**outputs, "LambdaFunctionArn": function_arn("111111111111")}))
    assert outcome(own)[0] == 0
    code, said = outcome(foreign)
    assert code == 1
    assert (
        f"{foreign} is of a stack in account 111111111111, region us-east-1, but the AWS "
        f"variables lead to account {ACCOUNT}, region us-east-1." in said
    )
    code, said = outcome(tmp_path / "none.json")
    assert code == 1
    assert "none.json, which CFN_OUTPUTS names, is absent" in said


@pytest.mark.skipif(OUTPUTS.exists(), reason="a stack is deployed")
def test_pytest_without_a_stack(parity: Cloud) -> None:
    ran = run(parity, "-m", "pytest", FLOW_LOGS, CFN_OUTPUTS=None)
    assert ran.returncode == 0
    assert f"{OUTPUTS} is absent: deploy first" in ran.stdout
