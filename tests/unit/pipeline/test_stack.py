"""The stack is found through its outputs."""

import json
from pathlib import Path

import pytest

from pipeline.outcomes import NoStackError, PipelineError
from pipeline.stack import OUTPUTS, Stack
from tests.conftest import OUTPUTS as OF_THE_TESTS
from tests.unit.pipeline.account import OUTPUTS as OURS


def find(file: Path, content: str) -> Stack:
    """The stack whose outputs a file has."""
    file.write_text(content, encoding="utf-8")
    return Stack.find({"CFN_OUTPUTS": str(file)})


def test_it_is_found_where_the_tests_find_it() -> None:
    assert OUTPUTS == OF_THE_TESTS


def test_it_is_where_its_function_is(tmp_path: Path) -> None:
    stack = find(tmp_path / "outputs.json", json.dumps(OURS))
    assert (stack.bucket, stack.region, stack.suffix) == ("a-bucket", "eu-central-1", "test")
    assert stack.account == "123456789012"


def test_its_clients_are_of_its_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    stack = Stack(OURS)
    clients = (stack.s3, stack.sqs, stack.stepfunctions, stack.athena)
    assert {client.meta.region_name for client in clients} == {"eu-central-1"}
    stack.close()
    Stack(OURS).close()


def test_the_url_of_an_endpoint_may_be_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "localhost")
    with pytest.raises(PipelineError, match=r"localhost\. Correct AWS_ENDPOINT_URL, or unset it"):
        _ = Stack(OURS).sqs


@pytest.mark.parametrize("named", [True, False])
def test_without_outputs_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: bool
) -> None:
    file = tmp_path / "none.json"
    monkeypatch.setattr("pipeline.stack.OUTPUTS", file)
    with pytest.raises(
        NoStackError, match=r"make up.*make deploy.*CFN_OUTPUTS.*operations\.md"
    ) as raised:
        Stack.find({"CFN_OUTPUTS": str(file)} if named else {})
    assert str(file) in raised.value.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "not a JSON object"),
        ("{", "not a JSON object"),
        ("{}", "no output LambdaFunctionArn.*Deploy this version"),
        ('{"LambdaFunctionArn": "x"}', "no ARN"),
    ],
)
def test_other_files_are_not_taken_for_outputs(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(NoStackError, match=message):
        find(tmp_path / "outputs.json", content)
