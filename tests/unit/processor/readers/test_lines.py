"""Lines are cut at line ends, however the network delivers them."""

from dataclasses import replace

import pytest

from processor.contract.model import Csv
from tests.unit.processor.examples import (
    column,
    make_contract,
)
from tests.unit.processor.outcomes import run


@pytest.mark.parametrize(
    ("content", "count", "expected"),
    [
        ("sep=;\nid\nx\n", 1, 3),
        ("SEP=;\rid\rx", 1, 3),
        ('"sep=;"\r\nid\r\nx\r\n', 1, 3),
        ("sep=,\nid\nx\n", 1, ("file:other-delimiter", 1)),
        ("sep=;;\nid\nx\n", 1, 3),
        ("Report\nsep=,\nid\nx\n", 2, 4),
        ('"Report of\n\n\rid\nx\n', 3, 5),
        ("{\n<html>\n\0\nid\nx\n", 3, 5),
        ("\ufeffsep=;\nid\nx\n", 1, 3),
        ("\ufeffsep=,\nid\nx\n", 1, ("file:other-delimiter", 1)),
        ("one\n", 2, ("file:shorter-than-preamble", 2)),
        ("one\ntwo\n", 2, ("file:empty", 3)),
        ("one\ntwo", 2, ("file:empty", 3)),
        ("one\n\n\n", 2, ("header:blank", 3)),
        ("one\nid\0\n", 1, ("header:control-character", 2)),
        ('one\ni "d\n', 1, ("header:stray-quote", 2)),
        ("\n" * 99 + "id\nx\n", 99, 101),
        ("x\n" * 700_000 + "id\nx\n", 700_000, 700_002),
        ("x\n" * (1 << 19) + "sep=,\nid\nx\n", (1 << 19) + 1, (1 << 19) + 3),
        ("sep=,\nid\nx\n", 0, ("header:unknown-column", 1)),
        ("one\nnobody\nx\n", 1, ("header:unknown-column", 2)),
    ],
    ids=range(21),
)
def test_lines_before_the_table_are_skipped_and_counted(
    content: str, count: int, expected: int | tuple[str, int]
) -> None:
    agreed = replace(
        make_contract(column("id", pattern="^y$")), csv=Csv(delimiter=";", preamble_lines=count)
    )
    account, _, lines = run(content.encode(), agreed)
    if refusal := account.refusal:
        assert (refusal.reason, refusal.line) == expected
    else:
        assert [(line["row"], line["line"], line["raw"]) for line in lines] == [(1, expected, "x")]


def test_a_table_without_a_header_may_have_something_before_it() -> None:
    agreed = replace(make_contract(column("id")), csv=Csv(header=False, preamble_lines=1))
    assert run(b"id,id\nx\n", agreed)[1] == [{"id": "x"}]
    assert run(b"id,id\n", agreed)[0].read == 0
