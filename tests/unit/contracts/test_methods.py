"""Every method of de-identification, in all modules that know methods: none forgets one.

A method that one part knows and another does not must leave no value unchanged.
"""

import io
import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import new_class
from typing import Any

import pytest

from lib.contracts import compile_contracts
from lib.contracts.deidentification import METHOD_NAMES
from processor.contract.column import Column, Method, Rules, Written
from processor.contract.model import Contract, ContractError
from processor.contract.vocabulary import snake_case
from processor.contracts import dump, parse
from processor.deidentification.keep import Keep
from processor.deidentification.methods import BY_NAME
from processor.deidentification.pseudonyms import ContractKeys, PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.methods import PAGE, render
from tests.parquet import read_parquet
from tests.unit.contracts.orders import edited, mistakes
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import column, document

# Options of each method for a text of at least eight characters.
METHODS = {
    "pseudonymize": "",
    "hmac": "",
    "mask": ", keepLast: 2",
    "truncate": ", length: 2",
    "generalize": ", prefix: 2",
    "redact": "",
    "drop": "",
    "keep": "",
}
SECRET = "secret@example.com"
# The facts about every column with a method.
ABOUT: dict[str, Any] = {"takes": ("string",), "says": {}}


def compiled(directory: Path, method: str) -> Contract:
    """A contract whose column ``comment`` has this method."""
    text = edited("{method: drop}", f"{{method: {method}{METHODS[method]}}}").replace(
        "- name: comment\n        logicalType: string\n",
        "- name: comment\n        logicalType: string\n"
        "        logicalTypeOptions: {minLength: 8}\n",
    )
    assert mistakes(directory, text) == []
    return compile_contracts(directory)["orders"]


def test_all_methods_are_tried_here() -> None:
    assert [*METHODS] == [*BY_NAME] == METHOD_NAMES.replace(" or ", ", ").split(", ")


def test_the_page_of_methods_is_current() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == render(), "write it anew: python3 -m tests.methods"


@pytest.mark.parametrize("method", METHODS)
def test_a_value_is_written_only_where_it_is_kept_on_purpose(directory: Path, method: str) -> None:
    orders = compiled(directory, method)
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    file = f"comment\n{SECRET}\n".encode()
    columns = [one for one in dump(orders)["columns"] if one["name"] == "comment"]
    columns += [column("other")]
    narrow = document(*columns)
    keys, limit = PseudonymKeys(kms, "a-key"), SizeLimit(1 << 20, "memoryMb")
    transformation = Transformation(parse(narrow), keys, limit)
    transformation.run(io.BytesIO(file), "a.csv", Outputs(clean, rejected))
    (row,) = read_parquet(clean).to_pylist()
    left = row.get("comment")
    assert (SECRET in str(row)) == (method == "keep")
    assert ("comment" in row) == (method != "drop")
    if method not in ("drop", "redact"):  # the reference implementation has the others
        key = oracle.derive(kms.material, narrow, columns[0])
        assert left == oracle.conceal(SECRET, SECRET, columns[0], key)


@pytest.mark.parametrize("missing", ["check", "output_type", "prepare"])
def test_a_method_without_one_of_its_parts_cannot_be_made(missing: str) -> None:
    parts = {name: vars(Keep)[name] for name in ("check", "output_type", "prepare")}
    whole: Any = new_class("Whole", (Written,), ABOUT, lambda body: body.update(parts))
    assert whole().name == "whole"
    del parts[missing]
    half: Any = new_class("Half", (Written,), ABOUT, lambda body: body.update(parts))
    with pytest.raises(TypeError, match=missing):
        half()


@pytest.mark.parametrize("missing", ABOUT)
def test_a_method_says_for_which_types_it_is_and_what_leaves(missing: str) -> None:
    about = {name: value for name, value in ABOUT.items() if name != missing}
    with pytest.raises(TypeError, match=missing):
        new_class("Half", (Written,), about)


def test_a_method_that_writes_nothing_has_no_output() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Silence(Method, takes=("string",), says={}):
        """Nothing."""

        check = Keep.check

    silent = Column(name="a", type="string", required=False, deidentify=Silence(), rules=Rules())
    assert silent.dropped
    with pytest.raises(ValueError, match="column a: "):
        replace(silent, output="a")


def test_a_method_that_the_processor_does_not_know_is_no_contract() -> None:
    with pytest.raises(KeyError, match="scramble"):
        parse(document(column("a", method="scramble")))


@pytest.mark.parametrize("given", [{"method": "drop", "output": True}, {"method": "keep"}])
def test_only_dropped_columns_have_no_output(given: dict[str, Any]) -> None:
    found = column("a", method=given["method"])
    found.pop("output", None)
    if given.get("output"):
        found["output"] = "a"
    with pytest.raises(ValueError, match="column a: "):
        parse(document(found))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("string", {"to": "month"}),
        ("string", {"width": "5"}),
        ("date", {"prefix": 2}),
        ("timestamp", {}),
        ("integer", {"prefix": 2}),
        ("decimal", {"to": "year"}),
        ("boolean", {"prefix": 1}),
        ("double", {"width": "5"}),
        ("array", {"prefix": 2}),
    ],
)
def test_generalization_without_its_own_option_leaves_nothing(
    kind: str, options: dict[str, Any]
) -> None:
    (found,) = parse(document(column("a", kind, "generalize", options))).columns
    assert isinstance(found.deidentify, Written)
    kms: Any = HmacKey()
    with pytest.raises(ContractError, match="column a: "):
        found.deidentify.prepare(found, ContractKeys(PseudonymKeys(kms, ""), "people", 1))


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
            PseudonymKeys(kms, "a-key"),
            SizeLimit(1 << 20, "memoryMb"),
        )
        stream = io.BytesIO(b"a,b\n3,b\n")
        account = transformation.run(stream, "a.csv", Outputs(clean, rejected))
        assert (account.clean, account.rejected) == (0, 1), json.dumps({name: value})
