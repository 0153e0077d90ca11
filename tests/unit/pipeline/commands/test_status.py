"""``status``."""

from datetime import timedelta

import pytest

from pipeline.bucket import Entry
from pipeline.commands.status import compare
from pipeline.outcomes import Exit
from tests.unit.pipeline.account import MOMENT, REFUSED, Account
from tests.unit.pipeline.conftest import Tool


@pytest.fixture(autouse=True)
def soon_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the evening of the day."""
    monkeypatch.setattr("pipeline.commands.status.now", lambda: MOMENT + timedelta(hours=8))
    allowed = {"customers": timedelta(days=1), "payments": timedelta(hours=9), "late": None}
    monkeypatch.setattr("pipeline.commands.status.read_intervals", lambda _: allowed)


def test_each_dataset_has_its_numbers(tool: Tool, account: Account) -> None:
    for number in range(3):
        account.process(f"incoming/customers/{number}.csv", number)
    account.process("incoming/payments/a.csv")
    account.process("incoming/b.csv")
    account.put("incoming/payments/new.csv", b"x")
    account.put("incoming/late/only.csv", b"x")
    account.put("incoming/customers/", b"")
    account.waiting = 2
    answer = tool("status")
    assert (answer.code, answer.err) == (Exit.OK, "")
    assert "Messages, about: 2 waiting, 0 being processed, 0 parked." in answer.out
    assert "(in no folder)" in answer.out
    found = tool("status", "--json").json
    assert found["messages"] == {"waiting": 2, "in_flight": 0, "parked": 0}
    assert found["missing"] == []
    datasets = {one.pop("dataset"): one for one in found["datasets"]}
    assert datasets["customers"] == {
        "files": 3,
        "rows": 30,
        "clean": 27,
        "rejected": 3,
        "erased": 0,
        "refused": 0,
        "waiting": 0,
        "parked": 0,
        "deleted": 0,
        "last": "2026-03-01T14:30:00Z",
        "late": False,
        "late_seconds": None,
    }
    assert (datasets["payments"]["files"], datasets["payments"]["waiting"]) == (1, 1)
    assert (datasets["late"]["files"], datasets["late"]["waiting"]) == (0, 1)
    assert datasets[None]["files"] == 1


def test_rows_that_were_erased_have_a_column_if_there_are_any(
    tool: Tool, account: Account
) -> None:
    account.process("incoming/customers/a.csv")
    assert "erased" not in tool("status").out
    rows = {"read": 10, "clean": 7, "rejected": 1, "erased": 2}
    account.process("incoming/customers/b.csv", rows=rows)
    assert "erased" in tool("status").out
    found = tool("status", "--json", "--dataset", "customers").json["datasets"][0]
    assert found["rows"] == found["clean"] + found["rejected"] + found["erased"] == 20


def test_a_refused_file_is_something_wrong(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv", **REFUSED)
    answer = tool("status", "--json", "--dataset", "customers")
    assert answer.code == Exit.WRONG
    (one,) = answer.json["datasets"]
    assert (one["files"], one["refused"], one["last"]) == (1, 1, None)


def test_a_file_that_was_deleted_is_counted_as_deleted(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv", **REFUSED)
    account.process("incoming/customers/b.csv", **REFUSED)
    account.process("incoming/customers/c.csv")
    account.process("incoming/payments/d.csv", 2)
    for file in ("customers/a.csv", "customers/c.csv", "payments/d.csv"):
        account.put(f"incoming/{file}", None, 3)
    answer = tool("status", "--json")
    assert answer.code == Exit.WRONG
    customers, _, payments = answer.json["datasets"]
    assert (customers["files"], customers["deleted"], customers["refused"]) == (3, 2, 1)
    assert (payments["files"], payments["deleted"], payments["waiting"]) == (1, 1, 0)
    account.put("incoming/customers/b.csv", None, 3)
    answer = tool("status", "--json")
    assert answer.code == Exit.OK
    since = tool("status", "--json", "--since", "2026-03-01T14:00Z").json["datasets"]
    assert {one["dataset"]: one["deleted"] for one in since} == {
        "customers": 0,
        "late": 0,
        "payments": 1,
    }


def test_a_file_may_be_deleted_before_its_manifest_can_be_read(
    tool: Tool, account: Account
) -> None:
    account.put("manifests/customers/a.csv.json", b"{}")
    account.put("incoming/payments/b.csv", b"x")
    customers, *_ = tool("status", "--json").json["datasets"]
    assert (customers["files"], customers["deleted"]) == (0, 1)
    assert not customers["late"], "nobody can tell"


def test_who_may_not_list_files_is_not_told_that_none_was_deleted(
    tool: Tool, account: Account
) -> None:
    account.process("incoming/customers/a.csv")

    def interrupt(_: str) -> None:
        account.denied = (
            {"ListObjectsV2": "no"}
            if account.asked[-1][1].get("Prefix", "").startswith("incoming/")
            else {}
        )

    account.interrupt = interrupt
    customers, *_ = tool("status", "--json").json["datasets"]
    assert (customers["deleted"], customers["waiting"]) == (None, None)


def test_a_parked_message_is_something_wrong(tool: Tool, account: Account) -> None:
    account.put("incoming/customers/a.csv", b"x")
    account.park("incoming/customers/a.csv")
    account.park("incoming/customers/a.csv")
    account.park("incoming/payments/b.csv")
    answer = tool("status", "--json")
    assert answer.code == Exit.WRONG
    parked = {one["dataset"]: one["parked"] for one in answer.json["datasets"]}
    assert parked == {"customers": 2, "late": 0, "payments": 1}
    found = tool("status", "--json", "--dataset", "customers").json
    assert {one["dataset"]: one["parked"] for one in found["datasets"]} == {"customers": 2}


@pytest.mark.parametrize("options", [[], ["--since", "2026-03-01T20:00Z"]])
def test_a_dataset_that_is_late_is_something_wrong(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    account.process("incoming/payments/a.csv")
    account.process("incoming/customers/a.csv")
    account.process("incoming/c.csv")
    monkeypatch.setattr("pipeline.commands.status.now", lambda: MOMENT + timedelta(hours=12))
    answer = tool("status", "--json", *options)
    assert answer.code == Exit.WRONG
    late = {one["dataset"]: one["late_seconds"] for one in answer.json["datasets"]}
    assert late[None] is None
    assert late["customers"] is None
    assert 3 * 3_600 - 60 < late["payments"] <= 3 * 3_600
    shown = tool("status", *options).out
    assert "3 h" in shown or "2 h" in shown


def test_only_newer_files_are_read(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv", **REFUSED)
    account.process("incoming/customers/b.csv", 2)
    answer = tool("status", "--json", "--dataset", "customers", "--since", "2026-03-01T14:00Z")
    assert answer.code == Exit.OK
    (one,) = answer.json["datasets"]
    assert (one["files"], one["waiting"]) == (1, 0)


def test_a_manifest_that_was_written_again_is_of_an_old_file(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv", **REFUSED)
    key = "manifests/customers/a.csv.json"
    content, _ = account.objects[key][-1]
    account.put(key, content, 3)  # as a duplicate does, to say that the contract is in force
    answer = tool("status", "--json", "--dataset", "customers", "--since", "2026-03-01T14:00Z")
    assert answer.code == Exit.OK
    (one,) = answer.json["datasets"]
    assert (one["files"], one["refused"], one["waiting"]) == (0, 0, 0)


def test_what_may_not_be_read_is_left_out(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv")
    account.denied["GetQueueAttributes"] = "no"
    answer = tool("status", "--dataset", "customers")
    assert answer.code == Exit.OK
    assert answer.err.startswith("Not shown: IAM refused sqs:GetQueueAttributes on waiting")
    assert "Messages" not in answer.out
    found = tool("status", "--json").json
    assert found["messages"] is None
    assert found["datasets"][0]["parked"] is None


def test_parked_messages_that_may_not_be_read_are_still_counted(
    tool: Tool, account: Account
) -> None:
    account.park("incoming/customers/a.csv")
    account.denied["ReceiveMessage"] = "no"
    answer = tool("status", "--json")
    assert answer.code == Exit.WRONG
    assert answer.json["messages"]["parked"] == 1
    assert "sqs:ReceiveMessage" in answer.err


@pytest.mark.parametrize("hidden", [0, 15])
def test_who_cannot_look_at_all_parked_messages_is_told_so(
    tool: Tool, account: Account, monkeypatch: pytest.MonkeyPatch, hidden: int
) -> None:
    monkeypatch.setattr("pipeline.queues.MOST_SHOWN", 10)
    for number in range(25):
        account.park(f"incoming/customers/{number}.csv")
    account.hidden = set(list(account.messages)[:hidden])
    answer = tool("status", "--json")
    assert answer.code == Exit.WRONG
    assert answer.json["datasets"][0]["parked"] == 10
    (sentence,) = answer.json["missing"]
    assert sentence.startswith("Only 10 of about 25 parked messages could be looked at")
    assert answer.err == f"Not shown: {sentence}\n"


def test_a_manifest_that_cannot_be_read_is_named(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv")
    account.process("incoming/customers/b.csv")
    account.put("manifests/customers/a.csv.json", b"{}", 1)
    answer = tool("status")
    assert answer.code == Exit.WRONG
    assert answer.err.startswith("Not counted: manifests/customers/a.csv.json is not a manifest")
    found = tool("status", "--json").json
    assert [one["manifest"] for one in found["unreadable"]] == ["manifests/customers/a.csv.json"]
    assert (found["datasets"][0]["files"], found["datasets"][0]["waiting"]) == (1, 0)


def test_who_may_read_no_manifest_is_refused(tool: Tool, account: Account) -> None:
    account.process("incoming/customers/a.csv")
    account.denied["GetObject"] = "no"
    answer = tool("status")
    assert (answer.code, answer.out) == (Exit.REFUSED, "")


def test_an_empty_stack(tool: Tool) -> None:
    answer = tool("status")
    assert answer.code == Exit.WRONG
    lines = {line.split()[1]: line for line in answer.out.splitlines() if "│" in line}
    assert {name for name, line in lines.items() if "no clean file yet" in line} == {
        "customers",
        "payments",
    }
    assert "late" in lines


@pytest.mark.parametrize("processed", [False, True], ids=["no file", "refused files alone"])
def test_a_dataset_without_a_clean_file_is_late(
    tool: Tool, account: Account, processed: bool
) -> None:
    if processed:
        account.process("incoming/customers/a.csv", **REFUSED)
    answer = tool("status", "--json", "--dataset", "customers")
    assert answer.code == Exit.WRONG
    (one,) = answer.json["datasets"]
    assert (one["files"], one["last"]) == (int(processed), None)
    assert (one["late"], one["late_seconds"]) == (True, None)
    assert tool("status", "--dataset", "late").code == Exit.OK, "its contract has no frequency"


def test_who_may_not_list_files_is_not_told_that_there_is_none(
    tool: Tool, account: Account
) -> None:
    def interrupt(_: str) -> None:
        asked = account.asked[-1][1].get("Prefix", "")
        account.denied = {"ListObjectsV2": "no"} if asked.startswith("incoming/") else {}

    account.interrupt = interrupt
    (one,) = tool("status", "--json", "--dataset", "customers").json["datasets"]
    assert (one["waiting"], one["deleted"]) == (None, None)


@pytest.mark.parametrize(
    ("hours", "size", "key", "waits"),
    [
        (None, 1, "incoming/d/a.csv", 1),
        (-1, 1, "incoming/d/a.csv", 1),
        (0, 1, "incoming/d/a.csv", 0),
        (1, 1, "incoming/d/a.csv", 0),
        (None, 0, "incoming/d/", 0),
        (None, 0, "incoming/d/_SUCCESS", 0),
        (None, 1, "incoming/d/_SUCCESS", 1),
        (None, 0, "incoming/d/empty.csv", 1),
        (1, 1, "incoming/d/../a.csv", 1),
    ],
)
def test_a_file_waits_for_a_manifest_as_new_as_itself(
    hours: float | None, size: int, key: str, waits: int
) -> None:
    manifests = {}
    if hours is not None:
        manifests["manifests/d/a.csv.json"] = MOMENT + timedelta(hours=hours)
    files = compare([[Entry(key, size, MOMENT, "e")]], manifests)
    assert files.waiting["d"] == waits
