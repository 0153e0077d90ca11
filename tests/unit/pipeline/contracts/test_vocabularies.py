"""Public lists of codes."""

import pytest

from pipeline.contracts.vocabularies import VOCABULARIES


@pytest.mark.parametrize("name", VOCABULARIES)
def test_codes_are_short_words_in_small_letters(name: str) -> None:
    words = VOCABULARIES[name]
    assert len(words) > 10
    assert all(word == word.casefold() and word.isalnum() for word in words)


@pytest.mark.parametrize(("name", "length"), [("country", 2), ("currency", 3)])
def test_codes_of_a_standard_have_its_length(name: str, length: int) -> None:
    assert {*map(len, VOCABULARIES[name])} == {length}
