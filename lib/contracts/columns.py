"""The columns of a contract: what the processor would enforce, and nothing that it would not."""

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from open_data_contract_standard.model import SchemaProperty

from lib.contracts.compiled import Column, Deidentification, Output, Rules
from lib.contracts.custom import custom_properties
from lib.contracts.source import Location, Source
from lib.contracts.standard import LOGICAL_TYPES, wrong_type

MAX_NAME_LENGTH = 128

CLASSIFICATIONS = ("public", "internal", "confidential", "restricted")
SENSITIVE = ("confidential", "restricted")
METHODS = ("hmac", "mask", "drop", "keep")
LATER_METHODS = ("truncate", "generalize", "redact")

# A token stands for one text. These types have several texts for one value, or so few values
# that a token hides none of them.
NOT_FOR_HMAC = {
    "boolean": "a token for one of two values hides nothing",
    "decimal": "1.5 and 1.50 are one value but would get two tokens",
    "double": "0.1 and 1e-1 are one value but would get two tokens",
    "timestamp": "one instant has a text for every offset and would get as many tokens",
}

LOWER_BOUNDS = ("minimum", "exclusiveMinimum")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum")
BOUNDS = LOWER_BOUNDS + UPPER_BOUNDS
OPTIONS = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": BOUNDS,
    "decimal": BOUNDS,
    "double": BOUNDS,
    "boolean": (),
    "date": BOUNDS,
    "timestamp": (*BOUNDS, "timezone"),
}
# The form that the text of a bound must have: the one that the processor asks of a value.
FORMS = {
    "integer": "an integer of 64 bits, such as 0 or -7",
    "decimal": "a decimal within the column's precision and scale, such as 0 or -7.5",
    "double": "a finite number, such as 0, -7.5 or 1.0e-3",
    "date": 'a day that exists, such as "2026-01-31"',
    "timestamp": 'ISO 8601 with Z or an offset, such as "2026-01-31T08:30:00Z"',
}

# What the text of a value looks like; whether it exists and fits is for _bound to say.
TEXTS = {
    "integer": r"0|-?[1-9][0-9]*",
    "decimal": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?",
    "double": r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?",
    "date": r"[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "timestamp": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?"
        r"(Z|[+-][0-9]{2}:[0-5][0-9])"
    ),
}


@dataclass(frozen=True)
class ColumnRules:
    """One property of the schema object, on its way to a column."""

    source: Source
    at: Location
    given: SchemaProperty

    def wrong(self, complaint: str, *field: str | int) -> None:
        """Note what is wrong with the column, at ``field`` if the file has it."""
        self.source.wrong((*self.at, *field), f"{self.source.subject(self.at)} {complaint}")

    def compile(self) -> Column:
        """The column; of no use when something is wrong with it."""
        given = self.given
        self._check_name(str(given.name), "name")
        if given.physicalName not in (None, given.name):
            what = f"has the physicalName {given.physicalName!r}; files have the name: remove it"
            self.wrong(what, "physicalName")
        if given.unique:
            self.wrong("is unique, which is not supported yet; remove it", "unique")
        if given.semanticType == "measure":
            self.wrong("is a measure, which no record holds; remove the column", "semanticType")
        kind, precision = self._type()
        deidentify = self._deidentify(kind)
        return {
            "name": str(given.name),
            "type": kind,
            "required": bool(given.required or given.primaryKey),
            **precision,
            **self._options(kind, precision),
            **self._enum(kind),
            "deidentify": deidentify,
            **self._output(deidentify["method"]),
        }

    def _check_name(self, name: str, field: str) -> None:
        fits = 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable() and name == name.strip()
        if not fits or ":" in name:  # the reason for a reject is <column>:<rule>
            what = (
                f"has the {field} {name!r}; use 1 to {MAX_NAME_LENGTH} printable characters "
                "without a colon and without a space at either end"
            )
            self.wrong(what, field)

    def _type(self) -> tuple[str, Rules]:
        """The processor's type, with precision and scale of a decimal; "" if it has none."""
        logical = str(self.given.logicalType)
        if logical not in LOGICAL_TYPES:
            wrong_type(self.source, self.at)
            return "", {}
        if logical != "number":
            return logical, {}
        physical = str(self.given.physicalType).replace(" ", "").lower()
        if physical == "double":
            return "double", {}
        match = re.fullmatch(r"decimal\(([0-9]{1,2}),([0-9]{1,2})\)", physical)
        precision, scale = map(int, match.groups()) if match else (0, 0)
        if not 1 <= precision <= 38 or scale > precision:
            what = (
                "is a number, whose physicalType must be double or decimal(p,s) with 1 <= p <= 38 "
                "and 0 <= s <= p, such as decimal(12,2)"
            )
            self.wrong(what, "physicalType")
            return "", {}
        return "decimal", {"precision": precision, "scale": scale}

    def _options(self, kind: str, precision: Rules) -> Rules:
        """The rules that logicalTypeOptions gives; none when the type is not known."""
        options = self.given.logicalTypeOptions or {}
        if not kind:
            return {}
        for name in options:
            if name not in OPTIONS[kind]:
                use = f"use {', '.join(OPTIONS[kind])}" if OPTIONS[kind] else "remove it"
                what = f"has the option {name!r}, which is not supported for type {kind}; {use}"
                self.wrong(what, "logicalTypeOptions", name)
        if kind == "timestamp" and options.get("timezone") is False:
            what = "has the timezone false, but every timestamp has an offset; remove it"
            self.wrong(what, "logicalTypeOptions", "timezone")
        if kind == "string":
            return {**self._lengths(options), **self._pattern(options.get("pattern"))}
        return self._bounds(kind, [name for name in BOUNDS if name in options], precision)

    def _lengths(self, options: Mapping[str, Any]) -> Rules:
        lengths = {name: options[name] for name in ("minLength", "maxLength") if name in options}
        for name, length in lengths.items():
            if not is_count(length, 0):  # to JSON Schema 1.0 is an integer
                what = f"has the {name} {length!r}; use a whole number such as 1"
                self.wrong(what, "logicalTypeOptions", name)
        if len(lengths) == 2 and lengths["minLength"] > lengths["maxLength"]:
            self._nothing_between("minLength", "maxLength")
        return cast(Rules, lengths)

    def _pattern(self, pattern: str | None) -> Rules:
        if pattern is None:
            return {}
        if not (pattern.startswith("^") and pattern.endswith("$")):
            what = f"has the pattern {pattern!r}; begin it with ^ and end it with $"
            self.wrong(what, "logicalTypeOptions", "pattern")
        try:  # as it is, and in the group by which the processor holds alternatives together
            for expression in (pattern, f"^(?:{pattern})$"):
                match = pc.MatchSubstringOptions(expression)
                pc.call_function("match_substring_regex", [pa.array([""])], match)
        except pa.ArrowInvalid as error:
            what = f"has the pattern {pattern!r}, which RE2 refuses ({error}); correct it"
            self.wrong(what, "logicalTypeOptions", "pattern")
        return {"pattern": pattern}

    def _bounds(self, kind: str, names: Sequence[str], precision: Rules) -> Rules:
        texts = {name: self.source.text((*self.at, "logicalTypeOptions", name)) for name in names}
        values: dict[str, Any] = {}
        for name, text in texts.items():
            try:
                values[name] = _bound(kind, text, precision)
            except (ValueError, OverflowError):
                what = f"has the {name} {text!r}; write {FORMS[kind]}"
                self.wrong(what, "logicalTypeOptions", name)
        for low, high in itertools.product(LOWER_BOUNDS, UPPER_BOUNDS):
            if low in values and high in values:
                inclusive = (low, high) == ("minimum", "maximum")
                if values[low] > values[high] or (values[low] == values[high] and not inclusive):
                    self._nothing_between(low, high)
        return cast(Rules, texts)

    def _nothing_between(self, low: str, high: str) -> None:
        at = (*self.at, "logicalTypeOptions")
        least, most = self.source.text((*at, low)), self.source.text((*at, high))
        what = f"admits no value between {low} {least} and {high} {most}; correct one of them"
        self.wrong(what, "logicalTypeOptions", high)

    def _enum(self, kind: str) -> Rules:
        if self.given.enum is None:
            return {}
        if kind not in ("string", ""):
            self.wrong("has an enum, which is for type string only; remove it", "enum")
        values: list[str] = []
        for index, item in enumerate(self.given.enum):
            place: Location = ("enum", index, "value")
            if not isinstance(item.value, str) or not item.value:
                text = self.source.text((*self.at, *place))
                what = f"has the enum value {text!r}; write text in quotes, at least a character"
                self.wrong(what, *place)
            elif item.value in values:
                self.wrong(f"has the enum value {item.value!r} twice; keep one of them", *place)
            else:
                values.append(item.value)
        return {"enum": values}

    def _deidentify(self, kind: str) -> Deidentification:
        classification = self.given.classification
        allowed = ", ".join(CLASSIFICATIONS)
        if classification is None:
            self.wrong(f"has no classification; add one of {allowed}")
        elif classification not in CLASSIFICATIONS:
            what = f"has the classification {classification!r}; use one of {allowed}"
            self.wrong(what, "classification")
        customs = self.given.customProperties
        found = custom_properties(self.source, self.at, "a column", customs).get("deidentify")
        if found:
            at, value = found
            return self._method(kind, at[len(self.at) :], value)
        if classification in SENSITIVE:
            what = (
                f"is classified {classification!r} but has no de-identification; add "
                "customProperties deidentify: hmac, mask, drop, or an explicit keep"
            )
            self.wrong(what, "classification")
        return {"method": "keep"}

    def _method(self, kind: str, at: Location, value: Any) -> Deidentification:
        """What the value of ``deidentify``, at ``at`` of the column, says."""
        options = dict(value) if isinstance(value, dict) else {}
        method = options.pop("method", None)
        if method not in METHODS:
            later = ", which is not supported yet" if method in LATER_METHODS else ""
            has = f"the method {method!r}{later}" if method else "no method"
            use = "write value: {method: …} with hmac, mask, drop or keep"
            self.wrong(f"has a deidentify with {has}; {use}", *at, "method")
            return {"method": "keep"}
        if method == "hmac" and kind in NOT_FOR_HMAC:
            what = f"is of type {kind}, which hmac does not take: {NOT_FOR_HMAC[kind]}"
            self.wrong(f"{what}; use drop or keep", *at, "method")
        if method == "mask" and kind not in ("string", ""):
            what = f"is of type {kind}, but mask is for type string; use drop or keep"
            self.wrong(what, *at, "method")
        kept = {"keepFirst": 0, "keepLast": 0} if method == "mask" else {}
        for name, option in options.items():
            if name not in kept:
                what = f"has a deidentify with {name!r}, which {method} does not have; remove it"
                self.wrong(what, *at, name)
            elif not is_count(option, 0):
                text = self.source.text((*self.at, *at, name))
                self.wrong(f"has the {name} {text!r}; use a whole number from 0", *at, name)
        return cast(Deidentification, {"method": method, **kept, **options})

    def _output(self, method: str) -> Output:
        encrypted = self.given.encryptedName
        if encrypted is None:
            return {} if method == "drop" else {"output": str(self.given.name)}
        self._check_name(encrypted, "encryptedName")
        if method != "hmac":
            what = "has an encryptedName, which is for the method hmac only; remove it"
            self.wrong(what, "encryptedName")
        return {"output": encrypted}


def check_names(rules: Sequence[ColumnRules], columns: Sequence[Column]) -> None:
    """Note columns that no header, or no output, could tell from each other."""
    names: set[str] = set()
    written: dict[str, str] = {}  # without case, which Athena and others do not distinguish
    for rule, column in zip(rules, columns, strict=True):
        name, output = column["name"], column.get("output", "")
        if name in names:
            rule.wrong("stands twice; give each column a name of its own", "name")
        elif output and written.setdefault(output.casefold(), name) != name:
            other = written[output.casefold()]
            what = f"is written as {output!r}, but so is column {other!r}, leaving case aside"
            rule.wrong(f"{what}; give it another encryptedName or name", "encryptedName")
        names.add(name)


def is_count(value: Any, least: int) -> bool:
    """Whether ``value`` is a whole number from ``least``; to Python ``true`` is one, not here."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _bound(kind: str, text: str, precision: Rules) -> Any:
    """``text`` as a value to compare.

    Raises:
        ValueError, OverflowError: it is not exactly of the type's form, or no such value exists.
    """
    if not re.fullmatch(TEXTS[kind], text):
        raise ValueError(kind)
    fits = True
    value: Any
    match kind:
        case "integer":
            value = int(text)
            fits = -(2**63) <= value < 2**63
        case "double":
            value = float(text)
            fits = math.isfinite(value)
        case "decimal":
            value = Decimal(text)
            whole, _, fraction = text.lstrip("-").partition(".")
            room = precision["precision"] - precision["scale"]
            fits = len(whole.lstrip("0")) <= room and len(fraction) <= precision["scale"]
        case "date":
            value = date.fromisoformat(text)
        case _:
            value = datetime.fromisoformat(text).astimezone(UTC)
    if not fits:
        raise ValueError(kind)
    return value
