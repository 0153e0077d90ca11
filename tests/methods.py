"""The methods of de-identification: ``.venv/bin/python -m tests.methods``.

The command writes ``docs/methods.md``; tests/unit/contracts/test_methods.py holds it current.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from processor.contract.column import Method
from processor.contract.vocabulary import Type
from processor.deidentification.methods import METHODS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "methods.md"
HEAD = """\
# Methods of de-identification

What a contract may write as the custom property `deidentify` of a column, and what is then written
for its values. `.venv/bin/python -m tests.methods` writes this page.

| `deidentify` | for types | what is written |
| --- | --- | --- |
"""


def render() -> str:
    """The page."""
    return HEAD + "".join(line for method in METHODS for line in _lines(method))


def _lines(method: type[Method]) -> Iterator[str]:
    """The lines of a method; the first has the types that it is for."""
    types = "all" if {*method.takes} == {*get_args(Type)} else ", ".join(method.takes)
    for value, leaves in method.says.items():
        yield f"| `{value}` | {types} | {leaves} |\n"
        types = ""


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
