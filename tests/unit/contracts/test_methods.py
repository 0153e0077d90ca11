"""Every method of de-identification, through all that knows methods: none is forgotten anywhere.

A method that one part knows and another does not must leave no value as it is.
"""

import io
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from lib.contracts import compile_contracts, deidentification
from processor.contract import model
from processor.contract.model import Drop, Method
from processor.contract.parsing import ContractError, parse
from processor.deidentification.generalization import generalization
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.transformation import Outputs, Transformation
from tests.parquet import read_parquet
from tests.unit.contracts.orders import edited, mistakes
from tests.unit.processor import oracle
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import column, document
from tests.unit.synthesis import ROOT

# Options that a contract may give each method for a text of at least eight characters.
METHODS = {
    "hmac": "",
    "mask": ", keepLast: 2",
    "truncate": ", length: 2",
    "generalize": ", prefix: 2",
    "redact": "",
    "drop": "",
    "keep": "",
}
SECRET = "secret@example.com"


def compiled(directory: Path, method: str) -> dict[str, Any]:
    """A contract whose column ``comment`` has this method."""
    text = edited("{method: drop}", f"{{method: {method}{METHODS[method]}}}").replace(
        "- name: comment\n        logicalType: string\n",
        "- name: comment\n        logicalType: string\n"
        "        logicalTypeOptions: {minLength: 8}\n",
    )
    assert mistakes(directory, text) == []
    return dict(compile_contracts(directory)["orders"])


def test_all_parts_know_the_same_methods() -> None:
    names = set(METHODS)
    assert set(deidentification.METHODS) == names
    assert {method.__name__.lower() for method in get_args(Method)} == names
    assert set(re.findall(r"\w+", deidentification.METHOD_NAMES)) - {"or"} == names
    page = (ROOT / "docs" / "contracts.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`\{method: (\w+)", page)) == names


@pytest.mark.parametrize("method", METHODS)
def test_a_value_leaves_only_where_it_is_kept_on_purpose(directory: Path, method: str) -> None:
    orders = compiled(directory, method)
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    file = f"comment\n{SECRET}\n".encode()
    columns = [one for one in orders["columns"] if one["name"] == "comment"] + [column("other")]
    narrow = document(*columns)
    keys, limit = PseudonymKeys(kms, "a-key"), SizeLimit(1 << 20, "memoryMb")
    transformation = Transformation(parse(narrow), keys, limit)
    transformation.run(io.BytesIO(file), "a.csv", Outputs(clean, rejected))
    (row,) = read_parquet(clean).to_pylist()
    left = row.get("comment")
    assert (SECRET in str(row)) == (method == "keep")
    assert ("comment" in row) == (method != "drop")
    if method not in ("drop", "redact"):  # the reference implementation knows the others
        key = oracle.derive(kms.material, narrow, columns[0])
        assert left == oracle.conceal(SECRET, SECRET, columns[0], key)


def test_the_compiler_reads_the_options_of_every_method_it_names(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(deidentification.METHODS, "scramble", ())
    with pytest.raises(AssertionError, match="scramble"):
        mistakes(directory, edited("{method: drop}", "{method: scramble}"))


def test_a_method_that_the_processor_does_not_know_is_no_contract() -> None:
    with pytest.raises(KeyError, match="scramble"):
        parse(document(column("a", method="scramble")))


@pytest.mark.parametrize("given", [{"method": "drop", "output": True}, {"method": "keep"}])
def test_what_is_dropped_has_no_output_and_all_else_has_one(given: dict[str, Any]) -> None:
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
    assert not isinstance(found.deidentify, Drop)
    with pytest.raises(ContractError, match="column a: "):
        generalization(found)


def test_every_rule_of_a_contract_is_checked() -> None:
    """A rule that is read and not checked lets everything pass."""
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
    names = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), name) for name in values}
    assert names == {field.name for field in fields(model.Rules)}
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
