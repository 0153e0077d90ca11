"""Values without quotes: YAML 1.1, which PyYAML reads, takes some texts for something else.

To YAML 1.2, to JSON and so to the standard, there are no dates: ``2022-10-03`` is text.
https://yaml.org/spec/1.2.2/#103-core-schema
"""

import json
from datetime import date
from typing import Any

from lib.contracts.source import Location, Source


def read_dates(source: Source) -> None:
    """Replace every date and time of the document by its text in the file."""
    source.document = _without_dates(source, source.document, ())


def _without_dates(source: Source, value: Any, at: Location) -> Any:
    if isinstance(value, dict):
        return {key: _without_dates(source, one, (*at, key)) for key, one in value.items()}
    if isinstance(value, list):
        return [_without_dates(source, one, (*at, index)) for index, one in enumerate(value)]
    return source.text(at) if isinstance(value, date) else value


def misread(source: Source, at: Location, value: Any) -> str:
    """What is wrong with a value that should be text: what YAML reads it as, and what to write.

    The value is a number, a boolean or None.
    """
    text = source.text(at)
    if value is None and text in ("", "~"):
        return "is empty; write text in quotes"
    if value is None or isinstance(value, bool):
        read = json.dumps(value)
    else:
        read = "a number" if str(value) == text else f"the number {value}"
    quoted = json.dumps(text, ensure_ascii=False)
    return f"is {text} without quotes, which YAML reads as {read}; put it in quotes: {quoted}"
