"""``show``."""

import pytest

from pipeline.outcomes import Exit
from tests.unit.pipeline.account import REFUSED, Account, broken, manifest
from tests.unit.pipeline.conftest import Tool

KEY = "incoming/customers/a.csv"
MANIFEST = "manifests/customers/a.csv.json"


def test_a_processed_file(tool: Tool, account: Account) -> None:
    account.process(KEY, anonymity={"k": 5, "required": 3})
    answer = tool("show", KEY)
    assert (answer.code, answer.err) == (Exit.OK, "")
    assert answer.out.startswith(f"{KEY}: processed\n")
    for part in (
        *("customers", "1.0.0", "5 of 3 required", "2026-03-01T12:30:00Z"),
        *("email:required", "the field is empty", "Supply the value.", "missing in the source"),
        *("processed/customers/a.csv.parquet", "1,234", "v1"),
    ):
        assert part in answer.out
    assert "Earlier manifests" not in answer.out
    assert "Quality rules" not in answer.out


def test_rows_of_people_who_were_erased_are_shown(tool: Tool, account: Account) -> None:
    account.process(KEY, rows={"read": 10, "clean": 7, "rejected": 1, "erased": 2})
    (line,) = (line for line in tool("show", KEY).out.splitlines() if "erased" in line)
    assert " 2 " in line
    assert tool("files", "--json").json["files"][0]["rows"]["erased"] == 2


def test_quality_rules_are_shown(tool: Tool, account: Account) -> None:
    account.process(
        KEY,
        quality=[
            broken(measured=1_234),
            broken("few empty", measured=100 / 3, condition="less than 40 percent", passed=True),
            broken("fresh", severity="error"),
        ],
    )
    shown = tool("show", KEY).out.partition("Quality rules")[2]
    for rule, *parts in (
        ("enough", "rowCount", "1,234", "at least 1,000 rows", "broken: warning"),
        ("few empty", "33.3333", "less than 40 percent", "passed"),
        ("fresh", "broken: error"),
    ):
        (line,) = (line for line in shown.splitlines() if rule in line)
        assert [part for part in parts if part not in line] == []


def test_a_refused_file_says_where_and_what_to_do(tool: Tool, account: Account) -> None:
    account.process(KEY, **REFUSED)
    answer = tool("show", KEY)
    assert answer.code == Exit.WRONG
    assert answer.out.startswith(f"{KEY}: refused\n")
    assert "refused at line" in answer.out
    assert "As producer: " in answer.out
    versions = answer.out.partition("Versions of the file")[2]
    assert "refused" in versions
    assert "processed" not in versions


def test_the_whole_history(tool: Tool, account: Account) -> None:
    account.process(KEY, **REFUSED)
    account.put(KEY, None, 1)
    account.process(KEY, 2)
    answer = tool("show", KEY)
    assert answer.code == Exit.OK
    versions = answer.out.partition("Versions of the file")[2]
    assert [word for word in ("processed", "deleted", "replaced") if word in versions] == [
        "processed",
        "deleted",
        "replaced",
    ]
    earlier = answer.out.partition("Earlier manifests")[2]
    assert "refused" in earlier
    assert "file:rejected-share" in earlier
    found = tool("show", KEY, "--json").json
    assert found["key"] == KEY
    assert found["state"] == "processed"
    assert found["manifest"] == manifest(KEY, "v3", 2)
    assert found["reasons"][0]["rows"] == 1
    assert found["reasons"][0]["remedies"]["producer"] == "Supply the value."
    assert [one["size"] for one in found["versions"]] == [3, None, 3]
    assert [one["outcome"] for one in found["earlier_manifests"]] == ["quarantined"]
    assert found["missing"] == []


@pytest.mark.parametrize("deleted", [False, True])
def test_a_file_that_is_not_done(tool: Tool, account: Account, deleted: bool) -> None:
    account.put(KEY, b"x")
    if deleted:
        account.put(KEY, None)
    answer = tool("show", KEY)
    assert answer.code == Exit.WRONG
    assert answer.out.startswith(f"{KEY}: {'deleted' if deleted else 'waiting'}\n")
    assert "no manifest" in answer.out


@pytest.mark.parametrize("removed", [False, True], ids=["marker", "no version"])
def test_a_file_that_was_deleted_after_it_was_processed(
    tool: Tool, account: Account, removed: bool
) -> None:
    account.process(KEY)
    if removed:
        del account.objects[KEY]
    else:
        account.put(KEY, None, 1)
    answer = tool("show", KEY)
    assert answer.code == Exit.WRONG
    assert answer.out.startswith(f"{KEY}: deleted\nIt was processed before.")
    assert "processed/customers/a.csv.parquet" in answer.out
    assert tool("show", KEY, "--json").json["state"] == "deleted"


def test_a_file_that_was_uploaded_again_after_it_was_deleted_waits(
    tool: Tool, account: Account
) -> None:
    account.process(KEY)
    account.put(KEY, None, 1)
    account.put(KEY, b"new", 2)
    assert tool("show", KEY).out.startswith(f"{KEY}: waiting\n")


def test_a_file_with_a_newer_version_waits(tool: Tool, account: Account) -> None:
    account.process(KEY)
    account.put(KEY, b"new", 1)
    answer = tool("show", KEY)
    assert answer.code == Exit.WRONG
    assert answer.out.startswith(f"{KEY}: waiting\n")
    assert "newest" in answer.out


def test_a_file_in_no_folder_without_reasons_or_outputs(tool: Tool, account: Account) -> None:
    rows = {"read": 0, "clean": 0, "rejected": 0}
    none = {"processed": None, "quarantine": None}
    account.process(
        "incoming/a.csv", contract=None, rows=rows, rejected_by_reason={}, outputs=none
    )
    answer = tool("show", "a.csv")
    assert answer.code == Exit.OK
    assert "Reasons" not in answer.out
    assert "Outputs" not in answer.out


def test_what_may_not_be_read_is_left_out(tool: Tool, account: Account) -> None:
    account.process(KEY)
    account.denied["ListObjectVersions"] = "no"
    answer = tool("show", KEY)
    assert answer.code == Exit.OK
    assert answer.out.startswith(f"{KEY}: processed\n")
    lines = answer.err.splitlines()
    assert len(lines) == 2
    assert all(
        line.startswith("Not shown: IAM refused s3:ListBucketVersions on ") for line in lines
    )
    found = tool("show", KEY, "--json").json
    assert (found["versions"], found["earlier_manifests"]) == (None, None)


def test_nothing_is_known_of_a_file(tool: Tool, account: Account) -> None:
    answer = tool("show", "customers/\x1b.csv")
    assert (answer.code, answer.out) == (Exit.WRONG, "")
    assert answer.err == "Error: Nothing is known of incoming/customers/\\x1b.csv.\n"
    account.denied["ListObjectVersions"] = "no"
    answer = tool("show", KEY)
    assert answer.err.startswith(f"Error: Nothing is known of {KEY}.\nIAM refused ")


def test_a_manifest_that_may_not_be_read_is_refused(tool: Tool, account: Account) -> None:
    account.process(KEY)
    account.denied["GetObject"] = "no"
    assert tool("show", KEY).code == Exit.REFUSED


def test_a_version_of_a_manifest_may_be_gone(tool: Tool, account: Account) -> None:
    account.process(KEY)
    account.process(KEY, 1)
    calls: list[str] = []

    def interrupt(operation: str) -> None:
        calls.append(operation)
        if calls.count("ListObjectVersions") == 2 and operation == "GetObject":
            account.broken["GetObject"] = "NoSuchVersion"

    account.interrupt = interrupt
    assert tool("show", KEY, "--json").json["earlier_manifests"] == []


def test_an_earlier_manifest_that_cannot_be_read_is_left_out(tool: Tool, account: Account) -> None:
    account.put(f"manifests/{KEY.removeprefix('incoming/')}.json", b"{}", -2)
    account.process(KEY, -1, **REFUSED)
    account.process(KEY)
    answer = tool("show", KEY, "--json")
    assert answer.code == Exit.OK
    assert [one["outcome"] for one in answer.json["earlier_manifests"]] == ["quarantined"]
    (sentence,) = answer.json["missing"]
    assert sentence.startswith("Version v1 of manifests/customers/a.csv.json is not a manifest")
    assert answer.err == f"Not shown: {sentence}\n"


def test_an_earlier_manifest_whose_key_is_disabled_is_left_out(
    tool: Tool, account: Account
) -> None:
    for hours in range(3):
        account.process(KEY, hours)

    def interrupt(_: str) -> None:
        disabled = account.asked[-1][1].get("VersionId") == "v1"
        account.codes = {MANIFEST: "KMS.DisabledException"} if disabled else {}

    account.interrupt = interrupt
    answer = tool("show", KEY, "--json")
    assert answer.code == Exit.OK
    assert len(answer.json["earlier_manifests"]) == 1
    (sentence,) = answer.json["missing"]
    assert sentence.startswith(f"Version v1 of {MANIFEST} cannot be read: ")
    assert "KMS.DisabledException" in sentence


def test_a_manifest_whose_key_is_disabled_is_named(tool: Tool, account: Account) -> None:
    account.process(KEY)
    account.codes = {MANIFEST: "KMS.DisabledException"}
    answer = tool("show", KEY)
    assert (answer.code, answer.out) == (Exit.FAILED, "")
    assert answer.err.startswith(f"Error: {MANIFEST} cannot be read: ")


def test_an_error_that_is_not_of_one_manifest_ends_it(tool: Tool, account: Account) -> None:
    for hours in range(2):
        account.process(KEY, hours)

    def interrupt(_: str) -> None:
        if "VersionId" in account.asked[-1][1]:
            account.codes = {MANIFEST: "InternalError"}

    account.interrupt = interrupt
    answer = tool("show", KEY)
    assert (answer.code, answer.out) == (Exit.FAILED, "")
    assert "InternalError" in answer.err


def test_earlier_manifests_that_may_not_be_read_are_one_sentence(
    tool: Tool, account: Account
) -> None:
    for hours in range(3):
        account.process(KEY, hours)

    def interrupt(_: str) -> None:
        if "VersionId" in account.asked[-1][1]:
            account.denied["GetObject"] = "no"

    account.interrupt = interrupt
    answer = tool("show", KEY)
    assert answer.code == Exit.OK
    assert answer.err.count("IAM refused s3:GetObjectVersion") == 1
