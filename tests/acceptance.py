"""``python -m tests.acceptance SUFFIX``: tests a deployed stack.

It runs the integration tests and the attacks against the account and region that the AWS variables
name, which may be the sandbox's. It gets the stack's outputs from CloudFormation.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
)

from tests.target import TARGET, Place

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/integration", "tests/attacks")
LOOKING = "tests/integration/test_deployed_resources.py"
"""The tests that change nothing."""

WHOLE = ("CREATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
"""The states of a complete stack that is not changing."""

POINT = 'For the sandbox: eval "$(python -m sandbox env)"'


class UnacceptableError(Exception):
    """There is no stack to test; the message says what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the tests and return pytest's exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.acceptance",
        description="Run the integration tests and the attacks against a deployed stack, where "
        "the AWS variables lead. The attacks replace the function's code while they run.",
    )
    parser.add_argument("suffix", help="the environment whose stack is tested")
    parser.add_argument("tests", nargs="*", default=TESTS, help="what to run instead of all")
    options = parser.parse_args(arguments)
    try:
        outputs = find(options.suffix, looking=list(options.tests) == [LOOKING])
    except UnacceptableError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "flat-outputs.json"
        file.write_text(json.dumps(outputs), encoding="utf-8")
        os.environ["CFN_OUTPUTS"] = str(file)
        os.chdir(ROOT)
        return int(pytest.main(list(options.tests)))


def find(suffix: str, *, looking: bool) -> dict[str, str]:
    """Print what the tests will run against; return the stack's outputs.

    Args:
        suffix: of the environment.
        looking: the tests change nothing, so nobody needs to be warned.

    Raises:
        UnacceptableError: there is no such stack, it is incomplete, or AWS does not answer.
    """
    session, name = boto3.Session(), f"TapStack-{suffix}"
    try:
        with contextlib.closing(session.client("sts")) as sts:
            caller = sts.get_caller_identity()
        place = Place(caller["Account"], session.region_name)
        stack = _describe(session, name, place)
    except NoRegionError:
        raise UnacceptableError(f"No region is named. Set AWS_DEFAULT_REGION. {POINT}") from None
    except NoCredentialsError:
        raise UnacceptableError(
            f"There are no credentials. Set AWS_PROFILE, or the variables of a key. {POINT}"
        ) from None
    except EndpointConnectionError as error:
        raise UnacceptableError(f"{error}. Is the sandbox down? Start it: make up") from None
    except (BotoCoreError, ClientError) as error:
        raise UnacceptableError(f"{error}") from None
    outputs = {item["OutputKey"]: item["OutputValue"] for item in stack.get("Outputs", [])}
    if "LambdaFunctionArn" not in outputs:
        raise UnacceptableError(f"{name} in {place} is another project's: it has other outputs.")
    who = f"the sandbox, which lags {TARGET.lag:g} s" if TARGET.lag else "the sandbox"
    print(f"{name} in {who if TARGET.in_sandbox else 'AWS'}: {place}")
    print(f"as {caller['Arn']}")
    if not TARGET.in_sandbox and not looking:
        print("It may take two hours. Let nothing else use the stack meanwhile.")
    if stack.get("EnableTerminationProtection") and not looking:
        print("Data are retained there: versions of the invented files stay for up to 30 days.")
    sys.stdout.flush()
    return outputs


def _describe(session: boto3.Session, name: str, place: Place) -> Any:
    """The stack as CloudFormation describes it.

    Raises:
        UnacceptableError: there is none, or it is incomplete.
    """
    with contextlib.closing(session.client("cloudformation")) as cloudformation:
        try:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            suffix = name.partition("-")[2]
            raise UnacceptableError(
                f"There is no stack {name} in {place}. Deploy it first: "
                f"make {'up' if TARGET.in_sandbox else 'deploy'} suffix={suffix}"
            ) from None
    if stack["StackStatus"] not in WHOLE:
        raise UnacceptableError(
            f"{name} in {place} is {stack['StackStatus']}: it must be deployed, and at rest."
        )
    return stack


if __name__ == "__main__":
    sys.exit(main())
