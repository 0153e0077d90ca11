"""A header is the contract's, or the file is refused."""

from dataclasses import replace

import pytest

from processor.checks.columns import RowCheck
from processor.reasons import FileRefusedError
from tests.unit.processor.checked import PEOPLE, selected
from tests.unit.processor.examples import column, make_batch, make_contract


@pytest.mark.parametrize(
    ("header", "reason", "position", "name"),
    [
        (["id", "SECRET"], "header:unknown-column", 2, None),
        (["1", "SECRET"], "header:unknown-column", 1, None),
        (["ID"], "header:unknown-column", 1, "id"),
        (["id", " Names"], "header:unknown-column", 2, "name"),
        (["id", "SECRET " * 999], "header:unknown-column", 2, None),
        (["id", ""], "header:unknown-column", 2, None),
        (["id", "note", "note"], "header:duplicate-column", 3, "note"),
        (["name"], "header:missing-column", None, "id"),
    ],
)
def test_a_header_that_is_not_the_contract_s_is_refused_without_being_quoted(
    header: list[str], reason: str, position: int | None, name: str | None
) -> None:
    with pytest.raises(FileRefusedError) as caught:
        RowCheck(PEOPLE, header)
    error = caught.value
    assert (error.reason, error.line, error.column, error.name) == (reason, 1, position, name)
    assert "SECRET" not in repr(error) + str(error)


@pytest.mark.parametrize(
    ("header", "reason", "position", "name"),
    [
        (["E-Mail: ", "id", ""], "", None, None),
        (["", "id", "E-Mail: "], "", None, None),
        (["email", "id"], "header:unknown-column", 1, "email"),
        (["e-mail:", "id"], "header:unknown-column", 1, "email"),
        (["E-Mail: ", "name"], "header:unknown-column", 2, "id"),
        (["E-Mail: ", "note"], "header:unknown-column", 2, "note"),
        (["E-Mail: ", " "], "header:unknown-column", 2, "note"),
        (["E-Mail: ", "b"], "header:unknown-column", 2, "short"),
        (["E-Mail: ", "id", "E-Mail: "], "header:duplicate-column", 3, "email"),
        (["id"], "header:missing-column", None, "email"),
    ],
)
def test_a_file_calls_a_column_by_its_physical_name_alone(
    header: list[str], reason: str, position: int | None, name: str | None
) -> None:
    agreed = make_contract(
        column("email", required=True, physicalName="E-Mail: "),
        column("name", physicalName="id"),
        column("id", physicalName="Name"),
        column("note", physicalName=""),
        column("short", physicalName=" B "),
    )
    if not reason:
        found = RowCheck(agreed, header).check(make_batch(list("abc")))
        assert {name: batch for name, batch in selected(found).items() if batch != [None]} == dict(
            zip(
                [{"E-Mail: ": "email", "id": "name", "": "note"}[label] for label in header],
                [[letter] for letter in "abc"],
                strict=True,
            )
        )
        return
    with pytest.raises(FileRefusedError) as caught:
        RowCheck(agreed, header)
    error = caught.value
    assert (error.reason, error.line, error.column, error.name) == (reason, 1, position, name)


@pytest.mark.parametrize("header", [["ID", "name;note"], ["1", "2", "3"], [""]])
def test_a_header_without_any_column_of_the_contract_is_refused(header: list[str]) -> None:
    lenient = replace(make_contract(column("id"), column("name")), unknown_columns="drop")
    with pytest.raises(FileRefusedError, match="header:no-column") as caught:
        RowCheck(lenient, header)
    assert (caught.value.line, caught.value.text) == (1, ", ".join(header))
    assert RowCheck(lenient, [*header, "id"]).dropped_columns == len(header)
