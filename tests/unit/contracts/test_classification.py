"""The words for classifications, and what happens to a column with one of them."""

from pathlib import Path

import pytest

from lib.contracts.classification import WORDS, read_classification
from tests.unit.contracts.orders import edited, mistakes


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *[("public", "public"), ("Open", "public"), ("OPEN-DATA", "public")],
        *[("Internal", "internal"), ("Non-Sensitive", "internal"), ("non_pii", "internal")],
        *[("Confidential", "confidential"), ("company confidential", "confidential")],
        *[("PII", "restricted"), ("pii", "restricted"), ("Sensitive", "restricted")],
        *[("Top Secret", "restricted"), ("private", "restricted"), ("PHI", "restricted")],
        *[("", None), ("unclassified", None), ("high", None), ("not public", None), ("-", None)],
    ],
)
def test_a_word_means_a_classification(word: str, meant: str | None) -> None:
    assert read_classification(word) == meant


def test_no_word_means_two_classifications() -> None:
    words = [word for name, others in WORDS.items() for word in (name, *others)]
    keys = ["".join(filter(str.isalpha, word.lower())) for word in words]
    assert len(set(keys)) == len(keys)
    for name, others in WORDS.items():
        assert {read_classification(word) for word in (name, *others)} == {name}


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("Open", ""),
        ("non-sensitive", ""),
        (
            "PII",
            "is classified 'PII', which means restricted, but has no de-identification; add "
            "customProperties deidentify: pseudonymize, hmac, encrypt, mask, truncate, "
            "generalize, shift, redact, drop or an explicit keep",
        ),
        (
            "hot",
            "has the classification 'hot'; use one of these, or a word in brackets: "
            "public (open, open data); internal (internal only, ",
        ),
    ],
)
def test_a_column_is_classified_in_the_words_that_people_use(
    directory: Path, word: str, complaint: str
) -> None:
    found = "".join(
        mistakes(directory, edited("classification: public", f"classification: {word}"))
    )
    before = f"contracts/orders.odcs.yaml, line 39: column 'country' {complaint}"
    assert found.startswith(before) if complaint else not found
