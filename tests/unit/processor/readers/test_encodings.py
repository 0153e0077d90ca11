"""CSV is in the encoding of its contract."""

import codecs
import gzip
import tracemalloc
from dataclasses import replace

import pytest

from processor.contract.model import Csv
from tests.unit.processor.examples import (
    column,
    make_contract,
)
from tests.unit.processor.formats import (
    read_through,
    zstd,
)


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


@pytest.mark.no_cover
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
