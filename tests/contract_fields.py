"""The page about the fields of contracts: ``.venv/bin/python -m tests.contract_fields``.

The command writes ``docs/contract-fields.md``; tests/unit/contracts/test_fields.py holds it
current.
"""

from collections.abc import Iterator
from pathlib import Path

from lib.contracts.classification import SENSITIVE, WORDS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "contract-fields.md"
HEAD = """\
# Fields of contracts

What becomes of what a contract says. `.venv/bin/python -m tests.contract_fields` writes this page
from the tables in `lib/contracts/` that the check of contracts uses.
[Data contracts](contracts.md) explains the fields that are enforced.
"""
CLASSIFICATIONS = """
## Words for classifications

Case, spaces, hyphens and underscores do not matter. A word that may mean two classifications means
the stricter one, and any other word stops the synth.

| classification | other words | needs `deidentify` |
| --- | --- | --- |
"""


def render() -> str:
    """The page."""
    return HEAD + CLASSIFICATIONS + "".join(_classifications())


def _classifications() -> Iterator[str]:
    for name, words in WORDS.items():
        needs = "yes" if name in SENSITIVE else "no"
        yield f"| `{name}` | {', '.join(words)} | {needs} |\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
