"""Data contracts: read from ODCS files, checked, and compiled to what the processor reads.

A contract is a file ``contracts/<dataset>.odcs.yaml`` in the Open Data Contract Standard, v3. It
passes three checks: the standard's own ``schema.json``, its published pydantic model, and the
rules of this pipeline, which refuse what the processor would not enforce. What describes the
data without deciding about a single record (``quality``, ``relationships``, ``examples``, …) is
documentation and has no effect here.

https://bitol-io.github.io/open-data-contract-standard/
"""

import difflib
import functools
import importlib.resources
import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import open_data_contract_standard
import pyarrow as pa
import pyarrow.compute as pc
import yaml
from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError as SchemaError
from jsonschema.exceptions import best_match
from open_data_contract_standard.model import (
    CustomProperty,
    OpenDataContractStandard,
    SchemaProperty,
)
from pydantic import ValidationError as ModelError
from yaml.constructor import SafeConstructor

SUFFIX = ".odcs.yaml"
DATASET_PATTERN = re.compile(r"[a-z][a-z0-9-]{0,62}")
MAX_COLUMNS = 1_000
MAX_NAME_LENGTH = 128

CLASSIFICATIONS = ("public", "internal", "confidential", "restricted")
SENSITIVE = ("confidential", "restricted")
METHODS = ("hmac", "mask", "drop", "keep")
LATER_METHODS = ("truncate", "generalize", "redact")
LOGICAL_TYPES = ("string", "integer", "number", "boolean", "date", "timestamp")

# A token stands for one text. These types have several texts for one value, or so few values
# that a token hides none of them.
NOT_FOR_HMAC = {
    "boolean": "a token for one of two values hides nothing",
    "decimal": "1.5 and 1.50 are one value but would get two tokens",
    "double": "0.1 and 1e-1 are one value but would get two tokens",
    "timestamp": "one instant has a text for every offset and would get as many tokens",
}

# The custom properties of this pipeline, and where in a contract each of them stands.
CUSTOM_PROPERTIES = {"deidentify": "a column", "pseudonymEpoch": "the contract"}

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
SCHEMA_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text in quotes",
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

# Keys and indexes from the top of a document down to one of its values.
Location = tuple[str | int, ...]


class ContractError(ValueError):
    """Contracts are not valid; the message has one sentence per mistake, each on its own line."""


class Deidentification(TypedDict):
    """What happens to a column's values before they are written.

    ``keepFirst`` and ``keepLast`` count the Unicode characters that ``mask`` leaves readable.
    """

    method: str
    keepFirst: NotRequired[int]
    keepLast: NotRequired[int]


class Rules(TypedDict, total=False):
    """What a value must satisfy beyond its type; a rule that is absent does not apply.

    Lengths are Unicode characters, ``pattern`` is RE2 from ^ to $, bounds are texts in the exact
    form of the column's type. ``precision`` and ``scale`` belong to every decimal.
    """

    precision: int
    scale: int
    pattern: str
    minLength: int
    maxLength: int
    enum: list[str]
    minimum: str
    exclusiveMinimum: str
    maximum: str
    exclusiveMaximum: str


class Output(TypedDict, total=False):
    """The column's name in what is written; absent for a column that is dropped."""

    output: str


class Column(Rules, Output):
    """One column: ``name`` is the one in the file's header.

    ``type`` is one of string, integer, decimal, double, boolean, date, timestamp.
    """

    name: str
    type: str
    required: bool
    deidentify: Deidentification


class ContractIdentity(TypedDict):
    """Which contract it is; goes into every manifest."""

    id: str
    version: str


class CompiledContract(TypedDict):
    """A dataset's contract as the processor reads it; columns are in the order of the output.

    Pseudonyms derive from ``epoch`` (1 and up): a new one gives every value a new token.
    """

    dataset: str
    contract: ContractIdentity
    epoch: int
    columns: list[Column]


def compile_contracts(directory: Path) -> dict[str, CompiledContract]:
    """Check every ``*.odcs.yaml`` in ``directory`` and compile it; by dataset, in order of name.

    Raises:
        ContractError: every mistake of every file, with file, line, field, reason and remedy.
    """
    problems = [
        f"{directory.name}/{file.name}: no contract is read from this file; name it "
        f"<dataset>{SUFFIX}."
        for file in sorted(directory.glob("*.y*ml"))
        if not file.name.endswith(SUFFIX)
    ]
    contracts: dict[str, CompiledContract] = {}
    first_with: dict[str, str] = {}
    for file in sorted(directory.glob(f"*{SUFFIX}")):
        source = _Source(file)
        if contract := _compile(source):
            contracts[source.dataset] = contract
            first = first_with.setdefault(contract["contract"]["id"], source.label)
            if first != source.label:
                source.wrong(("id",), f"the id is that of {first} too; give each its own")
        problems += source.sentences()
    if not problems and not contracts:
        problems = [
            f"{directory.name}: there is no data contract, so nothing could ever be processed; "
            f"add one, such as {directory.name}/customers{SUFFIX}."
        ]
    if problems:
        raise ContractError("\n".join(problems))
    return contracts


def write_contracts(contracts: Mapping[str, CompiledContract], directory: Path) -> None:
    """Write each contract to ``<dataset>.json`` in ``directory``; equal contracts, equal bytes."""
    directory.mkdir(parents=True, exist_ok=True)
    for dataset, contract in contracts.items():
        text = json.dumps(contract, indent=1, ensure_ascii=False) + "\n"
        (directory / f"{dataset}.json").write_bytes(text.encode())


class _Source:
    """A contract's file: its document, the line and text of every value, and its mistakes.

    A repeated key, an alias and a tag are mistakes: of a repeated key PyYAML keeps the last
    without a word, and the others hide from the reader of a column which rules the column has.
    """

    def __init__(self, file: Path) -> None:
        self.label = f"{file.parent.name}/{file.name}"
        self.dataset = file.name.removesuffix(SUFFIX)
        self.document: Any = None
        self._lines: dict[Location, int] = {(): 1}
        self._texts: dict[Location, str] = {}
        self._mistakes: set[tuple[int, str]] = set()
        content = file.read_bytes()
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self._unreadable(line, "is not UTF-8; save it as such")
        else:
            self._parse(text)

    def _parse(self, text: str) -> None:
        try:
            for event in yaml.parse(text, yaml.SafeLoader):
                if isinstance(event, yaml.AliasEvent):
                    what = f"the alias *{event.anchor}; write out what it stands for"
                    self._unreadable(_line(event.start_mark), f"has {what}")
                elif tag := getattr(event, "tag", None):
                    self._unreadable(_line(event.start_mark), f"has the tag {tag}; remove it")
            root = yaml.compose(text, yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            self._unreadable(_line(error.problem_mark), f"is not YAML: {error.problem}")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self._unreadable(line, f"is not YAML: {error.reason}")
        else:
            if not self._mistakes:
                self.document = self._value(root, ())

    def _unreadable(self, line: int, complaint: str) -> None:
        self._mistakes.add((line, f"the file {complaint}"))

    def _value(self, node: yaml.Node | None, at: Location) -> Any:
        """What ``yaml.safe_load`` makes of ``node``; notes lines and texts on the way."""
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._lines[(*at, index)] = _line(item.start_mark)
            return [self._value(item, (*at, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            self._texts[at] = node.value
            try:
                node.value.encode()  # an escaped surrogate is no text
                return SafeConstructor().construct_object(node)
            except (ValueError, yaml.MarkedYAMLError):  # such as 2023-02-30, taken for a date
                what = f"is {node.value!r}, which is no YAML value; correct it or put it in quotes"
                self.wrong(at, f"{self.subject(at)} {what}")
        return None

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            inner = (*at, key.value if isinstance(key, yaml.ScalarNode) else "?")
            self._lines[inner] = _line(key.start_mark)
            if key.tag != "tag:yaml.org,2002:str":
                what = "has a name that is not text to YAML; correct it or put it in quotes"
                self.wrong(inner, f"{self.subject(inner)} {what}")
            elif key.value in mapping:
                self.wrong(inner, f"{self.subject(inner)} stands twice; keep one of them")
            else:
                mapping[key.value] = self._value(value, inner)
        return mapping

    def wrong(self, at: Location, sentence: str) -> None:
        """Note a mistake at ``at``, or at the nearest place above it that the file has."""
        while at not in self._lines:
            at = at[:-1]
        self._mistakes.add((self._lines[at], sentence))

    def sentences(self) -> list[str]:
        """The mistakes in order of lines, each with file and line."""
        return [f"{self.label}, line {line}: {what}." for line, what in sorted(self._mistakes)]

    def text(self, at: Location) -> str:
        """The scalar at ``at`` as the file has it; empty if there is none."""
        return self._texts.get(at, "")

    def subject(self, at: Location) -> str:
        """What a sentence calls the value at ``at``."""
        column = ""
        if len(at) > 3 and (at[0], at[2]) == ("schema", "properties"):
            name = self.text((*at[:4], "name"))
            column = f"column {name!r}" if name else f"column number {int(at[3]) + 1}"
            at = at[4:]
        if not at:
            return column or "the contract"
        path = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in at)
        return f"field {path.removeprefix('.')!r}" + (f" of {column}" if column else "")


def _line(mark: Any) -> int:
    """The line of a YAML mark, of either of PyYAML's classes for them; 1 without a mark."""
    return mark.line + 1 if mark else 1


def _compile(source: _Source) -> CompiledContract | None:
    """The compiled contract; None, or of no use, when ``source`` has mistakes afterwards."""
    contract = _check_standard(source)
    if contract is None:
        return None
    if not str(contract.apiVersion).startswith("v3."):
        source.wrong(("apiVersion",), f"the apiVersion is {contract.apiVersion}; use v3.2.0")
    for field, value in (("id", contract.id), ("version", contract.version)):
        if not str(value).strip():
            source.wrong((field,), f"the {field} is empty; it names the contract in manifests")
    objects = contract.schema_ or []
    if len(objects) != 1:
        what = f"the schema has {len(objects)} objects; a contract is of one dataset, so keep one"
        source.wrong(("schema",), what)
        return None
    at: Location = ("schema", 0)
    _check_dataset(source, str(objects[0].name))
    _custom_properties(source, at, "a schema object", objects[0].customProperties)
    properties = objects[0].properties or []
    if not 0 < len(properties) <= MAX_COLUMNS:
        what = f"the dataset has {len(properties)} columns; allowed are 1 to {MAX_COLUMNS:,}"
        source.wrong((*at, "properties"), what)
        return None
    rules = [
        _ColumnRules(source, (*at, "properties", index), given)
        for index, given in enumerate(properties)
    ]
    columns = [column.compile() for column in rules]
    _check_unique(rules, columns)
    return {
        "dataset": source.dataset,
        "contract": {"id": str(contract.id), "version": str(contract.version)},
        "epoch": _epoch(source, contract.customProperties),
        "columns": columns,
    }


def _check_dataset(source: _Source, name: str) -> None:
    at = ("schema", 0, "name")
    if name != source.dataset:
        what = f"the schema object is named {name!r}; name it {source.dataset!r} as the file is"
        source.wrong(at, what)
    elif not DATASET_PATTERN.fullmatch(name):
        what = (
            f"the dataset is named {name!r}; allowed are 1 to 63 lower-case letters, digits and "
            "hyphens, a letter first, because the name becomes part of S3 keys"
        )
        source.wrong(at, what)


def _epoch(source: _Source, given: Sequence[CustomProperty] | None) -> int:
    found = _custom_properties(source, (), "the contract", given)
    at, epoch = found.get("pseudonymEpoch", ((), 1))
    if not _is_count(epoch, 1):
        source.wrong(at, f"pseudonymEpoch is {source.text(at)!r}; use a whole number from 1")
    return cast(int, epoch)


def _custom_properties(
    source: _Source, at: Location, level: str, given: Sequence[CustomProperty] | None
) -> dict[str, tuple[Location, Any]]:
    """Place and value of each of this pipeline's custom properties below ``at``.

    Those of others are left alone: what names a vendor, or is not even nearly a name of ours.
    """
    found: dict[str, tuple[Location, Any]] = {}
    for index, custom in enumerate(given or ()):
        name = str(custom.property)
        here = (*at, "customProperties", index)
        near = difflib.get_close_matches(name, CUSTOM_PROPERTIES, 1, cutoff=0.8)
        if custom.vendor or not near:
            continue
        what = f"{source.subject(at)} has the custom property {name!r}"
        if name not in CUSTOM_PROPERTIES:
            source.wrong(here, f"{what}; name it {near[0]!r}, or give it its vendor")
        elif CUSTOM_PROPERTIES[name] != level:
            source.wrong(here, f"{what}, which belongs to {CUSTOM_PROPERTIES[name]}; move it")
        elif name in found:
            source.wrong(here, f"{what} twice; keep one of them")
        found[near[0]] = ((*here, "value"), custom.value)
    return found


@functools.cache
def _standard() -> tuple[Draft201909Validator, frozenset[str]]:
    """The validator of the standard's schema.json, and the names of all fields in it."""
    file = importlib.resources.files(open_data_contract_standard).joinpath("schema.json")
    schema = json.loads(file.read_text(encoding="utf-8"))

    def names(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from part.get("properties", ())
            part = list(part.values())
        if isinstance(part, list):
            yield from itertools.chain.from_iterable(map(names, part))

    return Draft201909Validator(schema), frozenset(names(schema))


def _check_standard(source: _Source) -> OpenDataContractStandard | None:
    """The contract as the standard's model has it; None if its schema or its model refuses it.

    The model alone would take a misspelt field or an unknown logicalType without a word.
    """
    if source.sentences():
        return None
    if source.document is None:
        source.wrong((), "the file is empty; write a contract or delete it")
        return None
    for error in _causes(list(_standard()[0].iter_errors(source.document))):
        _report(source, error)
    if source.sentences():
        return None
    try:
        return OpenDataContractStandard.model_validate(source.document)
    except ModelError as refusal:
        for detail in refusal.errors():
            at = detail["loc"]
            source.wrong(at, f"{source.subject(at)} is refused by the standard: {detail['msg']}")
        return None


def _causes(errors: Sequence[SchemaError]) -> Iterator[SchemaError]:
    """The errors that are nobody's consequence, each as deep as it can be found.

    A field whose value is wrong counts as unevaluated too, and so do its neighbours.
    """
    places = [
        tuple(error.absolute_path)
        for error in errors
        if error.validator != "unevaluatedProperties"
    ]
    for error in errors:
        at = tuple(error.absolute_path)
        consequence = any(place[: len(at)] == at for place in places)
        if error.validator != "unevaluatedProperties" or not consequence:
            yield best_match([error]) or error


def _report(source: _Source, error: SchemaError) -> None:
    at = tuple(error.absolute_path)
    column = at[:4]
    if (
        len(column) == 4
        and (column[0], column[2]) == ("schema", "properties")
        and source.text((*column, "logicalType")) not in LOGICAL_TYPES
    ):  # without a type the schema applies the rules of every type
        _wrong_type(source, column)
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        instance: Any = error.instance
        for name in (name for name in instance if repr(name) in error.message):
            fields = _standard()[1]
            near = [] if name in fields else difflib.get_close_matches(name, fields, 1)
            remedy = f"did you mean {near[0]!r}" if near else "remove it"
            what = f"is not a field that the standard has there; {remedy}"
            source.wrong((*at, name), f"{source.subject((*at, name))} {what}")
    else:
        source.wrong(at, f"{source.subject(at)} {_complaint(source, at, error)}")


def _complaint(source: _Source, at: Location, error: SchemaError) -> str:
    instance: Any = error.instance
    expected: Any = error.validator_value
    if isinstance(instance, dict | list):
        shown = "a mapping" if isinstance(instance, dict) else "a list"
    else:
        shown = repr(source.text(at)) if source.text(at) else "empty"
    match error.validator:
        case "type":
            types = [*expected] if isinstance(expected, list) else [expected]
            return f"is {shown}; write {' or '.join(SCHEMA_TYPES[name] for name in types)}"
        case "enum":
            return f"is {shown}; allowed are {', '.join(map(str, expected))}"
        case "required":
            lacking = (name for name in expected if name not in instance)
            return f"lacks {', '.join(map(repr, lacking))}; add it"
        case "uniqueItems":
            return "has an item twice; keep one of them"
        case _:
            return f"is {shown}, which the standard refuses ({error.validator}); correct it"


def _wrong_type(source: _Source, column: Location) -> None:
    name = source.text((*column, "logicalType"))
    has = f"the logicalType {name!r}, which is not supported yet" if name else "no logicalType"
    what = f"{source.subject(column)} has {has}; use one of {', '.join(LOGICAL_TYPES)}"
    source.wrong((*column, "logicalType"), what)


@dataclass(frozen=True)
class _ColumnRules:
    """One property of the schema object, on its way to a column."""

    source: _Source
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
            _wrong_type(self.source, self.at)
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
            if not _is_count(length, 0):  # to JSON Schema 1.0 is an integer
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
        found = _custom_properties(self.source, self.at, "a column", customs).get("deidentify")
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
            elif not _is_count(option, 0):
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


def _check_unique(rules: Sequence[_ColumnRules], columns: Sequence[Column]) -> None:
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


def _is_count(value: Any, least: int) -> bool:
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
