"""``rejects``."""

import csv
import gc
import gzip
import io
import json

import pytest

from pipeline.outcomes import Exit
from pipeline.rejects import Reject
from tests.unit.pipeline.account import REFUSED, Account
from tests.unit.pipeline.conftest import Tool

KEY = "incoming/customers/a.csv"
QUARANTINE = "quarantine/customers/a.csv.jsonl.gz"


@pytest.fixture(autouse=True)
def reject(account: Account) -> None:
    """A file with 25 rejected rows."""
    account.process(KEY)
    lines = [
        {"row": row, "line": row + 1, "reasons": ["email:required"], "raw": f"=C{row},\x1b[31m"}
        for row in range(1, 26)
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    account.put(QUARANTINE, gzip.compress(text.encode()))


def test_a_table_has_the_first_rows(tool: Tool) -> None:
    answer = tool("rejects", KEY)
    assert answer.code == Exit.OK
    assert r"=C20,\x1b[31m" in answer.out
    assert "=C21," not in answer.out
    assert "\x1b" not in answer.out
    assert "email:required: The column is required" in answer.err
    assert "the first 20 rows" in answer.err


def test_a_short_table_is_all(tool: Tool, account: Account) -> None:
    line = {"row": 1, "line": None, "reasons": ["a:integer"], "raw": '{"a": "x"}'}
    account.put(QUARANTINE, gzip.compress(json.dumps(line).encode()))
    answer = tool("rejects", KEY)
    assert '{"a": "x"}' in answer.out
    assert "the first" not in answer.err


def test_csv_has_all_rows(tool: Tool) -> None:
    answer = tool("rejects", KEY, "--csv")
    assert (answer.code, answer.err) == (Exit.OK, "")
    rows = list(csv.reader(io.StringIO(answer.out.removeprefix("\ufeff"), newline="")))
    assert len(rows) == 26
    assert rows[25][0] == "25"
    assert rows[25][4:] == ["'=C25", r"\x1b[31m"]


def test_json_has_rows_as_they_are(tool: Tool) -> None:
    found = tool("rejects", KEY, "--json").json
    assert found["key"] == KEY
    assert len(found["rejects"]) == 25
    assert found["rejects"][0]["raw"] == "=C1,\x1b[31m"


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_few_rows_are_in_memory(tool: Tool, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    kept: list[int] = []
    parse = Reject.parse

    def count(line: bytes) -> Reject:
        if b'"row": 25,' in line:
            # isinstance() would ask the proxy of an object that may be gone for its class.
            kept.append(sum(issubclass(type(one), Reject) for one in gc.get_objects()))
        return parse(line)

    monkeypatch.setattr(Reject, "parse", count)
    assert tool("rejects", KEY, option).code == Exit.OK
    assert kept
    assert max(kept) <= 2


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_nothing_is_printed_of_rows_that_cannot_all_be_read(
    tool: Tool, account: Account, option: str
) -> None:
    whole, _ = account.objects[QUARANTINE][-1]
    assert whole
    account.put(QUARANTINE, whole[:-12])
    answer = tool("rejects", KEY, option)
    assert (answer.code, answer.out) == (Exit.FAILED, "")
    assert "has no rows that can be read: EOFError" in answer.err


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n"])
def test_a_delimiter_is_one_character(tool: Tool, delimiter: str) -> None:
    assert tool("rejects", KEY, "--delimiter", delimiter).code == Exit.USAGE


def test_a_file_without_rejects(tool: Tool, account: Account) -> None:
    account.process(KEY, rows={"read": 1, "clean": 1, "rejected": 0})
    answer = tool("rejects", KEY)
    assert (answer.code, answer.out) == (Exit.OK, "")
    assert answer.err == f"No row of {KEY} was rejected.\n"


def test_a_refused_file_has_no_rows(tool: Tool, account: Account) -> None:
    account.process(KEY, **REFUSED)
    answer = tool("rejects", KEY)
    assert answer.code == Exit.WRONG
    assert "refused as a whole (file:rejected-share)" in answer.err
    assert "As producer:" in answer.err


def test_a_file_without_a_manifest(tool: Tool) -> None:
    answer = tool("rejects", "customers/none.csv")
    assert answer.code == Exit.WRONG
    assert "has no manifest" in answer.err


def test_rejects_that_have_expired(tool: Tool, account: Account) -> None:
    account.put(QUARANTINE, None)
    answer = tool("rejects", KEY)
    assert answer.code == Exit.WRONG
    assert "have expired" in answer.err


def test_who_is_no_steward_is_refused(tool: Tool, account: Account) -> None:
    account.interrupt = lambda operation: account.denied.update(
        {"GetObject": "no"} if account.asked[-1][1].get("Prefix") == QUARANTINE else {}
    )
    answer = tool("rejects", KEY)
    assert answer.code == Exit.REFUSED
    assert "takes the Steward policy" in answer.err
