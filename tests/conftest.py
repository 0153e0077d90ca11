"""The outputs of a deployed stack, through which the integration tests and the attacks find it."""

import contextlib
import json
import os
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests import traces
from tests.identifiers import identify
from tests.target import Place, place_of

pytest.register_assert_rewrite("tests.unit.processor")  # whose plain modules check too

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = ROOT / "cfn-outputs" / "flat-outputs.json"
"""Where a deployment writes its outputs, unless ``CFN_OUTPUTS`` names another file."""


@pytest.fixture(scope="session", name="outputs")
def read_outputs() -> dict[str, str]:
    """The outputs, by name, of the stack deployed where the AWS variables point."""
    named = os.environ.get("CFN_OUTPUTS")
    file = Path(named or OUTPUTS)
    if not file.is_file() and not named:
        pytest.skip(f"{file} is absent: deploy first (make up, or make deploy)")
    if not file.is_file():
        pytest.fail(f"{file}, which CFN_OUTPUTS names, is absent", pytrace=False)
    outputs: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    session, stack = boto3.Session(), place_of(outputs)
    try:
        with contextlib.closing(session.client("sts")) as sts:
            here = Place(sts.get_caller_identity()["Account"], session.region_name)
    except (BotoCoreError, ClientError) as error:
        pytest.fail(f"AWS does not say who is asking: {error}", pytrace=False)
    if here != stack:
        pytest.fail(
            f"{file} is of a stack in {stack}, but the AWS variables lead to {here}. "
            "Deploy again, or run: make accept suffix=<suffix>",
            pytrace=False,
        )
    return outputs


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name the case of a parametrised test that was given no id."""
    return identify(val)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what could not be removed."""
    for remark in traces.remarks:
        terminalreporter.line(remark)
