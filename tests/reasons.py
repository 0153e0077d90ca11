"""The page about the reasons: ``.venv/bin/python -m tests.reasons``.

The command writes ``docs/reasons.md``; tests/unit/processor/test_reasons.py holds it current.
"""

from pathlib import Path

from processor.reasons import Reason

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reasons.md"
HEAD = """\
# Reasons

Why a file is refused as a whole, or a row rejected: every reason that the processor can give,
what it means, and what to do. `.venv/bin/python -m tests.reasons` writes this page from
`lambda/processor/reasons.py`.

A **refused** file has no clean row. Its manifest says why: `refusal.reason`, with the `line` and
`column` where known, the `name` of a column of the contract, and the `limit` that was exceeded
with the `setting` that raises it, if there is one. A **rejected** row is in quarantine with its
`line`, its `raw` text and all of its `reasons`, which may be several; the manifest counts them in
`rejected_by_reason`.

The **producer** uploads the files, the **steward** answers for the contract and reads what is in
quarantine, and the **operator** deploys. After a correction of the file, upload it again: the same
key is fine. After one of the contract or a setting,
[replay](runbooks/refused-files.md) the refused files. `make contract
dataset=customers file=my.csv` shows on your own machine what would happen to a file, with these
reasons.
"""
GROUPS = {
    "Refused: the object": (
        "What is wrong before the file is opened, or takes too long.",
        ("object", "dataset", "contract"),
    ),
    "Refused: the format": (
        "Files in unsupported formats. The first bytes decide, not the name.",
        ("format",),
    ),
    "Refused: the encoding": ("Text that cannot be read.", ("encoding",)),
    "Refused: the file": ("What is wrong with the file as a whole.", ("file",)),
    "Refused: the header": ("Columns that do not fit the contract.", ("header",)),
    "Refused: a record": ("After such a record the next one cannot be found.", ("record",)),
    "Rejected: the row": ("What is wrong with a row as a whole.", ("row",)),
    "Rejected: a value": (
        "`<column>` is the name of the column in the contract. These are its type and its rules.",
        ("<column>",),
    ),
}
TABLE = "| reason | what it means | usual cause | what to do |\n| --- | --- | --- | --- |\n"


def render() -> str:
    """The page."""
    return HEAD + "".join(
        f"\n## {title}\n\n{about}\n\n{TABLE}{_lines(subjects)}"
        for title, (about, subjects) in GROUPS.items()
    )


def _lines(subjects: tuple[str, ...]) -> str:
    """The lines of a table, in the order of the catalogue."""
    reasons = [reason for reason in Reason if reason.partition(":")[0] in subjects]
    return "".join(f"| {' | '.join(_cells(reason))} |\n" for reason in reasons)


def _cells(reason: Reason) -> list[str]:
    """The cells of a reason's line."""
    explained = reason.explanation
    limit = f" `limit` is a number of {explained.unit}." if explained.unit else ""
    remedies = [f"{who.title()}: {what}" for who, what in explained.remedies.items()]
    return [f"`{reason}`", explained.means + limit, explained.cause, "<br>".join(remedies)]


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
