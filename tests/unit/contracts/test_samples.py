"""The sample files: what their generator writes, with the mistakes that it states."""

import csv
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "samples"
GENERATOR = SAMPLES / "generate.py"

Row = list[str]


def rows(dataset: str) -> Iterator[Row]:
    """The header and the records of a sample."""
    with (SAMPLES / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file, strict=True)


@pytest.fixture(name="customers", scope="module")
def make_customers() -> list[Row]:
    """The records of the customers."""
    return [*rows("customers")][1:]


@pytest.fixture(name="payments", scope="module")
def make_payments() -> list[Row]:
    """The records of the payments."""
    return [*rows("payments")][1:]


def exists(day: str) -> bool:
    """Whether a text is a day of the calendar."""
    try:
        return date.fromisoformat(day).isoformat() == day
    except ValueError:
        return False


INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)"
COUNTRIES = ["AT", "CH", "DE", "DK", "ES", "FR", "GB", "IT", "NL", "NO", "PL", "SE"]


def customer_reasons(row: Row) -> str:
    """Why a customer is rejected, or empty. It knows the contract, but shares no code with it."""
    if len(row) != 13:
        return f"row:field-count (too {'few' if len(row) < 13 else 'many'} fields)"
    number, name, email, phone, born, national_id, address, postcode, country, *rest = row
    signup, consent, points, limit = rest
    checks = {
        "customer_id:pattern": re.fullmatch(r"C\d{8}", number),
        "full_name:required": name,
        "full_name:max-length": len(name) <= 80,
        "email:required": email,
        "email:pattern": not email or re.fullmatch(r"[\w.%+-]+@[\w-]+(\.[\w-]+)+", email),
        "email:max-length": len(email) <= 254,
        "phone:pattern": not phone or re.fullmatch(r"\+[1-9]\d{7,14}", phone),
        "birth_date:date": exists(born),
        "birth_date:minimum": born >= "1900",
        "birth_date:maximum": born < "2013",
        "national_id:pattern": not national_id or re.fullmatch(r"\d{3}-\d\d-\d{4}", national_id),
        "address:max-length": len(address) <= 200,
        "postcode:length": 4 <= len(postcode) <= 10,
        "country:enum": country in COUNTRIES,
        "signup_at:timestamp": re.fullmatch(INSTANT, signup) and exists(signup[:10]),
        "signup_at:minimum": signup >= "2015-01-02",
        "marketing_consent:boolean": consent in ("true", "false"),
        "loyalty_points:integer": not points or re.fullmatch(r"0|[1-9]\d{0,6}", points),
        "credit_limit:decimal": not limit or re.fullmatch(r"(0|[1-9]\d*)(\.\d\d?)?", limit),
        "credit_limit:maximum": not limit or float(limit) <= 250_000,
    }
    return ", ".join(reason for reason, holds in checks.items() if not holds)


def payment_reasons(row: Row) -> str:
    """Why a payment is rejected; empty if not."""
    number, customer, amount, currency, card, iban, merchant, status, booked, created = row
    checks = {
        "payment_id": re.fullmatch(r"P\d{10}", number),
        "customer_id": re.fullmatch(r"C\d{8}", customer),
        "amount": re.fullmatch(r"(0|[1-9]\d{0,5})\.\d\d", amount) and float(amount) > 0,
        "currency": currency in ("CHF", "DKK", "EUR", "GBP", "NOK", "PLN", "SEK"),
        "card_number": re.fullmatch(r"\d{16}", card),
        "iban": not iban or re.fullmatch(r"[A-Z]{2}\d\d[A-Z\d]{11,30}", iban),
        "merchant": 1 <= len(merchant) <= 100,
        "status": status in ("authorised", "captured", "declined", "refunded"),
        "booked_on": not booked or (exists(booked) and booked >= "2015"),
        "created_at": re.fullmatch(INSTANT, created) and exists(created[:10]),
    }
    return ", ".join(reason for reason, holds in checks.items() if not holds)


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
