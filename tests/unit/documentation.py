"""What pages of docs/ say in their tables, and the tests that they name."""

import ast
import re
from functools import cache

from tests.unit.synthesis import ROOT

CODE = re.compile(r"`[^`]+`")


def table(name: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading of a page, without its head."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    _, found, rest = text.partition(f"\n{heading}\n")
    assert found, f"{name} has no {heading!r}"
    rows = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert rows, f"{name} has no table below {heading!r}"
    lines = rows[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(cells: list[str]) -> list[str]:
    """The code spans in some cells."""
    return [name[1:-1] for cell in cells for name in CODE.findall(cell)]


def first_cells(name: str, heading: str) -> list[str]:
    """The code spans in the first column of a table."""
    return names([row[0] for row in table(name, heading)])


@cache
def find_tests(path: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
