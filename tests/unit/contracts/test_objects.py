"""Contracts of several schema objects, each of which describes a dataset."""

from datetime import timedelta
from pathlib import Path

from lib.contracts import compile_contracts, read_intervals
from lib.contracts.tables import TableColumn, read_tables
from tests.unit.contracts.orders import CONTRACT, edited, mistakes

PEOPLE = """\
  - name: people
    properties:
      - name: person_id
        logicalType: string
        unique: true
        classification: internal
"""


def with_people(people: str = PEOPLE) -> str:
    """The valid contract with another schema object."""
    return edited("customProperties:\n  - {", f"{people}customProperties:\n  - {{")


def test_each_object_is_a_dataset(directory: Path) -> None:
    text = with_people().replace(
        "servers:", "slaProperties: [{property: frequency, value: 2, unit: d}]\nservers:"
    )
    assert mistakes(directory, text, "sales.odcs.yaml") == []
    compiled = compile_contracts(directory)
    assert compiled.keys() == {"orders", "people"}
    assert {(one.dataset, one.version, one.epoch) for one in compiled.values()} == {
        ("orders", "1.2.0", 3),
        ("people", "1.2.0", 3),
    }
    assert [column.name for column in compiled["people"].columns] == ["person_id"]
    single = directory.parent / "single"
    single.mkdir()
    assert mistakes(single, CONTRACT) == []
    assert compile_contracts(single)["orders"].columns == compiled["orders"].columns
    assert read_intervals(directory) == dict.fromkeys(("orders", "people"), timedelta(days=2))


def test_each_object_is_a_table(directory: Path) -> None:
    described = PEOPLE.replace("internal", "non-PII\n        description: 2024-01-31")
    assert mistakes(directory, with_people(described), "sales.odcs.yaml") == []
    tables = {table.dataset: table for table in read_tables(directory)}
    assert tables.keys() == {"orders", "people"}
    assert tables["people"].columns == (
        TableColumn("person_id", "string", "2024-01-31", "internal"),
    )


def test_a_mistake_has_its_own_line(directory: Path) -> None:
    text = with_people(PEOPLE.replace("internal", "vague").replace("unique", "uniqe"))
    line = text[: text.index("uniqe")].count("\n") + 1
    (sentence,) = mistakes(directory, text, "sales.odcs.yaml")
    assert f"line {line}: field 'uniqe' of column 'person_id' is not a field" in sentence
    text = with_people(PEOPLE.replace("internal", "vague")).replace(
        "minLength: 2", "minLength: 21"
    )
    first, second = mistakes(directory, text, "sales.odcs.yaml")
    assert "line 18: column 'order_id' admits no value between minLength 21" in first
    assert f"line {line + 1}: column 'person_id' has the classification 'vague'" in second


def test_a_mistake_of_the_whole_contract_is_told_once(directory: Path) -> None:
    text = with_people().replace("pseudonymEpoch, value: 3", "pseudonymEpoch, value: x")
    (sentence,) = mistakes(directory, text, "sales.odcs.yaml")
    assert "pseudonymEpoch is 'x'" in sentence


def test_each_object_has_a_name_of_a_dataset(directory: Path) -> None:
    (sentence,) = mistakes(
        directory, with_people(PEOPLE.replace("people", "1st")), "sales.odcs.yaml"
    )
    assert "line 66: the dataset is named '1st'; use 1 to 63 letters" in sentence
    (sentence,) = mistakes(
        directory, with_people(PEOPLE.replace("- name: people\n", "- id: x\n")), "sales.odcs.yaml"
    )
    assert "field 'schema[1]' lacks 'name'; add it" in sentence


def test_a_dataset_is_described_once(directory: Path) -> None:
    text = with_people(PEOPLE.replace("people", "orders"))
    (sentence,) = mistakes(directory, text)
    assert "line 66: the dataset 'orders' is described twice; remove one, or rename it" in sentence
    assert mistakes(directory, CONTRACT) == []
    other = with_people().replace("id: 1", "id: 2")
    (sentence,) = mistakes(directory, other, "sales.odcs.yaml")
    assert "sales.odcs.yaml, line 12: the dataset 'orders' is described twice" in sentence


def test_versions_have_several_objects_too(directory: Path) -> None:
    assert mistakes(directory, with_people(), "sales.odcs.yaml") == []
    old = with_people().replace("version: 1.2.0", "version: 1.0.0")
    assert mistakes(directory, old, "sales@1.0.0.odcs.yaml") == []
    assert compile_contracts(directory).keys() == {
        *("orders", "people", "orders@1.0.0", "people@1.0.0"),
    }
    lax = old.replace("        unique: true\n", "")
    (sentence,) = mistakes(directory, lax, "sales@1.0.0.odcs.yaml")
    assert "column 'person_id' could accept what is rejected under sales.odcs.yaml" in sentence


def test_there_are_not_too_many(directory: Path) -> None:
    text = with_people("".join(PEOPLE.replace("people", f"p{number}") for number in range(50)))
    (sentence,) = mistakes(directory, text, "sales.odcs.yaml")
    assert "line 11: the schema has 51 objects; 50 are allowed: write more files" in sentence
