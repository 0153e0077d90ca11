"""The custom properties of a contract."""

from pathlib import Path

import pytest

from lib.contracts import compile_contracts
from processor.contracts import dump
from tests.unit.contracts.orders import bounded, edited, mistakes


def test_custom_properties_of_others_are_ignored(directory: Path) -> None:
    theirs = (
        "        customProperties:\n"
        "          - {property: identity, value: [1]}\n"
        "          - {property: deidentify, value: 7, vendor: atlan}\n"
    )
    text = edited("        primaryKey: true\n", f"        primaryKey: true\n{theirs}")
    assert mistakes(directory, text) == []


def test_the_epoch_is_one_unless_said(directory: Path) -> None:
    text = edited("customProperties:\n  - {property: pseudonymEpoch, value: 3}\n", "")
    assert mistakes(directory, text) == []
    assert dump(compile_contracts(directory)["orders"])["epoch"] == 1


@pytest.mark.parametrize("most", [2**31 - 1, 2**31])
def test_a_count_is_one_that_the_processor_can_count_with(directory: Path, most: int) -> None:
    for text in (
        bounded("order_id", f"maxLength: {most}"),
        edited("minLength: 8}", f"minLength: {most}}}"),
        edited("pseudonymEpoch, value: 3", f"pseudonymEpoch, value: {most}"),
    ):
        assert len(mistakes(directory, text)) == (most > 2**31 - 1)


COLUMN = "      - name: gift\n"


def of_column(*properties: str) -> str:
    """The valid contract whose last column has custom properties."""
    given = "".join(f"          - {{property: {one}}}\n" for one in properties)
    return edited(COLUMN, f"{COLUMN}        customProperties:\n{given}")


def of_contract(given: str) -> str:
    """The valid contract with one more custom property."""
    return edited(
        "customProperties:\n  - {", f"customProperties:\n  - {{property: {given}}}\n  - {{"
    )


@pytest.mark.parametrize(
    "name",
    [
        *("deidentification", "de_identification", "de-identification", "deidentify_method"),
        *("anonymize", "anonymise", "anonymizationStrategy", "masking", "mask", "maskingRule"),
        *("dataMasking", "pseudonymize", "Pseudonymise", "tokenize", "encrypt", "encryption"),
        *("hash", "hashAlgorithm", "redact", "drop", "hmac", "obfuscate", "pii", "isPII"),
        *("contains_pii", "personalData", "phi"),
    ],
)
def test_a_method_by_another_name_is_refused(directory: Path, name: str) -> None:
    (sentence,) = mistakes(directory, of_column(f"{name}, value: {{method: drop}}"))
    assert sentence.endswith(
        f"column 'gift' has the custom property {name!r}; name it 'deidentify', or give it its "
        "vendor."
    )


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        *[("kAnon", "kAnonymity"), ("minK", "kAnonymity"), ("k", "kAnonymity")],
        *[("k_anonymity_policy", "kAnonymity"), ("epoch", "pseudonymEpoch")],
        *[("unknown", "unknownColumns"), ("extraColumns", "unknownColumns")],
        *[("dialect", "csv"), ("csvOptions", "csv"), ("csv_settings", "csv")],
        *[("delimiter", "csv"), ("fileEncoding", "csv")],
        *[("maxRejectedRows", "maxRejectedShare"), ("maxErrors", "maxRejectedShare")],
        *[("anonymization", "deidentify"), ("deidentification", "deidentify")],
    ],
)
def test_a_policy_by_another_name_is_refused(directory: Path, name: str, ours: str) -> None:
    (sentence,) = mistakes(directory, of_contract(f"{name}, value: 5"))
    what = f"the contract has the custom property {name!r}"
    assert sentence.endswith(f"{what}; name it {ours!r}, or give it its vendor.")


@pytest.mark.parametrize(
    "given",
    [
        *("hashtag, value: a", "epoch, value: ms", "unknown, value: 9", "k, value: 9"),
        *("encoding, value: utf-8", "dropdown, value: a", "tokenizer, value: x"),
        *("pii, value: false", "masking, value: none", "encrypt, value: 'No'"),
        "pii, value: true, vendor: atlan",
    ],
)
def test_what_is_about_something_else_is_documentation(directory: Path, given: str) -> None:
    assert mistakes(directory, of_column(given)) == []


def test_what_is_about_storage_is_documentation(directory: Path) -> None:
    for given in ("encryption, value: AES-256", "pii, value: true", "hash, value: abc"):
        assert mistakes(directory, of_contract(given)) == []


def test_a_column_may_be_personal_and_have_a_method(directory: Path) -> None:
    keep = "deidentify, value: {method: keep}"
    assert mistakes(directory, of_column(keep, "pii, value: true")) == []
    assert len(mistakes(directory, of_column(keep, "mask, value: true"))) == 1
    (sentence,) = mistakes(directory, of_column(f"{keep}, vendor: atlan", "personal, value: true"))
    assert "name it 'deidentify'" in sentence
