"""Contracts that are deep, huge or strange: one sentence, quickly, and never a Python error."""

import time
from pathlib import Path

import pytest

from lib.contracts import ContractError, compile_contracts
from tests.unit.synthesis import ROOT

NAME = "customers.odcs.yaml"
SAMPLE = (ROOT / "contracts" / NAME).read_text(encoding="utf-8")
EPOCH = "value: 1\n    description: Raise it"
DEEP = "nests lists and mappings 33 levels deep; 32 are allowed: write it flatter."
CPU_SECONDS = 20  # ten times what an idle machine takes
EPOCH_LINE = SAMPLE[: SAMPLE.index(EPOCH)].count("\n") + 1


def with_epoch(value: str) -> str:
    """The sample with another value of its custom property."""
    assert SAMPLE.count(EPOCH) == 1
    return SAMPLE.replace(EPOCH, f"value: {value}\n    description: Raise it")


def with_columns(columns: str) -> str:
    """The sample with more columns."""
    return SAMPLE.replace("    properties:\n", f"    properties:\n{columns}", 1)


def complaint(directory: Path, text: str) -> str:
    """The sentences about a contract, in bounded time."""
    (directory / NAME).write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(ContractError) as caught:
        compile_contracts(directory)
    assert time.process_time() - began < CPU_SECONDS
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: " + "[" * 100_000, 1, DEEP),
        ("a: " + "[" * 50 + "]" * 50, 1, DEEP),
        ("a: " + "{a: " * 25_000, 1, DEEP),
        ("\n".join(" " * depth + "a:" for depth in range(1400)), 33, DEEP),
        ("- " * 100_000 + "a", 1, DEEP),
        ("? " * 100_000 + "a", 1, DEEP),
        (with_epoch("[" * 40 + "]" * 40), EPOCH_LINE, DEEP),
        ("a: [\n" + "1,\n" * 100_000 + "]", 99_997, "has more than 100,000 values, lists and map"),
        ("a: [" + "&a [*a]," * 20_000 + "]", 1, "has the alias *a; write out"),
        (
            with_epoch("1:" * 400_000 + "1"),
            EPOCH_LINE,
            "is a number of 800,001 characters; 400 are allo",
        ),
        (
            with_epoch("0x" + "f" * 400_000),
            EPOCH_LINE,
            "is a number of 400,002 characters; 400 are allo",
        ),
        ('\na: "\\UFFFFFFFF"', 2, "is not YAML: "),
        ('\na: "\\U00110000"', 2, "is not YAML: "),
        ("%YAML 1." + "1" * 5000 + "\n---\na: 1\n", 1, "is not YAML: "),
    ],
    ids=[
        *("flow", "closed flow", "flow mappings", "block", "dashes", "keys", "custom property"),
        *("many values", "aliases", "sexagesimal", "hexadecimal"),
        *("escape too large", "escape of no character", "directive"),
    ],
)
def test_it_is_one_sentence_with_its_line(
    directory: Path, text: str, line: int, said: str
) -> None:
    found = complaint(directory, text).splitlines()
    assert found[0].startswith(f"{directory.name}/{NAME}, line {line}: ")
    assert said in found[0]
    assert len(found) == 1 or "alias" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{amount: {name: a, name: b}}", "appears twice; keep one of them"),
        ("{amount: {1: b}}", "has a name that is not text to YAML"),
        ("{amount: {name: a}}", "is a mapping; write a list, each item of which has a name"),
    ],
)
def test_columns_in_a_mapping_are_said(directory: Path, text: str, said: str) -> None:
    (sentence,) = complaint(
        directory,
        "apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\n"
        f"schema: [{{name: orders, properties: {text}}}]",
    ).splitlines()
    assert "line 6: field 'schema[0].properties" in sentence
    assert said in sentence


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("a:\n\tb: 1", "write spaces instead of the tab"),
        ("a: `x`", "put it in quotes"),
        ("a: b: c", "put a text with a colon in quotes"),
        ("a: 1\n  b: 2", "line the field up with the others"),
        ("a:\n  - b\n c: 1", "line it up with the others"),
        ("a: 'it's'", "put a text with quotes or colons in quotes"),
        ("a: [1, 2", "write a comma or close the brackets"),
        ("a: 1\nb\nc: 2", "write a colon and a blank"),
        ("a: - b", "begin the list on a line of its own"),
        ("a: 'x", "close the quotes"),
        (r'a: "\d"', "write each backslash twice"),
        ("a: }", "put it in quotes"),
    ],
)
def test_a_file_that_is_no_yaml_says_what_to_write(
    directory: Path, text: str, remedy: str
) -> None:
    (sentence,) = complaint(directory, text).splitlines()
    assert remedy in sentence.partition("is not YAML: ")[2]


@pytest.mark.no_cover
def test_however_many_contracts_are_parsed_once(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        text = SAMPLE.replace("name: customers\n", f"name: customers{number}\n")
        text = text.replace("\nid: ", f"\nid: {number}-")
        (directory / f"customers{number}.odcs.yaml").write_text(text, encoding="utf-8")
    assert len(compile_contracts(directory)) == 20
    monkeypatch.setattr("yaml.SafeLoader", lambda _: pytest.fail("one was parsed again"))
    assert len(compile_contracts(directory)) == 20


def test_a_huge_file_is_not_even_read(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (directory / NAME).open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(ContractError, match=r"line 1: the file has more than 1 MiB; shorten it\."):
        compile_contracts(directory)


def test_a_long_text_is_a_text(directory: Path) -> None:
    text = SAMPLE.replace("Everybody who has an account", "Everybody " * 20_000)
    (directory / NAME).write_text(text, encoding="utf-8")
    assert compile_contracts(directory).keys() == {"customers"}


def test_a_double_may_have_all_its_digits(directory: Path) -> None:
    found = complaint(directory, with_epoch("0." + "0" * 320 + "1"))
    assert "pseudonymEpoch is" in found


@pytest.mark.parametrize("around", ["properties: [{}]", "items: {}"])
@pytest.mark.parametrize("nested", [1, 12])
def test_columns_in_columns_are_refused_at_once(directory: Path, nested: int, around: str) -> None:
    column = "{name: inner, logicalType: object}"
    for _ in range(nested):
        inside = around.replace("{}", column)
        kind = "object" if around.startswith("prop") else "array"
        column = f"{{name: extra, logicalType: {kind}, physicalType: json, {inside}}}"
    found = complaint(directory, with_columns(f"      - {column}\n"))
    once = f"has {around.partition(':')[0]}, which are not checked"
    assert f"column 'extra' {once if nested == 1 else 'nests columns in columns'}" in found


@pytest.mark.parametrize("schema", ["[1]", "[{properties: 1}]", "1", "[{properties: [1]}]"])
def test_a_schema_of_another_form_is_the_standards_case(directory: Path, schema: str) -> None:
    text = SAMPLE[: SAMPLE.index("schema:")] + f"schema: {schema}\n"
    assert "line 29: field 'schema" in complaint(directory, text)


@pytest.mark.no_cover
def test_a_mistake_that_is_everywhere_is_reported_often_enough(directory: Path) -> None:
    keys = "".join(f"key{number}: 1\n" for number in range(10_000))
    assert len(complaint(directory, keys).splitlines()) == 201
    wrong = "".join(f"      - {{name: a{n}, logicalType: strng}}\n" for n in range(900))
    found = complaint(directory, with_columns(wrong)).splitlines()
    assert 100 < len(found) <= 200


@pytest.mark.no_cover
def test_too_many_columns_are_counted_and_not_checked(directory: Path) -> None:
    columns = "".join(f"      - {{nam: a{number}}}\n" for number in range(5_000))
    found = complaint(directory, with_columns(columns))
    assert "the dataset has 5013 columns; use 1 to 1,000." in found


@pytest.mark.no_cover
def test_a_long_enum_is_compared_quickly(directory: Path) -> None:
    values = "".join(f"          - value: A{number}\n" for number in range(3_000))
    first = "          - value: AT\n"
    found = complaint(directory, SAMPLE.replace(first, first + values + first))
    assert "has an item twice; keep one of them." in found


def test_an_enum_that_is_not_a_list_is_reported_once(directory: Path) -> None:
    found = complaint(
        directory, with_columns("      - {name: a, logicalType: string, enum: AT}\n")
    )
    assert found.endswith("field 'enum' of column 'a' is 'AT'; write a list.")
