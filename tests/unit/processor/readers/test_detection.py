"""Formats: the same rows in every format have the same result."""

import codecs
import gzip
import io
import json
import resource
import tracemalloc
from bisect import bisect_left
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from processor import batches
from processor.batches import RECORD_LIMIT
from processor.contract.model import Csv
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.readers import json_lines, parquet
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from processor.transformation import Outputs, Transformation
from tests.parquet import read_parquet
from tests.unit.processor.aws import HmacKey, MemoryBody
from tests.unit.processor.examples import (
    EXAMPLES,
    PEOPLE,
    RELABELLED,
    column,
    fields,
    make_contract,
)
from tests.unit.processor.formats import NAMES, WRITERS, check_same_rows, read_through, zstd
from tests.unit.processor.outcomes import CONTRACT, LIMIT, run

ID = make_contract(*map(column, ["id", "more", "a", "b", "c"]))
# Texts that all formats can contain: CSV has no control characters.
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from("\t\r\n")
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["P1", "P2", "P77", "", "X", "é\u2028"]),
        st.sampled_from(["ann", "far too long a name", 'a"b', "a,b", "a\nb"]) | TEXTS,
        st.sampled_from(["0151234567", "1", "", "\U0001f600"]),
        st.sampled_from(["1990-02-28", "1990-02-29", "1899-12-31", ""]),
        st.sampled_from(["12.50", "-0.1", "1e5", "12345678", "0", "-0", "", "1.000"]),
    ),
    max_size=8,
)


@EXAMPLES
@given(
    rows=ROWS.filter(bool),
    name=st.sampled_from(sorted(WRITERS)),
    piece=st.integers(1, 99),
    agreed=st.sampled_from([PEOPLE, RELABELLED]),
)
def test_the_same_rows_become_the_same_in_every_format(
    rows: list[tuple[str, ...]], name: str, piece: int, agreed: dict[str, Any]
) -> None:
    check_same_rows(rows, name, piece, agreed)


EAST = timezone(timedelta(hours=2))
MOMENT = datetime(2026, 3, 1, 12, 30, 0, 120000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "expected", "reason"),
    [
        (pa.array([MOMENT], pa.timestamp("us", "UTC")), MOMENT, ""),
        (pa.array([MOMENT.astimezone(EAST)], pa.timestamp("ms", "Europe/Athens")), MOMENT, ""),
        (pa.array([MOMENT], pa.timestamp("ns", "UTC")), MOMENT, ""),
        (pa.array([1], pa.timestamp("ns", "UTC")), None, "at:timestamp"),
        (pa.array([MOMENT.replace(tzinfo=None)], pa.timestamp("us")), None, "at:timezone"),
        (pa.array([1.5]), None, "at:timestamp"),
    ],
    ids=["us", "another zone", "ns", "a nanosecond", "no zone", "a number"],
)
def test_a_time_of_parquet_is_the_instant_it_says_or_rejected(
    values: pa.Array, expected: datetime | None, reason: str
) -> None:
    contract = make_contract(column("at", "timestamp"))
    file, clean, rejected = io.BytesIO(), io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table({"at": values}), file)
    file.seek(0)
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(contract, keys, LIMIT)
    account = transformation.run(file, "a", Outputs(clean, rejected))
    account.check()
    assert read_parquet(clean)["at"].to_pylist() == ([expected] if expected else [])
    assert account.by_reason == ({reason: 1} if reason else {})


class Broken:
    """A network that fails after a number of bytes."""

    def __init__(self, data: bytes, good: int) -> None:
        self.file = io.BytesIO(data[:good])

    def read(self, amount: int, /) -> bytes:
        """Read, and lose the connection at the end."""
        found = self.file.read(amount)
        if not found:
            raise ConnectionResetError
        return found


@pytest.mark.parametrize("compress", [gzip.compress, zstd])
@pytest.mark.parametrize("good", [1, 50, 100_000])
def test_a_failure_of_the_network_is_no_damage_of_the_file(compress: Any, good: int) -> None:
    noise = "".join(f"P{hash((n, 1))},a{n:x}\n" for n in range(40_000))
    data = compress(f"id,name\n{noise}".encode())
    assert good < len(data)
    with (
        pytest.raises(ConnectionResetError),
        open_records(Broken(data, good), "a", CONTRACT, LIMIT) as records,
    ):
        list(records)


def parquet_of(values: Any, **options: Any) -> io.BytesIO:
    """Return a Parquet file of one column."""
    return as_file(pa.table({"id": values}), **options)


def as_file(table: pa.Table, **options: Any) -> io.BytesIO:
    """Return a table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    file.seek(0)
    return file


REPEATED = pa.DictionaryArray.from_arrays([0] * 4096, ["x" * 1_000_000])


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (
            ["x" * 1_000_000] * 200,
            {"use_dictionary": False, "data_page_size": 1 << 30, "compression": "zstd"},
        ),
        # A text of one MB that 4,096 rows refer to: nothing states the total size.
        (REPEATED, {"store_schema": False}),
        (REPEATED, {}),
    ],
    ids=["a page of 200 MB", "a dictionary", "categories"],
)
def test_parquet_that_unfolds_to_too_much_is_refused_before_it_takes_the_memory(
    values: Any, options: dict[str, Any]
) -> None:
    limits = resource.getrlimit(resource.RLIMIT_DATA)
    file = parquet_of(values, **options)
    assert len(file.getbuffer()) < 2_000_000
    with (
        open_records(file, "a", ID, LIMIT) as records,
        pytest.raises(FileRefusedError, match="file:needs-too-much-memory") as caught,
    ):
        list(records)
    assert caught.value.limit == parquet.MEMORY_LIMIT
    assert resource.getrlimit(resource.RLIMIT_DATA) == limits


def test_a_row_of_parquet_may_be_as_long_as_a_record_of_text() -> None:
    longest = RECORD_LIMIT
    with open_records(parquet_of(["x" * longest]), "a", ID, LIMIT) as records:
        assert [len(batch.rows) for batch in records] == [1]
    with (
        open_records(parquet_of(["x", "x" * (longest + 1)]), "a", ID, LIMIT) as records,
        pytest.raises(FileRefusedError, match="record:too-long"),
    ):
        list(records)


@given(st.lists(st.integers(0, 5), min_size=1), st.integers(1, 9))
def test_parquet_comes_in_batches_of_bounded_size(lengths: list[int], most: int) -> None:
    values = ["é" * length for length in lengths]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet, "BATCH_BYTES", 2 * most)
        with open_records(parquet_of(values), "a", ID, LIMIT) as records:
            found = list(records)
    assert [row[0] for batch in found for row in fields(batch)] == values
    sizes = [[2 * len(row[0]) for row in fields(batch)] for batch in found]
    assert all(sum(batch) <= 2 * most or len(batch) == 1 for batch in sizes)
    assert [batch.first_row for batch in found] == [
        1 + sum(map(len, sizes[:index])) for index in range(len(sizes))
    ]


def test_parquet_of_many_columns_comes_in_batches_of_few_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "BATCH_FIELDS", 15)
    rows = [[str(10 * row + column) for column in range(2)] for row in range(7)]
    table = pa.table([list(column) for column in zip(*rows, strict=True)], ["id", "more"])
    with open_records(as_file(table), "a", ID, LIMIT) as records:
        found = [fields(batch) for batch in records]
    assert found == [rows[:3], rows[3:6], rows[6:]]  # five columns by contract


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_wide_contract_makes_batches_of_few_rows(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(batches, "BATCH_FIELDS", 15)
    content = b"id\n" + b"P1\n" * 7 if name == "a.csv" else b'{"id": "P1"}\n' * 7
    with open_records(io.BytesIO(content), name, CONTRACT, LIMIT) as records:
        assert [len(batch.rows) for batch in records] == [3, 3, 1]
        assert records.rows_read == 7


def test_a_row_group_without_rows_does_not_slow_the_others_down() -> None:
    file = io.BytesIO()
    rows = pa.table({"id": ["P1"] * 100})
    with pq.ParquetWriter(file, rows.schema) as writer:
        for table in (rows, rows[:0], rows):
            writer.write_table(table)
    assert pq.read_metadata(file).num_row_groups == 3
    file.seek(0)
    with open_records(file, "a", ID, LIMIT) as records:
        assert [len(batch.rows) for batch in records] == [200]


DECIMALS = ["0", "0.00000001", "-0.00000001", "-0.5", "12.1", "-9999.99999999", "1000"]


@pytest.mark.parametrize("scale", [0, 2, 6, 7, 8, 20])
@pytest.mark.parametrize("make", [pa.decimal128, pa.decimal256])
def test_a_decimal_of_parquet_is_written_in_full(make: Any, scale: int) -> None:
    step = Decimal(1).scaleb(-scale)
    values = [Decimal(text).quantize(step) + 0 for text in DECIMALS]  # no -0
    column_ = pa.array([*values, None], make(30, scale))
    for found in (column_, column_.dictionary_encode()):
        with open_records(parquet_of(found), "a", ID, LIMIT) as records:
            [batch] = records
        assert fields(batch) == [*([f"{value:f}"] for value in values), [""]]


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        (pa.time32("s"), time(1, 2, 3)),
        (pa.time32("ms"), time(1, 2, 3, 4000)),
        (pa.time64("us"), time(1, 2, 3, 4567)),
        (pa.time64("ns"), time(1, 2, 3, 4567)),
    ],
    ids=str,
)
def test_a_time_of_day_of_parquet_is_what_it_says(type_: pa.DataType, expected: time) -> None:
    contract = make_contract(column("id", "time"))
    file = parquet_of(pa.array([expected], type_))
    clean, rejected = io.BytesIO(), io.BytesIO()
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    transformation = Transformation(contract, keys, LIMIT)
    transformation.run(file, "a", Outputs(clean, rejected)).check()
    assert read_parquet(clean)["id"].to_pylist() == [expected.isoformat("microseconds")]


def test_a_rejected_row_of_parquet_has_nothing_of_columns_that_are_dropped() -> None:
    agreed = replace(ID, unknown_columns="drop")
    table = pa.table([["x"], ["P1"], ["y"]], names=["other", "id", "other"])
    with open_records(as_file(table), "a", agreed, LIMIT) as records:
        [batch] = records
    assert batch.raw(0) == '{"id": "P1"}'
    assert records.dropped_columns == 2


def test_parquet_that_says_it_has_more_rows_than_it_has_is_damaged() -> None:
    data = parquet_of(["x"] * 77, store_schema=False).getvalue()
    said, lie = bytes.fromhex("169a01"), bytes.fromhex("169c01")  # 77 and 78, as Thrift has them
    file = io.BytesIO(data.replace(said, lie, 1))
    assert pq.read_metadata(file).num_rows == 78
    file.seek(0)
    with (
        open_records(file, "a", ID, LIMIT) as records,
        pytest.raises(FileRefusedError, match="file:damaged-parquet"),
    ):
        list(records)
    assert records.rows_read == 77


@pytest.mark.parametrize(
    ("name", "content", "header", "expected"),
    [
        ("a", b"{a:1},x\n", False, [["{a:1}", "x"]]),
        ("a.csv", b"{a:1},x\n", False, [["{a:1}", "x"]]),
        ("a.csv", b"PAR100,x\n", False, [["PAR100", "x"]]),
        ("a", b"PAR1\n", False, [["PAR1"]]),
        ("a", b"PAR1\x15", False, "file:damaged-parquet"),
        ("a.2026", b"{\n\n", False, [["{"]]),
        ("a.jsonl", b'{"id":"P1"}\n', False, [["P1", "", "", "", ""]]),
        ("a.jsonl", b"P1\n", False, "file:not-what-its-name-says"),
        ("a.csv", b'{"id":"P1"}\n', True, "file:not-what-its-name-says"),
        ("a", b'{"id":"P1"}\n', True, [["P1", "", "", "", ""]]),
        ("a", b"\n", False, []),
        ("a", b"\nx\n", False, [[], ["x"]]),
        ("a", b"", False, "file:empty"),
    ],
)
def test_a_brace_begins_json_unless_it_may_be_a_value(
    name: str, content: bytes, header: bool, expected: Any
) -> None:
    agreed = replace(CONTRACT, csv=Csv(header=header))
    found: Any
    try:
        with open_records(io.BytesIO(content), name, agreed, LIMIT) as records:
            found = [row for batch in records for row in fields(batch)]
            assert records.header == NAMES
    except FileRefusedError as refusal:
        found = refusal.reason
    assert found == expected


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


@pytest.mark.parametrize(
    ("encoding", "name", "content", "expected"),
    [
        ("windows-1252", "a.csv", b"id\n\x80\x85\xe9\n", ["€…é"]),
        ("windows-1252", "a.csv.gz", gzip.compress(b"id\n\xe9\n", mtime=0), ["é"]),
        ("windows-1252", "a.csv", b"id\n\xc3\xa9\n", ["Ã©"]),
        ("windows-1252", "a", b"\xef\xbb\xbfid\nx\n", ("encoding:utf-8", 1)),
        ("windows-1252", "a", "\ufeffid\nx\n".encode("utf-16-le"), ("encoding:utf-16", 1)),
        ("windows-1252", "a", "id\nx\n".encode("utf-16-le"), ("encoding:utf-16", 1)),
        ("windows-1252", "a", "id\nx\n".encode("utf-32"), ("encoding:utf-32", 1)),
        *(
            ("windows-1252", "a", b"id\nx\n\xe9" + bytes([byte]) + b"\nx\n", ("", 3))
            for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
        ),
        ("windows-1252", "a", b'{"id":"\xc3\xa9"}\n', ["é"]),
        ("windows-1252", "a.jsonl", b'{"id":"\xc3\xa9"}\n', ["é"]),
        ("windows-1252", "a.jsonl", b'{"id":"\xe9"}\n', ("encoding:not-utf-8", 1)),
        ("windows-1252", "a", b"PK\x03\x04\x00", ("format:zip", None)),
        ("utf-16", "a.csv", "id\n\U0001f600\u20ac\n".encode("utf-16"), ["\U0001f600€"]),
        ("utf-16", "a", b"\xfe\xff" + "id\r\né\r\n".encode("utf-16-be"), ["é"]),
        ("utf-16", "a.csv.zst", zstd("id\né\n".encode("utf-16")), ["é"]),
        ("utf-16", "a", "id\nx\n".encode("utf-16-le"), ("encoding:no-byte-order-mark", 1)),
        ("utf-16", "a", b"id\nx\n", ("encoding:no-byte-order-mark", 1)),
        ("utf-16", "a", b"\xef\xbb\xbfid\nx\n", ("encoding:utf-8", 1)),
        ("utf-16", "a", codecs.BOM_UTF16_LE, ("file:empty", 1)),
        ("utf-16", "a", "<html>".encode("utf-16"), ("format:html", None)),
        ("utf-16", "a", '{"id":1}'.encode("utf-16"), ("encoding:utf-16", 1)),
        ("utf-16-le", "a", '{"id":1}'.encode("utf-16-le"), ("encoding:utf-16", 1)),
        ("utf-16", "a.jsonl", '{"id":1}'.encode("utf-16"), ("encoding:utf-16", 1)),
        ("utf-16", "a", b'{"id":1}', ["1"]),
        ("utf-16", "a", b'\xef\xbb\xbf {"id":1}', ["1"]),
        ("utf-16-be", "a.jsonl", b'{"id":1}', ["1"]),
        ("utf-16-le", "a", "id\né\n".encode("utf-16-le"), ["é"]),
        ("utf-16-be", "a", "id\né\n".encode("utf-16-be"), ["é"]),
        ("utf-16-le", "a", "id\nx\n".encode("utf-16"), ("encoding:byte-order-mark", 1)),
        ("utf-16-be", "a", b"\xfe\xff\x00i\x00d", ("encoding:byte-order-mark", 1)),
        ("utf-16-le", "a", "id\né\n".encode("utf-16-le") + b"x", ("", 3)),
        ("utf-16-le", "a", b"i\0d\0\n\0\x00\xd8\n\0x\0", ("", 2)),
        ("utf-16-le", "a", b"i\0d\0\n\0\n\0x\0\x00\xdc\n\0x\0", ("", 3)),
        ("utf-16-be", "a", b"\0i\0d\0\n\xd8\x00", ("", 2)),
        ("utf-8", "a", "id\né\n".encode("utf-16"), ("encoding:utf-16", 1)),
    ],
)
def test_csv_is_in_the_encoding_of_the_contract_and_json_in_utf_8(
    encoding: str, name: str, content: bytes, expected: list[str] | tuple[str, int | None]
) -> None:
    agreed = replace(make_contract(column("id")), csv=Csv(encoding=encoding))
    found, _, refusal = read_through(content, name, agreed)
    if refusal is None:
        assert found == [[text] for text in expected]
    else:
        reason, line = expected
        assert (refusal.reason, refusal.line) == (reason or f"encoding:not-{encoding}", line)


@pytest.mark.parametrize("encoding", ["windows-1252", "utf-16-le"])
def test_a_bad_byte_far_down_is_found_on_its_line_in_little_memory(encoding: str) -> None:
    line, bad = (
        ("€é" * 40 + "\n").encode(encoding),
        {"windows-1252": b"\x81"}.get(encoding, b"\0\xdc"),
    )
    agreed = replace(make_contract(column("id")), csv=Csv(encoding=encoding))
    head, count = "id\n".encode(encoding), (6 << 20) // len(line)
    content = head + line * count + bad
    tracemalloc.start()
    try:
        found, read, refusal = read_through(content, "a", agreed)
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refusal is not None
    assert (refusal.reason, refusal.line) == (f"encoding:not-{encoding}", count + 2)
    assert read == len(found) == count
    assert peak - held < 16 << 20


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


def test_json_is_known_by_its_name_where_csv_may_begin_with_anything() -> None:
    agreed = replace(make_contract(column("id")), csv=Csv(preamble_lines=1))
    assert read_through(b'{"id":1}\n', "a.jsonl", agreed)[0] == [["1"]]
    assert read_through(b'{"id":1}\nid\nx\n', "a", agreed)[0] == [["x"]]
