"""The CSV dialect of a contract, and one sentence for each mistake in it."""

from pathlib import Path
from typing import Any

import pytest

from lib.contracts import compile_contracts
from processor.contract.model import RFC_4180, Csv
from processor.contracts import dump, parse
from tests.unit.contracts.orders import edited, mistakes

EPOCH = "  - {property: pseudonymEpoch, value: 3}\n"


def with_csv(value: str) -> str:
    """The valid contract with a dialect, on its line 68."""
    return edited(EPOCH, f"{EPOCH}  - {{property: csv, value: {value}}}\n")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{delimiter: ;}", Csv(delimiter=";")),
        ('{delimiter: "\\t", quote: ""}', Csv(delimiter="\t", quote="")),
        ('{quote: "\'", header: false}', Csv(quote="'", header=False)),
        ("{delimiter: ' ', header: true}", Csv(delimiter=" ")),
        (r"{nulls: ['\N', 'NULL', 'N/A']}", Csv(nulls=(r"\N", "NULL", "N/A"))),
        ("{delimiter: '\"', quote: ','}", Csv(delimiter='"', quote=",")),
        (r"{escape: '\', quote: ''}", Csv(escape="\\", quote="")),
        ("{decimal: ','}", Csv(decimal=",")),
        ("{decimal: ',', thousands: .}", Csv(decimal=",", thousands=".")),
        ('{thousands: "\\u202f"}', Csv(thousands="\u202f")),
        (
            r"{thousands: ',', quote: '', escape: '\'}",
            Csv(thousands=",", quote="", escape="\\"),
        ),
        ("{dates: DD.MM.YYYY}", Csv(dates="DD.MM.YYYY")),
        ("{preambleLines: 2}", Csv(preamble_lines=2)),
        ("{encoding: windows-1252}", Csv(encoding="windows-1252")),
        ("{encoding: utf-16-le}", Csv(encoding="utf-16-le")),
    ],
)
def test_a_dialect_is_compiled_and_the_processor_reads_it(
    directory: Path, value: str, expected: Csv
) -> None:
    assert mistakes(directory, with_csv(value)) == []
    document: Any = dump(compile_contracts(directory)["orders"])
    assert parse(document).csv == expected


def test_without_a_dialect_it_is_that_of_the_rfc(directory: Path) -> None:
    assert mistakes(directory, with_csv("{header: true}").replace("csv", "others")) == []
    document: Any = dump(compile_contracts(directory)["orders"])
    assert "csv" not in document
    assert parse(document).csv == RFC_4180


def test_a_dialect_that_is_said_is_written_though_it_is_the_default(directory: Path) -> None:
    assert mistakes(directory, with_csv("{header: true}")) == []
    document = dump(compile_contracts(directory)["orders"])
    assert document["csv"] == {
        "delimiter": ",",
        "quote": '"',
        "header": True,
        "nulls": [],
        "encoding": "utf-8",
        "preambleLines": 0,
        "escape": "",
        "decimal": ".",
        "thousands": "",
        "dates": "YYYY-MM-DD",
    }
    assert dump(parse(document)) == document


NOT_SAID = "csv does not say how the files are written; write a value such as"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("semicolon", NOT_SAID),
        ("{}", NOT_SAID),
        (
            "{separator: ;}",
            "how the files are written; 'separator' is not one of delimiter, quote,",
        ),
        ("{preamblelines: 1}", "'preamblelines' is not one of delimiter, quote, header, nulls,"),
        ("{delimiter: ;;}", "the delimiter of csv is ';;'; use one ASCII character"),
        ("{delimiter: t}", "the delimiter of csv is 't'; use one ASCII character"),
        ("{delimiter: '{'}", "the delimiter of csv is '{'; use one ASCII character"),
        ("{delimiter: §}", "the delimiter of csv is '§'; use one ASCII character"),
        ('{delimiter: "\\n"}', "the delimiter of csv is '\\n'; use one ASCII character"),
        ("{delimiter: 1}", "the delimiter of csv is '1'; use one ASCII character"),
        ("{delimiter: [;]}", "the delimiter of csv is ''; use one ASCII character"),
        ("{quote: ' '}", "the quote of csv is ' '; use one ASCII punctuation character, or ''"),
        ("{quote: null}", "the quote of csv is 'null'; use one ASCII punctuation character"),
        ("{quote: ','}", "delimiter and quote of csv are both ','; make them different"),
        ("{nulls: N/A}", "the nulls of csv are 'N/A'; write a list such as"),
        ("{nulls: null}", "the nulls of csv are None; write a list such as"),
        ("{nulls: ['NULL', '']}", "the null marker '' of csv is not valid; write printable text"),
        ("{nulls: [NULL]}", "the null marker 'NULL' of csv is not valid; write printable text"),
        ("{nulls: [0]}", "the null marker '0' of csv is not valid; write printable text"),
        ('{nulls: ["a\\n"]}', "the null marker 'a\\n' of csv is not valid; write printable text"),
        ("{nulls: [A, B, A]}", "the null marker 'A' of csv appears twice; keep one of them"),
        ("{decimal: ;}", "the decimal of csv is ';'; use one of '.', ','"),
        ("{decimal: ''}", "the decimal of csv is ''; use one of '.', ','"),
        ("{thousands: _}", "the thousands of csv is '_'; use one of '', '.', ',', ' ',"),
        ("{thousands: null}", "the thousands of csv is 'null'; use one of '',"),
        ("{thousands: .}", "decimal and thousands of csv are both '.'; make them different"),
        ('{thousands: "\'", quote: "\'"}', "the thousands of csv is its quote too; make them"),
        ("{decimal: ',', quote: ''}", "the decimal of csv is its delimiter too, and nothing is"),
        ("{thousands: ',', quote: ''}", "the thousands of csv is its delimiter too, and nothing"),
        ("{escape: '^'}", "the escape of csv is '^'; use '\\' as MySQL, Hive and PostgreSQL"),
        ("{escape: null}", "the escape of csv is 'null'; use '\\'"),
        (r"{escape: '\', quote: '\'}", "the escape of csv is its delimiter or quote too; make"),
        (r"{escape: '\', delimiter: '\'}", "the escape of csv is its delimiter or quote too"),
        ("{preambleLines: '1'}", "are '1'; use a whole number from 0, without quotes."),
        ("{preambleLines: -1}", "the preambleLines of csv are '-1'; use a whole number from 0"),
        ("{preambleLines: true}", "the preambleLines of csv are 'true'; use a whole number"),
        ("{preambleLines: 1.0}", "the preambleLines of csv are '1.0'; use a whole number"),
        ("{encoding: UTF-16}", "the encoding of csv is 'UTF-16'; use one of utf-8, windows-1252,"),
        ("{encoding: latin-1}", "the encoding of csv is 'latin-1'; use one of utf-8,"),
        ("{encoding: [utf-8]}", "the encoding of csv is ''; use one of utf-8,"),
        ("{encoding: null}", "the encoding of csv is 'null'; use one of utf-8,"),
        ("{dates: dd.MM.yyyy}", "the dates of csv are 'dd.MM.yyyy'; use one of YYYY-MM-DD, DD."),
        ("{dates: null}", "the dates of csv are 'null'; use one of YYYY-MM-DD, DD.MM.YYYY,"),
        ("{header: 'no'}", "the header of csv is 'no'; use true or false"),
    ],
)
def test_a_mistake_is_one_sentence(directory: Path, value: str, sentence: str) -> None:
    [found] = mistakes(directory, with_csv(value))
    assert "line 68: " in found
    assert sentence in found


@pytest.mark.parametrize(
    ("expected", "written", "agree"),
    [
        ("UTF-8", "utf-8", True),
        ("utf8", "utf-8", True),
        ("ASCII", "utf-8", True),
        ("ISO-8859-1", "utf-8", False),
        ("windows-1252", "utf-8", False),
        ("no such thing", "utf-8", False),
        ("\\0", "utf-8", False),
        ("cp1252", "windows-1252", True),
        ("UTF-8", "windows-1252", False),
        ("ISO-8859-1", "windows-1252", False),
        ("UTF-16", "utf-16", True),
        ("UTF-16", "utf-16-be", True),
        ("UTF-16LE", "utf-16-be", False),
        ("UTF-16LE", "utf-16", False),
    ],
)
def test_a_server_of_csv_does_not_say_another_encoding(
    directory: Path, expected: str, written: str, agree: bool
) -> None:
    text = with_csv(f"{{encoding: {written}}}")
    if written == "utf-8":  # it need not be stated
        text = text.replace("property: csv", "property: other")
    said = f'    format: csv\n    encoding: "{expected}"\n'
    sentences = mistakes(directory, text.replace("    format: csv\n", said))
    assert (sentences == []) == agree
    if not agree:
        (sentence,) = sentences
        assert "line 11: the server expects CSV in" in sentence
        assert f"but the encoding of csv is {written!r}; make them agree in the" in sentence
    without_format = said.removeprefix("    format: csv\n")
    assert len(mistakes(directory, text.replace("    format: csv\n", without_format))) == len(
        sentences
    )
    other = said.replace("csv", "parquet")
    assert mistakes(directory, text.replace("    format: csv\n", other)) == []


@pytest.mark.parametrize(
    ("said", "delimiter", "agrees"),
    [
        *[("';'", ";", True), ("','", ",", True), ("';'", ",", False), ("','", ";", False)],
        *[("'\\t'", "\\t", True), ("tab", "\\t", True), ("Semicolon", ";", True)],
        *[("pipe", ";", False), ("new_line", ",", False)],
    ],
)
def test_a_server_of_csv_does_not_say_another_delimiter(
    directory: Path, said: str, delimiter: str, agrees: bool
) -> None:
    text = with_csv(f'{{delimiter: "{delimiter}"}}')
    one = f"    format: csv\n    delimiter: {said}\n"
    sentences = mistakes(directory, text.replace("    format: csv\n", one))
    assert ["make them agree" in sentence for sentence in sentences] == [True] * (not agrees)
    other = one.replace("csv", "json")
    assert mistakes(directory, text.replace("    format: csv\n", other)) == []
