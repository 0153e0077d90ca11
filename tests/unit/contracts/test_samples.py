"""The sample files: what their generator writes, with the mistakes that it states."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.unit.contracts.samples import (
    COUNTRIES,
    GENERATOR,
    ROOT,
    SAMPLES,
    Row,
    customer_reasons,
    payment_reasons,
    rows,
)


@pytest.fixture(name="customers", scope="module")
def make_customers() -> list[Row]:
    """The records of the customers."""
    return [*rows("customers")][1:]


@pytest.fixture(name="payments", scope="module")
def make_payments() -> list[Row]:
    """The records of the payments."""
    return [*rows("payments")][1:]


def test_the_generator_writes_the_committed_files(tmp_path: Path) -> None:
    # -I -S: without installed packages, so the standard library is enough.
    command = [sys.executable, "-I", "-S", str(GENERATOR), "--directory", str(tmp_path)]
    subprocess.run(command, check=True)
    for dataset in ("customers", "payments"):
        name = f"{dataset}.csv"
        assert (tmp_path / name).read_bytes() == (SAMPLES / name).read_bytes(), name


def test_the_generator_says_how_it_is_used() -> None:
    command = [sys.executable, "-I", "-S", str(GENERATOR), "--help"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "--directory" in printed
    assert "Write the sample files" in printed


@pytest.mark.parametrize("dataset", ["customers", "payments"])
def test_the_header_has_the_columns_of_the_contract(dataset: str) -> None:
    contract = yaml.safe_load((ROOT / "contracts" / f"{dataset}.odcs.yaml").read_text("utf-8"))
    columns = [column["name"] for column in contract["schema"][0]["properties"]]
    assert next(rows(dataset)) == columns


def test_one_customer_in_a_hundred_is_wrong_as_the_generator_says(customers: list[Row]) -> None:
    table = re.findall(r"^ +(\d+)  (.+)$", GENERATOR.read_text("utf-8"), re.MULTILINE)
    claimed = {reasons: int(count) for count, reasons in table}
    found = Counter(map(customer_reasons, customers))
    assert found.pop("") == 9_900
    assert found == claimed
    assert sum(claimed.values()) == 100
    assert len(claimed) >= 10


def test_every_payment_is_right(payments: list[Row]) -> None:
    assert Counter(map(payment_reasons, payments)) == {"": 2_000}


def test_the_samples_hold_what_files_hold(customers: list[Row]) -> None:
    good = [row for row in customers if not customer_reasons(row)]
    text = "".join(map("".join, good))
    assert all(
        sign in text for sign in ('"', "'", ",", "\n", "ß", "Ł", "ø", "Ελ", "Пр", "小", "م")
    )
    empty = {place for row in good for place, field in enumerate(row) if not field}
    assert empty == {3, 5, 6, 11, 12}  # every optional column
    assert {row[8] for row in good} == set(COUNTRIES)
    assert len({row[0] for row in customers}) == len(customers)
    assert (SAMPLES / "customers.csv").stat().st_size < 2_000_000


def test_customers_are_nobody(customers: list[Row]) -> None:
    for row in customers:
        assert re.search(r"[@ ]mail\.example\.(com|org|net)$|^$", row[2]), row[0]
        assert re.fullmatch(r"(\+1\d{3}55501\d\d)?", row[3]), row[0]
        assert re.fullmatch(r"(000-\d\d-\d{4})?", row[5]), row[0]


def test_cards_and_accounts_belong_to_nobody(payments: list[Row], customers: list[Row]) -> None:
    numbers = {row[0] for row in customers}
    for row in payments:
        doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(row[4])]
        luhn = sum(product // 10 + product % 10 for product in doubled)
        assert row[4].startswith("9999"), row[0]
        assert luhn % 10 != 0, row[0]
        assert re.fullmatch(r"(XX00TEST\d{14})?", row[5]), row[0]
        assert row[1] in numbers, row[0]
