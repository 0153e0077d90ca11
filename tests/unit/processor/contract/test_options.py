"""The options of a method."""

import json
from pathlib import Path
from typing import Any

import pytest

from processor.contracts import read
from processor.deidentification.generalize import Generalize
from processor.deidentification.hmac import Hmac
from processor.deidentification.pseudonymize import Pseudonymize
from processor.deidentification.redact import Redact
from processor.deidentification.truncate import Truncate
from tests.unit.processor.examples import column, document


@pytest.mark.parametrize(
    ("method", "options", "expected"),
    [
        ("hmac", {}, Hmac(domain=None, normalize=())),
        (
            "hmac",
            {"domain": "person", "normalize": ["nfc", "trim"]},
            Hmac(domain="person", normalize=("nfc", "trim")),
        ),
        ("pseudonymize", {"domain": "person"}, Pseudonymize(domain="person")),
        ("truncate", {"length": 2}, Truncate(length=2)),
        ("generalize", {"to": "month"}, Generalize(to="month")),
        ("redact", {"patterns": ["email"]}, Redact(patterns=("email",))),
    ],
)
def test_each_method_has_options_of_its_own(
    tmp_path: Path, method: str, options: dict[str, Any], expected: object
) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(document(column("id", method=method, options=options))))
    assert read(path).columns[0].deidentify == expected
