"""``erase``."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.outcomes import Exit
from processor.erasure.people import Request
from tests.unit.pipeline.account import Account
from tests.unit.pipeline.conftest import Answer, Tool
from tests.unit.pipeline.receipts import (
    ARN,
    COUNTS,
    DONE,
    FILES,
    INCOMPLETE,
    REFUSED,
    copy,
    end,
    file,
)

SHARED = ("--domain", "customer")
PEOPLE = "C00000001", "C00000002"


@pytest.fixture(name="people")
def make_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of people, in the working folder."""
    monkeypatch.chdir(tmp_path)
    text = f"{PEOPLE[0]}\r\n\n  {PEOPLE[1]} \n{PEOPLE[0]}\n"
    Path("people.txt").write_text(text, encoding="utf-8-sig")
    return "people.txt"


@pytest.fixture(autouse=True)
def erased(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """An erasure that is done after the first look."""
    monkeypatch.setattr("pipeline.executions.INTERVAL", 0)
    end(account, DONE)


def answers(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    """Let somebody at a terminal answer."""
    stdin = io.TextIOWrapper(io.BytesIO(said.encode()))
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)


def asked(account: Account) -> Request:
    """The request that was written."""
    (key,) = (one for one in account.objects if one.startswith("erasure/requests/"))
    return Request.parse(account.objects[key][-1][0] or b"")


def lines(answer: Answer) -> list[str]:
    """What was printed, a text per line with a single space between words."""
    rows = answer.out.translate(str.maketrans("│┃", "  ")).splitlines()
    return [" ".join(row.split()) for row in rows]


def test_the_receipt_says_what_is_gone_and_what_goes_when(
    tool: Tool, account: Account, people: str
) -> None:
    answer = tool("erase", people, *SHARED, "--yes")
    assert answer.code == Exit.OK
    assert answer.err == f"The erasure has begun: {ARN}\n"
    assert "another spelling" not in answer.out
    assert asked(account) == Request(PEOPLE, domain="customer")
    said = lines(answer)
    assert "Identifiers to be erased: 2" in said
    assert "payments customer_id" in said
    assert "Rows that are gone" in said
    assert "9 1 1,200 1 1 1" in said
    assert "incoming/customers/a.csv 1,200 1" in said
    assert "incoming/customers/a.csv v1 2026-04-02 2026-05-30" in said
    assert "processed/customers/a.csv.parquet v2 2026-04-01" in said


def test_files_of_others_are_not_shown_as_those_of_the_person(
    tool: Tool, account: Account, people: str
) -> None:
    """Somebody was erased from them, or nobody has looked: they are apart, with their copies."""
    theirs = copy("quarantine/customers/b.csv.jsonl.gz", "v3", "2026-04-03")
    before = file("incoming/customers/b.csv", erased=2, versions=[theirs])
    end(account, DONE, files=[FILES[0], before, *FILES[2:]])
    said = "\n".join(lines(tool("erase", people, *SHARED, "--yes")))
    has, _, may = said.partition("Files that may have had rows of them")
    assert "Files with rows of them" in has
    assert "Copies that hold them" in has
    assert "b.csv" not in has
    assert "incoming/customers/b.csv 0 0 somebody was erased before" in may
    assert "incoming/payments/c.csv 0 0 refused: nobody has looked into it" in may
    assert "manifests/payments/d.csv.json failed: others kept interfering" in may
    assert "Copies that may hold them" in may
    assert "quarantine/customers/b.csv.jsonl.gz v3 2026-04-03" in may


def test_nothing_that_is_printed_names_anybody(tool: Tool, account: Account, people: str) -> None:
    for ended in (DONE, INCOMPLETE, REFUSED):
        for option in ("--yes", "--json"):
            end(account, ended)
            answer = tool("erase", people, *SHARED, "--yes", option)
            assert not [one for one in PEOPLE if one in answer.out + answer.err]


def test_who_is_in_no_file_leaves_an_empty_receipt(
    tool: Tool, account: Account, people: str
) -> None:
    end(account, DONE, files=(), changed=0, clean=0, rejected=0, refused=0, failed=0)
    answer = tool("erase", people, *SHARED, "--yes")
    assert answer.code == Exit.OK
    assert "9 0 0 0 0 0" in lines(answer)
    assert "or files have another spelling" in answer.out
    assert "Files with rows" not in answer.out
    assert "Copies that hold" not in answer.out


def test_what_goes_by_itself_is_shown_only_if_there_is_anything(
    tool: Tool, account: Account, people: str
) -> None:
    end(account, DONE, files=[file("incoming/payments/c.csv", refused=True)])
    answer = tool("erase", people, *SHARED, "--yes")
    assert "Files that may have had rows" in answer.out
    assert "Files with rows" not in answer.out
    assert "Copies that" not in answer.out


def test_a_dry_run_asks_nobody_and_says_what_there_is(
    tool: Tool, account: Account, people: str
) -> None:
    held = copy("processed/customers/a.csv.parquet", "v2", None)
    has = file("incoming/customers/a.csv", clean=2, erased=2, versions=[held])
    end(account, DONE, files=[has], dry_run=True)
    answer = tool("erase", people, *SHARED, "--dry-run")
    assert answer.code == Exit.OK
    assert asked(account) == Request(PEOPLE, domain="customer", dry_run=True)
    assert answer.err == f"The dry run has begun: {ARN}\n"
    said = lines(answer)
    assert "Identifiers to be found: 2" in said
    assert "Dry run: nothing was changed" in said
    assert "processed/customers/a.csv.parquet v2 stays" in said


def test_json_has_the_whole_receipt(tool: Tool, account: Account, people: str) -> None:
    of_column = ("--dataset", "payments", "--column", "customer_id")
    found = tool("erase", people, *of_column, "--yes", "--json").json
    assert (found["execution"], found["status"]) == (ARN, "SUCCEEDED")
    assert found["receipt"]["counts"] == COUNTS
    assert found["receipt"]["files"] == list(FILES)
    assert asked(account) == Request(PEOPLE, dataset="payments", column="customer_id")


def test_people_may_come_from_standard_input(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"C00000003\n")))
    assert tool("erase", "-", *SHARED, "--yes").code == Exit.OK
    assert asked(account).identifiers == ("C00000003",)


def test_files_that_failed_say_what_to_do(tool: Tool, account: Account, people: str) -> None:
    end(account, INCOMPLETE)
    answer = tool("erase", people, *SHARED, "--yes")
    assert answer.code == Exit.WRONG
    assert "Failed: Incomplete: 1 of 9 files failed.\n" in answer.out
    assert "what is done stays done" in answer.out
    assert "manifests/payments/d.csv.json" in answer.out
    end(account, INCOMPLETE)
    answer = tool("erase", people, *SHARED, "--yes", "--json")
    assert answer.code == Exit.WRONG
    assert answer.json["error"] == "Incomplete"
    assert answer.json["receipt"]["files"] == list(FILES)


def test_a_refused_request_has_no_receipt(tool: Tool, account: Account, people: str) -> None:
    end(account, REFUSED)
    answer = tool("erase", people, *SHARED, "--yes")
    assert answer.code == Exit.WRONG
    assert answer.out.endswith("\nFailed: RequestError: there is no such request\n")
    end(account, REFUSED)
    assert tool("erase", people, *SHARED, "--yes", "--json").json["receipt"] is None


@pytest.mark.parametrize("option", ["--yes", "--dry-run"])
def test_a_request_goes_on_after_ctrl_c(
    tool: Tool, account: Account, people: str, option: str
) -> None:
    """A dry run does not say that somebody is being erased."""

    def interrupt(operation: str) -> None:
        if operation == "DescribeExecution":
            raise KeyboardInterrupt

    account.interrupt = interrupt
    answer = tool("erase", people, *SHARED, option)
    assert answer.code == Exit.INTERRUPTED
    said = f"The request goes on without this command. See its receipt: --resume {ARN}\n"
    assert said in answer.err


def test_an_earlier_erasure_can_be_waited_for(tool: Tool, account: Account) -> None:
    answer = tool("erase", "--resume", ARN)
    assert answer.code == Exit.OK
    assert "9 1 1,200 1 1 1" in lines(answer)
    assert {name for name, _ in account.asked} == {"DescribeExecution", "GetObject"}
    answer = tool("erase", "--resume", ARN.replace("erasure", "replay"))
    assert answer.code == Exit.USAGE
    assert "is not an execution of an erasure of this stack." in answer.err


@pytest.mark.parametrize(("said", "code"), [("y\n", Exit.OK), ("n\n", Exit.WRONG)])
def test_it_asks_before_anything_is_written(
    tool: Tool,
    account: Account,
    people: str,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    code: int,
) -> None:
    answers(monkeypatch, said)
    answer = tool("erase", people, *SHARED)
    assert answer.code == code
    assert "customers customer_id" in lines(answer)
    assert "for good, and keep them out?" in answer.err
    assert bool(account.asked) == (code == Exit.OK)
    assert ("Nothing was changed." in answer.err) == (code == Exit.WRONG)


def test_who_does_not_agree_is_told_in_json(
    tool: Tool, account: Account, people: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "n\n")
    answer = tool("erase", people, *SHARED, "--json")
    assert (answer.code, answer.json) == (Exit.WRONG, {"status": "DECLINED"})
    assert not account.asked


def test_nobody_is_asked_where_nobody_can_answer(
    tool: Tool, account: Account, people: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
    answer = tool("erase", people, *SHARED)
    assert answer.code == Exit.USAGE
    assert "Nobody can answer here: add --yes to erase them." in answer.err
    assert not account.asked


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        (b"a", (), "Name either --domain, or --dataset and --column."),
        (b"a", (*SHARED, "--column", "b"), "Name either --domain, or --dataset and --column."),
        (b"a", ("--dataset", "b"), "Name either --domain, or --dataset and --column."),
        (b"", SHARED, "people.txt has 0 different identifiers: a request has 1 to 1,000."),
        (b"\xef\xbb\xbf \n", SHARED, "people.txt has 0 different identifiers"),
        (
            "\n".join(map(str, range(1_001))).encode(),
            SHARED,
            "people.txt has 1,001 different identifiers",
        ),
        ("a\n".encode("utf-16"), SHARED, "people.txt is not UTF-8 text. Save it as UTF-8."),
        ("a\n".encode("utf-16-le"), SHARED, "people.txt is not UTF-8 text. Save it as UTF-8."),
        (b"J\xf6rg\n", SHARED, "people.txt is not UTF-8 text. Save it as UTF-8."),
        (b"a", ("--domain", "customers"), "payments.customer_id (domain customer)"),
        (b"a", ("--dataset", "orders", "--column", "customer_id"), "No contract in this checkout"),
        (b"a", ("--dataset", "customers", "--column", "country"), "No contract in this checkout"),
    ],
)
def test_what_makes_no_sense_is_not_asked(
    tool: Tool, account: Account, people: str, content: bytes, options: Any, says: str
) -> None:
    Path(people).write_bytes(content)
    answer = tool("erase", people, *options, "--yes")
    assert (answer.code, answer.out) == (Exit.USAGE, "")
    assert says in answer.err
    assert not account.asked


def test_a_file_must_be_named_and_be_there(tool: Tool, account: Account, people: str) -> None:
    answer = tool("erase", *SHARED)
    assert answer.code == Exit.USAGE
    assert "Name FILE, with --domain, or --dataset and --column." in answer.err
    assert tool("erase", f"no-{people}", *SHARED).code == Exit.FAILED
    assert not account.asked


def test_who_erases_without_the_policy_is_told_which(
    tool: Tool, account: Account, people: str
) -> None:
    account.denied["PutObject"] = "no"
    answer = tool("erase", people, *SHARED, "--yes", "--json")
    assert (answer.code, answer.out) == (Exit.REFUSED, "")
    assert answer.err.count("\n") == 1
    assert "it takes the Eraser policy (arn:" in answer.err


def test_an_expired_session_does_not_lose_the_erasure(
    tool: Tool, account: Account, people: str
) -> None:
    account.broken["DescribeExecution"] = "ExpiredTokenException"
    answer = tool("erase", people, *SHARED, "--yes", "--json")
    assert answer.code == Exit.FAILED
    assert answer.err.startswith(f"The erasure has begun: {ARN}\n")
    assert json.dumps(PEOPLE[0]) not in answer.err
