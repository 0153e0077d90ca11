"""Short texts are not shortened: too much of them would be left."""

import pyarrow as pa
import pytest

from processor.deidentification.mask import mask
from processor.deidentification.shortening import shorten


@pytest.mark.parametrize(
    "fill", [" ", "0", "\u00a0", "\t", "-", "*", "\u200b", "\ufeff", "\u3000"]
)
def test_padding_does_not_make_a_secret_long_enough(fill: str) -> None:
    for text in (f"{fill * 9}1234", f"1234{fill * 9}", f"{fill * 5}1234{fill * 5}"):
        for first, last in ((0, 4), (4, 0), (2, 2), (0, 3)):
            shown = mask(pa.array([text]), first, last).to_pylist()
            assert shown == ["*" * len(text)], (text, first, last)
        if fill != "0":  # a postcode may begin or end with zeros
            assert shorten(pa.array([text]), 3).to_pylist() == [""], text
    assert mask(pa.array([f"{fill}12345678"]), 0, 4).to_pylist() == ["*****5678"]
    assert shorten(pa.array(["01067", "10000"]), 2).to_pylist() == ["01", "10"]
