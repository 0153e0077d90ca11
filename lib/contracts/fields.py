"""The fields of the standard, and what becomes of each: nothing that decides is left aside.

A field is enforced, or refused with a sentence, or documentation by nature: it says nothing that a
file could break. The rules of ``quality`` refuse their own fields.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from lib.contracts.source import Location, Part, Source

VERSIONS = ("v3.0.0", "v3.0.1", "v3.0.2", "v3.1.0", "v3.2.0")
"""Those that apiVersion may be."""


class Fate(StrEnum):
    """What becomes of a field."""

    ENFORCED = "enforced"
    REFUSED = "refused"
    DOCUMENTATION = "documentation"


@dataclass(frozen=True)
class Row:
    """What becomes of a field.

    Attributes:
        fate: what.
        says: what it decides; or, if it is refused, what is wrong with its part of the contract.
        since: the first version of the standard that has it, as ``3.0``.
        level: the level of its own fields, if it has any.
        harmless: values that are not refused, as they say that the field does not apply.
    """

    fate: Fate
    says: str = ""
    since: str = "3.0"
    level: str = ""
    harmless: tuple[Any, ...] = ()


def _enforced(says: str, since: str = "3.0", level: str = "") -> Row:
    return Row(Fate.ENFORCED, says, since, level)


def _refused(says: str, since: str = "3.0", harmless: tuple[Any, ...] = ()) -> Row:
    return Row(Fate.REFUSED, says, since, harmless=harmless)


def _texts(names: str, since: str = "3.0") -> dict[str, Row]:
    """Rows for documentation; each name may be followed by a colon and its level."""
    pairs = (name.partition(":") for name in names.split())
    return {name: Row(Fate.DOCUMENTATION, "", since, level) for name, _, level in pairs}


def _option(name: str, kind: str, since: str = "3.0") -> dict[str, Row]:
    what = f"has the option {name!r}, which is not supported for type {kind}; remove it"
    return {name: _refused(what, since)}


_AUTHORITY = _texts("authoritativeDefinitions:authoritativeDefinitions")
_CUSTOM = {
    "customProperties": Row(
        Fate.ENFORCED, "those of this pipeline; others are documentation", level="customProperties"
    )
}
_CUSTOM_TEXT = _texts("customProperties:customProperties")
_ELEMENT = (
    _texts("id", "3.1")
    | _texts("deprecated synonyms:synonyms", "3.2")
    | _texts("description businessName tags")
    | _AUTHORITY
)
_NOTE = _texts("id tags", "3.2") | _AUTHORITY | _CUSTOM_TEXT
_BY_MANIFESTS = _enforced("manifests name the contract by it")
_IN_QUALITY = "a part of the rule"

LEVELS: dict[str, dict[str, Row]] = {
    "contract": {
        "apiVersion": _enforced("the version of the standard whose fields it may have"),
        "kind": _enforced("only DataContract"),
        "id": _BY_MANIFESTS,
        "version": _enforced("manifests name it, and producers choose it"),
        "schema": _enforced("each object describes a dataset", level="schema"),
        "servers": _enforced("encoding and delimiter must be those of csv", level="servers"),
        "slaProperties": _enforced("when the dataset is late", level="slaProperties"),
        **_CUSTOM,
        **_texts("name tenant tags status dataProduct domain contractCreatedTs slaDefaultElement"),
        **_texts("description:description support:support price:price team:team roles:roles"),
        **_texts("context:context", "3.2"),
        **_AUTHORITY,
    },
    "description": _texts("usage purpose limitations") | _AUTHORITY | _CUSTOM_TEXT,
    "servers": {
        "format": _enforced("whether encoding and delimiter are those of CSV"),
        "delimiter": _enforced("must be the delimiter of csv where the format is csv"),
        "encoding": _enforced("must be the encoding of csv", "3.2"),
        **_texts("id stream", "3.1"),
        **_texts("catalogUrl namespace workgroup", "3.2"),
        **_texts("server type description environment roles:roles location stagingDir schema"),
        **_texts("catalog regionName project dataset host port database account"),
        **_texts("endpointUrl path region serviceName warehouse"),
        **_CUSTOM_TEXT,
    },
    "schema": {
        "name": _enforced("the dataset; the file of a single one is named like it"),
        "properties": _enforced("the columns", level="schema.properties"),
        "quality": _enforced("rules for all rows of a file", level="quality"),
        **_texts("logicalType physicalName physicalType dataGranularityDescription"),
        **_texts("relationships:relationships", "3.1"),
        **_texts("context:context", "3.2"),
        **_ELEMENT,
        **_CUSTOM,
    },
    "schema.properties": {
        "name": _enforced("the column in files and outputs"),
        "physicalName": _enforced("the column in files"),
        "logicalType": _enforced("the type of each value"),
        "physicalType": _enforced("the type, where that says less"),
        "logicalTypeOptions": _enforced("rules for each value", level="logicalTypeOptions"),
        "required": _enforced("no value is empty"),
        "unique": _enforced("no two rows of a file have the same value"),
        "primaryKey": _enforced("no value is empty"),
        "enum": _enforced("the allowed values", "3.2", "enum"),
        "classification": _enforced("whether there must be a method of de-identification"),
        "encryptedName": _enforced("the name of a column of tokens in the output"),
        "quality": _enforced("rules for all values of a file", level="quality"),
        "semanticType": _enforced("a measure is refused, as no record holds it", "3.2"),
        "partitioned": _refused(
            "is partitioned, but each file becomes one output, whose key no value may be part of; "
            "remove it, or write false",
            harmless=(False,),
        ),
        "partitionKeyPosition": _refused(
            "has a partitionKeyPosition, but each file becomes one output, whose key no value may "
            "be part of; remove it, or write -1",
            harmless=(-1,),
        ),
        "properties": _refused("has properties, which are not checked in JSON text; remove them"),
        "items": _refused("has items, which are not checked in JSON text; remove them"),
        "map": _refused("has a map, which is not supported; describe it as an object", "3.2"),
        **_texts("primaryKeyPosition transformSourceObjects transformLogic transformDescription"),
        **_texts("examples criticalDataElement"),
        **_texts("relationships:relationships", "3.1"),
        **_ELEMENT,
        **_CUSTOM,
    },
    "logicalTypeOptions": {
        **{
            name: _enforced("a rule for each value")
            for name in (
                *("minLength", "maxLength", "pattern", "format", "multipleOf"),
                *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
            )
        },
        "timezone": _enforced("whether a timestamp has a zone", "3.1"),
        "defaultTimezone": _enforced("the zone of timestamps without one: only UTC", "3.1"),
        **_option("minItems", "array"),
        **_option("maxItems", "array"),
        **_option("uniqueItems", "array"),
        **_option("minProperties", "object"),
        **_option("maxProperties", "object"),
        **_option("required", "object"),
        **_option("dimensions", "vector", "3.2"),
        **_option("elementType", "vector", "3.2"),
        **_option("distanceMetric", "vector", "3.2"),
        **_option("embeddingModel", "vector", "3.2"),
        **_option("embeddingModelVersion", "vector", "3.2"),
        **_option("normalized", "vector", "3.2"),
    },
    "enum": {
        "value": _enforced("an allowed value", "3.2"),
        **_texts("label description id tags", "3.2"),
        **_AUTHORITY,
        **_CUSTOM_TEXT,
    },
    "quality": {
        **dict.fromkeys(
            (
                *("type", "name", "severity", "unit", "rule", "mustBe", "mustNotBe"),
                *("mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan"),
                *("mustBeLessOrEqualTo", "mustBeBetween", "mustNotBeBetween"),
            ),
            _enforced(_IN_QUALITY),
        ),
        **dict.fromkeys(("id", "metric", "arguments"), _enforced(_IN_QUALITY, "3.1")),
        **{
            name: _refused("is of a type that is not run here: sql or custom")
            for name in ("query", "engine", "implementation")
        },
        **_texts("description businessImpact dimension method schedule scheduler tags"),
        **_AUTHORITY,
        **_CUSTOM_TEXT,
    },
    "slaProperties": {
        **dict.fromkeys(("property", "value", "unit"), _enforced("of frequency and latency")),
        **_texts("valueExt element driver"),
        **_texts("id description schedule scheduler", "3.1"),
        **_texts("customProperties:customProperties", "3.2"),
        **_texts("authoritativeDefinitions:authoritativeDefinitions", "3.2"),
    },
    "customProperties": {
        "property": _enforced("whether it is one of this pipeline"),
        "value": _enforced("what it says"),
        "vendor": _enforced("with one, it is not of this pipeline", "3.2"),
        **_texts("id description", "3.1"),
    },
    "context": _texts("instructions verifiedStatements:context.verifiedStatements", "3.2")
    | _texts("constraints:context.constraints", "3.2"),
    "context.verifiedStatements": _NOTE | _texts("question answer", "3.2"),
    "context.constraints": _NOTE | _texts("constraint", "3.2"),
    "synonyms": _texts("id synonym description locale source status", "3.2") | _CUSTOM_TEXT,
    "relationships": _texts("id", "3.2") | _texts("type from to", "3.1") | _CUSTOM_TEXT,
    "authoritativeDefinitions": _texts("url type") | _texts("id description", "3.1"),
    "support": _texts("channel url description tool scope invitationUrl")
    | _texts("id customProperties:customProperties", "3.1"),
    "price": _texts("priceAmount priceCurrency priceUnit") | _texts("id", "3.1"),
    "team": _texts("username name description role dateIn dateOut replacedByUsername")
    | _texts("id tags members:team customProperties:customProperties", "3.1")
    | _texts("authoritativeDefinitions:authoritativeDefinitions", "3.1"),
    "roles": _texts("role description access firstLevelApprovers secondLevelApprovers")
    | _texts("id", "3.1")
    | _CUSTOM_TEXT,
}

NEWER_TYPES = {"timestamp": "3.1", "time": "3.1"}
"""The values of logicalType that came later than the field."""


def level_of(at: Location) -> str:
    """The level of the part of a contract at a place; that of its parent if it has none."""
    level = "contract"
    for key in at:
        if isinstance(key, str) and key in LEVELS[level]:
            level = LEVELS[level][key].level or level
    return level


def check_fields(source: Source) -> None:
    """Note the fields that are refused, and those that the contract's apiVersion does not have.

    The document must follow the newest schema of the standard, and have one of VERSIONS.
    """
    version = str(source.document["apiVersion"])[1:4]
    if version < "3.2" and "status" not in source.document:
        source.wrong((), "the contract lacks 'status'; add it")
    for at, name, row, value in _walk(source.document, "contract", ()):
        # The options of a column are its own to people.
        whole = at[:-1] if at and at[-1] == "logicalTypeOptions" else at
        part, field = Part(source, whole), (*at[len(whole) :], name)
        refused = row.fate is Fate.REFUSED and value not in row.harmless
        if refused and "quality" not in at:
            part.wrong(row.says, *field)
        what, since = f"has {name!r}", row.since
        if name == "logicalType" and source.text((*at, name)) in NEWER_TYPES:
            what, since = f"has the {name} {value!r}", NEWER_TYPES[value]
        if version < since and source.has((*at, name)):
            what = f"{what}, which ODCS has from v{since}.0 on"
            part.wrong(f"{what}; write that as apiVersion, or remove it", *field)


def first_version(document: dict[str, Any]) -> str:
    """The first apiVersion that has all fields of a document."""
    needed = [
        NEWER_TYPES.get(str(value), row.since) if name == "logicalType" else row.since
        for _, name, row, value in _walk(document, "contract", ())
    ]
    return next(version for version in VERSIONS if version[1:4] >= max(needed, default=""))


def _walk(part: Any, level: str, at: Location) -> Iterator[tuple[Location, str, Row, Any]]:
    """The fields of a part and of its parts: where the part is, the field, its row and value."""
    if isinstance(part, list):
        for index, item in enumerate(part):
            yield from _walk(item, level, (*at, index))
    elif isinstance(part, dict):
        for name, value in part.items():
            if row := LEVELS[level].get(name):
                yield at, name, row, value
                if row.level:
                    yield from _walk(value, row.level, (*at, name))
