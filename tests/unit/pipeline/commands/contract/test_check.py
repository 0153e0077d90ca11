"""``contract check``: what is said about contracts, and about a file before it is uploaded."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lib.contracts import compile_contracts
from pipeline.catalogue import advice
from pipeline.commands.contract import check
from pipeline.outcomes import Exit
from processor.reasons import FileRefusedError, Reason
from tests.unit.contracts.orders import CONTRACT, edited
from tests.unit.pipeline.conftest import Answer, Tool
from tests.unit.synthesis import ROOT

HEADER = "order_id,email,phone,comment,country,quantity,price,weight,ordered_on,shipped_at,gift\n"


@pytest.fixture(autouse=True)
def make_contracts(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """A folder with only the valid contract."""
    (directory / "orders.odcs.yaml").write_text(CONTRACT)
    monkeypatch.setattr(check, "CONTRACTS", directory)


@pytest.fixture(name="shown")
def make_shown(tmp_path: Path, tool: Tool) -> Any:
    """What is printed about a file, with its exit status."""

    def tell(content: str) -> tuple[int, str]:
        file = tmp_path / "my.csv"
        file.write_text(content)
        answer = tool("contract", "check", "orders", str(file))
        return answer.code, answer.out

    return tell


def test_rows_that_would_be_rejected_are_shown_with_reasons_and_lines(shown: Any) -> None:
    rows = "O1,a@b.example,SECRETPHONE,SECRET,AT,1,1.5,1,2024-01-01,2024-01-01T00:00:00Z,true\n"
    bad = "O1,,SECRET,,SECRET,,,,,,\n"
    status, text = shown(HEADER + rows + bad + rows + bad * 6)
    assert status == 0
    assert "my.csv: 9 rows, 2 clean, 7 rejected" in text
    for reason in ("email:required", "country:enum"):
        assert re.search(rf"{reason} +│ +7 +│ 3, 5, 6, 7, 8, …", text)
    assert "SECRET" not in text


def test_a_file_that_would_be_refused_is_reported(shown: Any) -> None:
    status, text = shown(HEADER.replace("gift", "SECRET"))
    assert status == 1
    assert "header:unknown-column (line 1, column 11, which reads 'SECRET')" in text
    status, text = shown(HEADER.replace("gift", "Gift\x1b "))
    assert "header:control-character (line 1)" in text
    status, text = shown(HEADER.replace("gift", "Gift "))
    assert "header:unknown-column (line 1, column 11, which reads 'Gift ', name gift)" in text
    status, text = shown(HEADER.replace("email,", ""))
    assert "header:missing-column (line 1, name email)" in text


def test_the_name_of_a_column_in_files_is_shown(shown: Any, directory: Path) -> None:
    label = "name: email\n        physicalName: 'E-Mail: '\n"
    (directory / "orders.odcs.yaml").write_text(edited("name: email\n", label))
    status, text = shown(HEADER)
    assert status == 1
    assert "which reads 'email', name email, which files call 'E-Mail: ')" in text
    status, text = shown("order_id,E-Mail: \nO1,\n")
    assert "email:required" in text


def test_the_cause_of_a_refusal_is_shown(shown: Any, directory: Path) -> None:
    epoch = "  - {property: pseudonymEpoch, value: 3}\n"
    policy = "  - {property: maxRejectedShare, value: 0.5}\n"
    (directory / "orders.odcs.yaml").write_text(edited(epoch, epoch + policy))
    status, text = shown("order_id,email\nO1,\n")
    assert status == 1
    assert "quarantined as a whole: file:rejected-share\n" in text
    assert re.search("email:required +│ +1 +│ 2 ", text)
    status, text = shown('order_id,email\nO1,\nO2,"')
    assert "record:malformed (line 3)" in text


def test_policies_are_shown(shown: Any, directory: Path) -> None:
    epoch = "  - {property: pseudonymEpoch, value: 3}\n"
    policies = (
        "  - {property: unknownColumns, value: drop}\n"
        "  - {property: kAnonymity, value: {k: 2, quasiIdentifiers: [country]}}\n"
    )
    (directory / "orders.odcs.yaml").write_text(edited(epoch, epoch + policies))
    status, text = shown("order_id,email,country,more,most\nO1,a,AT,,\nO2,b,AT,,\n")
    assert status == 0
    assert "without a contract, dropped: 2" in text
    assert "k-anonymity: 2 of 2 required; 0 rows in classes that are too small" in text
    status, text = shown("order_id,email,country\nO1,a,AT\n")
    assert status == 1
    assert "quarantined as a whole: file:k-anonymity\n" in text
    assert "k-anonymity: 1 of 2 required; 1 rows in classes" in text


def test_quality_rules_are_shown(shown: Any, directory: Path) -> None:
    rules = (
        "    quality:\n"
        "    - {metric: rowCount, mustBeGreaterThan: 1, name: enough}\n"
        "    - {metric: duplicateValues, mustBe: 0, arguments: {properties: [email]},\n"
        "       name: once, severity: warning}\n"
    )
    (directory / "orders.odcs.yaml").write_text(
        edited("- name: orders\n", f"- name: orders\n{rules}")
    )
    status, text = shown("order_id,email\nO1,SECRET\nO2,SECRET\n")
    assert status == 0
    assert re.search("enough +│ +2 +│ more than 1 rows +│ passed ", text)
    assert re.search("once +│ +1 +│ exactly 0 rows +│ broken: warning ", text)
    status, text = shown("order_id,email\nO1,SECRET\n")
    assert status == 1
    assert "quarantined as a whole: file:quality-enough\n" in text
    assert re.search("enough +│ +1 +│ more than 1 rows +│ broken: error ", text)
    assert Reason.FILE_QUALITY.explanation.producer in text
    assert "SECRET" not in text


def test_reasons_are_explained(shown: Any) -> None:
    _, text = shown(HEADER + "O1,,,,SECRET,,,,,,\nO2,,,,SECRET,,,,,,\nO3\n")
    for reason in ("email:required", "country:enum", "row:field-count"):
        (line,) = re.findall(f"^│ {reason} .*", text, re.MULTILINE)
        assert advice(reason).means in line
        assert advice(reason).sentences in line
    assert ":unique" not in text
    _, text = shown(HEADER.replace("gift", "SECRET"))
    explained = Reason.HEADER_UNKNOWN_COLUMN.explanation
    for says in (explained.means, explained.producer, explained.steward):
        assert says in text


def test_a_limit_is_shown_in_its_unit(shown: Any) -> None:
    status, text = shown("a," * 5000)
    assert status == 1
    assert "file:too-many-columns (line 1, limit 4,096 columns)" in text


def test_the_setting_of_a_limit_is_shown(shown: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reason = Reason.FILE_TOO_LARGE_DECOMPRESSED

    def refuse(*_: object) -> None:
        raise FileRefusedError(reason, limit=1 << 20, setting="memoryMb")

    monkeypatch.setattr("processor.transformation.RowCheck.check", refuse)
    status, text = shown(HEADER + "O1,,,,,,,,,,\n")
    assert status == 1
    assert f"{reason} (limit 1,048,576 bytes, setting memoryMb)" in text
    assert reason.explanation.operator in text


def test_a_header_is_shown_as_it_is(shown: Any) -> None:
    _, text = shown(HEADER.replace("gift", "[red]gift[/blue]"))
    assert "which reads '[red]gift[/blue]'" in text


def test_contracts_are_checked_without_a_file(tool: Tool) -> None:
    answer = tool("contract", "check")
    assert (answer.code, answer.out) == (Exit.OK, "The contracts are valid: orders\n")
    assert tool("contract", "check", "--json").json == {"contracts": ["orders"]}


def test_a_bad_contract_is_reported(directory: Path, tool: Tool) -> None:
    (directory / "orders.odcs.yaml").write_text("")
    answer = tool("contract", "check")
    assert (answer.code, answer.out) == (Exit.WRONG, "")
    assert answer.err.startswith("Error: contracts/orders.odcs.yaml, line 1: ")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["orders"], "against orders: python -m pipeline contract check orders my.csv, or"),
        (["orders@1.2.0"], "or make contract dataset=orders@1.2.0 file=my.csv."),
        (["animals", "my.csv"], "No contract is named 'animals'"),
        (["orders@9", "my.csv"], "No contract is named 'orders@9'"),
        (["orders@", "my.csv"], "No contract is named 'orders@'"),
        (["@1.2.0", "my.csv"], "No contract is named '@1.2.0'"),
        (["", "my.csv"], "No contract is named ''. Name one of orders, orders@1.2.0."),
    ],
)
def test_a_contract_and_a_file_are_named(arguments: list[str], shown: str, tool: Tool) -> None:
    answer = tool("contract", "check", *arguments)
    assert answer.code == Exit.USAGE
    assert shown in answer.err


@pytest.mark.parametrize(("name", "why"), [("such.csv", "No such file"), (".", "Is a directory")])
def test_a_missing_file_is_reported(tool: Tool, tmp_path: Path, name: str, why: str) -> None:
    file = tmp_path / name
    answer = tool("contract", "check", "orders", str(file))
    assert answer.code == Exit.FAILED
    assert answer.err.startswith(f"Error: {file} cannot be read or written: {why}")


def make(*variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ``make contract``."""
    command = ["make", "-s", "-o", "setup", "contract", *variables]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_rows_of_parquet_are_shown_by_their_number(tmp_path: Path, tool: Tool) -> None:
    file = tmp_path / "my.parquet"
    table = pa.table({name: ["x", "y"] for name in HEADER.strip().split(",")})
    pq.write_table(table, file)
    answer = tool("contract", "check", "orders", str(file))
    assert answer.code == Exit.WRONG  # not one is clean
    assert re.search("price:decimal +│ +2 +│ row 1, row 2 ", answer.out)


@pytest.mark.parametrize("dataset", ["customers", "customers@1.0.0"])
def test_make_runs_it_over_the_sample(tmp_path: Path, dataset: str) -> None:
    file = tmp_path / "it's my file.csv"
    file.write_bytes((ROOT / "samples" / "customers.csv").read_bytes())
    done = make(f"dataset={dataset}", f"file={file}")
    assert done.returncode == 0, done.stderr
    assert "10,000 rows, 9,900 clean, 100 rejected" in done.stdout


def test_make_says_what_is_missing() -> None:
    there = ", ".join(compile_contracts(ROOT / "contracts"))
    assert make().stdout == f"The contracts are valid: {there}\n"
    assert "Name the file to check against customers" in make("dataset=customers").stderr
    assert "No contract is named ''" in make("file=samples/customers.csv").stderr


def test_a_file_is_held_to_the_version_that_is_named(
    directory: Path, tmp_path: Path, tool: Tool
) -> None:
    old = CONTRACT.replace("version: 1.2.0", "version: 1.1.0").replace("required: true\n", "\n")
    (directory / "orders@1.1.0.odcs.yaml").write_text(old)
    file = tmp_path / "my.csv"
    file.write_text(HEADER + "O1,,,,AT,1,1.5,1,2024-01-01,2024-01-01T00:00:00Z,true\n")
    for name, clean in (("orders", 0), ("orders@1.2.0", 0), ("orders@1.1.0", 1)):
        answer = tool("contract", "check", name, str(file))
        assert answer.code == 1 - clean
        assert "The contracts are valid: orders, orders@1.1.0" in answer.out
        assert f"1 rows, {clean} clean" in answer.out


ROW = "O1,a@b.example,SECRETPHONE,SECRET,AT,1,1.5,1,2024-01-01,2024-01-01T00:00:00Z,true\n"


def on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, tool: Tool, file: Path, *arguments: str
) -> Answer:
    """What is printed on a terminal."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "dumb")
    return tool("contract", "check", "orders", str(file), *arguments)


def test_rows_before_and_after_are_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, tool: Tool, shown: Any, tmp_path: Path
) -> None:
    bad = ROW.replace("AT", "XX")
    others = [ROW.replace("O1", f"O{number}") for number in (2, 3, 4)]
    _, text = shown("".join((HEADER, bad, ROW, bad, *others)))
    assert "not shown: they have raw values" in text
    assert "SECRET" not in text
    answer = on_a_terminal(monkeypatch, tool, tmp_path / "my.csv")
    assert [re.findall(r"your eyes only: (\w+ \d+)", answer.out)] == [
        ["line 3", "line 5", "line 6"]
    ]
    assert re.search(r"│ comment +│ SECRET +│ +│", answer.out)
    assert re.search(r"│ phone +│ SECRETPHONE +│ \*{7}HONE +│", answer.out)
    tokens = re.findall(r"│ email +│ a@b.example +│ ([^ ]{32,}) +│", answer.out)
    assert len(tokens) == 3
    assert len({*tokens}) == 1
    assert "throw-away key" in answer.out
    json = on_a_terminal(monkeypatch, tool, tmp_path / "my.csv", "--json").out
    assert "SECRET" not in json
    again = on_a_terminal(monkeypatch, tool, tmp_path / "my.csv").out
    assert tokens[0] not in again


def test_columns_are_shown_by_name(shown: Any, directory: Path) -> None:
    label = "name: email\n        physicalName: 'E-Mail: '\n"
    (directory / "orders.odcs.yaml").write_text(edited("name: email\n", label))
    _, text = shown("order_id,E-Mail: \n")
    assert re.search(
        r"│ email +│ E-Mail:  +│ string +│ yes +│ {method: hmac} +│ email_token ", text
    )
    assert re.search(r"│ comment +│ +│ string +│ +│ {method: drop} +│ +│", text)
    assert re.search(r"│ price +│ +│ decimal\(12,2\) +│", text)


def test_json_says_the_same(tool: Tool, tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text(HEADER + ROW + "O2,,,,,,,,,,\n")
    found = tool("contract", "check", "orders", str(file), "--json").json["file"]
    assert found["rows"] == {"read": 2, "clean": 1, "rejected": 1}
    (reason,) = (one for one in found["reasons"] if one["reason"] == "email:required")
    assert (reason["rows"], reason["first"]) == (1, ["3"])
    assert reason["means"] == advice("email:required").means
    assert found["refusal"] is None
    file.write_text(HEADER.replace("gift", "more"))
    refusal = tool("contract", "check", "orders", str(file), "--json").json["file"]["refusal"]
    assert (refusal["reason"], refusal["line"], refusal["column"]) == (
        *("header:unknown-column", 1, 11),
    )
    assert refusal["advice"]["remedies"]
