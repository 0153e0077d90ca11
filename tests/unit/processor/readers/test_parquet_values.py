"""Values of Parquet: each becomes the text that it would have in CSV, or its row is rejected.

The reference implementation calculates with Python's integers and decimals, value by value.
"""

import base64
import gzip
import io
import json
import math
import struct
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyarrow.parquet import encryption

from processor.account import RowAccount
from processor.contracts import parse
from processor.deidentification.pseudonyms import PseudonymKeys
from processor.limits.size import SizeLimit
from processor.readers.detection import open_records
from processor.reasons import FileRefusedError
from processor.transformation import Outputs, Transformation
from processor.writers import parquet as parquet_writer
from tests.parquet import read_parquet
from tests.unit.processor.aws import HmacKey
from tests.unit.processor.examples import EXAMPLES, column, document

LIMIT = SizeLimit(1 << 30, "memoryMb")


@pytest.fixture(autouse=True, scope="module")
def keep_rows_in_place() -> Iterator[None]:
    """Identify rows by position: here they keep the order of the source."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_writer, "arrange", lambda table: table)
        yield


class Result(NamedTuple):
    """The result of a file: its clean rows, and the rejected ones."""

    clean: pa.Table
    rejects: list[dict[str, Any]]
    account: RowAccount

    def texts(self, name: str = "c") -> list[Any]:
        """Return the output of a column, row by row; None if the row was rejected."""
        rejected = {reject["row"] for reject in self.rejects}
        found = iter(self.clean[name].to_pylist())
        return [
            None if row in rejected else next(found) for row in range(1, self.account.read + 1)
        ]


def parquet(table: pa.Table, **options: Any) -> bytes:
    """Return a table as a Parquet file."""
    file = io.BytesIO()
    pq.write_table(table, file, **options)
    return file.getvalue()


def process(content: bytes, *columns: dict[str, Any], drop: bool = False) -> Result:
    """Return the result of a Parquet file."""
    policies = {"unknownColumns": "drop"} if drop else {}
    agreed = parse(document(*columns) | policies)
    kms: Any = HmacKey()
    keys = PseudonymKeys(kms, "a-key")
    clean, rejected = io.BytesIO(), io.BytesIO()
    transformation = Transformation(agreed, keys, LIMIT)
    account = transformation.run(io.BytesIO(content), "a", Outputs(clean, rejected))
    account.check()
    lines = gzip.decompress(rejected.getvalue()).splitlines()
    return Result(read_parquet(clean), [json.loads(line) for line in lines], account)


def refusal(content: bytes, *columns: dict[str, Any], drop: bool = False) -> FileRefusedError:
    """Return why a Parquet file is refused."""
    with pytest.raises(FileRefusedError) as caught:
        process(content, *columns, drop=drop)
    assert caught.value.line is None  # Parquet has no lines
    return caught.value


def texts_of(values: pa.Array, type_: str = "string", **rules: Any) -> list[Any]:
    """Return the output of a Parquet column; None if the row is rejected."""
    return process(parquet(pa.table({"c": values})), column("c", type_, **rules)).texts()


# Instants

SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
INT64 = st.integers(-(2**63), 2**63 - 1)
EPOCH = datetime(1970, 1, 1)


def instant(count: int, per_second: int) -> str | None:
    """Return the text of an instant; None outside the calendar."""
    seconds, rest = divmod(count, per_second)
    try:
        moment = EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    digits = {1: 0, 10**3: 3, 10**6: 6, 10**9: 9}[per_second]
    fraction = f".{rest:0{digits}}" if digits else ""
    if digits == 9:
        fraction = fraction.removesuffix("000") if fraction.endswith("000") else fraction
    return moment.isoformat() + fraction


def edges(per_second: int) -> list[int]:
    """Return counts near the ends of the calendar and of 64 bits."""
    first, last = datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)
    ends = [((moment - EPOCH) // timedelta(seconds=1)) * per_second for moment in (first, last)]
    ends[1] += per_second - 1
    found = [-(2**63), -(2**63) + 1, 2**63 - 1, 2**63 - 2, 0, -1, 1]
    found += [end + more for end in ends for more in (-1, 0, 1)]
    return [count for count in found if -(2**63) <= count < 2**63]


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Athens"])
@pytest.mark.parametrize("unit", SECOND)
@EXAMPLES
@given(data=st.data())
def test_an_instant_is_the_true_one_or_rejected(
    unit: str, zone: str | None, data: st.DataObject
) -> None:
    counts = edges(SECOND[unit])
    in_years = st.integers(min(counts, key=abs) - 10**9, 10**9 * SECOND[unit])
    counts += data.draw(st.lists(INT64 | in_years, max_size=5))
    values = pa.array(counts, pa.int64()).view(pa.timestamp(unit, zone))
    file = parquet(pa.table({"c": values}), coerce_timestamps=None)
    read = read_parquet(io.BytesIO(file))["c"]
    found = process(file, column("c"))
    stored = SECOND[read.type.unit]  # Parquet has no seconds
    whole = [count * stored // SECOND[unit] for count in counts]
    wrapped = [(count + 2**63) % 2**64 - 2**63 for count in whole]
    expected = [instant(count, stored) for count in wrapped]
    assert found.texts() == [text and text + ("Z" if zone else "") for text in expected]
    for reject in found.rejects:
        assert (reject["reasons"], reject["raw"]) == (["c:string"], '{"c": null}')


def int96(values: Iterable[tuple[int, int]], **options: Any) -> bytes:
    """Return a file of 96-bit instants: Julian days, and nanoseconds of the day."""
    found = list(values)
    marks = [datetime(2001, 1, 1) + timedelta(days=index) for index in range(len(found))]
    content = parquet(
        pa.table({"c": pa.array(marks, pa.timestamp("ns"))}),
        use_deprecated_int96_timestamps=True,
        use_dictionary=False,
        write_statistics=False,
        compression="none",
        **options,
    )
    for index, (day, nanoseconds) in enumerate(found):
        mark = struct.pack("<QI", 0, 2_451_911 + index)
        assert content.count(mark) == 1
        content = content.replace(mark, struct.pack("<QI", nanoseconds, day), 1)
    return content


OF_1970 = 2_440_588  # its first day, in the Julian calendar
A_DAY = 86_400 * 10**9
# Arrow reads day 0 as 1 January 1970, and nothing shows that afterwards.
DAYS = st.sampled_from([1, 1_721_425, 1_721_426, OF_1970, 5_373_484, 5_373_485, 2**32 - 1])


@EXAMPLES
@given(
    values=st.lists(
        st.tuples(
            DAYS | st.integers(2_300_000, 2_500_000),
            st.sampled_from([0, 1, 999, 1000, A_DAY - 1]) | st.integers(0, A_DAY - 1),
        ),
        min_size=1,
        max_size=9,
    ),
    rows=st.integers(1, 9),
)
@example(values=[(5_373_484, 0), (1_721_426, 0), (5_373_485, 0), (1_721_425, A_DAY - 1)], rows=2)
def test_an_instant_of_96_bits_is_the_true_one_or_rejected(
    values: list[tuple[int, int]], rows: int
) -> None:
    found = process(int96(values, row_group_size=rows), column("c"))
    counts = [(day - OF_1970) * A_DAY + nanoseconds for day, nanoseconds in values]
    assert found.texts() == [instant(count, 10**9) for count in counts]


def test_instants_of_96_bits_join_columns_that_come_in_other_batches() -> None:
    length = 10_000
    moments = [datetime(1, 1, 1) + timedelta(days=300 * index) for index in range(length)]
    texts = pa.array([f"text {index}" for index in range(length)]).dictionary_encode()
    table = pa.table({"c": pa.array(moments, pa.timestamp("us")), "d": texts})
    options: dict[str, Any] = {"use_deprecated_int96_timestamps": True, "row_group_size": 3000}
    found = process(parquet(table, **options), column("c"), column("d"))
    assert found.texts() == [moment.isoformat(timespec="microseconds") for moment in moments]
    assert found.texts("d") == texts.to_pylist()


def test_a_day_out_of_the_calendar_is_rejected() -> None:
    first, last = date(1, 1, 1).toordinal(), date(9999, 12, 31).toordinal()
    start = EPOCH.toordinal()
    days = [
        -(2**31),
        first - start - 1,
        first - start,
        0,
        last - start,
        last - start + 1,
        2**31 - 1,
    ]
    values = pa.array(days, pa.int32()).view(pa.date32())
    expected = [None, None, "0001-01-01", "1970-01-01", "9999-12-31", None, None]
    assert texts_of(values) == expected


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_a_time_out_of_the_day_is_rejected_and_its_file_is_not(unit: str) -> None:
    type_, count = (pa.time32, pa.int32) if unit == "ms" else (pa.time64, pa.int64)
    day = 86_400 * SECOND[unit]
    least = -(2 ** (count().bit_width - 1))
    values = pa.array([least, -1, 0, day - 1, day], count()).view(type_(unit))
    last = "23:59:59." + "9" * len(str(SECOND[unit])[1:])
    first = {"ms": "00:00:00.000"}.get(unit, "00:00:00.000000")
    assert texts_of(values) == [None, None, first, last, None]
    # A time in a contract has microseconds.
    exact = None if unit == "ns" else f"{last:0<15}"
    assert texts_of(values, "time") == [None, None, "00:00:00.000000", exact, None]


# Times with an offset


def marked(content: bytes, created_by: str) -> bytes:
    """Return a file that names another writer."""
    own = f"parquet-cpp-arrow version {pa.__version__}".encode()
    assert len(created_by) <= len(own)
    return content.replace(own, created_by.ljust(len(own)).encode())


@pytest.mark.parametrize(
    ("created_by", "utc"),
    [
        ("DuckDB version v2.0.1", True),
        ("parquet-mr version 1.15.2", True),
        ("parquet-cpp-arrow version 26.0.1", True),
        ("parquet-cpp-arrow version 22.0.0", True),
        ("parquet-cpp-arrow version 21.0.0", False),
        ("parquet-cpp-arrow version 9.0.0", False),
    ],
)
def test_a_time_with_an_offset_is_none_of_a_contract(created_by: str, utc: bool) -> None:
    values = pa.array([time(1, 4, 5), None])
    content = marked(parquet(pa.table({"c": values}), store_schema=False), created_by)
    leaf = pq.read_metadata(io.BytesIO(content)).schema.column(0)
    assert json.loads(leaf.logical_type.to_json())["isAdjustedToUTC"] is True
    text = process(content, column("c")).texts()
    assert text == ["01:04:05.000000" + "Z" * utc, None]
    found = process(content, column("c", "time"))
    assert found.account.by_reason == ({"c:timezone": 1} if utc else {})


def test_a_time_is_written_as_a_text_that_everybody_reads() -> None:
    values = pa.array([time(1, 4, 5, 60), time(23), None])
    [leaf] = process(parquet(pa.table({"c": values})), column("c", "time")).clean.schema
    assert leaf.type == pa.string()
    assert texts_of(values, "time")[:2] == ["01:04:05.000060", "23:00:00.000000"]


# Instants and days without a zone


def test_an_instant_without_a_zone_is_one_of_utc_where_the_contract_says_so() -> None:
    moments = [datetime(2024, 1, 1), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59), None]
    for unit in ("s", "ms", "us"):
        values = pa.array(moments, pa.timestamp(unit))
        assert texts_of(values, "timestamp", timezone=False) == [
            moment and moment.replace(tzinfo=UTC) for moment in moments
        ]
        found = process(parquet(pa.table({"c": values})), column("c", "timestamp"))
        assert found.account.by_reason == {"c:timezone": 3}
    zoned = parquet(pa.table({"c": pa.array(moments, pa.timestamp("us", "UTC"))}))
    found = process(zoned, column("c", "timestamp", timezone=False))
    assert found.account.by_reason == {"c:timezone": 3}


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_midnight_without_a_zone_is_a_day_and_nothing_else_is(unit: str) -> None:
    day, later = datetime(2024, 2, 29), datetime(2024, 2, 29, 0, 0, 1)
    values = pa.array([day, later, None], pa.timestamp(unit))
    for options in ({}, {"use_deprecated_int96_timestamps": True}):
        found = process(parquet(pa.table({"c": values}), **options), column("c", "date"))
        assert found.clean["c"].to_pylist() == [day.date(), None]
        assert [(reject["row"], reject["reasons"]) for reject in found.rejects] == [
            (2, ["c:date"])
        ]
    zoned = pa.table({"c": pa.array([day], pa.timestamp(unit, "UTC"))})
    assert process(parquet(zoned), column("c", "date")).account.by_reason == {"c:date": 1}
    one = pa.table({"c": pa.array([1], pa.timestamp("ns"))})
    assert process(parquet(one), column("c", "date")).account.by_reason == {"c:date": 1}


# Numbers

GAPS = {pa.float16(): 2**11, pa.float32(): 2**24, pa.float64(): 2**53}
SHAPES = {pa.float16(): "e", pa.float32(): "f", pa.float64(): "d"}


def rounded(value: float, type_: pa.DataType) -> float:
    """Return the number of this type next to it."""
    try:
        [found] = struct.unpack(SHAPES[type_], struct.pack(SHAPES[type_], value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(found)


FLOATS = (
    st.floats() | st.integers(-(2**66), 2**66).map(float) | st.integers(-9999, 9999).map(float)
)
INTEGRAL = [1e9, 1e10, -1e10, 1e15, 2.0**11, 2.0**24, 2.0**53, 2.0**53 - 1, 2.0**63, -(2.0**64)]
ODD = [12345678901.25, 0.1, 1e-7, 1e-38, 5e-324, 1.7e308, 1.5e15, 65504.0, 2047.0, 2**24 - 1.0]


@pytest.mark.parametrize("type_", GAPS, ids=str)
@EXAMPLES
@given(drawn=st.lists(FLOATS, max_size=9))
def test_a_float_is_the_same_number_without_an_exponent(
    type_: pa.DataType, drawn: list[float]
) -> None:
    special = [0.0, -0.0, math.nan, math.inf, -math.inf]
    values = [rounded(value, type_) for value in [*special, *INTEGRAL, *ODD, *drawn]]
    content = parquet(pa.table({"c": pa.array(values, pa.float64()).cast(type_)}))
    texts = process(content, column("c")).texts()
    integers = process(content, column("c", "integer")).texts()
    decimals = process(content, column("c", "decimal", precision=18, scale=2)).texts()
    doubles = process(content, column("c", "double")).texts()
    for value, text, integer, decimal, double in zip(
        values, texts, integers, decimals, doubles, strict=True
    ):
        if not math.isfinite(value):
            assert (text, integer, decimal, double) == (None, None, None, None)
            continue
        assert text is not None
        assert rounded(float(text), type_) == value
        exact = abs(value) < GAPS[type_]
        assert ("e" in text) is (not exact or 0 < abs(value) < 1e-38)
        assert integer == (int(value) if exact and value == int(value) else None)
        has_cents = exact and Decimal(text) == round(Decimal(text), 2)
        assert decimal == (Decimal(text) if has_cents else None)
        # The value of a double in a contract: the text, parsed.
        assert double == float(text)
        assert math.copysign(1, double) == math.copysign(1, value)


def test_an_identifier_has_the_token_of_its_digits_whatever_number_it_is() -> None:
    rules = column("c", "integer", "hmac")
    digits = ["10000000000", "0", "9007199254740991", "-7"]
    expected = process(parquet(pa.table({"c": digits})), rules).texts()
    assert len(set(expected)) == 4
    integers = [int(text) for text in digits]
    for values in (
        pa.array(integers),
        pa.array([float(text) for text in digits]),
        pa.array([10000000000.0, -0.0, 9007199254740991.0, -7.0]),
        pa.array(map(Decimal, digits), pa.decimal128(38, 18)),
        pa.array(map(Decimal, digits), pa.decimal128(20, 0)),
        pa.array(map(Decimal, digits), pa.decimal256(40, 2)),
    ):
        assert process(parquet(pa.table({"c": values})), rules).texts() == expected


def test_an_integer_of_any_width_is_what_it_says() -> None:
    for type_ in (pa.int8(), pa.uint8(), pa.int16(), pa.uint16(), pa.int32(), pa.uint32()):
        least = 0 if "uint" in str(type_) else -(2 ** (type_.bit_width - 1))
        most = 2**type_.bit_width - 1 + least
        assert texts_of(pa.array([least, most], type_), "integer") == [least, most]
    wide = pa.array([2**63 - 1, 2**63, 2**64 - 1], pa.uint64())
    assert texts_of(wide, "integer") == [2**63 - 1, None, None]
    assert texts_of(wide) == [str(value) for value in wide.to_pylist()]
    expected = [Decimal(2**63 - 1), Decimal(2**63), Decimal(2**64 - 1)]
    assert texts_of(wide, "decimal", precision=20, scale=0) == expected


STORED = [(38, 18), (38, 0), (12, 2), (30, 7), (10, 6), (76, 30)]
TARGETS = [(12, 2), (5, 5), (38, 18), (38, 0)]


@EXAMPLES
@given(
    stored=st.sampled_from(STORED),
    target=st.sampled_from(TARGETS),
    units=st.lists(st.integers(-(10**10), 10**10), min_size=1, max_size=9),
    zeros=st.integers(0, 20),
)
def test_a_decimal_is_that_of_the_contract_if_nothing_is_lost(
    stored: tuple[int, int], target: tuple[int, int], units: list[int], zeros: int
) -> None:
    type_ = (pa.decimal128 if stored[0] <= 38 else pa.decimal256)(*stored)
    whole = 10 ** stored[0] - 1
    counts = [max(min(count * 10**zeros, whole), -whole) for count in units]
    context = Context(prec=80)
    values = [Decimal(count).scaleb(-stored[1], context) for count in counts]
    content = parquet(pa.table({"c": pa.array(values, type_)}))
    precision, scale = target
    expected = [
        value
        if abs(value) < 10 ** (precision - scale)
        and value == value.quantize(Decimal(1).scaleb(-scale), context=context)
        else None
        for value in values
    ]
    rules = column("c", "decimal", precision=precision, scale=scale)
    assert process(content, rules).texts() == expected
    integers = [
        int(value) if value == int(value) and abs(value) < 2**63 else None for value in values
    ]
    assert process(content, column("c", "integer")).texts() == integers
    assert process(content, column("c")).texts() == [f"{value:f}" for value in values]


def test_a_text_is_no_number_of_parquet_and_keeps_its_zeros() -> None:
    texts = pa.array(["1.00", "-0", "1.000", "2024-01-01T00:00:00"])
    assert texts_of(texts, "integer") == [None] * 4
    assert texts_of(texts, "decimal", precision=5, scale=2)[2] is None
    assert texts_of(texts, "date") == [None] * 4


# Columns that are dropped

TEXTLESS = {
    "fixed-size-binary": pa.array([b"ab"], pa.binary(2)),
    "list": pa.array([[1]]),
    "struct": pa.array([{"x": 1}]),
    "map": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
    "duration": pa.array([timedelta(1)]),
    "extension": pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1], pa.int8())),
}


@pytest.mark.parametrize("name", TEXTLESS)
def test_a_column_without_a_text_is_refused_by_name_unless_it_is_dropped(name: str) -> None:
    table = pa.table({"id": ["P1"], "c": TEXTLESS[name], "c.d": ["x"]})
    content = parquet(table)
    found = refusal(content, column("id"), column("c"), drop=True)
    assert (found.reason, found.column, found.name) == (f"header:column-type-{name}", 2, "c")
    unknown = process(content, column("id"), drop=True)
    dropped = process(content, column("id"), column("c", method="drop", required=True), drop=True)
    for result, count in ((unknown, 2), (dropped, 1)):
        assert result.clean.to_pylist() == [{"id": "P1"}]
        assert result.account.dropped_columns == count
    assert refusal(content, column("id")).reason == "header:unknown-column"


@pytest.mark.parametrize(
    "values",
    [pa.array([b"\xff"]), pa.array([math.nan]), pa.array([2**62], pa.timestamp("us"))],
    ids=["bytes", "NaN", "an instant"],
)
def test_a_value_without_a_text_is_dropped_with_its_column(values: pa.Array) -> None:
    content = parquet(pa.table({"id": ["P1"], "c": values}))
    dropped = column("c", "integer", "drop", required=True, minimum="5")
    assert process(content, column("id"), dropped).clean.to_pylist() == [{"id": "P1"}]
    kept = process(
        content, column("id"), dropped | {"output": "c", "deidentify": {"method": "keep"}}
    )
    assert kept.account.by_reason == {"c:integer": 1}


def test_a_column_that_is_dropped_is_checked_where_it_has_a_text() -> None:
    content = parquet(pa.table({"id": ["P1", "P2"], "c": [7, None]}))
    found = process(content, column("id"), column("c", "integer", "drop", required=True))
    assert found.account.by_reason == {"c:required": 1}
    low = process(content, column("id"), column("c", "integer", "drop", minimum="8"))
    assert low.account.by_reason == {"c:minimum": 1}


def test_a_file_without_any_column_of_the_contract_is_refused() -> None:
    content = parquet(pa.table({"more": [[1]] * 3, "most": [[2]] * 3}))
    with pytest.raises(FileRefusedError, match="header:no-column"):
        process(content, column("id"), drop=True)


# Logical types


def relabelled(table: pa.Table, old: bytes, new: bytes) -> bytes:
    """Return a file with another logical type, in Thrift's form: a field's number, and its end."""
    content = parquet(table, store_schema=False)
    [length] = struct.unpack("<I", content[-8:-4])
    footer = content[-8 - length : -8]
    assert footer.count(old) == 1
    footer = footer.replace(old, new)
    return content[: -8 - length] + footer + struct.pack("<I", len(footer)) + b"PAR1"


JSON_TYPE = b"\xcc\0\0"  # number 12 of the logical types
JSON_TEXT = pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a": 1}']))
GEOMETRY = relabelled(pa.table({"c": JSON_TEXT}), JSON_TYPE, b"\x0c\x22\0\0")  # number 17
BSON = relabelled(pa.table({"c": JSON_TEXT}), JSON_TYPE, b"\xdc\0\0")  # number 13
VARIANT = relabelled(pa.table({"c": [[1]]}), b"\x3c\0\0", b"\x0c\x20\0\0")  # 16, for LIST, 3
UUIDS = [uuid.UUID(int=0), uuid.UUID("123e4567-e89b-12d3-a456-426614174000")]


@pytest.mark.parametrize(
    ("content", "reason", "position", "name"),
    [
        (GEOMETRY, "header:column-type-undefined", 1, "c"),
        (BSON, "header:column-type-bson", 1, "c"),
        (VARIANT, "header:column-type-variant", None, None),
    ],
    ids=["geometry", "BSON", "VARIANT"],
)
def test_a_logical_type_without_a_text_is_refused_by_name(
    content: bytes, reason: str, position: int | None, name: str | None
) -> None:
    found = refusal(content, column("c"))
    assert (found.reason, found.column, found.name) == (reason, position, name)


def test_a_geometry_is_dropped() -> None:
    for content in (GEOMETRY, BSON):
        found = process(content, column("id"), column("c", method="drop"))
        assert found.clean.to_pylist() == [{"id": None}]


# As a decimal, its 16 bytes are one number; then its logical type is changed to number 14.
AS_DECIMAL = pa.array([Decimal(one.int) for one in UUIDS], pa.decimal128(38, 0))
DECIMAL_TYPE = b"\x5c\x15\0\x15\x4c\0\0"


@pytest.mark.parametrize(
    "content",
    [
        parquet(
            pa.table(
                {
                    "c": pa.ExtensionArray.from_storage(
                        pa.uuid(), pa.array([one.bytes for one in UUIDS] * 3000, pa.binary(16))
                    )
                }
            )
        ),
        relabelled(
            pa.table({"c": pa.concat_arrays([AS_DECIMAL] * 3000)}), DECIMAL_TYPE, b"\xec\0\0"
        ),
    ],
    ids=["of Arrow", "of Parquet"],
)
def test_a_uuid_is_its_usual_text(content: bytes) -> None:
    assert process(content, column("c", format="uuid")).texts() == [*map(str, UUIDS)] * 3000


def test_a_uuid_may_be_absent() -> None:
    storage = pa.array([None, UUIDS[1].bytes], pa.binary(16))
    values = pa.ExtensionArray.from_storage(pa.uuid(), storage)
    assert texts_of(values) == [None, str(UUIDS[1])]


def test_json_is_its_text() -> None:
    for values in (JSON_TEXT, JSON_TEXT.storage):
        assert texts_of(values, "object") == ['{"a": 1}']
    labelled = parquet(pa.table({"c": JSON_TEXT}), store_schema=False)
    assert process(labelled, column("c", "object")).texts() == ['{"a": 1}']


@pytest.mark.parametrize("type_", [pa.binary(), pa.large_binary()], ids=str)
def test_bytes_that_do_not_say_what_they_are_may_be_text(type_: pa.DataType) -> None:
    values = pa.array([b"P1", "é".encode(), b"", None, b"\0"], type_)
    expected = ["P1", "é", None, None, "\0"]
    for found in (values, values.dictionary_encode()) if type_ == pa.binary() else (values,):
        assert texts_of(found) == expected
    mixed = process(parquet(pa.table({"c": pa.array([b"P1", b"\xff", None])})), column("c"))
    assert mixed.texts() == ["P1", None, None]
    assert mixed.rejects[0]["raw"] == '{"c": null}'


# Files that are not damaged


class PlainKeys(encryption.KmsClient):  # type: ignore[misc]
    """Keys that are not wrapped."""

    def wrap_key(self, key: bytes, _: str) -> bytes:
        """Return the key."""
        return base64.b64encode(key)

    def unwrap_key(self, key: bytes, _: str) -> bytes:
        """Return the key."""
        return base64.b64decode(key)


def encrypted(plaintext_footer: bool) -> bytes:
    """Return a file whose column ``secret`` is encrypted."""
    factory = encryption.CryptoFactory(lambda _: PlainKeys())
    configuration = encryption.EncryptionConfiguration(
        footer_key="f", column_keys={"c": ["secret"]}, plaintext_footer=plaintext_footer
    )
    properties = factory.file_encryption_properties(
        encryption.KmsConnectionConfig(), configuration
    )
    return parquet(pa.table({"id": ["P1"], "secret": ["x"]}), encryption_properties=properties)


@pytest.mark.parametrize("plaintext_footer", [True, False])
def test_an_encrypted_file_is_not_called_damaged(plaintext_footer: bool) -> None:
    content = encrypted(plaintext_footer)
    assert content[-4:] == (b"PAR1" if plaintext_footer else b"PARE")
    found = refusal(content, column("id"), column("secret"))
    assert found.reason == "file:encrypted-parquet"
    cut = refusal(content[:-9], column("id"), column("secret"))
    assert cut.reason == "file:damaged-parquet"


def test_an_encrypted_column_may_be_dropped_where_the_others_are_plain() -> None:
    found = process(encrypted(True), column("id"), drop=True)
    assert found.clean.to_pylist() == [{"id": "P1"}]


@pytest.mark.parametrize("length", [b"\x20\0\0\0", b"AB\0\0", b"\x15\x04\x15\x10"])
def test_what_begins_with_the_mark_of_encrypted_parquet_is_that(length: bytes) -> None:
    content = b"PARE" + length + bytes(20) + b"PARE"
    assert refusal(content, column("id")).reason == "file:encrypted-parquet"


@pytest.mark.parametrize("text", [b"PARE,b\n", b"PARENT,b\nx,y\n", b"PARE\n"])
def test_a_text_may_begin_with_the_mark_of_encrypted_parquet(text: bytes) -> None:
    with pytest.raises(FileRefusedError, match="header:unknown-column"):
        process(text, column("id"))


@pytest.mark.parametrize(("name", "line"), [("a.parquet", None), ("a.csv", 1), ("a", 1)])
def test_an_empty_file_has_a_line_unless_it_should_be_parquet(name: str, line: int | None) -> None:
    agreed = parse(document(column("id")))
    with (
        pytest.raises(FileRefusedError, match="file:empty") as caught,
        open_records(io.BytesIO(), name, agreed, LIMIT),
    ):
        pass
    assert caught.value.line == line


def test_a_refusal_of_parquet_names_no_line() -> None:
    people = pa.table({"id": ["P1"], "more": ["x"]})
    twice = pa.table([["P1"], ["P2"]], ["id", "id"])
    for table, reason in (
        (people, "header:unknown-column"),
        (twice, "header:duplicate-column"),
        (people.select(["more"]).rename_columns(["id"]), "header:missing-column"),
    ):
        found = refusal(parquet(table), column("id"), column("c", required=True))
        assert found.reason == reason
