"""The page of the figures."""

from sandbox.chaos.day import Day
from sandbox.chaos.page import PAGE, TEXT, write


def test_the_page_is_what_the_command_writes() -> None:
    """Its sentences; the figures are those of its last run."""
    assert PAGE.read_text(encoding="utf-8").startswith(TEXT)


def test_each_day_is_a_column() -> None:
    days = [Day(1, 10_000, seconds=1234.5), Day(2, 10_000)]
    days[0].facts["message lost"] = 2_000
    days[1].facts["something else"] = 3
    lines = write(days).splitlines()
    assert "| objects | 10,000 | 10,000 |" in lines
    assert "| message lost | 2,000 | 0 |" in lines
    assert "| something else | 0 | 3 |" in lines
    assert lines[-1] == "| seconds | 1,234 | 0 |"
