"""The recipe of docs/development.md for a new method: one module and one registration.

It adds a method to a copy of the sources. Then the compiler, the processor, the sentences about
mistakes and the page of methods must know it, and the tests of all methods must try it.
"""

import json
from pathlib import Path
from typing import Any

from tests.unit.contracts.orders import CONTRACT
from tests.unit.repository.copies import change, copy_sources, run

MODULE = '''\
"""Initials: the first letter of each word of a text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc

from processor.contract.column import Column, Keys, OutputColumn, Written
from processor.contract.options import Count
from processor.deidentification.shortening import too_short


@dataclass(frozen=True, kw_only=True)
class Initials(
    Written,
    takes=("string",),
    says={"{method: initials, mostLetters: 2}": "the first letters of the first words"},
):
    """The first letter of each word, for this many words."""

    most_letters: Annotated[int, Count(1)] = 2

    def check(self, column: Column) -> Iterator[tuple[str, str]]:
        """Refuse to leave most of a short text."""
        for complaint in too_short(column, self.most_letters, "leave"):
            yield "mostLetters", complaint

    def output_type(self, column: Column) -> pa.DataType:
        """Return the type of texts."""
        return pa.string()

    def prepare(self, column: Column, keys: Keys) -> OutputColumn:
        """Return what makes initials of texts."""
        return OutputColumn("text", partial(initials, most=self.most_letters))


def initials(text: pa.StringArray, most: int) -> pa.StringArray:
    """Return the first letters of the first words; null stays null."""
    letters = pc.replace_substring_regex(text, r"\\s*(\\S)\\S*\\s*", r"\\1")
    return pc.utf8_slice_codeunits(letters, 0, most)
'''
# The tests of all methods that must try a new one, without being changed.
TRIED = {
    "tests/unit/contracts/test_methods.py": ["on_purpose[initials]", "all_methods", "page"],
    "tests/unit/contracts/test_protection.py": ["[initials-keep]", "[mask-initials]"],
    "tests/unit/processor/test_contracts.py": ["what_is_written_is_read"],
}

# What a separate process asks of the copy.
SCRIPT = """
import io, json, sys
from pathlib import Path
from lib.contracts import ContractError, compile_contracts
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.methods import render
import pyarrow.parquet as pq

def mistakes(directory):
    try:
        compile_contracts(directory)
    except ContractError as error:
        return str(error).splitlines()
    return []

class Kms:
    def generate_mac(self, **_):
        return {"Mac": bytes(32)}

found = {"wrong": mistakes(Path("wrong")), "right": mistakes(Path("right")), "page": render()}
if not found["right"]:
    contract = compile_contracts(Path("right"))["orders"]
    file = io.BytesIO(b"order_id,email,comment\\nO1,a@b.example,Ann Beth Carter\\n")
    clean, rejected = io.BytesIO(), io.BytesIO()
    keys = PseudonymKeys(Kms(), "")
    transformation = Transformation(contract, keys, SizeLimit(1 << 20, ""))
    transformation.run(file, "a.csv", Outputs(clean, rejected))
    found["leaves"] = pq.ParquetFile(clean).read(["comment"], use_threads=False).to_pylist()
print(json.dumps(found))
"""


def with_method(method: str) -> str:
    """The valid contract with a method for its comments, which have eight characters."""
    options = "logicalType: string\n        logicalTypeOptions: {minLength: 8}\n"
    assert CONTRACT.count("{method: drop}") == 1
    return CONTRACT.replace("{method: drop}", method).replace(
        "name: comment\n        logicalType: string\n", f"name: comment\n        {options}"
    )


def ask(copy: Path, *, registered: bool) -> dict[str, Any]:
    """What a copy of the sources with the method does with its contracts."""
    copy_sources(copy, "lib", "lambda", "tests/methods.py")
    add_method(copy, registered=registered)
    for name, method in (
        ("right", "{method: initials}"),
        ("wrong", "{method: initials, mostLetters: 5, words: 1}"),
    ):
        (copy / name).mkdir()
        (copy / name / "orders.odcs.yaml").write_text(with_method(method), encoding="utf-8")
    found: dict[str, Any] = json.loads(run(copy, "-c", SCRIPT))
    return found


def add_method(copy: Path, *, registered: bool) -> None:
    """Add the method to a copy, by the first two steps of the recipe."""
    room = copy / "lambda/processor/deidentification"
    (room / "initials.py").write_text(MODULE, encoding="utf-8")
    if registered:
        change(room / "methods.py", "Redact, Drop, Keep)\n", "Redact, Initials, Drop, Keep)\n")
        line = "from processor.deidentification.keep import Keep\n"
        own = "from processor.deidentification.initials import Initials\n"
        change(room / "methods.py", line, own + line)


def test_a_method_is_one_module_and_one_registration(tmp_path: Path) -> None:
    found = ask(tmp_path, registered=True)
    assert found["right"] == []
    assert found["leaves"] == [{"comment": "AB"}]
    assert [line.partition(": ")[2] for line in found["wrong"]] == [
        "column 'comment' has a deidentify with 'words', which initials does not have; remove it.",
        "column 'comment' would leave 5 characters, which may be more than half; give it a "
        "minLength of at least 10.",
    ]
    line = (
        "| `{method: initials, mostLetters: 2}` | string | the first letters of the first words |"
    )
    assert line in found["page"].splitlines()


def test_a_method_that_is_not_registered_is_none(tmp_path: Path) -> None:
    found = ask(tmp_path, registered=False)
    (sentence,) = found["right"]
    assert "has a deidentify with the method 'initials'; write value: {method: …} with" in sentence
    assert "leaves" not in found
    assert "initials" not in found["page"]


def test_the_tests_of_all_methods_try_a_new_one(tmp_path: Path) -> None:
    copy_sources(tmp_path, "lib", "lambda", "tests", "pyproject.toml")
    add_method(tmp_path, registered=True)
    (tmp_path / "docs").mkdir()
    run(tmp_path, "-m", "tests.methods")
    chosen = "initials or all_methods or page_of_methods or what_is_written_is_read"
    options = ["-v", "-p", "no:cacheprovider", "-p", "no:xdist", "-k", chosen]
    shown = run(tmp_path, "-m", "pytest", *options, *TRIED).splitlines()
    for file, names in TRIED.items():
        passed = [line for line in shown if line.startswith(file) and "PASSED" in line]
        assert all(any(name in line for line in passed) for name in names)
