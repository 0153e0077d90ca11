"""The sample files, and which of their rows are rejected: it shares no code with the contracts."""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "samples"
GENERATOR = SAMPLES / "generate.py"

Row = list[str]


def rows(dataset: str) -> Iterator[Row]:
    """The header and the records of a sample."""
    with (SAMPLES / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.reader(file, strict=True)


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
