"""``files``."""

import gc

import pytest

from pipeline.outcomes import Exit
from pipeline.records import Record
from tests.unit.pipeline.account import REFUSED, Account
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(autouse=True)
def files(account: Account) -> None:
    """Three files."""
    account.process("incoming/customers/a.csv")
    account.process("incoming/customers/b\x1b[2J.csv", 1, **REFUSED)
    account.process("incoming/payments/c.csv", 2)


def test_files_are_listed_with_their_rows(tool: Tool) -> None:
    answer = tool("files")
    assert (answer.code, answer.err) == (Exit.OK, "")
    lines = answer.out.splitlines()
    assert [line for line in lines if "incoming/payments/c.csv" in line and "processed" in line]
    (refused,) = (line for line in lines if r"b\x1b[2J.csv" in line)
    assert "file:rejected-share" in refused
    assert "\x1b" not in answer.out


def test_rows_that_were_erased_have_a_column_if_there_are_any(
    tool: Tool, account: Account
) -> None:
    """Otherwise those of no file would add up."""
    assert "erased" not in tool("files").out
    account.process(
        "incoming/customers/d.csv",
        3,
        rows={"read": 10, "clean": 6, "rejected": 1, "erased": 3},
    )
    shown = tool("files").out.translate(str.maketrans("│┃", "  ")).splitlines()
    (heading,) = (" ".join(line.split()) for line in shown if "outcome" in line)
    (erased,) = (" ".join(line.split()) for line in shown if "d.csv" in line)
    assert "rows clean rejected erased refused for" in heading
    assert "processed 10 6 1 3" in erased


def test_files_are_chosen(tool: Tool) -> None:
    def keys(*options: str) -> list[str]:
        answer = tool("files", "--json", *options)
        assert answer.code == Exit.OK
        return [file["key"][-5:] for file in answer.json["files"]]

    assert keys() == ["a.csv", "J.csv", "c.csv"] or sorted(keys()) == ["J.csv", "a.csv", "c.csv"]
    assert keys("--dataset", "payments") == ["c.csv"]
    assert keys("--outcome", "refused") == ["J.csv"]
    assert keys("--reason", "email:*", "--dataset", "customers") == ["a.csv"]
    assert keys("--since", "2026-03-01T14:00Z") == ["c.csv"]
    assert keys("--until", "2026-03-01T13:00Z") == ["a.csv"]


def test_the_json_has_what_the_table_has(tool: Tool) -> None:
    (file,) = tool("files", "--json", "--outcome", "refused").json["files"]
    assert file == {
        "key": "incoming/customers/b\x1b[2J.csv",
        "dataset": "customers",
        "version": "v1",
        "outcome": "refused",
        "rows": {"read": 10, "clean": 0, "rejected": 10, "erased": 0},
        "reasons": {"file:rejected-share": 10},
        "refusal": "file:rejected-share",
        "processed_at": "2026-03-01T13:30:00Z",
        "deleted": False,
    }


def test_no_file_is_no_mistake(tool: Tool) -> None:
    answer = tool("files", "--dataset", "payments", "--outcome", "refused")
    assert (answer.code, answer.out) == (Exit.OK, "No such file has been processed.\n")


@pytest.mark.parametrize(("shown", "options"), [("show_json", ["--json"]), ("show_table", [])])
def test_no_manifest_is_kept_until_the_last_is_read(
    tool: Tool,
    account: Account,
    monkeypatch: pytest.MonkeyPatch,
    shown: str,
    options: list[str],
) -> None:
    for number in range(5):
        account.process(f"incoming/customers/{number}.csv")
    kept: list[int] = []

    def count(*_: object) -> None:
        # isinstance() would ask the proxy of an object that may be gone for its class.
        kept.append(sum(issubclass(type(one), Record) for one in gc.get_objects()))

    monkeypatch.setattr(f"pipeline.commands.files.{shown}", count)
    assert tool("files", *options).code == Exit.OK
    assert kept == [0]


def test_a_manifest_that_cannot_be_read_is_named(tool: Tool, account: Account) -> None:
    account.put("manifests/customers/a.csv.json", b"not JSON")
    answer = tool("files")
    assert answer.code == Exit.WRONG
    assert "incoming/payments/c.csv" in answer.out
    assert answer.err.startswith("Not counted: manifests/customers/a.csv.json is not a manifest")
    (gap,) = tool("files", "--json").json["unreadable"]
    assert gap["manifest"] == "manifests/customers/a.csv.json"


def test_who_may_read_no_manifest_is_refused(tool: Tool, account: Account) -> None:
    account.denied["GetObject"] = "no"
    answer = tool("files")
    assert (answer.code, answer.out) == (Exit.REFUSED, "")
    assert answer.err.count("IAM refused") == 1


def test_a_file_that_was_deleted_is_marked(tool: Tool, account: Account) -> None:
    account.put("incoming/customers/a.csv", None, 3)
    lines = tool("files").out.splitlines()
    assert [("a.csv" in line, "c.csv" in line) for line in lines if ", deleted" in line] == [
        (True, False)
    ]
    found = {one["key"][-5:]: one for one in tool("files", "--json").json["files"]}
    assert {key: one["deleted"] for key, one in found.items()} == {
        "a.csv": True,
        "J.csv": False,
        "c.csv": False,
    }


def test_who_may_not_list_files_is_told_so(tool: Tool, account: Account) -> None:
    def interrupt(_: str) -> None:
        account.denied = (
            {"ListObjectsV2": "no"}
            if account.asked[-1][1].get("Prefix", "").startswith("incoming/")
            else {}
        )

    account.interrupt = interrupt
    answer = tool("files")
    assert answer.code == Exit.OK
    assert "deleted" not in answer.out
    assert answer.err.startswith(
        "Not shown: which of them were deleted. IAM refused s3:ListBucket"
    )
    assert {one["deleted"] for one in tool("files", "--json").json["files"]} == {None}
