"""A mask shows what it says, and never most of a text."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from processor.deidentification.mask import mask
from tests.unit.processor import oracle
from tests.unit.processor.examples import EXAMPLES


@EXAMPLES
@given(st.lists(st.none() | st.text(max_size=8)), st.integers(0, 4), st.integers(0, 4))
def test_a_mask_shows_no_more_than_it_says(texts: list[str | None], first: int, last: int) -> None:
    masked = mask(pa.array(texts, pa.string()), first, last).to_pylist()
    for text, found in zip(texts, masked, strict=True):
        if text is None:
            assert found is None
        elif len(oracle.unpadded(text, "0")) < 2 * (first + last):
            assert found == "*" * len(text)
        else:
            assert len(found) == len(text)
            end = len(text) - last
            assert found[:first] + found[end:] == text[:first] + text[end:]
            assert set(found[first:end]) <= {"*"}
