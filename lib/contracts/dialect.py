"""The dialect of a contract's CSV files.

The standard has no place for it: the ``delimiter`` of a server says how documents of JSON follow
each other in a file, and only where ``format`` is json (ODCS v3, Servers, s3).
"""

import string
from collections.abc import Mapping
from typing import Any

from lib.contracts.compiled import Csv, Dialect
from lib.contracts.source import Location, Source

MARKS = [mark for mark in string.punctuation if mark != "{"]  # which begins JSON
DELIMITERS = [*MARKS, "\t", " "]
OPTIONS = ("delimiter", "quote", "header", "nulls")
DEFAULTS: Csv = {"delimiter": ",", "quote": '"', "header": True, "nulls": []}


def read_dialect(source: Source, found: Mapping[str, tuple[Location, Any]]) -> Dialect:
    """The dialect among the custom properties of a contract; of no use when it is wrong."""
    if "csv" not in found:
        return {}
    at, value = found["csv"]
    if not isinstance(value, dict) or not set(value) <= set(OPTIONS) or not value:
        what = "write a value such as {delimiter: ';', quote: '\"', header: true}"
        source.wrong(at, f"csv does not say how the files are written; {what}")
        return {}
    csv: Csv = {**DEFAULTS, **value}
    if csv["delimiter"] not in DELIMITERS:
        allowed = "one ASCII character that is no letter or digit, such as ';', or \"\\t\""
        shown = source.text((*at, "delimiter"))
        source.wrong((*at, "delimiter"), f"the delimiter of csv is {shown!r}; use {allowed}")
    if csv["quote"] not in [*MARKS, ""]:
        allowed = "one ASCII punctuation character, or '' where nothing is quoted"
        shown = source.text((*at, "quote"))
        source.wrong((*at, "quote"), f"the quote of csv is {shown!r}; use {allowed}")
    if csv["delimiter"] == csv["quote"]:
        what = f"delimiter and quote of csv are both {csv['quote']!r}; make them different"
        source.wrong(at, what)
    if not isinstance(csv["header"], bool):
        shown = source.text((*at, "header"))
        source.wrong((*at, "header"), f"the header of csv is {shown!r}; use true or false")
    _check_nulls(source, (*at, "nulls"), csv)
    return {"csv": csv}


def _check_nulls(source: Source, at: Location, csv: Csv) -> None:
    """Note markers that no field could be."""
    nulls: object = csv["nulls"]
    if not isinstance(nulls, list):
        source.wrong(at, f"the nulls of csv are {nulls!r}; write a list such as ['NULL', 'N/A']")
        return
    for index, marker in enumerate(nulls):
        if not isinstance(marker, str) or not marker or not marker.isprintable():
            shown = source.text((*at, index))
            what = "write printable text in quotes, at least a character"
            source.wrong(at, f"the null marker {shown!r} of csv is none; {what}")
        elif nulls.index(marker) != index:
            source.wrong(at, f"the null marker {marker!r} of csv stands twice; keep one of them")
