"""Every method of de-identification, in all modules that know methods: none forgets one.

A method that one part knows and another does not must leave no value unchanged.
"""

import io
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from lib.contracts import compile_contracts
from lib.contracts.deidentification import METHOD_NAMES
from processor.contract.column import Rules, Written
from processor.contract.model import Contract
from processor.contract.vocabulary import snake_case
from processor.contracts import dump, parse
from processor.deidentification.methods import BY_NAME
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.methods import PAGE, render
from tests.parquet import read_parquet
from tests.unit.contracts.orders import LENGTH, TEXT_METHODS, edited, mistakes
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import column, document

SECRET = "secret@example.com"


def compiled(directory: Path, method: str) -> Contract:
    """A contract whose column ``comment`` has this method."""
    text = edited("{method: drop}", f"{{method: {TEXT_METHODS[method]}}}").replace(
        "- name: comment\n        logicalType: string\n",
        "- name: comment\n        logicalType: string\n"
        f"        logicalTypeOptions: {{minLength: {LENGTH}}}\n",
    )
    assert mistakes(directory, text) == []
    return compile_contracts(directory)["orders"]


def test_all_methods_are_tried_here() -> None:
    assert [*TEXT_METHODS] == [name for name, one in BY_NAME.items() if "string" in one.takes]
    assert [*BY_NAME] == METHOD_NAMES.replace(" or ", ", ").split(", ")


def test_the_page_of_methods_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "write it again: .venv/bin/python -m tests.methods"


@pytest.mark.parametrize("method", TEXT_METHODS)
def test_a_value_is_written_only_where_it_is_kept_on_purpose(directory: Path, method: str) -> None:
    orders = compiled(directory, method)
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    file = f"comment\n{SECRET}\n".encode()
    columns = [one for one in dump(orders)["columns"] if one["name"] == "comment"]
    columns += [column("other")]
    narrow = document(*columns)
    keys, limit = PseudonymKeys(kms, "a-key", "another-key"), SizeLimit(1 << 20, "memoryMb")
    transformation = Transformation(parse(narrow), keys, limit)
    transformation.run(io.BytesIO(file), "a.csv", Outputs(clean, rejected))
    (row,) = read_parquet(clean).to_pylist()
    left = row.get("comment")
    assert (SECRET in str(row)) == (method == "keep")
    assert ("comment" in row) == issubclass(BY_NAME[method], Written)
    if method in oracle.METHODS:
        key = oracle.derive(kms.material, narrow, columns[0])
        assert left == oracle.conceal(SECRET, SECRET, columns[0], key)


def test_a_method_that_the_processor_does_not_know_is_no_contract() -> None:
    with pytest.raises(KeyError, match="scramble"):
        parse(document(column("a", method="scramble")))


def test_every_rule_of_a_contract_is_checked() -> None:
    """A rule that is read but not checked allows everything."""
    values: dict[str, Any] = {
        "pattern": "^x$",
        "format": "uuid",
        "minLength": 5,
        "maxLength": 0,
        "enum": ["x"],
        "minimum": "5",
        "exclusiveMinimum": "5",
        "maximum": "2",
        "exclusiveMaximum": "2",
        "multipleOf": "2",
    }
    assert {*map(snake_case, values)} == {field.name for field in fields(Rules)}
    for name, value in values.items():
        kind = "integer" if isinstance(value, str) and value.isdigit() else "string"
        clean, rejected = io.BytesIO(), io.BytesIO()
        kms: Any = HmacKey()
        transformation = Transformation(
            parse(document(column("a", kind, **{name: value}), column("b"))),
            PseudonymKeys(kms, "a-key", "another-key"),
            SizeLimit(1 << 20, "memoryMb"),
        )
        stream = io.BytesIO(b"a,b\n3,b\n")
        account = transformation.run(stream, "a.csv", Outputs(clean, rejected))
        assert (account.clean, account.rejected) == (0, 1), json.dumps({name: value})
