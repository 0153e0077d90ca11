"""``reidentify``."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Tool
from tests.unit.pipeline.waiting import ARN

VALUES = "reidentification/values/customers/fraud/AROA:me/x.csv"
DONE = {"tokens": 2, "approver": "AROA:bob", "values": VALUES}
OPTIONS = ("--dataset", "customers", "--column", "email", "--purpose", "fraud")


@pytest.fixture(name="file")
def make_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of tokens, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("tokens.txt").write_text("t1\n\nt2\nt1\n", encoding="utf-8")
    return "tokens.txt"


@pytest.fixture(autouse=True)
def approved(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that somebody approves after the first look."""
    monkeypatch.setattr("pipeline.executions.INTERVAL", 0)
    account.put(VALUES, b"token,value\nt1,Ann\n")
    account.executions = [
        {"status": "RUNNING"},
        {"status": "SUCCEEDED", "output": json.dumps(DONE)},
    ]


def asked(account: Account) -> list[bytes]:
    """The tokens that were asked for."""
    (key,) = (one for one in account.objects if one.startswith("reidentification/requests/"))
    return (account.objects[key][-1][0] or b"").split(b"\n")


def test_values_are_written_for_nobody_else(tool: Tool, account: Account, file: str) -> None:
    Path("values.csv").write_text("old", encoding="utf-8")
    Path("values.csv").chmod(0o644)
    answer = tool("reidentify", file, *OPTIONS)
    assert answer.code == Exit.OK
    assert answer.out == "2 values, approved by AROA:bob: values.csv\n"
    assert answer.err.startswith("The request has begun: arn:aws:states:")
    assert Path("values.csv").read_bytes() == b"token,value\nt1,Ann\n"
    assert stat.S_IMODE(Path("values.csv").stat().st_mode) == 0o600
    assert asked(account) == [b"t1", b"t2"]


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_values_stay_exact_and_formulas_are_counted(
    tool: Tool, account: Account, file: str, options: tuple[str, ...]
) -> None:
    """What a spreadsheet would run is named, and is not changed: a program reads it too."""
    long = "x" * 200_000
    values = ["=1+1", "+49301234", "@SUM(A1)", '"-2+3,\n=1"', '"\t=1"', "-1", "a=1", "", long]
    content = "token,value\n" + "".join(f"t1,{value}\n" for value in values)
    account.put(VALUES, content.encode())
    answer = tool("reidentify", file, *OPTIONS, *options)
    assert answer.code == Exit.OK
    assert Path("values.csv").read_bytes() == content.encode()
    assert "Values that begin like formulas, which a spreadsheet would run: 5." in answer.err
    assert not [one for one in ("49301234", "SUM") if one in answer.err + answer.out]


def test_values_that_are_no_formulas_are_not_remarked(tool: Tool, file: str) -> None:
    assert "formula" not in tool("reidentify", file, *OPTIONS).err


def test_tokens_may_be_a_field_of_a_csv_file(tool: Tool, account: Account, file: str) -> None:
    Path(file).write_text('name,email_token\n"a,b",t1\nc,\nd,t3\n', encoding="utf-8")
    answer = tool("reidentify", file, "--field", "email_token", *OPTIONS, "--no-wait", "--json")
    assert answer.code == Exit.OK
    assert answer.json["execution"].startswith("arn:")
    assert asked(account) == [b"t1", b"t3"]
    assert not Path("values.csv").exists()


@pytest.mark.parametrize("options", [("--field", "token"), ()])
def test_a_byte_order_mark_belongs_to_no_token(
    tool: Tool, account: Account, file: str, options: tuple[str, ...]
) -> None:
    header = "token\n" if options else ""
    Path(file).write_text(f"{header}t1\nt2\n", encoding="utf-8-sig")
    answer = tool("reidentify", file, *options, *OPTIONS, "--no-wait")
    assert answer.code == Exit.OK
    assert asked(account) == [b"t1", b"t2"]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("t1\n".encode("utf-16"), ()),
        (b"token\nt1\xff\n", ("--field", "token")),
        (b'token\n"t1\n', ("--field", "token")),
    ],
)
def test_a_file_that_is_no_text_of_tokens_is_named(
    tool: Tool, account: Account, file: str, content: bytes, options: tuple[str, ...]
) -> None:
    Path(file).write_bytes(content)
    answer = tool("reidentify", file, *options, *OPTIONS)
    assert answer.code == Exit.USAGE
    assert "tokens.txt is not UTF-8 text, or not CSV. Save it as UTF-8." in answer.err
    assert not account.asked


def test_an_earlier_request_can_be_waited_for(tool: Tool, account: Account, file: str) -> None:
    assert file
    answer = tool("reidentify", "--resume", ARN, "--output", "mine.csv", "--json")
    assert answer.code == Exit.OK
    assert (answer.json["output"], answer.json["facts"]) == ("mine.csv", DONE)
    assert Path("mine.csv").is_file()
    assert not [name for name, _ in account.asked if name == "StartExecution"]


def test_an_execution_of_something_else_is_not_waited_for(tool: Tool, account: Account) -> None:
    answer = tool("reidentify", "--resume", ARN.replace("reidentification", "replay"))
    assert answer.code == Exit.USAGE
    assert "is not an execution of a request of this stack." in answer.err
    assert not account.asked


def test_nothing_more_is_printed_without_waiting(tool: Tool, file: str) -> None:
    answer = tool("reidentify", file, *OPTIONS, "--no-wait")
    assert (answer.code, answer.out) == (Exit.OK, "")


def test_a_refusal_says_why_and_writes_nothing(tool: Tool, account: Account, file: str) -> None:
    refused = {"status": "FAILED", "error": "Refused", "cause": "AROA:bob: no such case"}
    account.executions = [refused, refused]
    answer = tool("reidentify", file, *OPTIONS)
    assert answer.code == Exit.WRONG
    assert answer.out == "Failed: Refused: AROA:bob: no such case\n"
    assert not Path("values.csv").exists()
    answer = tool("reidentify", "--resume", ARN, "--json")
    assert (answer.code, answer.json["status"]) == (Exit.WRONG, "FAILED")
    assert "output" not in answer.json


def test_a_request_goes_on_after_ctrl_c(tool: Tool, account: Account, file: str) -> None:
    def interrupt(operation: str) -> None:
        if operation == "DescribeExecution":
            raise KeyboardInterrupt

    account.interrupt = interrupt
    answer = tool("reidentify", file, *OPTIONS)
    assert answer.code == Exit.INTERRUPTED
    assert "The request goes on without this command. Wait for it: --resume arn:" in answer.err


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("t1\n", (), "Name TOKENS, --dataset, --column and --purpose, or --resume."),
        ("\n", OPTIONS, "tokens.txt has 0 different tokens: a request has 1 to 1,000."),
        ("\n".join(map(str, range(1001))), OPTIONS, "has 1,001 different tokens"),
        ("a,b\n1,2\n", (*OPTIONS, "--field", "c"), "tokens.txt has no field 'c'."),
        ("", (*OPTIONS, "--field", "c"), "tokens.txt has no field 'c'."),
    ],
)
def test_what_makes_no_sense_is_not_asked(
    tool: Tool, account: Account, file: str, content: str, options: Any, says: str
) -> None:
    Path(file).write_text(content, encoding="utf-8")
    answer = tool("reidentify", file, *options)
    assert answer.code == Exit.USAGE
    assert says in answer.err
    assert not account.asked
