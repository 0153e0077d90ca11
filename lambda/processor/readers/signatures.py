"""Signatures: how files in formats that are not read begin, so that a reason can name them.

Text of a seven-bit or eight-bit encoding has none; UTF-16 and UTF-32 show by their zeros, too.
"""

import re

_PATTERNS = {
    "format:zip": rb"PK(?:\x03\x04|\x05\x06|\x07\x08)",  # and so xlsx, ods, jar
    "format:xz": rb"\xfd7zXZ\x00",
    "format:bzip2": rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)",
    "format:7z": rb"7z\xbc\xaf\x27\x1c",
    "format:rar": rb"Rar!\x1a\x07",
    "format:lz4": rb"\x04\x22\x4d\x18",
    "format:snappy": rb"\xff\x06\x00\x00sNaPpY",
    "format:lzip": rb"LZIP\x01",
    "format:compress": rb"\x1f\x9d",
    "format:xls": rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",  # and whatever else is in OLE
    "format:pdf": rb"%PDF-[0-9]",
    "format:avro": rb"Obj\x01",
    "format:orc": rb"ORC[\x00-\x1f]",
    "format:arrow": rb"ARROW1\x00|FEA1[\x00-\x1f]|\xff\xff\xff\xff..\x00\x00",
    "format:sqlite": rb"SQLite format 3\x00",
    "format:tar": rb".{257}ustar",
    "encoding:utf-32": rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff"
    rb"|(?:[^\x00]\x00\x00\x00){2}|(?:\x00\x00\x00[^\x00]){2}",
    "encoding:utf-16": rb"\xff\xfe|\xfe\xff|(?:[^\x00]\x00){2}|(?:\x00[^\x00]){2}",
}
_TEXTS = {
    "format:html": rb"(?i:<!doctype html|<html|<head|<body)\b",
    "format:xml": rb"<\?xml\b",
    "format:json-array": rb"\[[ \t\r\n]*[][{\"]",
}
_COMPILED = {name: re.compile(pattern, re.DOTALL) for name, pattern in _PATTERNS.items()}
_COMPILED_TEXTS = {name: re.compile(pattern) for name, pattern in _TEXTS.items()}


def foreign_format(begin: bytes) -> str | None:
    """Return the reason to refuse a file that begins so, which names its format or encoding."""
    return _first(_COMPILED, begin)


def foreign_text(begin: bytes) -> str | None:
    """Return the reason to refuse a text that begins so, unless it may begin with any value."""
    return _first(_COMPILED_TEXTS, begin)


def _first(patterns: dict[str, re.Pattern[bytes]], begin: bytes) -> str | None:
    return next((name for name, pattern in patterns.items() if pattern.match(begin)), None)
