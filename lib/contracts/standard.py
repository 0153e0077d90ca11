"""The standard's own checks of a contract: its ``schema.json``, then its published model."""

import difflib
import functools
import importlib.resources
import itertools
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import jsonschema
import open_data_contract_standard
from jsonschema import Draft201909Validator
from jsonschema.exceptions import ValidationError as SchemaError
from jsonschema.exceptions import best_match
from open_data_contract_standard.model import OpenDataContractStandard
from pydantic import ValidationError as ModelError

from lib.contracts.classification import WORDS
from lib.contracts.fields import LEVELS, VERSIONS, Fate, check_fields, level_of
from lib.contracts.physical import derive_types, tell_type
from lib.contracts.source import Location, Source, mappings
from lib.contracts.unquoted import misread

LIKE = 0.75  # how much a name is like one that was meant; "layerType" is not "logicalType"
REMOVE = "remove it"
FLAGS = ("required", "unique", "primaryKey")
MOST_TOLD = 200  # mistakes at a time: finding the cause of each takes milliseconds
LOGICAL_TYPES = (
    *("string", "integer", "number", "boolean", "date", "timestamp", "time", "array", "object"),
)
SCHEMA_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text in quotes",
}

OTHER_STANDARD = "dataContractSpecification"
"""The field by which a contract of another standard is known."""

NULLABLE = ("nullable", "isnullable", "optional", "null", "allownull")
"""What other formats call the opposite of required."""

CALLED = {
    "schema": {"type": "physicalType"},
    "schema.properties": {
        **dict.fromkeys(("notnull", "mandatory", "isrequired", "nonnull", *NULLABLE), "required"),
        "isunique": "unique",
        "isprimarykey": "primaryKey",
        **dict.fromkeys(("type", "datatype"), "physicalType"),
    },
}
"""By level, what other formats call a field, in lower case and without underscores."""

INSTEAD = {
    "customProperties": "a list, each item of which has a property and a value",
    "slaProperties": "a list, each item of which has a property and a value",
    **dict.fromkeys(("schema", "properties"), "a list, each item of which has a name"),
    "servers": "a list, each item of which has a server and a type",
    "quality": "a list, each item of which is a rule with a metric",
}
"""By field, what to write, where the name of its type says too little."""

ELSEWHERE = {
    "contract": (("schema", "the schema object"), ("schema.properties", "a column")),
    "schema": (("contract", "the top of the contract"), ("schema.properties", "a column")),
    "schema.properties": (
        ("logicalTypeOptions", "logicalTypeOptions"),
        ("schema", "the schema object"),
    ),
    "logicalTypeOptions": (("schema.properties", "the column itself"),),
}
"""By level, the levels where a field that is out of place may belong, and what to call them."""


def check_standard(source: Source) -> OpenDataContractStandard | None:
    """The contract as the standard's model; None if its schema or its model refuses it.

    The model alone would silently accept a misspelt field or an unknown logicalType.
    """
    if source.sentences():
        return None
    if source.document is None:
        source.wrong((), "the file is empty; write a contract or delete it")
        return None
    if not _check_version(source):
        return None
    derive_types(source)
    errors = itertools.islice(read_standard()[0].iter_errors(source.document), MOST_TOLD)
    for error in _causes(list(errors)):
        _report(source, error)
    if source.sentences():
        return None
    check_fields(source)
    try:
        return OpenDataContractStandard.model_validate(_without_quality(source.document))
    except ModelError as refusal:
        for detail in refusal.errors():
            at = detail["loc"]
            source.wrong(at, f"{source.subject(at)} is refused by the standard: {detail['msg']}")
        return None


class Spelling(NamedTuple):
    """How to write a field so that the standard has it.

    Attributes:
        at: where it is.
        field: its name, if that is another.
        value: its value, if that is another. Without any of both, the field is to be removed.
        empty: whether that is because it has no value.
    """

    at: Location
    field: str | None = None
    value: str | None = None
    empty: bool = False


def misspelt(source: Source) -> Iterator[Spelling]:
    """What is to be written otherwise, and surely means the same then.

    A field that is like another one is not among it, if only a person can tell whether it is that.
    """
    # The errors of a column without a type are only about its type.
    for at, part in _described(source.document):
        yield from _renamed(at, part)
    for error in _causes([*read_standard()[0].iter_errors(source.document)]):
        at = tuple(error.absolute_path)
        value: Any = error.instance
        wanted: Any = error.validator_value
        if error.validator in ("additionalProperties", "unevaluatedProperties"):
            yield from _renamed(at, value)
            for name in (one for one in value if repr(one) in error.message):
                if not _called(name, at, value[name]):
                    yield from _guessed(name, at, value)
        elif error.validator != "type" or isinstance(value, dict | list):
            continue
        elif value is None:
            yield Spelling(at, empty=True)
        elif at == ("description",) and isinstance(value, str):
            yield Spelling(at, value=f"{{purpose: {json.dumps(value, ensure_ascii=False)}}}")
        elif "string" in wanted and not isinstance(value, str):
            yield Spelling(at, value=json.dumps(source.text(at), ensure_ascii=False))
        elif isinstance(value, str) and _is_quoted(
            value, wanted if isinstance(wanted, list) else [wanted]
        ):
            yield Spelling(at, value=value)


def _without_quality(part: Any) -> Any:
    """A contract of the standard's form without its quality rules, which :mod:`.quality` reads."""
    if isinstance(part, list):
        return [*map(_without_quality, part)]
    return {
        name: _without_quality(value) if name in ("schema", "properties") else value
        for name, value in part.items()
        if name != "quality"
    }


def _is_quality_rule(at: Location) -> bool:
    return len(at) > 1 and at[-2] == "quality"


def _check_version(source: Source) -> bool:
    """Whether the version of the standard is a known one, or not a scalar at all."""
    if isinstance(source.document, dict) and OTHER_STANDARD in source.document:
        what = "is of another standard, the Data Contract Specification; convert the file to ODCS"
        source.wrong((OTHER_STANDARD,), f"field {OTHER_STANDARD!r} {what}")
        return False
    version = source.document.get("apiVersion") if isinstance(source.document, dict) else None
    known = version in VERSIONS or not isinstance(version, str | int | float)
    if not known:
        written = source.text(("apiVersion",))
        meant = meant_version(written)
        use = f"write {meant}" if meant else f"use one of {', '.join(VERSIONS)}"
        shown = written if written.isprintable() else repr(written)
        source.wrong(("apiVersion",), f"the apiVersion is {shown}; {use}")
    return known


def meant_version(written: str) -> str | None:
    """The version that is written, maybe without its last number or its letter."""
    number = written.lower().removeprefix("v")
    return next((one for one in VERSIONS if one[1:] in (number, f"{number}.0")), None)


@functools.cache
def read_standard() -> tuple[Draft201909Validator, frozenset[str]]:
    """The validator of the standard's schema.json, and the names of all fields in it."""
    file = importlib.resources.files(open_data_contract_standard).joinpath("schema.json")
    schema = json.loads(file.read_text(encoding="utf-8"))

    def names(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from part.get("properties", ())
            part = list(part.values())
        if isinstance(part, list):
            yield from itertools.chain.from_iterable(map(names, part))

    def declared(part: Any) -> frozenset[str]:
        more = [schema["$defs"][part["$ref"].rpartition("/")[2]]] if "$ref" in part else []
        return frozenset(part.get("properties", ())).union(
            *map(declared, [*part.get("allOf", ()), *more])
        )

    def unevaluated(validator: Any, wanted: Any, value: Any, part: Any) -> Iterator[SchemaError]:
        """Report unknown fields. jsonschema tries every rule again to find out which are known."""
        if not isinstance(value, dict) or not value.keys() <= declared(part):
            yield from Draft201909Validator.VALIDATORS["unevaluatedProperties"](
                validator, wanted, value, part
            )

    validators: Any = jsonschema.validators
    quick = validators.extend(
        Draft201909Validator, {"uniqueItems": _unique, "unevaluatedProperties": unevaluated}
    )
    return quick(schema), frozenset(names(schema))


def _unique(_: Any, wanted: bool, items: Any, __: Any) -> Iterator[SchemaError]:
    """Report repeated items. jsonschema compares every pair: minutes for an enum of 20,000."""
    if wanted and isinstance(items, list):
        texts = {json.dumps(item, sort_keys=True, default=str) for item in items}
        if len(texts) < len(items):
            yield SchemaError("has an item twice")


def _causes(errors: Sequence[SchemaError]) -> Iterator[SchemaError]:
    """The errors that are not the consequence of others, each as deep as possible.

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
        if _is_quality_rule(at) and error.validator != "type":
            continue  # :mod:`.quality` has better sentences
        if error.validator != "unevaluatedProperties" or not consequence:
            yield best_match([error]) or error


def _report(source: Source, error: SchemaError) -> None:
    at = tuple(error.absolute_path)
    column = at[:4]
    if (
        len(column) == 4
        and (column[0], column[2]) == ("schema", "properties")
        and _column(source, column).get("logicalType") not in LOGICAL_TYPES
    ):  # without a type, the schema applies the rules of every type
        wrong_type(source, column)
    elif error.validator in ("additionalProperties", "unevaluatedProperties"):
        instance: Any = error.instance
        unknown = (name for name in instance if repr(name) in error.message)
        for name in itertools.islice(unknown, MOST_TOLD):
            remedy = _remedy(name, at, instance[name])
            what = f"is not a field that the standard has there; {remedy}"
            source.wrong((*at, name), f"{source.subject((*at, name))} {what}")
    else:
        source.wrong(at, f"{source.subject(at)} {_complaint(source, at, error)}")


def _described(document: Any) -> Iterator[tuple[Location, dict[str, Any]]]:
    """The schema objects and their columns: where each is, and its fields."""
    for number, described in mappings(document.get("schema")):
        yield ("schema", number), described
        for place, column in mappings(described.get("properties")):
            yield ("schema", number, "properties", place), column


def _renamed(at: Location, part: dict[str, Any]) -> Iterator[Spelling]:
    """The fields of a part that surely mean others of the standard, which it has not yet."""
    for name, value in part.items():
        called = _called(name, at, value)
        if called and called.field not in part and (isinstance(value, bool) or not called.value):
            yield called


def _guessed(name: str, at: Location, part: dict[str, Any]) -> Iterator[Spelling]:
    """What to do with a field that the standard does not have: nothing if it may decide."""
    level = level_of(at)
    near = _near(name, level)
    if near is None and _remedy(name, at, part[name]) == REMOVE:
        yield Spelling((*at, name))
    elif near and LEVELS[level][near].fate is Fate.DOCUMENTATION and near not in part:
        yield Spelling((*at, name), near)


def _near(name: str, level: str) -> str | None:
    """The field of a level that a name is like; None if it is the name of another one."""
    fields = () if name in read_standard()[1] else LEVELS[level]
    return next(iter(difflib.get_close_matches(name, fields, 1, LIKE)), None)


def _called(name: str, at: Location, value: Any) -> Spelling | None:
    """The standard's own words for a field of other formats, or with other capitals, if known."""
    level = level_of(at)
    plain = _plain(name)
    own = next((one for one in LEVELS[level] if _plain(one) == plain), name)
    field = CALLED.get(level, {}).get(plain, own)
    if name in (field, *LEVELS[level]):
        return None
    if field not in FLAGS:
        return Spelling((*at, name), field)
    flag = json.dumps(value != (plain in NULLABLE)) if isinstance(value, bool) else "true or false"
    return Spelling((*at, name), field, flag)


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _remedy(name: str, at: Location, value: Any) -> str:
    """What to do about a field that the standard does not have in the part at ``at``."""
    level = level_of(at)
    if called := _called(name, at, value):
        written = f": {called.value}" if called.value else ""
        return REMOVE if written == ": false" else f"write {called.field}{written} instead"
    for other, place in ELSEWHERE.get(level, ()):
        if name in LEVELS[other]:
            return f"move it to {place}"
    near = _near(name, level)
    return f"did you mean {near!r}; if not, {REMOVE}" if near else REMOVE


def _complaint(source: Source, at: Location, error: SchemaError) -> str:
    instance: Any = error.instance
    expected: Any = error.validator_value
    if isinstance(instance, dict | list):
        shown = "a mapping" if isinstance(instance, dict) else "a list"
    else:
        shown = repr(source.text(at)) if source.text(at) else "empty"
    match error.validator:
        case "type":
            return _type_complaint(source, at, instance, shown, expected)
        case "not" if at[-2:-1] == ("relationships",):
            return "is of a column, and so has no 'from'; remove that"
        case "pattern":
            return f"is {shown}; write text of the form {expected}"
        case "enum":
            return f"is {shown}; use {', '.join(map(str, expected))}"
        case "required":
            lacking = (name for name in expected if name not in instance)
            return f"lacks {', '.join(map(repr, lacking))}; add it"
        case "uniqueItems":
            return "has an item twice; keep one of them"
        case _:
            return f"is {shown}, which the standard refuses ({error.validator}); correct it"


def _type_complaint(
    source: Source, at: Location, instance: Any, shown: str, expected: str | list[str]
) -> str:
    """What is wrong with a value of a type that it cannot have."""
    types = [expected] if isinstance(expected, str) else expected
    if not isinstance(instance, dict | list) and (
        better := _scalar_complaint(source, at, instance, types)
    ):
        return better
    if isinstance(instance, str) and _is_quoted(instance, types):
        return f"is {shown} in quotes, and so text; write {instance} without them"
    write = " or ".join(SCHEMA_TYPES[name] for name in types)
    return f"is {shown}; write {INSTEAD.get(str(at[-1]) if at else '', write)}"


def _scalar_complaint(source: Source, at: Location, value: Any, types: Sequence[str]) -> str:
    """What is wrong with a scalar of a type that it cannot have; empty if nothing special."""
    text = source.text(at)
    shown = repr(text) if text else "empty"
    if at[-1:] == ("classification",):
        return f"is {shown}; use one of {', '.join(WORDS)}"
    if at[-2:-1] == ("enum",):
        return f"is {shown}; write - value: {json.dumps(text)}"
    row = LEVELS[level_of(at[:-1])].get(str(at[-1])) if at else None
    if value is None and row and row.fate is Fate.DOCUMENTATION:
        return "is empty; remove it, or write something"
    return misread(source, at, value) if "string" in types else ""


def _is_quoted(text: str, types: Sequence[str]) -> bool:
    """Whether a text would be of one of the types without its quotes."""
    try:
        return any(read_standard()[0].is_type(json.loads(text), one) for one in types)
    except ValueError:
        return False


def _column(source: Source, at: Location) -> dict[str, Any]:
    """The mapping of a column; empty if it is something else."""
    found: Any = source.document
    for key in at:
        found = found[key]
    return found if isinstance(found, dict) else {}


def wrong_type(source: Source, column: Location) -> None:
    """Note that a column has no logicalType, or one that the processor does not know."""
    name = source.text((*column, "logicalType"))
    if not name and (reason := tell_type(source, column, _column(source, column))):
        if reason.endswith("add a logicalType"):
            reason += f": one of {', '.join(LOGICAL_TYPES)}"
        source.wrong((*column, "physicalType"), f"{source.subject(column)} {reason}")
        return
    has = f"the logicalType {name!r}, which is not supported" if name else "no logicalType"
    what = f"{source.subject(column)} has {has}; use one of {', '.join(LOGICAL_TYPES)}"
    source.wrong((*column, "logicalType"), what)
