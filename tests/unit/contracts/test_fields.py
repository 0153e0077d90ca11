"""What becomes of each field of the standard."""

from tests.contract_fields import PAGE, render


def test_the_page_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "run .venv/bin/python -m tests.contract_fields"
