"""What a contract may require of a file as a whole, and one sentence for each mistake."""

from pathlib import Path
from typing import Any

import pytest

from lib.contracts import compile_contracts
from processor.contracts import dump, parse
from tests.unit.contracts.orders import CONTRACT, edited, mistakes

EPOCH = "  - {property: pseudonymEpoch, value: 3}\n"


def with_policy(name: str, value: str) -> str:
    """The valid contract with a policy, on its line 68."""
    return edited(EPOCH, f"{EPOCH}  - {{property: {name}, value: {value}}}\n")


@pytest.mark.parametrize(
    ("name", "value", "key", "compiled"),
    [
        ("unknownColumns", "drop", "unknownColumns", "drop"),
        ("unknownColumns", "refuse", "unknownColumns", "refuse"),
        ("maxRejectedShare", "0", "maxRejectedShare", "0"),
        ("maxRejectedShare", "0.050", "maxRejectedShare", "0.050"),
        ("maxRejectedShare", "1.0", "maxRejectedShare", "1.0"),
        (
            "kAnonymity",
            "{k: 5, quasiIdentifiers: [country, ordered_on]}",
            "anonymity",
            {"k": 5, "quasiIdentifiers": ["country", "ordered_on"]},
        ),
    ],
)
def test_a_policy_is_compiled_and_the_processor_reads_it(
    directory: Path, name: str, value: str, key: str, compiled: Any
) -> None:
    assert mistakes(directory, with_policy(name, value)) == []
    document: Any = dump(compile_contracts(directory)["orders"])
    assert document[key] == compiled
    read = parse(document)
    assert (read.unknown_columns == "drop") == (value == "drop")
    assert (read.anonymity is None) == (key != "anonymity")
    assert read.max_rejected_share == (value if key == "maxRejectedShare" else None)


def test_without_policies_there_are_none(directory: Path) -> None:
    assert mistakes(directory, with_policy("somethingElse", "1")) == []
    document = dump(compile_contracts(directory)["orders"])
    assert set(document) == {"dataset", "contract", "epoch", "columns"}


NOT_COMPLETE = (
    "kAnonymity takes two or three options; write value: {k: 5, quasiIdentifiers: [<columns>]}, "
    "and if wanted subject: <column>"
)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("unknownColumns", "pass", "unknownColumns is 'pass'; use refuse or drop"),
        ("unknownColumns", "[drop]", "unknownColumns is ''; use refuse or drop"),
        ("unknownColumn", "drop", "the contract has the custom property 'unknownColumn'; name it"),
        (
            "UnknownColumns",
            "drop",
            "the contract has the custom property 'UnknownColumns'; name it",
        ),
        ("CSV", "{header: false}", "the contract has the custom property 'CSV'; name it 'csv'"),
        ("csvs", "{header: false}", "the contract has the custom property 'csvs'; name it 'csv'"),
        ("maxRejectedShare", "5", "maxRejectedShare is '5'; use a number from 0 to 1"),
        (
            "maxRejectedShare",
            "1.1",
            "maxRejectedShare is '1.1'; use a number from 0 to 1",
        ),
        (
            "maxRejectedShare",
            "-0.1",
            "maxRejectedShare is '-0.1'; use a number from 0 to 1",
        ),
        ("maxRejectedShare", "5%", "maxRejectedShare is '5%'; use a number from 0 to 1"),
        ("kAnonymity", "5", NOT_COMPLETE),
        ("kAnonymity", "{k: 5}", NOT_COMPLETE),
        ("kAnonymity", "{k: 5, quasiIdentifiers: []}", NOT_COMPLETE),
        ("kAnonymity", "{k: 5, quasiIdentifiers: [country], l: 2}", NOT_COMPLETE),
        (
            "kAnonymity",
            "{k: 1, quasiIdentifiers: [country]}",
            "the k of kAnonymity is '1'; use a whole number from 2.",
        ),
        (
            "kAnonymity",
            "{k: '5', quasiIdentifiers: [country]}",
            "the k of kAnonymity is '5'; use a whole number from 2, without quotes.",
        ),
        (
            "kAnonymity",
            "{k: true, quasiIdentifiers: [country]}",
            "the k of kAnonymity is 'true'; use a whole number from 2",
        ),
        (
            "kAnonymity",
            "{k: 5, quasiIdentifiers: [country, country]}",
            "the quasi-identifier 'country' appears twice; keep one",
        ),
        (
            "kAnonymity",
            "{k: 5, quasiIdentifiers: [county]}",
            "the quasi-identifier 'county' is not a column; name one",
        ),
        (
            "kAnonymity",
            "{k: 5, quasiIdentifiers: [[country]]}",
            "the quasi-identifier '' is not a column; name one",
        ),
        (
            "kAnonymity",
            "{k: 5, quasiIdentifiers: [comment]}",
            "the quasi-identifier 'comment' is dropped, so it distinguishes nobody; remove it",
        ),
    ],
)
def test_a_policy_makes_sense(directory: Path, name: str, value: str, sentence: str) -> None:
    (found,) = mistakes(directory, with_policy(name, value))
    assert found.startswith(f"contracts/orders.odcs.yaml, line 68: {sentence}")


@pytest.mark.parametrize(
    ("subject", "complaint"),
    [
        ("order_id", ""),
        ("email", ""),
        ("nobody", "is 'nobody', which is not a column; name one."),
        ("[email]", "is '', which is not a column; name one."),
        ("phone", "is 'phone', whose method mask does not keep subjects apart; name a column"),
        ("comment", "is 'comment', whose method drop does not keep subjects apart; name a col"),
        ("country", "is 'country', which is a quasi-identifier too; remove it from those."),
    ],
)
def test_the_subject_is_a_column_with_a_value_for_each(
    directory: Path, subject: str, complaint: str
) -> None:
    anonymity = f"{{k: 5, quasiIdentifiers: [country], subject: {subject}}}"
    more = f"  - {{property: kAnonymity, value: {anonymity}}}\n"
    sentences = mistakes(directory, CONTRACT + more)
    if not complaint:
        assert sentences == []
        found = dump(compile_contracts(directory)["orders"])["anonymity"]
        assert found == {"k": 5, "quasiIdentifiers": ["country"], "subject": subject}
        return
    (sentence,) = sentences
    assert f": the subject of kAnonymity {complaint}" in sentence
