"""Formats that are not supported are known by how their files begin."""

import bz2
import lzma

import pytest

from processor.readers.signatures import foreign_format, foreign_text
from processor.reasons import Reason


@pytest.mark.parametrize(
    ("begin", "reason"),
    [
        (b"PK\x03\x04", Reason.FORMAT_ZIP),
        (lzma.compress(b"x"), Reason.FORMAT_XZ),
        (bz2.compress(b"x"), Reason.FORMAT_BZIP2),
        (bz2.compress(b""), Reason.FORMAT_BZIP2),
        (b"7z\xbc\xaf\x27\x1c", Reason.FORMAT_7Z),
        (b"Rar!\x1a\x07", Reason.FORMAT_RAR),
        (b"\x04\x22\x4d\x18", Reason.FORMAT_LZ4),
        (b"\xff\x06\x00\x00sNaPpY", Reason.FORMAT_SNAPPY),
        (b"LZIP\x01", Reason.FORMAT_LZIP),
        (b"\x1f\x9d\x90", Reason.FORMAT_COMPRESS),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Reason.FORMAT_XLS),
        (b"%PDF-1.7", Reason.FORMAT_PDF),
        (b"Obj\x01", Reason.FORMAT_AVRO),
        (b"ORC\x11", Reason.FORMAT_ORC),
        (b"ARROW1\x00\x00", Reason.FORMAT_ARROW),
        (b"FEA1\x02", Reason.FORMAT_ARROW),
        (b"SQLite format 3\x00", Reason.FORMAT_SQLITE),
        (b"name".ljust(257, b"\0") + b"ustar", Reason.FORMAT_TAR),
        ("id\n".encode("utf-32"), Reason.ENCODING_UTF_32),
        ("id\n".encode("utf-32-be"), Reason.ENCODING_UTF_32),
        ("id\n".encode("utf-16"), Reason.ENCODING_UTF_16),
        ("id\n".encode("utf-16-be"), Reason.ENCODING_UTF_16),
        (b"PK,x\n", None),
        (b"BZh1,x\n", None),
        (b"ORC,x\n", None),
        (b"%PDF,x\n", None),
        (b"id,name\n", None),
        ("\ufeffid\n".encode(), None),
        (b"", None),
    ],
)
def test_a_binary_format_is_known(begin: bytes, reason: Reason | None) -> None:
    assert foreign_format(begin) == reason


@pytest.mark.parametrize(
    ("begin", "reason"),
    [
        (b"<!DOCTYPE html>", Reason.FORMAT_HTML),
        (b"<HTML>", Reason.FORMAT_HTML),
        (b"<?xml version='1.0'?>", Reason.FORMAT_XML),
        (b'[{"id": 1}]', Reason.FORMAT_JSON_ARRAY),
        (b"[]", Reason.FORMAT_JSON_ARRAY),
        (b"<htmlx>", None),
        (b"[1],x\n", None),
        (b"id\n", None),
    ],
)
def test_a_text_of_another_format_is_known(begin: bytes, reason: Reason | None) -> None:
    assert foreign_text(begin) == reason
