"""The columns of a contract: everything that the processor would enforce, and nothing else."""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc
from open_data_contract_standard.model import SchemaProperty

from lib.contracts.deidentification import read_method
from lib.contracts.fields import LEVELS, Fate
from lib.contracts.physical import Physical, read_physical
from lib.contracts.shifting import with_room
from lib.contracts.source import Location, Part
from lib.contracts.standard import LOGICAL_TYPES, wrong_type
from lib.contracts.unquoted import misread
from processor.arrow import MAX_DIGITS
from processor.checks.string_formats import STRING_FORMATS
from processor.checks.types import column_type, is_step, value_of
from processor.contract.column import Column, Method, Rules, Written
from processor.contract.options import is_count
from processor.contract.vocabulary import Type, snake_case
from processor.deidentification.keep import Keep
from processor.deidentification.methods import METHODS

MAX_NAME_LENGTH = 128
MAX_LABEL_LENGTH = 1_024  # of a column's name in files
FOREIGN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")

JSON_TYPES = ("json", "jsonb", "variant")

LOWER_BOUNDS = ("minimum", "exclusiveMinimum")
UPPER_BOUNDS = ("maximum", "exclusiveMaximum")
BOUNDS = LOWER_BOUNDS + UPPER_BOUNDS
OPTIONS = {
    "string": ("minLength", "maxLength", "pattern", "format"),
    "integer": (*BOUNDS, "multipleOf"),
    "decimal": (*BOUNDS, "multipleOf"),
    "double": BOUNDS,
    "boolean": (),
    "date": BOUNDS,
    "timestamp": (*BOUNDS, "timezone", "defaultTimezone"),
    "time": (*BOUNDS, "timezone"),
    "array": (),
    "object": (),
}
# The zones allowed for timestamps without one: those whose clocks are never turned back.
UTC_NAMES = ("Etc/UTC", "UTC", "Z")
# A value of these has several texts, or there are so few that most rows would be rejected.
NOT_UNIQUE = ("boolean", "double", "array", "object")


def pattern_complaint(pattern: str) -> str | None:
    """What is wrong with a pattern, if anything."""
    if not (pattern.startswith("^") and pattern.endswith("$")):
        return f"has the pattern {pattern!r}; begin it with ^ and end it with $"
    try:  # as it is, and in the group that the processor puts around alternatives
        for expression in (pattern, f"^(?:{pattern})$"):
            match = pc.MatchSubstringOptions(expression)
            pc.call_function("match_substring_regex", [pa.array([""])], match)
    except pa.ArrowInvalid as error:
        return f"has the pattern {pattern!r}, which RE2 refuses ({error}); correct it"
    return None


@dataclass(frozen=True)
class ColumnRules(Part):
    """Compiles one property of the schema object to a column."""

    given: SchemaProperty

    def compile(self) -> Column:
        """The column; useless if something is wrong with it."""
        given = self.given
        self._check_name(str(given.name), "name")
        if given.semanticType == "measure":
            self.wrong("is a measure, which no record holds; remove the column", "semanticType")
        kind, precision = self._type()
        if given.unique and kind in NOT_UNIQUE:
            self.wrong(f"is of type {kind}, which cannot be unique; remove it", "unique")
        column = Column(
            name=str(given.name),
            physical_name=self._physical_name(),
            type=cast(Type, kind),
            required=bool(given.required or given.primaryKey),
            unique=bool(given.unique),
            **precision,
            deidentify=Keep(),
            output=str(given.name),
            rules=Rules(),
        )
        rules = (self._options(column) if kind else {}) | self._enum(kind)
        column = replace(column, rules=Rules(**rules))
        method = read_method(self, given, column if kind else None)
        return with_room(replace(column, deidentify=method, output=self._output(method)))

    def _check_name(self, name: str, field: str) -> None:
        fits = 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable() and name == name.strip()
        # The reason for a reject is <column>:<rule>, and a header that begins with a brace is
        # JSON.
        if not fits or ":" in name or name.startswith("{"):
            what = (
                f"has the {field} {name!r}; use 1 to {MAX_NAME_LENGTH} printable characters "
                "without a colon, without a brace first and without a space at either end"
            )
            self.wrong(what, field)

    def _physical_name(self) -> str | None:
        """The column's name in files, if that differs: almost any text."""
        label = self.given.physicalName
        if label in (None, self.given.name):
            return None
        fits = len(label) <= MAX_LABEL_LENGTH and not FOREIGN.search(label)
        if not fits or label.lstrip(" \t\r\n").startswith("{"):  # which begins JSON
            what = (
                f"has the physicalName {label!r}; use up to {MAX_LABEL_LENGTH:,} characters "
                "without a brace first and without control characters but tab and line ends"
            )
            self.wrong(what, "physicalName")
        return label

    def _type(self) -> tuple[str, dict[str, Any]]:
        """The processor's type, with a decimal's precision and scale; "" if there is none."""
        logical = str(self.given.logicalType)
        if logical not in LOGICAL_TYPES:
            wrong_type(self.source, self.at)
            return "", {}
        physical = read_physical(self.source, self.given.physicalType)
        if physical:
            self._check_physical(logical, physical)
        if logical in ("array", "object"):
            self._check_json()
        if logical == "timestamp" and self._lacks_zone():
            return logical, {"timezone": False}
        if logical != "number":
            return logical, {}
        if physical and physical.form.logical == "integer":
            return "integer", {}
        if physical and not physical.form.digits:
            return "double", {}
        precision, scale = (physical and physical.digits) or (0, 0)
        if not 1 <= precision <= 38 or scale > precision:
            what = (
                "is a number, whose physicalType must be double or decimal(p,s) with 1 <= p <= 38 "
                "and 0 <= s <= p, such as decimal(12,2)"
            )
            self.wrong(what, "physicalType")
            return "", {}
        return "decimal", {"precision": precision, "scale": scale}

    def _check_physical(self, logical: str, physical: Physical) -> None:
        """Note where logicalType and options contradict the physicalType."""
        form = physical.form
        written = self.text("physicalType")
        whole = not physical.digits or physical.digits[1] == 0
        fitting = [
            one for one in (form.logical, *form.fits) if one and (one != "integer" or whole)
        ]
        if logical not in fitting:
            what = f"has the logicalType {logical!r}, but the physicalType {written!r}"
            use = f"use the logicalType {' or '.join(fitting)}, or " if fitting else "use "
            self.wrong(f"{what}; {use}another physicalType", "logicalType")
        elif logical == form.logical:
            given = self.given.logicalTypeOptions or {}
            for name, value in physical.options.items():
                if given[name] != value and (name != "maxLength" or given[name] > value):
                    what = f"has the {name} {self.text('logicalTypeOptions', name)}"
                    what += f", but the physicalType {written!r} means {str(value).lower()}"
                    self.wrong(f"{what}; make them agree", "logicalTypeOptions", name)

    def _lacks_zone(self) -> bool:
        """Whether a timestamp's texts have no zone; they are then in UTC."""
        options = self.given.logicalTypeOptions or {}
        lacks = options.get("timezone") is False
        default = options.get("defaultTimezone", UTC_NAMES[0])
        if default not in UTC_NAMES:
            what = (
                f"has the defaultTimezone {default!r}, but many clocks show an hour twice each "
                f"year; use {UTC_NAMES[0]}, and write other instants with their offset"
            )
            self.wrong(what, "logicalTypeOptions", "defaultTimezone")
        elif "defaultTimezone" in options and not lacks:
            what = "has a defaultTimezone, which is for the timezone false only; add that"
            self.wrong(f"{what}, or remove it", "logicalTypeOptions", "defaultTimezone")
        return lacks

    def _check_json(self) -> None:
        """Refuse an array or object that is not JSON text."""
        logical = self.given.logicalType
        if str(self.given.physicalType).lower() not in JSON_TYPES:
            what = f"is an {logical}, which is kept as JSON text if its physicalType is json"
            self.wrong(f"{what}; add that, or remove the column", "physicalType")

    def _options(self, column: Column) -> dict[str, Any]:
        """The rules that logicalTypeOptions gives a column of a known type."""
        options = self.given.logicalTypeOptions or {}
        kind = column.type
        for name in options:
            row = LEVELS["logicalTypeOptions"][name]
            if name not in OPTIONS[kind] and row.fate is not Fate.REFUSED:
                use = f"use {', '.join(OPTIONS[kind])}" if OPTIONS[kind] else "remove it"
                if name == "format" and kind in ("date", "timestamp", "time"):
                    use = "remove it: files have the form of ISO 8601"
                    if kind == "date":
                        use += ", or in CSV that of the option dates of the custom property csv"
                what = f"has the option {name!r}, which is not supported for type {kind}; {use}"
                self.wrong(what, "logicalTypeOptions", name)
        if kind == "time" and options.get("timezone", False):
            what = "has the timezone true, but a time has no offset; remove it"
            self.wrong(what, "logicalTypeOptions", "timezone")
        if kind == "string":
            return {
                **self._lengths(options),
                **self._pattern(options.get("pattern")),
                **self._format(options.get("format")),
            }
        known = [name for name in OPTIONS[kind] if name in options and name in BOUNDS]
        bounds = self._bounds(column, known)
        return {**bounds, **self._step(column)} if "multipleOf" in options else bounds

    def _format(self, name: str | None) -> dict[str, Any]:
        if name is None:
            return {}
        if name not in STRING_FORMATS:
            known = ", ".join(STRING_FORMATS)
            what = f"has the format {name!r}, which is not supported; use {known}"
            self.wrong(what, "logicalTypeOptions", "format")
        return {"format": name}

    def _step(self, column: Column) -> dict[str, Any]:
        step = self.text("logicalTypeOptions", "multipleOf")
        form = column_type(column).form
        if form and not is_step(step, column):
            what = f"has the multipleOf {step!r}; write {form}, but more than 0"
            self.wrong(what, "logicalTypeOptions", "multipleOf")
        if column.precision > MAX_DIGITS:
            what = (
                f"has a multipleOf, which takes decimals of up to {MAX_DIGITS} digits; remove it"
            )
            self.wrong(what, "logicalTypeOptions", "multipleOf")
        return {"multiple_of": step}

    def _lengths(self, options: Mapping[str, Any]) -> dict[str, Any]:
        lengths = {name: options[name] for name in ("minLength", "maxLength") if name in options}
        for name, length in lengths.items():
            if not is_count(length, 0):  # in JSON Schema, 1.0 is an integer
                what = f"has the {name} {length!r}; use a whole number such as 1"
                self.wrong(what, "logicalTypeOptions", name)
        if len(lengths) == 2 and lengths["minLength"] > lengths["maxLength"]:
            self._nothing_between("minLength", "maxLength")
        return {snake_case(name): length for name, length in lengths.items()}

    def _pattern(self, pattern: str | None) -> dict[str, Any]:
        if pattern is None:
            return {}
        if complaint := pattern_complaint(pattern):
            self.wrong(complaint, "logicalTypeOptions", "pattern")
        return {"pattern": pattern}

    def _bounds(self, column: Column, names: Sequence[str]) -> dict[str, Any]:
        texts = {name: self.text("logicalTypeOptions", name) for name in names}
        form = column_type(column).form
        values: dict[str, Any] = {}
        for name, text in texts.items():
            value = value_of(text, column)
            if value is None:
                self.wrong(f"has the {name} {text!r}; write {form}", "logicalTypeOptions", name)
            else:
                values[name] = value
        for low, high in itertools.product(LOWER_BOUNDS, UPPER_BOUNDS):
            if low in values and high in values:
                inclusive = (low, high) == ("minimum", "maximum")
                if values[low] > values[high] or (values[low] == values[high] and not inclusive):
                    self._nothing_between(low, high)
        return {snake_case(name): text for name, text in texts.items()}

    def _nothing_between(self, low: str, high: str) -> None:
        least, most = (self.text("logicalTypeOptions", name) for name in (low, high))
        what = f"admits no value between {low} {least} and {high} {most}; correct one of them"
        self.wrong(what, "logicalTypeOptions", high)

    def _enum(self, kind: str) -> dict[str, Any]:
        if self.given.enum is None:
            return {}
        if kind not in ("string", ""):
            self.wrong("has an enum, which is for type string only; remove it", "enum")
        values: list[str] = []
        for index, item in enumerate(self.given.enum):
            place: Location = ("enum", index, "value")
            value, text = item.value, self.text(*place)
            # Every reader of YAML takes such a number for the same digits.
            if isinstance(value, int) and text == str(int(value)):
                value = text
            if value == "":
                what = "has the enum value ''; write text of at least a character in quotes"
                self.wrong(what, *place)
            elif not isinstance(value, str):
                found = misread(self.source, (*self.at, *place), value)
                self.wrong(f"has an enum value that {found}", *place)
            elif value in values:
                self.wrong(f"has the enum value {value!r} twice; keep one of them", *place)
            else:
                values.append(value)
        return {"enum": tuple(values)}

    def _output(self, method: Method) -> str | None:
        """The name in the output: a token, which shows nothing of a value, may have its own."""
        encrypted = self.given.encryptedName
        if encrypted is not None:
            self._check_name(encrypted, "encryptedName")
            if not _is_token(method):
                tokens = " or ".join(one.name for one in METHODS if _is_token(one))
                what = f"has an encryptedName, which is for the method {tokens} only; remove it"
                self.wrong(what, "encryptedName")
        if not isinstance(method, Written):
            return None
        return str(self.given.name) if encrypted is None else encrypted


def _is_token(method: Method | type[Method]) -> bool:
    return method.hides and method.distinguishes


def check_names(rules: Sequence[ColumnRules], columns: Sequence[Column]) -> None:
    """Note columns with the same name in a header or an output."""
    names: set[str] = set()
    labels: dict[str, str] = {}
    written: dict[str, str] = {}  # without case, as Athena and others do not distinguish it
    for rule, column in zip(rules, columns, strict=True):
        name, output = column.name, column.output
        if name in names:
            rule.wrong("appears twice; give each column a name of its own", "name")
        elif labels.setdefault(label := column.label, name) != name:
            what = f"is called {label!r} in files, but so is column {labels[label]!r}"
            rule.wrong(f"{what}; give it another physicalName or name", "physicalName")
        elif output and written.setdefault(output.casefold(), name) != name:
            other = written[output.casefold()]
            what = f"is written as {output!r}, but so is column {other!r}, leaving case aside"
            rule.wrong(f"{what}; give it another encryptedName or name", "encryptedName")
        names.add(name)
