"""Signatures: how files of unsupported formats begin, so that a reason can name them.

Text in a seven-bit or eight-bit encoding has none; UTF-16 and UTF-32 also show by their zeros.
"""

import re

from processor.reasons import Reason

_PATTERNS = {
    Reason.FORMAT_ZIP: rb"PK(?:\x03\x04|\x05\x06|\x07\x08)",  # including xlsx, ods and jar
    Reason.FORMAT_XZ: rb"\xfd7zXZ\x00",
    Reason.FORMAT_BZIP2: rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)",
    Reason.FORMAT_7Z: rb"7z\xbc\xaf\x27\x1c",
    Reason.FORMAT_RAR: rb"Rar!\x1a\x07",
    Reason.FORMAT_LZ4: rb"\x04\x22\x4d\x18",
    Reason.FORMAT_SNAPPY: rb"\xff\x06\x00\x00sNaPpY",
    Reason.FORMAT_LZIP: rb"LZIP\x01",
    Reason.FORMAT_COMPRESS: rb"\x1f\x9d",
    Reason.FORMAT_XLS: rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",  # and other OLE files
    Reason.FORMAT_PDF: rb"%PDF-[0-9]",
    Reason.FORMAT_AVRO: rb"Obj\x01",
    Reason.FORMAT_ORC: rb"ORC[\x00-\x1f]",
    Reason.FORMAT_ARROW: rb"ARROW1\x00|FEA1[\x00-\x1f]|\xff\xff\xff\xff..\x00\x00",
    Reason.FORMAT_SQLITE: rb"SQLite format 3\x00",
    Reason.FORMAT_TAR: rb".{257}ustar",
    Reason.ENCODING_UTF_32: rb"\xff\xfe\x00\x00|\x00\x00\xfe\xff"
    rb"|(?:[^\x00]\x00\x00\x00){2}|(?:\x00\x00\x00[^\x00]){2}",
    Reason.ENCODING_UTF_16: rb"\xff\xfe|\xfe\xff|(?:[^\x00]\x00){2}|(?:\x00[^\x00]){2}",
}
_TEXTS = {
    Reason.FORMAT_HTML: rb"(?i:<!doctype html|<html|<head|<body)\b",
    Reason.FORMAT_XML: rb"<\?xml\b",
    Reason.FORMAT_JSON_ARRAY: rb"\[[ \t\r\n]*[][{\"]",
}
_COMPILED = {name: re.compile(pattern, re.DOTALL) for name, pattern in _PATTERNS.items()}
_COMPILED_TEXTS = {name: re.compile(pattern) for name, pattern in _TEXTS.items()}


def foreign_format(begin: bytes) -> Reason | None:
    """Return the reason to refuse a file with this beginning; it names the format or encoding."""
    return _first(_COMPILED, begin)


def foreign_text(begin: bytes) -> Reason | None:
    """Return the reason to refuse a text with this beginning, if the dialect rules it out."""
    return _first(_COMPILED_TEXTS, begin)


def _first(patterns: dict[Reason, re.Pattern[bytes]], begin: bytes) -> Reason | None:
    return next((name for name, pattern in patterns.items() if pattern.match(begin)), None)
