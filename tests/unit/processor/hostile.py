"""Hostile input: each case by name, what must become of it, and the check that it does.

An outcome is a reason to refuse the file, or how many rows are clean and why the others are not.
The handler that is checked is the real one, or another that should fail.
"""

import bz2
import gzip
import io
import json
import lzma
import struct
import sys
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import quote_plus

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.parquet import read_parquet
from tests.unit.processor import examples
from tests.unit.processor.aws import MemoryBucket
from tests.unit.processor.examples import SECRET
from tests.unit.processor.formats import zstd
from tests.unit.processor.messages import body, handle

HEADER, GOOD = examples.HEADER.encode(), examples.GOOD.encode()
CSV = HEADER + GOOD
OBJECT = {"id": "P1", "name": "ann", "phone": SECRET, "born": "1990-02-28", "balance": 12.5}
LINE = json.dumps(OBJECT).encode() + b"\n"


class Case(NamedTuple):
    """A file, and its correct outcome."""

    content: bytes
    expected: str | tuple[int, dict[str, int]]  # the refusal, or clean rows and reasons
    name: str = "a"


def line(**changes: Any) -> bytes:
    """Return a good line of JSON with these values changed."""
    return json.dumps(OBJECT | changes).encode() + b"\n"


def with_text(key: str, text: str) -> bytes:
    """Return a line of JSON with this spelling of a value."""
    return line(**{key: "@"}).replace(b'"@"', text.encode())


def parquet(table: pa.Table | None = None, **options: Any) -> bytes:
    """Return a Parquet file, by default of one good row."""
    file = io.BytesIO()
    pq.write_table(people() if table is None else table, file, **options)
    return file.getvalue()


def people(**changes: Any) -> pa.Table:
    """Return a table of one good row with these columns changed."""
    columns = {
        "id": ["P1"],
        "name": ["ann"],
        "phone": [SECRET],
        "born": pa.array([date(1990, 2, 28)]),
        "balance": pa.array([Decimal("12.50")], pa.decimal128(7, 2)),
    }
    return pa.table(columns | changes)


def zstd_frame(window: int) -> bytes:
    """Return a CSV header in a zstd frame that requires this window."""
    block = len(HEADER) << 3 | 1
    return b"\x28\xb5\x2f\xfd\0" + bytes([window]) + block.to_bytes(3, "little") + HEADER


def zipped() -> bytes:
    """Return a zip, as spreadsheets are."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", CSV)
    return file.getvalue()


def tarred() -> bytes:
    """Return a tar."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.csv"))
    return file.getvalue()


def flipped(content: bytes, position: int) -> bytes:
    """Return the content with one bit changed."""
    changed = bytearray(content)
    changed[position] ^= 1
    return bytes(changed)


def footer_of(content: bytes, length: int) -> bytes:
    """Return a Parquet file that states this length of its metadata."""
    return content[:-8] + struct.pack("<I", length) + content[-4:]


MANY = HEADER + GOOD * 1000
BOMB = CSV + (b"x" * 100_000 + b"\n") * 200
PLAIN = parquet(
    compression="none", write_page_checksum=True, write_statistics=False, use_dictionary=False
)
MANY_PEOPLE = pa.concat_tables([people()] * 77)
LONG_TEXTS = pa.DictionaryArray.from_arrays([0] * 300, ["x" * 1_000_000])
CASES: dict[str, Case] = {
    # CSV
    "empty": Case(b"", "file:empty"),
    "header only": Case(HEADER, (0, {})),
    "no header": Case(GOOD, "header:unknown-column"),
    "duplicate header": Case(b"id,id\n" + GOOD, "header:duplicate-column"),
    "misspelt header": Case(b"id,nam,phone,born,balance\n" + GOOD, "header:unknown-column"),
    "missing header": Case(b"id,name\nP1,ann\n", "header:missing-column"),
    "BOM": Case(b"\xef\xbb\xbf" + CSV, (1, {})),
    "UTF-16": Case(CSV.decode().encode("utf-16"), "encoding:utf-16"),
    "UTF-16 without mark": Case(CSV.decode().encode("utf-16-be"), "encoding:utf-16"),
    "UTF-16, the other way round": Case(CSV.decode().encode("utf-16-le"), "encoding:utf-16"),
    "JSON in UTF-16": Case(LINE.decode().encode("utf-16-le"), "encoding:utf-16", "a.jsonl"),
    "UTF-32": Case(CSV.decode().encode("utf-32"), "encoding:utf-32"),
    "UTF-32 without mark": Case(CSV.decode().encode("utf-32-be"), "encoding:utf-32"),
    "CR": Case((CSV + GOOD).replace(b"\n", b"\r"), (2, {})),
    "CRLF": Case((CSV + GOOD).replace(b"\n", b"\r\n"), (2, {})),
    "mixed line ends": Case(CSV + GOOD[:-1] + b"\r\n" + GOOD[:-1] + b"\r" + GOOD, (4, {})),
    "no last line end": Case(CSV[:-1], (1, {})),
    "unclosed quote": Case(CSV + b'P2,"ann', "record:malformed"),
    "quote inside field": Case(
        CSV + b'P2,5" pipe,,1990-02-28,\n' + GOOD, (2, {"row:stray-quote": 1})
    ),
    "quote after a blank": Case(
        CSV + b'P2, "Doe, Jane" ,1990-02-28,1\nP3, "ann",,1990-02-28,\n',
        (1, {"row:stray-quote": 2}),
    ),
    "quote after a blank, over lines": Case(  # one of them looks like a row
        CSV + b'P2, "a\nP9,b,,1990-02-28,1\nc",,1990-02-28,\n' + GOOD, (2, {"row:stray-quote": 1})
    ),
    "quote after a blank, not closed": Case(CSV + b'P2, "a\n' + GOOD, "record:malformed"),
    "quote in the header": Case(b'id, "name"\n' + GOOD, "header:stray-quote"),
    "text after quote": Case(CSV + b'P2,"a"n,,1990-02-28,\n', "record:malformed"),
    "embedded newlines": Case(CSV + b'P2,"a\n\r\nn",,1990-02-28,\n' + GOOD, (3, {})),
    "NUL bytes": Case(
        CSV + b"P2,a\0n,,1990-02-28,\nP\0,ann,,1990-02-28,\n", (1, {"row:control-character": 2})
    ),
    "only NUL bytes": Case(bytes(5000), "header:control-character"),
    "invalid UTF-8": Case(CSV + b"P2,\xff,,,\n", "encoding:not-utf-8"),
    "a 50 MB line": Case(CSV + b"x" * 50_000_000, "record:too-long"),
    "a million columns": Case(b"," * 1_000_000, "file:too-many-columns"),
    "4,097 columns": Case(HEADER[:-1] + b"," * 4092 + b"\n", "file:too-many-columns"),
    "4,096 columns": Case(HEADER[:-1] + b"," * 4091 + b"\n", "header:unknown-column"),
    "a row of a million fields": Case(CSV + b"," * 1_000_000, (1, {"row:field-count": 1})),
    "ISO-2022-JP": Case(
        CSV + 'P2,"\u65e5\n\u672c",,1990-02-28,\n'.encode("iso-2022-jp"),
        (1, {"row:control-character": 1}),
    ),
    "ISO-2022-KR": Case(
        CSV + "P2,\ud55c,,1990-02-28,\n".encode("iso-2022-kr"), (1, {"row:control-character": 1})
    ),
    "HZ": Case(CSV + "P2,\u4f60,,1990-02-28,\n".encode("hz"), (1, {"row:control-character": 1})),
    "HZ in JSON": Case(LINE + with_text("name", '"~{Dc~}"'), (1, {"row:control-character": 1})),
    "a tilde and a brace": Case(CSV + b"P2,~{a~},,1990-02-28,\nP3,~{},,1990-02-28,\n", (3, {})),
    "ragged rows": Case(
        CSV + b"P2\n,,,,,,\n\n" + GOOD, (2, {"row:field-count": 2, "row:blank": 1})
    ),
    "empty lines at the end": Case(CSV + b"\r\n\n\r", (1, {})),
    "blank line before the header": Case(b"\r\n" + CSV, "header:blank"),
    "an empty line a thousand times as often as rows": Case(
        CSV + b"\n" * 1000 + GOOD, (2, {"row:blank": 1000})
    ),
    "a MiB of empty lines": Case(
        CSV + b"\n" * (1 << 20) + b"\n" + GOOD, "file:too-many-blank-lines"
    ),
    "every row bad": Case(HEADER + b"x\n" * 20_000, (0, {"row:field-count": 20_000})),
    "formula injection": Case(
        HEADER + b"=1+1,ann,,1990-02-28,\nP1,ann,,1990-02-28,@SUM(A1)\n",
        (0, {"id:pattern": 1, "balance:decimal": 1}),
    ),
    "huge integer": Case(
        HEADER + b"P1,ann,,1990-02-28," + b"9" * 100_000 + b"\n", (0, {"balance:decimal": 1})
    ),
    # Compression
    "gzip": Case(gzip.compress(CSV), (1, {}), "a.csv.gz"),
    "gzip of several members": Case(
        gzip.compress(HEADER) + gzip.compress(GOOD[:9]) + gzip.compress(GOOD[9:]), (1, {})
    ),
    "truncated gzip": Case(gzip.compress(MANY)[:-9], "file:damaged-gzip"),
    "gzip without its checksum": Case(gzip.compress(MANY)[:-8], "file:damaged-gzip"),
    "flipped byte in gzip": Case(flipped(gzip.compress(MANY, 0), 5000), "file:damaged-gzip"),
    "flipped block of gzip": Case(flipped(gzip.compress(MANY), 10), "file:damaged-gzip"),
    "flipped checksum of gzip": Case(flipped(gzip.compress(MANY), -8), "file:damaged-gzip"),
    "rubbish after gzip": Case(gzip.compress(CSV) + b"rubbish", "file:damaged-gzip"),
    "two bytes of gzip": Case(b"\x1f\x8b", "file:damaged-gzip"),
    "gzip of nothing": Case(gzip.compress(b""), "file:empty"),
    "gzip of gzip": Case(gzip.compress(gzip.compress(CSV)), "file:compressed-twice"),
    "gzip of zstd": Case(gzip.compress(zstd(CSV)), "file:compressed-twice"),
    "gzip of Parquet": Case(gzip.compress(parquet()), "file:compressed-twice"),
    "gzip of UTF-16": Case(gzip.compress(CSV.decode().encode("utf-16")), "encoding:utf-16"),
    "zip bomb": Case(gzip.compress(BOMB), "file:compression-ratio"),
    "zstd": Case(zstd(CSV), (1, {}), "a.csv.zst"),
    "zstd of several frames": Case(zstd(HEADER) + zstd(GOOD) + zstd(GOOD), (2, {})),
    "zstd after a frame to skip": Case(
        b"\x50\x2a\x4d\x18\x04\0\0\0" + SECRET.encode()[:4] + zstd(CSV), (1, {})
    ),
    "truncated zstd": Case(zstd(MANY)[:-3], "file:damaged-zstd"),
    "rubbish after zstd": Case(zstd(CSV) + b"rubbish", "file:damaged-zstd"),
    "zstd with the largest window": Case(zstd_frame(0b01101_000), (0, {})),
    "zstd with a larger window": Case(zstd_frame(0b01101_001), "file:zstd-window-too-large"),
    "zstd with a larger window in its second frame": Case(
        zstd(HEADER) + zstd_frame(0b10100_000), "file:zstd-window-too-large"
    ),
    "zstd of one segment that is larger": Case(
        b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", (1 << 23) + 1), "file:zstd-window-too-large"
    ),
    "zstd with a dictionary": Case(
        b"\x28\xb5\x2f\xfd\x02\x00\x07\x00", "file:zstd-dictionary", "a.csv.zst"
    ),
    "zstd bomb": Case(zstd(BOMB), "file:compression-ratio"),
    # Formats that are not read
    "zip": Case(zipped(), "format:zip", "a.csv"),
    "zip of nothing": Case(b"PK\5\6" + bytes(18), "format:zip"),
    "xz": Case(lzma.compress(CSV), "format:xz", "a.csv"),
    "xz in gzip": Case(gzip.compress(lzma.compress(CSV)), "format:xz"),
    "bzip2": Case(bz2.compress(CSV), "format:bzip2", "a.csv"),
    "bzip2 of nothing": Case(bz2.compress(b""), "format:bzip2"),
    "7z": Case(b"7z\xbc\xaf\x27\x1c\0\4", "format:7z"),
    "lz4": Case(pa.compress(CSV, codec="lz4", asbytes=True), "format:lz4"),
    "xls": Case(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(8), "format:xls", "a.csv"),
    "tar": Case(tarred(), "format:tar", "a.csv"),
    "Arrow": Case(b"ARROW1\0\0" + bytes(8), "format:arrow"),
    "HTML": Case(b"\xef\xbb\xbf\n<!DOCTYPE html><p>404", "format:html", "a.csv"),
    "XML": Case(b'<?xml version="1.0"?><rows/>', "format:xml"),
    # Names
    "gzip called CSV": Case(gzip.compress(CSV), "file:not-what-its-name-says", "a.csv"),
    "CSV called gzip": Case(CSV, "file:not-what-its-name-says", "a.csv.gz"),
    "CSV called .GZ": Case(CSV, "file:not-what-its-name-says", "A.GZ"),
    "zstd called gzip": Case(zstd(CSV), "file:not-what-its-name-says", "a.csv.gz"),
    "CSV called JSON": Case(CSV, "file:not-what-its-name-says", "a.jsonl"),
    "JSON called CSV": Case(LINE, "file:not-what-its-name-says", "a.csv"),
    "Parquet called CSV": Case(parquet(), "file:not-what-its-name-says", "a.csv"),
    "CSV called Parquet": Case(CSV, "file:not-what-its-name-says", "a.parquet"),
    "an ending that says nothing": Case(CSV, (1, {}), "a.2026-01-01"),
    # JSON Lines
    "JSON Lines": Case(LINE + LINE, (2, {}), "a.jsonl"),
    "JSON Lines in gzip": Case(gzip.compress(LINE), (1, {}), "a.ndjson.gz"),
    "JSON Lines in zstd": Case(zstd(LINE), (1, {}), "a.json.zst"),
    "JSON after BOM and blank line": Case(b"\xef\xbb\xbf\r\n" + LINE, (1, {"row:blank": 1})),
    "JSON array": Case(b"[" + LINE[:-1] + b"]", "format:json-array", "a.json"),
    "JSON array over lines, without a name": Case(b"\n[\r\n  " + LINE + b"]", "format:json-array"),
    "JSON array of arrays": Case(b'[["id"],["P1"]]', "format:json-array"),
    "JSON array in gzip": Case(gzip.compress(b"[]"), "format:json-array", "a.json.gz"),
    "one JSON object on many lines": Case(
        json.dumps(OBJECT, indent=1).encode(), (0, {"row:not-json": 7})
    ),
    "JSON that is not an object": Case(
        LINE + b'[]\n"P1"\n1\nnull\n', (1, {"row:not-an-object": 4})
    ),
    "truncated JSON": Case(LINE + LINE[:-9], (1, {"row:not-json": 1})),
    "two objects on a line": Case(LINE[:-1] + LINE, (0, {"row:not-json": 1})),
    "duplicate JSON keys": Case(
        LINE + LINE.replace(b"{", b'{"id": "P2", ') + b'{"x": {"a": 1, "a": 2}}\n',
        (1, {"row:duplicate-key": 2}),
    ),
    "JSON with an empty line at its end": Case(LINE + b"\r\n\n", (1, {})),
    "empty JSON object": Case(LINE + b"{}\n", (1, {"row:no-column": 1})),
    "unknown JSON key": Case(LINE + line(**{SECRET: 1}), (1, {"row:unknown-column": 1})),
    "NaN and Infinity": Case(
        b"".join(with_text("balance", text) for text in ("NaN", "Infinity", "-Infinity")),
        (0, {"row:not-json": 3}),
    ),
    "null, true and absent": Case(
        line(phone=None) + line(phone=True) + line(id=None) + b'{"id": "P1", "name": "ann"}\n',
        (2, {"id:required": 1, "born:required": 1}),
    ),
    "nested JSON": Case(line(phone={"a": 1}) + line(phone=[SECRET]), (0, {"phone:nested": 2})),
    "deeply nested JSON": Case(
        b'{"id": ' + b"[" * 100_000 + b"\n" + b'{"id":' * 100_000 + b"\n" + LINE,
        (1, {"row:too-deep": 2}),
    ),
    "huge integer in JSON": Case(
        with_text("balance", "9" * 1_000_000) + LINE, (1, {"balance:decimal": 1})
    ),
    "exponent in JSON": Case(with_text("balance", "1e2"), (0, {"balance:decimal": 1})),
    "more digits than a float has": Case(
        with_text("balance", "12.50") + with_text("balance", "12.500000000000000000001"),
        (1, {"balance:decimal": 1}),
    ),
    "lone surrogates": Case(
        with_text("phone", r'"\ud800"') + with_text("phone", r'"\ud83d\ude00"'),
        (1, {"row:lone-surrogate": 1}),
    ),
    "NUL and newline escaped": Case(line(phone="a\0b\n"), (1, {})),
    "control character in JSON": Case(LINE.replace(b"ann", b"a\tn"), (0, {"row:not-json": 1})),
    "invalid UTF-8 in JSON": Case(LINE + b'{"id": "\xff"}\n', "encoding:not-utf-8"),
    "a 50 MB line of JSON": Case(LINE + b'{"id": "' + b"x" * 50_000_000, "record:too-long"),
    "a million JSON keys": Case(
        LINE + b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}\n",
        (1, {"row:unknown-column": 1}),
    ),
    # Parquet
    "Parquet": Case(parquet(), (1, {}), "a.parquet"),
    "Parquet without rows": Case(parquet(people()[:0]), (0, {})),
    "Parquet in many row groups": Case(
        parquet(pa.concat_tables([people()] * 9), row_group_size=2), (9, {})
    ),
    "truncated Parquet": Case(parquet()[:-20], "file:damaged-parquet"),
    "the mark of Parquet alone": Case(b"PAR1", "file:damaged-parquet"),
    "Parquet of zeros": Case(b"PAR1" + bytes(100) + b"PAR1", "file:damaged-parquet"),
    "Parquet that says its metadata are longer": Case(
        footer_of(parquet(), 1 << 20), "file:damaged-parquet"
    ),
    "Parquet with a giant footer": Case(
        footer_of(parquet(), (1 << 32) - 1), "file:parquet-footer-too-large"
    ),
    "Parquet with its first page overwritten": Case(
        b"PAR1" + b"\xff" * 40 + parquet()[44:], "file:damaged-parquet"
    ),
    "Parquet with a flipped value": Case(
        flipped(PLAIN, PLAIN.index(SECRET.encode())),
        "file:damaged-parquet",
    ),
    "Parquet that is not UTF-8": Case(
        parquet(compression="none", use_dictionary=False).replace(b"ann", b"a\xffn"),
        "file:damaged-parquet",
    ),
    "Parquet that says it has more rows": Case(  # 78 instead of 77, as Thrift has them
        parquet(MANY_PEOPLE, store_schema=False).replace(b"\x16\x9a\1", b"\x16\x9c\1", 1),
        "file:damaged-parquet",
    ),
    "Parquet that does not say what it unfolds to": Case(
        parquet(
            pa.concat_tables([people()] * 300).set_column(2, "phone", LONG_TEXTS),
            store_schema=False,
        ),
        "file:needs-too-much-memory",
    ),
    "Parquet without columns": Case(parquet(pa.table({})), "file:empty"),
    "Parquet with an unknown column": Case(parquet(people(more=["x"])), "header:unknown-column"),
    "Parquet with a nested column": Case(
        parquet(people(phone=[[SECRET]])), "header:column-type-list"
    ),
    "Parquet with bytes that are text": Case(parquet(people(phone=[SECRET.encode()])), (1, {})),
    "Parquet with bytes that are not": Case(
        parquet(people(phone=[b"\xff"])), (0, {"phone:string": 1})
    ),
    "Parquet with too many columns": Case(
        parquet(pa.table({str(n): [1] for n in range(4097)})), "file:too-many-columns"
    ),
    "Parquet with NaN": Case(parquet(people(balance=[float("nan")])), (0, {"balance:decimal": 1})),
    "Parquet with an infinite number for a text": Case(
        parquet(people(phone=[float("inf")])), (0, {"phone:string": 1})
    ),
    "encrypted Parquet": Case(
        b"PARE\x20\0\0\0" + bytes(50) + b"PARE", "file:encrypted-parquet", "a.parquet"
    ),
    "Parquet with nulls": Case(
        parquet(people(id=pa.nulls(1, pa.string()), phone=pa.nulls(1))), (0, {"id:required": 1})
    ),
    "Parquet with categories": Case(
        parquet(people(phone=pa.array([SECRET]).dictionary_encode())), (1, {})
    ),
    "Parquet with a time for a day": Case(
        parquet(people(born=pa.array([datetime(1990, 2, 28, tzinfo=UTC)]))), (0, {"born:date": 1})
    ),
}
NAMES = {
    "spaces": "a b  c.csv",
    "plus": "a+b.csv",
    "percent": "100%25.csv",
    "unicode": "é\u202e\U0001f600.csv",
    "percent-encoded dots": "%2e%2e/%2E%2E/a.csv",
    "an empty folder": "a//b.csv",
    "three dots": ".../a.csv",
    "a quote and a newline": 'a"\nb.csv',
    "1,024 bytes": "x" * (1024 - len("incoming/people/.csv")) + ".csv",
}


def check_content(index: ModuleType, bucket: MemoryBucket, case: Case) -> None:
    """Make sure that a file becomes what is stated."""
    bucket.upload(f"incoming/people/{case.name}", case.content)
    assert handle(index, body(f"incoming/people/{case.name}")) == []
    text = bucket.content(f"manifests/people/{case.name}.json").decode()
    assert SECRET not in text
    manifest = json.loads(text)
    rows = manifest["rows"]
    assert rows["read"] == rows["clean"] + rows["rejected"]
    if isinstance(case.expected, str):
        assert (manifest["refusal"] or {}).get("reason") == case.expected
        assert rows["clean"] == 0
        assert bucket.newest(f"processed/people/{case.name}.parquet") is None
        return
    clean, reasons = case.expected
    assert manifest["refusal"] is None
    assert (rows["clean"], manifest["rejected_by_reason"]) == (clean, reasons)
    rejects = quarantined(bucket, case.name) if reasons else []
    assert Counter(reason for reject in rejects for reason in reject["reasons"]) == reasons
    assert len(rejects) == rows["rejected"]
    found = read_parquet(io.BytesIO(bucket.content(f"processed/people/{case.name}.parquet")))
    assert found.num_rows == clean


def check_size(
    monkeypatch: pytest.MonkeyPatch,
    index: ModuleType,
    bucket: MemoryBucket,
    compress: Callable[[bytes], bytes],
) -> None:
    """Make sure that a refusal states the limit of the size, and the setting behind it."""
    monkeypatch.setenv("MAX_OBJECT_BYTES", "30000")
    bucket.upload("incoming/people/a", compress(MANY))
    assert handle(index, body("incoming/people/a")) == []
    refusal = json.loads(bucket.content("manifests/people/a.json"))["refusal"]
    assert refusal["reason"] in {"object:too-large", "file:too-large-decompressed"}
    assert (refusal["limit"], refusal["setting"]) == (30_000, "memoryMb")
    read = bucket.bodies[-1].taken
    assert read == (0 if refusal["reason"] == "object:too-large" else len(compress(MANY)))


def quarantined(bucket: MemoryBucket, name: str) -> list[Any]:
    """Return the quarantine of a file."""
    content = gzip.decompress(bucket.content(f"quarantine/people/{name}.jsonl.gz"))
    return [json.loads(line) for line in content.splitlines()]


def check_name(index: ModuleType, bucket: MemoryBucket, name: str) -> None:
    """Make sure that a name is one, whatever its characters mean elsewhere."""
    key = f"incoming/people/{name}"
    bucket.upload(key, CSV)
    assert handle(index, body(quote_plus(key, safe="/"))) == []
    others = [found for found in bucket.names() if found != key]
    assert [found.partition("/")[0] for found in others] == ["manifests", "processed"]
    assert all(len(found.encode()) <= 1024 for found in others)
    assert json.loads(bucket.content(others[0]))["source"]["key"] == key


def check_change(
    index: ModuleType,
    bucket: MemoryBucket,
    capfd: pytest.CaptureFixture[str],
    change: Callable[[MemoryBucket, str], None],
    kind: str,
) -> None:
    """Make sure of what is logged of an object that changes between event and read."""
    key = "incoming/people/a.csv"
    bucket.upload(key, CSV)

    def once(moment: str) -> None:
        if moment == f"before get {key}":
            bucket.interrupt = lambda _: None
            change(bucket, key)

    bucket.interrupt = once
    assert handle(index, body(key)) == []
    assert handle(index, body(key)) == []
    out = capfd.readouterr().out
    sys.stdout.write(out)  # for the check of everything printed
    messages = [json.loads(text).get("message") for text in out.splitlines()]
    assert [message for message in messages if message] == [
        kind,
        "object deleted" if kind == "object deleted" else "object duplicate",
    ]
