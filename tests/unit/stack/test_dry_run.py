"""What the dry run shows about a file before it is uploaded."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

from lib import dry_run
from lib.contracts import compile_contracts
from processor.account import RowAccount
from processor.reasons import FileRefusedError, Reason
from tests.unit.contracts.orders import CONTRACT, edited

ROOT = Path(__file__).resolve().parents[3]
HEADER = "order_id,email,phone,comment,country,quantity,price,weight,ordered_on,shipped_at,gift\n"


@pytest.fixture(autouse=True)
def make_contracts(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    """A folder with only the valid contract."""
    (directory / "orders.odcs.yaml").write_text(CONTRACT)
    monkeypatch.setattr(dry_run, "CONTRACTS", directory)


@pytest.fixture(name="shown")
def make_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """What is printed about a file, with its exit status."""

    def tell(content: str) -> tuple[int, str]:
        file = tmp_path / "my.csv"
        file.write_text(content)
        status = dry_run.main(["orders", str(file)])
        return status, capsys.readouterr().out

    return tell


def test_rows_that_would_be_rejected_are_shown_with_reasons_and_lines(shown: Any) -> None:
    rows = "O1,a@b.example,SECRETPHONE,SECRET,AT,1,1.5,1,2024-01-01,2024-01-01T00:00:00Z,true\n"
    bad = "O1,,SECRET,,SECRET,,,,,,\n"
    status, text = shown(HEADER + rows + bad + rows + bad * 6)
    assert status == 0
    assert "my.csv: 9 rows, 2 clean, 7 rejected" in text
    for reason in ("email:required", "country:enum"):
        assert re.search(rf"{reason} +│ 7 +│ 3, 5, 6, 7, 8, …", text)
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
    assert re.search("email:required +│ 1 +│ 2 ", text)
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
    assert re.search("enough +│ 2 +│ more than 1 rows +│ passed ", text)
    assert re.search("once +│ 1 +│ exactly 0 rows +│ broken: warning ", text)
    status, text = shown("order_id,email\nO1,SECRET\n")
    assert status == 1
    assert "quarantined as a whole: file:quality-enough\n" in text
    assert re.search("enough +│ 1 +│ more than 1 rows +│ broken: error ", text)
    assert Reason.FILE_QUALITY.explanation.producer in text
    assert "SECRET" not in text


def test_reasons_are_explained(shown: Any) -> None:
    _, text = shown(HEADER + "O1,,,,SECRET,,,,,,\nO2,,,,SECRET,,,,,,\nO3\n")
    for reason in (Reason.COLUMN_REQUIRED, Reason.COLUMN_ENUM, Reason.ROW_FIELD_COUNT):
        (line,) = re.findall(f"^{reason}: .*", text, re.MULTILINE)
        assert reason.explanation.means in line
        assert f"As producer: {reason.explanation.producer}" in line
    assert f"{Reason.COLUMN_UNIQUE}: " not in text
    _, text = shown(HEADER.replace("gift", "SECRET"))
    explained = Reason.HEADER_UNKNOWN_COLUMN.explanation
    for says in (explained.means, explained.producer, explained.steward):
        assert says in text


def test_a_limit_is_shown_in_its_unit(shown: Any) -> None:
    status, text = shown("a," * 5000)
    assert status == 1
    assert "file:too-many-columns (line 1, limit 4,096 columns)" in text


def test_the_setting_of_a_limit_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    reason = Reason.FILE_TOO_LARGE_DECOMPRESSED
    refusal = FileRefusedError(reason, limit=1 << 20, setting="memoryMb")
    account = RowAccount(0, 0, 0, refusal=refusal)
    dry_run.show(Console(soft_wrap=True), "my.csv", dry_run.DryRun(account, {}, {}))
    shown = capsys.readouterr().out
    assert f"{reason} (limit 1,048,576 bytes, setting memoryMb)" in shown
    assert reason.explanation.operator in shown


def test_a_header_is_shown_as_it_is(shown: Any) -> None:
    _, text = shown(HEADER.replace("gift", "[red]gift[/blue]"))
    assert "which reads '[red]gift[/blue]'" in text


def test_tokens_of_one_scope_join_and_of_two_runs_do_not() -> None:
    keys, others = dry_run.ThrowAwayKeys(), dry_run.ThrowAwayKeys()
    key = keys.derive("AES-256-CMAC", "a", 1)
    assert keys.derive("AES-256-CMAC", "a", 1) == key
    assert key not in (
        keys.derive("AES-256-CMAC", "b", 1),
        keys.derive("HMAC-SHA256", "a", 1),
        others.derive("AES-256-CMAC", "a", 1),
    )


def test_contracts_are_checked_without_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert dry_run.main([]) == 0
    assert capsys.readouterr().out == "The contracts are valid: orders\n"


def test_a_bad_contract_is_reported(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (directory / "orders.odcs.yaml").write_text("")
    assert dry_run.main([]) == 1
    assert capsys.readouterr().err.startswith("Error: contracts/orders.odcs.yaml, line 1: ")


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["orders"], "name the file to check against orders, as in file=my.csv"),
        (["orders@1.2.0"], "name the file to check against orders@1.2.0, as in file=my.csv"),
        (["animals", "my.csv"], "no contract is named 'animals'"),
        (["orders@9", "my.csv"], "no contract is named 'orders@9'"),
        (["orders@", "my.csv"], "no contract is named 'orders@'"),
        (["@1.2.0", "my.csv"], "no contract is named '@1.2.0'"),
        (["", "my.csv"], "no contract is named ''; dataset= is one of orders, orders@1.2.0"),
    ],
)
def test_a_contract_and_a_file_are_named(
    arguments: list[str], shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        dry_run.main(arguments)
    assert ended.value.code == 2
    assert shown in capsys.readouterr().err


def test_a_missing_file_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert dry_run.main(["orders", "no/such.csv"]) == 1
    assert "Error: no/such.csv cannot be read: No such file" in capsys.readouterr().err


def make(*variables: str) -> "subprocess.CompletedProcess[str]":
    """Run ``make contract``."""
    command = ["make", "-s", "-o", "setup", "contract", *variables]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_rows_of_parquet_are_shown_by_their_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "my.parquet"
    table = pa.table({name: ["x", "y"] for name in HEADER.strip().split(",")})
    pq.write_table(table, file)
    assert dry_run.main(["orders", str(file)]) == 1  # not one is clean
    assert re.search("price:decimal +│ 2 +│ row 1, row 2 ", capsys.readouterr().out)


@pytest.mark.parametrize("dataset", ["customers", "customers@1.0.0"])
def test_make_runs_it_over_the_sample(tmp_path: Path, dataset: str) -> None:
    file = tmp_path / "it's my file.csv"
    file.write_bytes((ROOT / "samples" / "customers.csv").read_bytes())
    done = make(f"dataset={dataset}", f"file={file}")
    assert done.returncode == 0, done.stderr
    assert "10,000 rows, 9,900 clean, 100 rejected" in done.stdout


def test_it_starts_without_the_cdk() -> None:
    program = "import sys, lib.dry_run; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "lib.contracts" in done.stdout.split(), done.stderr
    assert not {"aws_cdk", "constructs", "jsii"} & set(done.stdout.split())


def test_make_says_what_is_missing() -> None:
    there = ", ".join(compile_contracts(ROOT / "contracts"))
    assert make().stdout == f"The contracts are valid: {there}\n"
    assert "name the file to check against customers" in make("dataset=customers").stderr
    assert "no contract is named ''" in make("file=samples/customers.csv").stderr


def test_a_file_is_held_to_the_version_that_is_named(
    directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = CONTRACT.replace("version: 1.2.0", "version: 1.1.0").replace("required: true\n", "\n")
    (directory / "orders@1.1.0.odcs.yaml").write_text(old)
    file = tmp_path / "my.csv"
    file.write_text(HEADER + "O1,,,,AT,1,1.5,1,2024-01-01,2024-01-01T00:00:00Z,true\n")
    for name, clean in (("orders", 0), ("orders@1.2.0", 0), ("orders@1.1.0", 1)):
        assert dry_run.main([name, str(file)]) == 1 - clean
        out = capsys.readouterr().out
        assert "The contracts are valid: orders, orders@1.1.0" in out
        assert f"1 rows, {clean} clean" in out
