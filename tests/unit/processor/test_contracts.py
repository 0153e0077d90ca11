"""The compiled contract is read completely or not at all."""

import json
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor.contract.column import Column, Method, Rules, Written
from processor.contract.model import RFC_4180, Anonymity, Contract, ContractError, Csv
from processor.contract.options import Count, Name, Option, Some, Text
from processor.contract.quality import OPERATORS, Metric, QualityRule, Severity, Unit
from processor.contract.vocabulary import ESCAPE, Type, UnknownColumns
from processor.contracts import Contracts, dump, parse, read
from processor.deidentification.mask import Mask
from processor.deidentification.methods import METHODS
from tests.unit.processor.examples import EXAMPLES, PEOPLE, column, document

TEXTS = st.text(max_size=3)
LISTS = st.lists(TEXTS, max_size=2).map(tuple)
COUNTS = st.integers(0, 9)
MAYBE_TEXTS, MAYBE_COUNTS = st.none() | TEXTS, st.none() | COUNTS
# What a contract may write for each kind of option.
OPTIONS: dict[type[Option], st.SearchStrategy[Any]] = {
    Count: COUNTS,
    Name: TEXTS,
    Some: LISTS,
    Text: TEXTS,
}


def draw_method(method: type[Method]) -> st.SearchStrategy[Method]:
    """Return a strategy for a method, whatever its options."""
    hints = get_type_hints(method, include_extras=True)
    options = {}
    for field in fields(method):
        kind, option = get_args(hints[field.name])
        drawn = OPTIONS[type(option)]
        options[field.name] = st.none() | drawn if NoneType in get_args(kind) else drawn
    return st.builds(method, **options)


METHOD = st.one_of(*map(draw_method, METHODS))
RULES = st.builds(
    Rules,
    min_length=MAYBE_COUNTS,
    max_length=MAYBE_COUNTS,
    pattern=MAYBE_TEXTS,
    format=MAYBE_TEXTS,
    enum=st.none() | LISTS,
    minimum=MAYBE_TEXTS,
    exclusive_minimum=MAYBE_TEXTS,
    maximum=MAYBE_TEXTS,
    exclusive_maximum=MAYBE_TEXTS,
    multiple_of=MAYBE_TEXTS,
)


@st.composite
def columns(draw: st.DrawFn) -> Column:
    """Draw a column."""
    method = draw(METHOD)
    kind: Type = draw(st.sampled_from(get_args(Type)))
    return Column(
        name=draw(TEXTS),
        physical_name=draw(MAYBE_TEXTS),
        type=kind,
        required=draw(st.booleans()),
        unique=draw(st.booleans()),
        precision=draw(COUNTS) if kind == "decimal" else 0,
        scale=draw(COUNTS) if kind == "decimal" else 0,
        timezone=draw(st.booleans()),
        deidentify=method,
        rules=draw(RULES),
        output=draw(TEXTS) if isinstance(method, Written) else None,
    )


@st.composite
def quality_rules(draw: st.DrawFn) -> QualityRule:
    """Draw a quality rule."""
    operator = draw(st.sampled_from([*OPERATORS]))
    wanted = OPERATORS[operator].bounds
    bound = COUNTS | st.floats(0, 100)
    return QualityRule(
        name=draw(TEXTS),
        metric=draw(st.sampled_from(get_args(Metric))),
        columns=draw(LISTS),
        operator=operator,
        bounds=tuple(draw(st.lists(bound, min_size=wanted, max_size=wanted))),
        unit=draw(st.sampled_from(get_args(Unit))),
        severity=draw(st.sampled_from(get_args(Severity))),
        missing=draw(LISTS),
        valid=draw(st.none() | LISTS),
        pattern=draw(MAYBE_TEXTS),
    )


CONTRACTS = st.builds(
    Contract,
    dataset=TEXTS,
    id=TEXTS,
    version=TEXTS,
    epoch=COUNTS,
    columns=st.lists(columns(), max_size=3).map(tuple),
    unknown_columns=st.sampled_from([None, *get_args(UnknownColumns)]),
    max_rejected_share=MAYBE_TEXTS,
    anonymity=st.none()
    | st.builds(Anonymity, k=COUNTS, quasi_identifiers=LISTS, subject=MAYBE_TEXTS),
    quality=st.lists(quality_rules(), max_size=2).map(tuple),
    csv=st.just(RFC_4180)
    | st.builds(
        Csv,
        delimiter=TEXTS,
        quote=TEXTS,
        header=st.booleans(),
        nulls=LISTS,
        encoding=TEXTS,
        preamble_lines=COUNTS,
        escape=st.sampled_from(["", ESCAPE]),
        decimal=TEXTS,
        thousands=TEXTS,
        dates=TEXTS,
    ),
)


@pytest.fixture(name="contracts")
def make_contracts(tmp_path: Path) -> Contracts:
    """The contracts of the function."""
    (tmp_path / "people.json").write_text(json.dumps(PEOPLE))
    return Contracts(tmp_path)


def test_a_contract_is_found_by_its_dataset(contracts: Contracts) -> None:
    found = contracts.find("people")
    assert found is not None
    assert (found.dataset, found.id, found.version, found.epoch) == (
        "people",
        "a-contract",
        "1.2.0",
        1,
    )
    phone = found.columns[2]
    assert (phone.name, phone.type, phone.required, phone.output) == (
        "phone",
        "string",
        False,
        "phone",
    )
    assert phone.deidentify == Mask(keep_first=0, keep_last=2)
    assert found.columns[0].rules.pattern == "^P[0-9]+$"
    assert found.columns[1].output is None
    assert (found.columns[4].precision, found.columns[4].scale) == (7, 2)


@EXAMPLES
@given(CONTRACTS)
def test_what_is_written_is_read_again(contract: Contract) -> None:
    written = dump(contract)
    read_again = parse(json.loads(json.dumps(written)))
    assert read_again == contract
    assert dump(read_again) == written


def test_it_is_read_once(contracts: Contracts, tmp_path: Path) -> None:
    first = contracts.find("people")
    (tmp_path / "people.json").unlink()
    assert contracts.find("people") is first


@pytest.mark.parametrize("dataset", ["animals", "", "People", "../people", "people/../people"])
def test_what_is_no_dataset_has_no_contract(contracts: Contracts, dataset: str) -> None:
    assert contracts.find(dataset) is None


def test_case_tells_datasets_apart_where_the_file_system_does_not(tmp_path: Path) -> None:
    for name in ("people", "People"):
        (tmp_path / f"{name}.json").write_text(json.dumps(PEOPLE))
    contracts = Contracts(tmp_path)
    assert contracts.find("people")
    assert contracts.find("People") is None


def test_a_dataset_is_no_path(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(PEOPLE))
    (tmp_path / "contracts").mkdir()
    assert Contracts(tmp_path / "contracts").find("../secret") is None


def broken(**changes: Any) -> dict[str, Any]:
    """Return a contract with parts changed, or removed if None."""
    return {key: value for key, value in (PEOPLE | changes).items() if value is not None}


@pytest.mark.parametrize(
    "content",
    [
        "not JSON",
        json.dumps(broken(epoch=None)),
        json.dumps(broken(columns=None)),
        json.dumps(broken(unheard_of=1)),
        json.dumps(document(column("id", minimun="1"))),
        json.dumps(document(column("id", "number"))),
        json.dumps(document(column("id", method="shuffle"))),
        json.dumps(document(column("id", method="truncate"))),
        json.dumps(document(column("id", method="hmac", options={"keepFirst": 1}))),
        json.dumps(document({"name": "id", "type": "string", "required": True})),
        json.dumps(document(column("id") | {"deidentify": {"method": "mask", "keepMost": 1}})),
    ],
)
def test_a_broken_contract_is_an_error_that_names_the_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "people.json"
    path.write_text(content)
    with pytest.raises(ContractError, match=r"^people\.json: "):
        read(path)


def test_a_rule_that_nobody_knows_is_named(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(document(column("id", minimun="1"))))
    with pytest.raises(ContractError, match="minimun"):
        read(path)


def test_all_contracts_are_the_newest_of_each_dataset(tmp_path: Path) -> None:
    for name in ("orders", "people", "people@1.0.0"):
        compiled = PEOPLE | {"dataset": name.partition("@")[0]}
        (tmp_path / f"{name}.json").write_text(json.dumps(compiled))
    assert [one.dataset for one in Contracts(tmp_path).all()] == ["orders", "people"]
