"""Numbers and days are read as the contract says that they are written, or rejected."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor.contract.vocabulary import DAYS
from processor.contracts import parse
from tests.unit.processor.examples import EXAMPLES, column, document
from tests.unit.processor.formats import as_parquet, read_through
from tests.unit.processor.outcomes import compare, run

NUMBERS = document(
    column("id"),
    column("count", "integer", minimum="-2000000"),
    column("sum", "decimal", precision=12, scale=2),
    column("weight", "double"),
    column("code", "integer", method="hmac"),
    column("gone", "decimal", method="drop", precision=12, scale=2),
)
WRITTEN = st.one_of(
    st.integers(-(10**7), 10**7).map(lambda number: f"{number:,}"),
    st.integers(-(10**7), 10**7).map(str),
    st.decimals(-(10**6), 10**6, places=2).map(lambda number: f"{number:,}"),
    st.text(st.sampled_from("0123456789123.,-e' "), max_size=9),
    st.sampled_from(["", "1,5e3", "1.5E-3", "-0,00", "007", "+1", "1.", ".5", "1,,000", "?"]),
)
STYLES = st.sampled_from(
    [(",", "."), (".", ","), (",", ""), (",", " "), (".", "'"), (",", "\u202f")]
)


@EXAMPLES
@given(
    rows=st.lists(st.tuples(WRITTEN, WRITTEN, WRITTEN, WRITTEN, WRITTEN), max_size=5),
    style=STYLES,
    swapped=st.booleans(),
)
@example(
    rows=[("1.234", "1.234,50", "1.234,5e3", "1.234", "1,0")], style=(",", "."), swapped=False
)
@example(
    rows=[("1.23", "0.123,50", "12.3456", "1.2345.678", "x")], style=(",", "."), swapped=False
)
@example(rows=[("1,5", "1.5", "1,234.5", "1.", "01")], style=(",", ""), swapped=False)
def test_numbers_are_what_the_reference_implementation_says(
    rows: list[tuple[str, ...]], style: tuple[str, str], swapped: bool
) -> None:
    decimal, thousands = style
    if swapped:  # as str.format writes them, but with the separators of the style
        marks = str.maketrans({",": thousands, ".": decimal})
        rows = [tuple(text.translate(marks) for text in row) for row in rows]
    lines = [f"P;{';'.join(row)}" for row in rows]
    data = "\n".join(["id;count;sum;weight;code;gone", *lines, ""]).encode()
    dialect = {"delimiter": ";", "decimal": decimal, "thousands": thousands}
    compare(data, NUMBERS | {"csv": dialect})


@pytest.mark.parametrize(
    ("style", "text", "expected"),
    [
        ((",", "."), "1.234.567,89", "1234567.89"),
        ((",", "."), "1234567,89", "1234567.89"),
        ((",", "."), "-1.234", "-1234"),
        ((",", "."), "1.23", None),
        ((",", "."), "1234.567", None),
        ((",", "."), "1.234567", None),
        ((",", "."), "1.234.56", None),
        ((",", "."), "0.123", None),
        ((",", "."), "1,234.5", None),
        ((",", "."), "1,", None),
        ((",", "."), ",5", None),
        ((",", ""), "1.5", None),
        ((",", ""), "1,5", "1.5"),
        ((".", "'"), "1'234.5", "1234.5"),
        ((".", ","), '"1,234.5"', "1234.5"),
        ((",", "\u00a0"), "1\u00a0234,5", "1234.5"),
        ((",", "\u00a0"), "1 234,5", None),
    ],
)
def test_groups_have_three_digits(style: tuple[str, str], text: str, expected: str | None) -> None:
    dialect = {"delimiter": ";", "decimal": style[0], "thousands": style[1]}
    agreed = parse(document(column("sum", "decimal", precision=12, scale=2)) | {"csv": dialect})
    _, rows, lines = run(f"sum\n{text}\n".encode(), agreed)
    if expected is None:
        assert [line["reasons"] for line in lines] == [["sum:decimal"]]
        assert [line["raw"] for line in lines] == [text]
    else:
        assert rows == [{"sum": Decimal(expected)}]


def test_tokens_of_a_number_join_whatever_it_comes_in_and_strings_stay_as_they_are() -> None:
    agreed: dict[str, Any] = document(
        column("code", "integer", method="hmac"), column("text", method="hmac")
    )
    german = agreed | {"csv": {"delimiter": ";", "decimal": ",", "thousands": "."}}
    _, tokens, _ = run(b"code;text\n1.234;1.234\n1234;1234\n", parse(german))
    _, others, _ = run(b'{"code":1234,"text":"1.234"}\n', parse(german))
    assert tokens[0]["code"] == tokens[1]["code"] == others[0]["code"]
    assert tokens[0]["text"] == others[0]["text"] != tokens[1]["text"]


def test_json_and_parquet_have_their_own_numbers() -> None:
    german = {"csv": {"delimiter": ";", "decimal": ",", "thousands": "."}}
    agreed = parse(document(column("sum", "decimal", precision=12, scale=2)) | german)
    _, rows, lines = run(b'{"sum":1.23}\n{"sum":"1,23"}\n', agreed)
    assert rows == [{"sum": Decimal("1.23")}]
    assert [line["reasons"] for line in lines] == [["sum:decimal"]]
    content = as_parquet(["sum", "b", "c", "d", "e"], [("1.234", *"bcde")])
    lenient = parse(
        document(column("sum", "decimal", precision=12, scale=3))
        | german
        | {"unknownColumns": "drop"}
    )
    assert read_through(content, "a.parquet", lenient)[0] == [["1.234"]]
    assert run(content, lenient)[1] == [{"sum": Decimal("1.234")}]
    assert lines[0]["raw"] == '{"sum":"1,23"}'


DATED = document(
    column("id"),
    column("day", "date", minimum="1950-01-01"),
    column("month", "date", method="generalize", options={"to": "month"}),
    column("code", "date", method="hmac"),
    column("text"),
)
PART = st.one_of(st.integers(0, 32).map(str), st.integers(0, 32).map(lambda one: f"{one:02}"))
WRITTEN_DAYS = st.one_of(
    st.tuples(st.sampled_from(["{}.{}.{}", "{}/{}/{}", "{}-{}-{}"]), PART, PART, PART).map(
        lambda given: given[0].format(*given[1:])
    ),
    st.tuples(
        st.sampled_from(["{}.{}.{}", "{}/{}/{}", "{}-{}-{}", "{2}-{1}-{0}", "{2}/{1}/{0}"]),
        *(PART, PART, st.sampled_from(["1949", "1950", "2000", "2023", "0000", "99"])),
    ).map(lambda given: given[0].format(*given[1:])),
    st.sampled_from(["", "?", "1.2.2003 ", "01.02.2003x", "\u0661.2.2003", "1..2003", "1.2.3.4"]),
)


@EXAMPLES
@given(
    rows=st.lists(st.tuples(WRITTEN_DAYS, WRITTEN_DAYS, WRITTEN_DAYS), max_size=6),
    form=st.sampled_from(DAYS),
)
@example(rows=[("31.12.1999", "01.02.2003", "29.02.2000")], form="DD.MM.YYYY")
@example(rows=[("1/2/2003", "01/2/2003", "1/02/2003")], form="M/D/YYYY")
def test_days_are_what_the_reference_implementation_says(
    rows: list[tuple[str, ...]], form: str
) -> None:
    lines = [f"P;{';'.join(row)};{row[0]}" for row in rows]
    data = "\n".join(["id;day;month;code;text", *lines, ""]).encode()
    compare(data, DATED | {"csv": {"delimiter": ";", "dates": form}})


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("DD.MM.YYYY", "01.02.2003", date(2003, 2, 1)),
        ("DD.MM.YYYY", "1.2.2003", None),
        ("DD.MM.YYYY", "2003-02-01", None),
        ("DD.MM.YYYY", "31.02.2003", None),
        ("DD.MM.YYYY", "00.01.1900", None),
        ("D.M.YYYY", "1.2.2003", date(2003, 2, 1)),
        ("D.M.YYYY", "01.02.2003", None),
        ("D.M.YYYY", "31.12.2003", date(2003, 12, 31)),
        ("DD/MM/YYYY", "01/02/2003", date(2003, 2, 1)),
        ("MM/DD/YYYY", "01/02/2003", date(2003, 1, 2)),
        ("M/D/YYYY", "1/2/2003", date(2003, 1, 2)),
        ("M/D/YYYY", "13/2/2003", None),
        ("D-M-YYYY", "1-2-2003", date(2003, 2, 1)),
        ("YYYY/MM/DD", "2003/02/01", date(2003, 2, 1)),
        ("YYYY-MM-DD", "2003-02-01", date(2003, 2, 1)),
        ("DD.MM.YYYY", "01.02.03", None),
        ("DD.MM.YYYY", "01x02x2003", None),
    ],
)
def test_days_have_one_form(form: str, text: str, expected: date | None) -> None:
    agreed = parse(document(column("day", "date")) | {"csv": {"dates": form}})
    _, rows, lines = run(f"day\n{text}\n".encode(), agreed)
    if expected is None:
        assert [(line["reasons"], line["raw"]) for line in lines] == [(["day:date"], text)]
    else:
        assert rows == [{"day": expected}]


def test_days_of_json_are_those_of_iso_8601_and_their_tokens_join() -> None:
    agreed = document(column("day", "date", method="hmac")) | {"csv": {"dates": "DD.MM.YYYY"}}
    _, tokens, _ = run(b"day\n01.02.2003\n", parse(agreed))
    _, others, lines = run(b'{"day":"2003-02-01"}\n{"day":"01.02.2003"}\n', parse(agreed))
    assert tokens == others
    assert [line["reasons"] for line in lines] == [["day:date"]]
