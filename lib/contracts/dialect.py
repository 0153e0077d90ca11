"""The dialect of a contract's CSV files.

The standard has no field for it: the ``delimiter`` of a server separates JSON documents in a file
where ``format`` is json (ODCS v3, Servers, s3). Where it is csv, people write that of fields. A
contract may list many servers, each with its ``encoding`` and ``delimiter``; those of the files
are stated once, with the rest of the dialect, and no server may contradict them.
"""

import codecs
import string
from collections.abc import Mapping
from typing import Any

from lib.contracts.source import Location, Source
from processor.contract.model import RFC_4180, Csv
from processor.contract.options import count_wanted, is_count
from processor.contract.vocabulary import DAYS, ENCODINGS, ESCAPE, camel_case, snake_case

MARKS = [mark for mark in string.punctuation if mark != "{"]  # which begins JSON
DELIMITERS = [*MARKS, "\t", " "]
# Other names that a server may use for an encoding, by Python's name.
ALSO = {
    "utf-8": ("utf-8-sig", "ascii"),
    "windows-1252": ("ascii",),
    "utf-16-le": ("utf-16",),
    "utf-16-be": ("utf-16",),
}
# Other ways to write a delimiter for a server.
WRITTEN = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
OPTIONS = [camel_case(name) for name in vars(RFC_4180)]
THOUSANDS = ("", ".", ",", " ", "'", "\u2019", "\u00a0", "\u202f")


def read_dialect(source: Source, found: Mapping[str, tuple[Location, Any]]) -> Csv:
    """The dialect among the custom properties of a contract; useless if it is wrong."""
    csv = _dialect(source, *found["csv"]) if "csv" in found else RFC_4180
    _check_servers(source, csv.encoding)
    _check_delimiters(source, csv.delimiter)
    return csv


def _dialect(source: Source, at: Location, value: Any) -> Csv:
    if not isinstance(value, dict) or not set(value) <= set(OPTIONS) or not value:
        what = "write a value such as {delimiter: ';', quote: '\"', header: true}"
        if isinstance(value, dict) and (strange := [*set(value) - set(OPTIONS)]):
            what = f"{strange[0]!r} is not one of {', '.join(OPTIONS)}"
        source.wrong(at, f"csv does not say how the files are written; {what}")
        return RFC_4180
    options = {snake_case(name): given for name, given in value.items()}
    nulls = _nulls(source, (*at, "nulls"), options.pop("nulls", []))
    escape = options.pop("escape", "")
    csv = Csv(**options, nulls=nulls, escape=escape if escape == ESCAPE else "")
    if csv.delimiter not in DELIMITERS:
        allowed = "one ASCII character that is not a letter or digit, such as ';', or \"\\t\""
        shown = source.text((*at, "delimiter"))
        source.wrong((*at, "delimiter"), f"the delimiter of csv is {shown!r}; use {allowed}")
    if csv.quote not in [*MARKS, ""]:
        allowed = "one ASCII punctuation character, or '' where nothing is quoted"
        shown = source.text((*at, "quote"))
        source.wrong((*at, "quote"), f"the quote of csv is {shown!r}; use {allowed}")
    if csv.delimiter == csv.quote:
        what = f"delimiter and quote of csv are both {csv.quote!r}; make them different"
        source.wrong(at, what)
    if not isinstance(csv.header, bool):
        shown = source.text((*at, "header"))
        source.wrong((*at, "header"), f"the header of csv is {shown!r}; use true or false")
    _check_numbers(source, at, csv)
    if csv.dates not in DAYS:
        shown = source.text((*at, "dates"))
        what = f"use one of {', '.join(DAYS)}"
        source.wrong((*at, "dates"), f"the dates of csv are {shown!r}; {what}")
    if escape not in ("", ESCAPE):
        shown = source.text((*at, "escape"))
        what = "use '\\' as MySQL, Hive and PostgreSQL write, or '' for none"
        source.wrong((*at, "escape"), f"the escape of csv is {shown!r}; {what}")
    elif csv.escape and csv.escape in (csv.delimiter, csv.quote):
        what = "the escape of csv is its delimiter or quote too; make them different"
        source.wrong(at, what)
    if not is_count(csv.preamble_lines, 0):
        shown = source.text((*at, "preambleLines"))
        what = f"the preambleLines of csv are {shown!r}; {count_wanted(csv.preamble_lines, 0)}"
        source.wrong((*at, "preambleLines"), what)
    if csv.encoding not in ENCODINGS:
        shown = source.text((*at, "encoding"))
        what = f"the encoding of csv is {shown!r}; use one of {', '.join(ENCODINGS)}"
        source.wrong((*at, "encoding"), what)
    return csv


def _nulls(source: Source, at: Location, nulls: Any) -> tuple[str, ...]:
    """The null markers; notes those that no field could contain."""
    if not isinstance(nulls, list):
        source.wrong(at, f"the nulls of csv are {nulls!r}; write a list such as ['NULL', 'N/A']")
        return ()
    for index, marker in enumerate(nulls):
        if not isinstance(marker, str) or not marker or not marker.isprintable():
            shown = source.text((*at, index))
            what = "write printable text in quotes, at least a character"
            source.wrong(at, f"the null marker {shown!r} of csv is not valid; {what}")
        elif nulls.index(marker) != index:
            source.wrong(at, f"the null marker {marker!r} of csv appears twice; keep one of them")
    return tuple(nulls)


def _check_numbers(source: Source, at: Location, csv: Csv) -> None:
    """Note number separators that equal each other or other marks."""
    for name, mark, allowed in (
        ("decimal", csv.decimal, (".", ",")),
        ("thousands", csv.thousands, THOUSANDS),
    ):
        if mark not in allowed:
            shown = source.text((*at, name))
            what = f"use one of {', '.join(map(repr, allowed))}"
            source.wrong((*at, name), f"the {name} of csv is {shown!r}; {what}")
        elif mark and mark == csv.quote:
            source.wrong(at, f"the {name} of csv is its quote too; make them different")
        elif mark == csv.delimiter and not (csv.quote or csv.escape):
            what = "delimiter too, and nothing is quoted or escaped; make them different"
            source.wrong(at, f"the {name} of csv is its {what}")
    if csv.decimal == csv.thousands != "":
        what = f"decimal and thousands of csv are both {csv.decimal!r}; make them different"
        source.wrong(at, what)


def _check_servers(source: Source, encoding: str) -> None:
    """Note CSV servers with another encoding."""
    if encoding not in ENCODINGS:
        return
    allowed = (codecs.lookup(encoding).name, *ALSO.get(encoding, ()))
    for index, server in enumerate(source.document.get("servers") or []):
        name = server.get("encoding")
        if name is None or server.get("format", "csv").lower() != "csv":
            continue
        try:
            agrees = codecs.lookup(name).name in allowed
        except (LookupError, ValueError):
            agrees = False
        if not agrees:
            at = ("servers", index, "encoding")
            what = f"the server expects CSV in {name!r}, but the encoding of csv is {encoding!r}"
            remedy = f"make them agree in the custom property csv: {' or '.join(ENCODINGS)}"
            source.wrong(at, f"{what}; {remedy}")


def _check_delimiters(source: Source, delimiter: Any) -> None:
    """Note CSV servers with another delimiter."""
    for index, server in enumerate(source.document.get("servers") or []):
        written = server.get("delimiter")
        if written is None or server.get("format", "").lower() != "csv":
            continue
        if WRITTEN.get(written.lower(), written) != delimiter:
            what = f"the server expects CSV with the delimiter {written!r}, but that of csv is"
            remedy = "make them agree in the custom property csv"
            source.wrong(("servers", index, "delimiter"), f"{what} {delimiter!r}; {remedy}")
