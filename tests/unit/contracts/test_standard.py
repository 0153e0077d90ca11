"""What the standard itself asks of a contract."""

from pathlib import Path

import pytest

from tests.unit.contracts.orders import edited, mistakes


def test_every_breach_of_the_standard_is_reported_at_once(directory: Path) -> None:
    text = edited("kind: DataContract\n", "")
    text = text.replace("logicalType: boolean", "logicalType: bool").replace("public", "5")
    assert mistakes(directory, text) == [
        "contracts/orders.odcs.yaml, line 1: the contract lacks 'kind'; add it.",
        "contracts/orders.odcs.yaml, line 38: field 'classification' of column 'country' is '5'; "
        "use one of public, internal, confidential, restricted.",
        "contracts/orders.odcs.yaml, line 63: column 'gift' has the logicalType 'bool', which is "
        "not supported; use one of string, integer, number, boolean, date, timestamp, time, "
        "array, object.",
    ]


GIFT = "      - name: gift\n"


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        (GIFT, f"{GIFT}        nullable: false\n", "write required: true instead"),
        (GIFT, f"{GIFT}        nullable: true\n", "remove it"),
        (GIFT, f"{GIFT}        not_null: true\n", "write required: true instead"),
        (GIFT, f"{GIFT}        mandatory: false\n", "remove it"),
        (GIFT, f"{GIFT}        isUnique: true\n", "write unique: true instead"),
        (GIFT, f"{GIFT}        physical_name: g\n", "write physicalName instead"),
        (GIFT, f"{GIFT}        type: bool\n", "write physicalType instead"),
        (GIFT, f"{GIFT}        busnessName: g\n", "did you mean 'businessName'; if not, remove"),
        (GIFT, f"{GIFT}        layerType: x\n", "has there; remove it"),
        (GIFT, f"{GIFT}        id: a.b\n", "is 'a.b'; write text of the form ^[A-Za-z0-9_-]+$"),
        (
            GIFT,
            f"{GIFT}        relationships: [{{from: a.b, to: c.d}}]\n",
            "no 'from'; remove that",
        ),
        (GIFT, f"{GIFT}        lable: x\n", "remove it"),
        (GIFT, f"{GIFT}        description: null\n", "is empty; remove it, or write something"),
        (GIFT, f"{GIFT}        maxLength: 3\n", "move it to logicalTypeOptions"),
        ("minLength: 8}", "minLength: 8, required: true}", "move it to the column itself"),
        ("status: active\n", "status: active\nquality: []\n", "move it to the schema object"),
        ("  - name: orders\n", "  - name: orders\n    servers: []\n", "move it to the top of the"),
        ("  - name: orders\n", "  - name: orders\n    required: true\n", "move it to a column"),
    ],
)
def test_an_unknown_field_has_a_remedy_of_its_level(
    directory: Path, old: str, new: str, remedy: str
) -> None:
    (sentence,) = mistakes(directory, edited(old, new))
    assert remedy in sentence


@pytest.mark.parametrize("word", ["null", "0", "yes"])
def test_a_classification_that_is_no_text_lists_the_words(directory: Path, word: str) -> None:
    (sentence,) = mistakes(directory, edited("classification: public", f"classification: {word}"))
    assert f"is {word!r}; use one of public, internal, confidential, restricted." in sentence


def test_an_enum_of_scalars_says_how_to_write_each(directory: Path) -> None:
    sentences = mistakes(directory, edited('[{value: AT}, {value: "NO"}]', "[1, B]"))
    assert [one.partition("; ")[2] for one in sentences] == [
        'write - value: "1".',
        'write - value: "B".',
    ]


@pytest.mark.parametrize(
    ("written", "use"),
    [
        *[("3.1", "write v3.1.0"), ("v3.2", "write v3.2.0"), ("'3.0'", "write v3.0.0")],
        *[("3", "use one of v3.0.0"), ("true", "use one of v3.0.0")],
    ],
)
def test_a_version_that_is_a_number_says_what_to_write(
    directory: Path, written: str, use: str
) -> None:
    (sentence,) = mistakes(directory, edited("apiVersion: v3.2.0", f"apiVersion: {written}"))
    assert use in sentence


def test_a_column_that_is_no_mapping_is_reported(directory: Path) -> None:
    column = "      - name: gift\n        logicalType: boolean\n        classification: internal\n"
    (sentence,) = mistakes(directory, edited(column, "      - gift\n"))
    assert sentence.startswith("contracts/orders.odcs.yaml, line 63: column number 11 ")
