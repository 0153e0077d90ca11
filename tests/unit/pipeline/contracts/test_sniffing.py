"""What a file looks like."""

import csv
from pathlib import Path

import pytest

from pipeline.contracts.sniffing import sniff
from pipeline.outcomes import WrongContractError


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("name,city\nAnna,Graz\n", True),
        ("name,city\n", True),
        ("Anna,1\nBen,2\n", False),
        ("Anna,2024-01-31\n", False),
        ("Anna,a@b.example\n", False),
        ("Anna,+43 664 5550123\n", False),
        ("Anna,true\n", False),
        ("Anna,DE89 3704 0044 0532 0130 00\n", False),
        ("Anna,Graz\nBen,Graz\n", False),
        ("x,x\n1,2\n", False),
        (",name\n,x\n", True),
        ("a,b\n1\n", True),
    ],
)
def test_a_header_has_names_and_no_values(tmp_path: Path, text: str, header: bool) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    assert sniff(file).csv.header == header


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("windows-1252", "windows-1252"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, found: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes("größe;note\n1;x\n".encode(encoding))
    shape = sniff(file)
    assert (shape.csv.encoding, list(shape.labels)) == (found, ["größe", "note"])


def test_bytes_of_another_encoding_may_come_late(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"note,x\n" + b"a,b\n" * 600_000 + "ä,b\n".encode("windows-1252"))
    assert sniff(file).csv.encoding == "windows-1252"


def test_a_record_may_be_cut_where_the_beginning_ends(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"note;x\n" + b'"a, b, c";b\n' * 30_000)
    assert sniff(file).csv.delimiter == ";"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.jsonl", "".join(f'{{"k{n}": 1}}\n' for n in range(1_002))),
        ("a.parquet", "x"),
    ],
)
def test_other_files(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    if name == "a.jsonl":
        with pytest.raises(WrongContractError, match="a contract has 1 to 1,000"):
            sniff(file)
    else:
        assert sniff(file).kind == "csv"


def test_fields_as_long_as_the_processor_allows_can_be_read_afterwards(tmp_path: Path) -> None:
    file = tmp_path / "my.csv"
    file.write_text("id,name\n1,x\n")
    before = csv.field_size_limit(1 << 21)
    try:
        sniff(file)
        assert csv.field_size_limit() == 1 << 21
    finally:
        csv.field_size_limit(before)
