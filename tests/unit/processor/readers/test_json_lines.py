"""JSON Lines: a document in each line, kept or rejected whole."""

import io
import json
from bisect import bisect_left
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from processor import batches
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.readers import json_lines
from processor.readers.detection import open_records
from processor.transformation import Outputs, Transformation
from tests.parquet import read_parquet
from tests.unit.processor import examples
from tests.unit.processor.aws import HmacKey, MemoryBody
from tests.unit.processor.examples import (
    EXAMPLES,
    column,
    fields,
    make_contract,
)
from tests.unit.processor.outcomes import CONTRACT, LIMIT, NESTED, compare


def is_too_deep(depth: int) -> bool:
    """Tell whether Python's parser gives up on brackets in so many brackets."""
    try:
        json.loads("[" * depth + "]" * depth)
    except RecursionError:
        return True
    return False


def test_nested_json_is_kept_or_rejected_at_every_depth() -> None:
    agreed = make_contract(column("a", "array"), column("o", "object"))
    # Each parser is at another stack depth, so their limits differ.
    limit = bisect_left(range(200_000), True, key=is_too_deep)
    depths = range(limit - 300, limit + 200)
    lists = ["[" * depth + "]" * depth for depth in depths]
    objects = ['{"a":' * depth + "0" + "}" * depth for depth in depths]
    lines = [f'{{"a": {a}, "o": {o}}}\n' for a, o in zip(lists, objects, strict=True)]
    kms: Any = HmacKey()
    clean, rejected = io.BytesIO(), io.BytesIO()
    body = MemoryBody("".join(lines).encode())
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(agreed, keys, LIMIT)
    account = transformation.run(body, "a.jsonl", Outputs(clean, rejected))
    account.check()
    assert account.read == len(lines)
    assert account.clean > 100 < account.rejected
    reasons = {"row:too-deep", "a:array", "o:object"}
    assert reasons >= set(account.by_reason) >= {"row:too-deep"}
    kept = [tuple(row.values()) for row in read_parquet(clean).to_pylist()]
    whole = list(zip(lists, objects, strict=True))[: account.clean]
    assert sorted(kept) == sorted(whole)


def test_names_that_are_dropped_are_counted_once_and_not_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agreed = replace(CONTRACT, unknown_columns="drop")
    lines = [{"id": "P1", "a": 1}, {"a": 2, "b": {"a": 3, "c": 4}}, {"d": [], "e": 0}]
    content = "".join(json.dumps(line) + "\n" for line in lines).encode()
    for limit in (9, 4, 3, 2):
        monkeypatch.setattr(json_lines, "DROPPED_LIMIT", limit)
        with open_records(io.BytesIO(content), "a", agreed, LIMIT) as records:
            rows = [row for batch in records for row in fields(batch)]
        assert rows == [["P1", "", "", "", ""], [], []]
        assert records.dropped_columns == min(limit, 4)


@pytest.mark.parametrize(
    ("text", "lone"),
    [
        (r"\ud83d\ude00", False),
        (r"\uD83D\uDE00", False),
        (r"\\ud83d", False),
        (r"\u00e9", False),
        (r"\ud83d", True),
        (r"\ude00", True),
        (r"\ude00\ud83d", True),
        (r"\ud83d\ud83d\ude00", True),
        (r"\\\udbff", True),
        (r"\ud83d \ude00", True),
    ],
)
def test_half_a_surrogate_pair_is_found_wherever_it_is(text: str, lone: bool) -> None:
    for line in (f'"phone": "{text}"', f'"{text}": 1', f'"more": [{{"a": "{text}"}}]'):
        agreed = replace(CONTRACT, unknown_columns="drop")
        with open_records(
            io.BytesIO(f'{{"id": 1, {line}}}'.encode()), "a", agreed, LIMIT
        ) as records:
            [batch] = records
        assert batch.faults == ({0: "row:lone-surrogate"} if lone else {})


# What a file may call its columns.
OTHERWISE = {"tags": "note", "note": "tags", "more": "else"}
SPACES = st.sampled_from(["", "", " ", "\t \r"])
MEMBERS = st.builds(
    lambda name, value, spaces: spaces[0] + name + spaces[1] + ":" + spaces[2] + value,
    st.sampled_from(['"id"', '"tags"', '"more"', '"note"', r'"n\u006fte"', '"else"', r'"\ud800"']),
    st.sampled_from(
        [
            *('"P1"', '"P1"', "1", "true", "null", "NaN", '"é"', r'"\ud83d\ude00"', r'"\udc00"'),
            *("[]", '[1.50, "]"]', "[ ]", "[[1e5 ]]", '["\\"]', '"[1]"', "[NaN]", r'["\ud800"]'),
            *(
                "{}",
                "{}",
                '{"a": [{}]}',
                '{"a":1,"a":2}',
                '{ "}" : ":,"}',
                r'{"\udfff":0}',
                '"{}"',
            ),
        ]
    ),
    st.tuples(SPACES, SPACES, SPACES),
)
OBJECTS = st.builds(
    lambda members, space: "{" + ",".join(members) + space + "}",
    st.lists(MEMBERS, max_size=4)
    | st.lists(MEMBERS, max_size=2).map(
        lambda members: ['"id":"P1"', '"more":{"x" :1}', *members]
    ),
    SPACES,
)
JSON_LINES = st.builds(
    lambda first, lines, end, last: (end.join([first, *lines]) + last).encode(),
    OBJECTS,
    st.lists(
        OBJECTS | st.sampled_from(["", " ", "[]", "1", "nul", '{"id"', "{} {}", "{,}"]), max_size=6
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["", "\n", "\n" + "x" * 200]),
)


@EXAMPLES
@given(
    data=JSON_LINES,
    policy=st.sampled_from(["drop", "refuse"]),
    labels=st.sampled_from([{}, {}, OTHERWISE]),
)
@example(
    data=b'{"id": "P1", "tags": [1], "else": {}}\n{"id": "P1", "note": [1], "else": {}}\n',
    policy="drop",
    labels=OTHERWISE,
)
def test_a_file_of_json_lines_does_so_too(
    monkeypatch: pytest.MonkeyPatch, data: bytes, policy: str, labels: dict[str, str]
) -> None:
    monkeypatch.setattr(batches, "BLOCK_SIZE", 64)
    monkeypatch.setattr(batches, "RECORD_LIMIT", 128)
    compare(data, examples.relabelled(NESTED, **labels) | {"unknownColumns": policy}, "json")
