"""The page of the figures."""

from sandbox.chaos.page import PAGE, TEXT, write
from sandbox.chaos.run import PARKED, Run


def test_the_page_is_what_the_command_writes() -> None:
    """Its sentences; the figures are those of its last run."""
    assert PAGE.read_text(encoding="utf-8").startswith(TEXT)


def test_the_page_says_how_many_messages_were_parked() -> None:
    """In all runs together, as on the page that is here."""
    runs = [Run(1, 10), Run(2, 10), Run(3, 10)]
    for run, parked in zip(runs, (0, 1_200, 3), strict=True):
        run.facts[PARKED] = parked
    assert "\nMessages parked in all runs together: 1,203.\n" in write(runs)
    page = PAGE.read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {PARKED} |"))
    total = sum(int(cell.replace(",", "")) for cell in row.split("|")[2:-1])
    assert f"\nMessages parked in all runs together: {total:,}.\n" in page


def test_what_never_happened_is_on_the_page() -> None:
    run = Run(1, 10)
    run.facts["message purged"] = 0
    run.add({"message lost": 2, "key disabled": 0})
    run.add({"message lost": 3})
    lines = write([run]).splitlines()
    assert "| message purged | 0 |" in lines
    assert "| key disabled | 0 |" in lines
    assert "| message lost | 5 |" in lines


def test_each_run_is_a_column() -> None:
    runs = [Run(1, 10_000, seconds=1234.5), Run(2, 10_000)]
    runs[0].facts["message lost"] = 2_000
    runs[1].facts["something else"] = 3
    lines = write(runs).splitlines()
    assert "| objects | 10,000 | 10,000 |" in lines
    assert "| message lost | 2,000 | 0 |" in lines
    assert "| something else | 0 | 3 |" in lines
    assert lines[-1] == "| seconds | 1,234 | 0 |"
