"""The dry run of a file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.contracts.dry_run import ThrowAwayKeys, run
from processor.contract.model import Contract
from tests.unit.pipeline.contracts.contracts import contract, prop


def test_tokens_of_one_scope_join_and_of_two_runs_do_not() -> None:
    keys, others = ThrowAwayKeys(), ThrowAwayKeys()
    key = keys.derive("AES-256-CMAC", "a", 1)
    assert keys.derive("AES-256-CMAC", "a", 1) == key
    assert key not in (
        keys.derive("AES-256-CMAC", "b", 1),
        keys.derive("HMAC-SHA256", "a", 1),
        others.derive("AES-256-CMAC", "a", 1),
    )


@pytest.fixture(name="people")
def make_people(tmp_path: Path) -> Contract:
    """A contract of two columns."""
    return contract(
        tmp_path,
        prop("id"),
        prop("age", logicalType="integer"),
        csv={"decimal": ",", "thousands": "."},
    )


@pytest.mark.parametrize(
    ("name", "content", "places"),
    [
        ("a.csv", 'id;age\nx;1.000\ny;z\n"w\nw";2\n', ["2", "4"]),
        ("a.jsonl", '{"id": "x", "age": 1000}\n[]\n{"id": "w\\nw", "age": 2}\n', ["1", "3"]),
    ],
)
def test_examples_are_in_the_order_of_the_file(
    tmp_path: Path, people: Contract, name: str, content: str, places: list[str]
) -> None:
    file = tmp_path / name
    file.write_text(content.replace(";", ","))
    found = run(people, file)
    assert [example.place for example in found.examples] == places
    assert [example.after for example in found.examples] == [
        {"id": "x", "age": "1000"},
        {"id": "w\nw", "age": "2"},
    ]
    before = [example.before["age"] for example in found.examples]
    assert before == (["1.000", "2"] if name == "a.csv" else ["1000", "2"])
    assert found.is_useful


def test_an_absent_column_is_shown_as_empty_in_the_output_only(
    tmp_path: Path, people: Contract
) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": ["x"]}), file)
    (example,) = run(people, file).examples
    assert (example.place, example.before) == ("row 1", {"id": "x"})
    assert example.after == {"id": "x", "age": ""}


def test_a_refused_file_has_no_examples(tmp_path: Path, people: Contract) -> None:
    file = tmp_path / "a.csv"
    file.write_text('id,age\nx,1\ny,"')
    found = run(people, file)
    assert found.account.refusal
    assert (list(found.examples), found.is_useful) == ([], False)
