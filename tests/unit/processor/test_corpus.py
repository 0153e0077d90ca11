"""The fuzzer's corpus, without the fuzzer: each input once found a new path in the code."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from processor import batches
from processor.batches import Lines, Stream
from processor.readers import csv
from tests.fuzz.targets import SIZES, TARGETS, check_framing
from tests.unit.processor.examples import make_lines

CORPUS = Path(__file__).parents[2] / "fuzz" / "corpus"


@pytest.fixture(autouse=True)
def make_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and records of the fuzzer's sizes."""
    for name, value in SIZES.items():
        monkeypatch.setattr(batches, name, value)


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_found_once_holds_still(target: str) -> None:
    files = sorted((CORPUS / target).iterdir())
    assert files
    for file in files:
        TARGETS[target](file.read_bytes())


def cut_anywhere(stream: Stream, _: str) -> Iterator[Lines]:
    """Yield the lines of a stream, as if one that the network cut were complete."""
    while piece := stream.read(batches.BLOCK_SIZE):
        yield make_lines(piece.decode().splitlines(keepends=True))


def test_what_does_not_hold_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv, "blocks", cut_anywhere)
    with pytest.raises(AssertionError):
        check_framing(b"\0\7h\n" + b"0123456789\n" * 20)
