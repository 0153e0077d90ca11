"""Adoption: what somebody's contract lacks, added with the caution of drafts.

What the pipeline would refuse is translated if nothing is lost, and else becomes a comment that
says why. What nobody but a person can decide is left, with a sentence.
"""

import difflib
import json
import re
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

from open_data_contract_standard.model import CustomProperty

from lib.contracts import ContractError, compile_contracts
from lib.contracts.classification import SENSITIVE, read_classification
from lib.contracts.columns import JSON_TYPES, NOT_UNIQUE, OPTIONS, pattern_complaint
from lib.contracts.custom import meant
from lib.contracts.fields import LEVELS, VERSIONS, Fate, first_version
from lib.contracts.physical import Physical, derive_types, read_physical
from lib.contracts.quality import (
    ALSO,
    FOREIGN,
    JSON,
    METRICS,
    OF_COLUMN,
    OF_OBJECT,
    SEVERITIES,
    UNITS,
)
from lib.contracts.source import SUFFIX, Location, Source, mappings
from lib.contracts.standard import LOGICAL_TYPES, OTHER_STANDARD, meant_version, misspelt
from lib.contracts.unquoted import read_dates
from pipeline.contracts import recognition
from pipeline.contracts.drafting import TOKEN, fits
from pipeline.contracts.editing import Page
from pipeline.contracts.recognition import Kind, Method
from pipeline.contracts.wording import options_text
from pipeline.text import plain
from processor.arrow import MAX_DIGITS
from processor.checks.string_formats import STRING_FORMATS
from processor.contract.column import Column, Rules
from processor.contract.quality import OPERATORS
from processor.contract.vocabulary import DAYS, ISO_DAYS, Type, snake_case
from processor.deidentification.keep import Keep
from processor.deidentification.methods import BY_NAME

KIND = "DataContract"
DROP: Method = {"method": "drop"}
EXACT = '"decimal({},{})"'  # a comma in braces would end it
STEP = ("logicalTypeOptions", "multipleOf")
LISTS = re.compile(r"(?:array|list|repeated|vector)\b", re.IGNORECASE)
OBJECTS = re.compile(r"(?:struct|record|row|map|object|document)\b", re.IGNORECASE)
ISO_FORMAT = re.compile(
    r"y{4}-MM-dd(?:[T' ]+HH:mm(?::ss)?[.SZzX']*)?|HH:mm:ss|iso-?8601|date(?:-?time)?|time", re.I
)
WITH_T = "Files have a T between day and time here, as ISO 8601 does"
DECIDED = CustomProperty(property="deidentify")
MOMENTS = ("date", "timestamp", "time")
TOLD_BY = {
    "name": "name",
    "physicalName": "name in files",
    "businessName": "businessName",
    "description": "description",
}
"""The fields that tell what a column may hold, and what to call them."""
WORDS = (
    *("apiVersion", "kind", "id", "version", "status", "name", "property", "type", "metric"),
    *("rule", "severity", "unit", "logicalType", "physicalType", "physicalName", "businessName"),
    *("classification", "encryptedName", "semanticType", "format", "pattern", "multipleOf"),
)
OF_FIELDS = ("logicalTypeOptions", "arguments")
OF_OTHERS = ("value", "implementation", "examples")
"""Fields by the form of their values: a scalar, a mapping, or whatever somebody likes."""
NONE_ALLOWED = ("nullValues", "duplicateValues")
"""Metrics that mean by themselves that there should be none."""


SEVERITY_WORDS = {"warn": "warning", **{one: one for one in SEVERITIES}}
UNIT_WORDS = {"row": "rows", "%": "percent", "percentage": "percent"} | {one: one for one in UNITS}
"""Words of others for the severity and the unit of a rule, in lower case."""

Removed = dict[str | int, str]
"""Fields or items that become comments, and why."""


class Decision(NamedTuple):
    """What was done at a line of the source, to which field, and why."""

    line: int
    field: str
    done: str
    why: str


class Adoption(NamedTuple):
    """A contract that was taken over: its text, the decisions, and what nobody could decide.

    Each of the latter is the line of the source and a sentence; without any, the text compiles.
    """

    text: str
    decisions: list[Decision]
    undecided: list[tuple[int, str]]


def adopt(content: bytes, name: str) -> Adoption:
    """Take over a contract that is to be called ``name``."""
    text = re.sub(r"\r(?!\n)", "\n", content.decode("utf-8-sig", errors="replace"))
    source, mistakes = _source(content, name), _mistakes(content, name)
    if not mistakes or source.sentences() or not _is_contract(source):
        return Adoption(text, [], mistakes)
    steps: list[tuple[Page, str]] = []
    decisions: list[Decision] = []
    # A column without a type has mistakes that only its type explains.
    for decide in (_Adopter.form, _Adopter.spell, _Adopter.complete, _Adopter.spell):
        source = _source(text.encode(), name)
        if not _is_contract(source):  # nothing is left of one with empty fields only
            break
        adopter = _Adopter(source, text)
        decide(adopter)
        decisions += [one._replace(line=_origin(steps, one.line)) for one in adopter.decisions]
        text = adopter.page.changed()
        steps.append((adopter.page, text))
    mistakes = [(_origin(steps, line), what) for line, what in _mistakes(text.encode(), name)]
    return Adoption(text, sorted(decisions), sorted(mistakes))


def _origin(steps: Sequence[tuple[Page, str]], line: int) -> int:
    """The line of the source that a line comes from after some steps."""
    for page, changed in reversed(steps):
        line = page.line_before(changed, line)
    return line


def _source(content: bytes, name: str) -> Source:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}{SUFFIX}"
        file.write_bytes(content)
        source = Source(file)
    read_dates(source)
    return source


def _mistakes(content: bytes, name: str) -> list[tuple[int, str]]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{name}{SUFFIX}").write_bytes(content)
        try:
            compile_contracts(Path(folder))
        except ContractError as error:
            found = re.findall(r"^.*?, line (\d+): (.*)$", str(error), re.MULTILINE)
            return [(int(line), sentence) for line, sentence in found]
    return []


def _is_contract(source: Source) -> bool:
    """Whether a document has a version and the form of the standard, so far as is read here."""
    document = source.document
    if not isinstance(document, dict) or not _has_form(document) or OTHER_STANDARD in document:
        return False
    return document.get("apiVersion") is None or _version(source) is not None


def _version(source: Source) -> str | None:
    """The version of the standard that a contract has, whether or not it is written in full."""
    return meant_version(source.text(("apiVersion",)))


def _has_form(part: Any) -> bool:
    """Whether words are scalars and fields mappings, in a part and in its parts."""
    if isinstance(part, list):
        return all(map(_has_form, part))
    if not isinstance(part, dict):
        return True
    for name, value in part.items():
        if name in WORDS and isinstance(value, list | dict):
            return False
        if name in OF_FIELDS and not isinstance(value or {}, dict):
            return False
    return all(_has_form(value) for name, value in part.items() if name not in OF_OTHERS)


class _Plan(NamedTuple):
    """What is to be done with a column whose fields were looked at.

    Attributes:
        at: where it is.
        fields: to be added.
        why: its values are hidden, or empty.
        kind: what it may hold by its name.
        column: for methods; None if none fits.
        dropped: whether the contract itself drops it.
    """

    at: Location
    fields: list[str]
    why: str
    kind: Kind | None
    column: Column | None
    dropped: bool


class _Adopter:
    """Decides about a contract, and changes its text."""

    def __init__(self, source: Source, text: str) -> None:
        self.source, self.page = source, Page(text)
        self.decisions: list[Decision] = []
        self.days: str | None = None  # the format of days that the option dates of csv has now

    def form(self) -> None:
        """Write version and kind in full, and custom properties that are a mapping as a list."""
        kind = self.source.text(("kind",))
        kind = KIND if kind.lower().replace(" ", "") == KIND.lower() else kind
        for field, wanted in (("apiVersion", _version(self.source)), ("kind", kind)):
            if wanted and wanted != self.source.document[field]:
                self._put((), field, wanted, "the standard writes it so")
        for at, given in _customs(self.source.document, ()):
            if self.page.itemize(at, ("property", "value"), [*given.values()]):
                self._note(at, "made a list", "the standard has each of them as an item there")

    def spell(self) -> None:
        """Put in quotes what must be text, and leave out fields that the standard has not."""
        document = self.source.document
        version, first = document.get("apiVersion") or VERSIONS[-1], first_version(document)
        if version < first:
            self._put((), "apiVersion", first, "it has fields of that version")
        removed: dict[Location, Removed] = {}
        for at, field, value, empty in {one.at: one for one in misspelt(self.source)}.values():
            if field:
                self.page.rename(at, field)
                if value:
                    self.page.replace(at, value)
                done = f"made {field}: {value}" if value else f"made {field}"
                self._note(at, done, "the standard calls it that")
            elif value:
                done = "put in quotes" if value.startswith('"') else "taken out of quotes"
                done = "made its purpose" if value.startswith("{") else done
                self.page.replace(at, value)
                self._note(at, done, "YAML reads it as what the standard does not want there")
            else:
                why = "It is empty" if empty else "This is not a field of the standard"
                removed.setdefault(at[:-1], {})[at[-1]] = why
        for at, keys in removed.items():
            self._remove(at, keys)

    def complete(self) -> None:
        """Decide about everything else."""
        derive_types(self.source)
        document = self.source.document
        version = document.get("apiVersion") or VERSIONS[-1]
        facts = {"apiVersion": version, "kind": KIND, "id": str(uuid.uuid4())}
        facts |= {"version": "1.0.0"} | ({"status": "draft"} if version < "v3.2" else {})
        lacking = [name for name in facts if document.get(name) is None]
        why = "every contract has one"
        fields = [one for name in lacking for one in self._put((), name, facts[name], why)]
        self.days = _days(document)
        if self.days:
            item = f"{{property: csv, value: {{dates: {self.days.upper()}}}}}"
            fields += self._customize((), item)
            self._note((), f"csv: {{dates: {self.days.upper()}}}", "all its days have that form")
        self.page.add((), fields)
        for number, described in mappings(document.get("schema")):
            at = ("schema", number)
            self._remove(at, self._quality(at, described, ""))
            self._columns((*at, "properties"), described)

    def _columns(self, at: Location, described: Mapping[str, Any]) -> None:
        plans: list[_Plan] = []
        measures: Removed = {}
        for place, column in mappings(described.get("properties")):
            if column.get("semanticType") == "measure":
                measures[place] = "A measure, which no record holds"
            elif "name" in column:
                plans.append(self._column((*at, place), column))
        self._remove(at, measures)
        kept = None
        if all(plan.why or plan.dropped for plan in plans):
            could = [one for one in plans if one.why and one.column and fits(one.column, TOKEN)]
            could.sort(key=lambda one: one.kind is not recognition.IDENTIFIER)
            kept = next(iter(could), None)
        for plan in plans:
            self._finish(plan, TOKEN if plan is kept else DROP)

    def _finish(self, plan: _Plan, method: Method) -> None:
        """Add to a column what it lacks, and a method if its values are hidden."""
        at, fields, comments = plan.at, [*plan.fields], list[str]()
        if plan.why:
            token = " Something must be kept: these are tokens." if method is TOKEN else ""
            written = options_text(method)
            self._note(at, f"deidentify: {written}", plan.why + token)
            comments.append(f"adopt: {plan.why}{token}")
            methods = (*(plan.kind.methods if plan.kind else ()), TOKEN)
            for other in [one for one in methods if plan.column and fits(plan.column, one)][:1]:
                if other != method:
                    comments.append(f"Instead of drop: {options_text(other)}")
            fields += self._customize(at, f"{{property: deidentify, value: {written}}}")
        self.page.add(at, fields, comments)

    def _customize(self, at: Location, item: str) -> list[str]:
        """Put an item into the custom properties; they are returned if they must be added."""
        customs = (*at, "customProperties")
        if self.source.has((*customs, 0)):
            self.page.insert(customs, item)
        elif not self.source.has(customs):
            return [f"customProperties: [{item}]"]
        elif self.page.is_empty(customs):  # something else than a list is for a person
            self.page.replace(customs, f"[{item}]")
        return []

    def _column(self, at: Location, column: dict[str, Any]) -> _Plan:
        removed: Removed = {
            name: f"It {row.says.partition(';')[0]}"
            for name, row in LEVELS["schema.properties"].items()
            if row.fate is Fate.REFUSED and name in column and column[name] not in row.harmless
        }
        if "partitioned" in removed and "partitionKeyPosition" in removed:
            removed["partitionKeyPosition"] = removed["partitioned"]
        fields, kind = self._types(at, column)
        changed = kind in JSON and (bool(fields) or bool({"properties", "items"} & {*removed}))
        if column.get("unique") and kind in NOT_UNIQUE:
            removed["unique"] = f"Values of type {kind} cannot be compared"
        if "enum" in column and kind not in ("string", ""):
            removed["enum"] = "Only texts have an enum"
        removed |= self._options(at, column, kind) | self._quality(at, column, kind)
        compiled = _compiled(column, kind)
        method = _method(column)
        method = self._meant_method(at, column, compiled) if method is None else method
        tokens = method in BY_NAME and BY_NAME[method].hides and BY_NAME[method].distinguishes
        if "encryptedName" in column and not tokens:
            removed["encryptedName"] = "Only a column of tokens has it"
        named, why = self._classify(at, column, kind, fields)
        if not why and changed:
            why = "It holds JSON, in which anything may be."
        if not why and _is_tagged(column):
            why = "A tag or property says that it is personal."
        if not why and "encryptedName" in removed:
            why = "It has an encryptedName, so its values are not for everybody."
        self._remove(at, removed)
        why = why if method is None else ""
        return _Plan(at, fields, why, named, compiled, method == DROP["method"])

    def _meant_method(
        self, at: Location, column: dict[str, Any], compiled: Column | None
    ) -> str | None:
        """Drop what another tool's custom property wants to be de-identified in its own way."""
        for place, custom in mappings(column.get("customProperties")):
            if not _is_meant(custom, DECIDED):
                continue
            here, value = (*at, "customProperties", place), custom.get("value")
            name, said = custom["property"], value if isinstance(value, str) else ""
            comments = [f"adopt: {plain(f'{name} was {said}' if said else f'this was {name}')}"]
            if compiled and fits(compiled, TOKEN):
                comments.append(f"Instead of drop: {options_text(TOKEN)}")
            self.page.replace((*here, "property"), "deidentify", comments)
            self.page.replace((*here, "value"), options_text(DROP))
            self._note(here, f"deidentify: {options_text(DROP)}", f"{name} seems to ask for it")
            return str(DROP["method"])
        return None

    def _types(self, at: Location, column: dict[str, Any]) -> tuple[list[str], str]:
        """The fields to add so that the type is known, and the processor's type."""
        text, logical = column.get("physicalType"), column.get("logicalType")
        physical = read_physical(self.source, text)
        fields: list[str] = []
        guess = {"map": "object", "vector": "array"}.get(str(logical))
        if logical is None and physical:
            logical = "number" if physical.form.digits else None
        elif logical is None:
            guess = "array" if LISTS.match(str(text)) else None
            guess = "object" if OBJECTS.match(str(text)) else guess
        if logical not in (None, "date", *LOGICAL_TYPES):
            if spoken := read_physical(self.source, logical):  # the name that a database has
                guess = spoken.form.logical or _moment(spoken)
                physical = physical or spoken
        elif logical in (None, "date") and physical and (moment := _moment(physical)):
            guess = moment  # ODCS 3.0 calls all of them dates
        if guess:
            why = f"{text or logical} means that"
            logical = guess
            fields += self._put(at, "logicalType", guess, why)
        if logical in JSON and str(text).lower() not in JSON_TYPES:
            fields += self._put(at, "physicalType", "json", "its values are kept as JSON text")
        if logical != "number":
            return fields, str(logical or "")
        options = column.get("logicalTypeOptions") or {}
        whole = physical and not physical.form.digits
        binary = whole or options.get("format") in ("f32", "f64")
        if physical and text and (physical.digits or whole):
            integer = physical.form.logical == "integer"
            return fields, "decimal" if physical.digits else "integer" if integer else "double"
        new = "double" if binary else _digits(self.source.text((*at, *STEP)))
        fields += self._put(at, "physicalType", new, "a number needs its digits: this loses none")
        return fields, "double" if binary else "decimal"

    def _options(self, at: Location, column: dict[str, Any], kind: str) -> Removed:
        """Decide about logicalTypeOptions; they are returned if all of them go."""
        here = (*at, "logicalTypeOptions")
        options = column.get("logicalTypeOptions") or {}
        written = {name: one for name, one in options.items() if self.source.has((*here, name))}
        removed: Removed = {}
        for name, value in written.items() if kind in OPTIONS else ():
            format_ = str(value) if name == "format" else ""
            if kind == "date" and format_ and format_ == self.days:
                removed[name] = "It is the option dates of csv now"
            elif name == "enum" and (items := _texts(value, kind)) and "enum" not in column:
                column["enum"] = [{"value": one} for one in items]
                shown = (json.dumps(one, ensure_ascii=False) for one in items)
                text = ", ".join(f"{{value: {one}}}" for one in shown)
                self.page.add(at, self._put(at, "enum", f"[{text}]", "the standard has it there"))
                removed[name] = "It is the enum of the column now"
            elif name not in OPTIONS[kind]:
                if not format_ or kind not in MOMENTS or ISO_FORMAT.fullmatch(format_):
                    what = f"The type {kind} has no such option here"
                    removed[name] = WITH_T if " " in format_ else what
            elif kind == "integer" and isinstance(value, float) and value.is_integer():
                self._put(here, name, str(int(value)), "it is a whole number")
            elif format_ and format_ not in STRING_FORMATS:
                removed[name] = "This format is not checked here"
            elif name == "pattern" and isinstance(value, str) and pattern_complaint(value):
                whole = rf"^[\s\S]*(?:{value})[\s\S]*$"
                if not pattern_complaint(whole):
                    why = "it had no ends, and means the same with these"
                    self._put(here, name, json.dumps(whole, ensure_ascii=False), why)
        return self._all_or_some(here, removed, written)

    def _quality(self, at: Location, described: Mapping[str, Any], kind: str) -> Removed:
        """Decide about rules of quality; they are returned if all of them go."""
        here = (*at, "quality")
        rules = dict(mappings(described.get("quality")))
        found = {place: self._rule((*here, place), rule, kind) for place, rule in rules.items()}
        removed: Removed = {place: why for place, why in found.items() if why}
        alike = Counter[str]()
        for place, rule in rules.items():
            name = str(rule.get("metric", rule.get("rule", "")))
            if name and place not in removed and not {"name", "id"} & {*rule}:
                metric = ALSO.get(name, name)
                alike[metric] += 1
                if alike[metric] > 1:
                    own = f"{described['name']}." if len(at) > 2 else ""
                    name = json.dumps(f"{own}{metric} {alike[metric]}", ensure_ascii=False)
                    at_rule, why = (*here, place), "another rule would have the same name"
                    self.page.add(at_rule, self._put(at_rule, "name", name, why))
        return self._all_or_some(here, removed, rules)

    def _all_or_some(self, at: Location, removed: Removed, parts: Mapping[Any, Any]) -> Removed:
        if removed and len(removed) == len(parts):
            return {at[-1]: "; ".join(dict.fromkeys(removed.values()))}
        self._remove(at, removed)
        return {}

    def _rule(self, at: Location, rule: dict[str, Any], kind: str) -> str:
        """Why a rule of quality must go, if it must; others are translated."""
        of_column, type_ = len(at) > 4, rule.get("type", "library")
        field = "metric" if "metric" in rule else "rule"
        name, expects = str(rule.get(field, "")), any(one in rule for one in OPERATORS)
        metric = ALSO.get(name, name)
        if type_ in FOREIGN:
            return f"Rules of type {type_} are not run here"
        if type_ == "text" or (not name and expects):
            return ""
        if not name:
            why = "it has no metric, so it is documentation"
            self.page.add(at, self._put(at, "type", "text", why))
            return ""
        if metric not in METRICS or name == "validValues":
            near = name in ALSO or not difflib.get_close_matches(name, METRICS, 1)
            return "No metric here means that" if near else ""
        if metric not in (OF_COLUMN if of_column else OF_OBJECT):
            return f"The metric {metric} is not for {'a column' if of_column else 'all rows'}"
        if metric == "duplicateValues" and (
            kind in JSON or not (of_column or rule.get("arguments"))
        ):
            return "It does not name columns whose values can be compared"
        if not expects and metric not in NONE_ALLOWED:
            return "It does not say what is expected"
        if metric != name:
            self._put(at, field, metric, f"{name} is its old name")
        valid = _valid(rule)
        empty = [place for place, one in enumerate(valid) if one in (None, "")]
        if empty and len(empty) < len(valid):
            why = "An empty field is never invalid"
            self._remove((*at, "arguments", "validValues"), dict.fromkeys(empty, why))
        if not expects:
            self.page.add(at, self._put(at, "mustBe", "0", "it means that there are none"))
        self._reword(at, rule)
        return ""

    def _reword(self, at: Location, rule: Mapping[str, Any]) -> None:
        """Write the unit and the severity of a rule as the pipeline does, if they mean that."""
        for field, words in (("unit", UNIT_WORDS), ("severity", SEVERITY_WORDS)):
            said = str(rule.get(field, ""))
            word = words.get(said.lower())
            if word and word != said:
                self._put(at, field, word, "it is written so")
            elif said and not word and field == "severity":
                self._remove(at, {field: f"Only {' and '.join(SEVERITIES)} are known"})

    def _classify(
        self, at: Location, column: dict[str, Any], kind: str, fields: list[str]
    ) -> tuple[Kind | None, str]:
        """Give a column a classification: what it may hold, and why it is to be hidden, if so."""
        word = column.get("classification")
        meaning = read_classification(word) if isinstance(word, str) else None
        kinds = [(one, recognition.named_kind(str(column.get(one) or ""))) for one in TOLD_BY]
        by, named = next((one for one in kinds if one[1]), ("", None))
        # The code of a country is an identifier by its name, but not of a person.
        doubtful = any(kind not in (None, recognition.IDENTIFIER) for _, kind in kinds)
        because = f"By its {TOLD_BY[by]} it may hold {named.what}." if named else ""
        if meaning:
            because = because or "Nothing says how to hide it."
            return named, f"It is {meaning}. {because}" if meaning in SENSITIVE else ""
        because = because or "Nothing says that it is harmless."
        harmless = None
        if not (doubtful or word or _is_tagged(column)):
            harmless = _vocabulary(column, kind) or (None if named else _harmless(column, kind))
        classification = "internal" if harmless else "restricted"
        why = f"by its name it holds {harmless.what}" if harmless else because
        why = f"nothing here is called {word}" if word else why
        fields += self._put(at, "classification", classification, why)
        return named, "" if harmless else because

    def _put(self, at: Location, name: str, value: str, why: str) -> list[str]:
        """Replace a field if there is one; it is returned if it must be added."""
        here = (*at, name)
        old = self.source.text(here)
        if self.source.has(here):
            self.page.replace(here, value, [f"adopt: {name} was {plain(old)}"] if old else [])
            self._note(here, f"made {value}", why)
            return []
        self._note(here, f"added: {value}", why)
        return [f"{name}: {value}"]

    def _remove(self, at: Location, keys: Removed) -> None:
        if keys:
            for key, why in keys.items():
                self._note((*at, key), "made a comment", why)
            why = "; ".join(dict.fromkeys(keys.values()))
            self.page.remove(at, [*keys], f"adopt: {why}")

    def _note(self, at: Location, done: str, why: str) -> None:
        line = self.page.line(at if self.source.has(at) else at[:-1])
        self.decisions.append(Decision(line, self.source.subject(at), done, why))


def _days(document: Mapping[str, Any]) -> str | None:
    """The format of all columns of days, if the option dates of csv can say it, and does not yet.

    A format is a pattern of JDK's DateTimeFormatter.
    """
    columns = [
        column
        for _, described in mappings(document.get("schema"))
        for _, column in mappings(described.get("properties"))
        if column.get("logicalType") == "date"
    ]
    found = {str((column.get("logicalTypeOptions") or {}).get("format")) for column in columns}
    named = {custom.get("property") for _, custom in mappings(document.get("customProperties"))}
    if len(found) != 1 or "csv" in named:
        return None
    (format_,) = found
    is_plain = format_ == format_.upper().replace("D", "d").replace("Y", "y")
    return format_ if is_plain and format_.upper() in {*DAYS} - {ISO_DAYS} else None


def _customs(part: Any, at: Location) -> Iterator[tuple[Location, dict[str, Any]]]:
    """The custom properties that are mappings, in a part and in its parts, and where they are."""
    items = enumerate(part) if isinstance(part, list) else ()
    for name, value in part.items() if isinstance(part, dict) else items:
        if name == "customProperties" and isinstance(value, dict):
            yield (*at, name), value
        elif name not in (*OF_OTHERS, "customProperties"):
            yield from _customs(value, (*at, name))


def _valid(rule: Mapping[str, Any]) -> list[Any]:
    """The values that a rule of quality says are valid."""
    values = (rule.get("arguments") or {}).get("validValues")
    return values if isinstance(values, list) else []


def _texts(value: Any, kind: str) -> list[str]:
    """The texts of an enum that is a plain list of them; empty if it is something else."""
    is_plain = kind == "string" and isinstance(value, list)
    return value if is_plain and all(isinstance(one, str) for one in value) else []


def _digits(step: str) -> str:
    """The decimal that has all digits of values, which are multiples of a number, if any."""
    scale = len(step.partition(".")[2])
    return (
        EXACT.format(MAX_DIGITS, scale) if step and scale <= MAX_DIGITS else EXACT.format(38, 18)
    )


def _moment(physical: Physical) -> str | None:
    """What a database calls a moment of the day; None if it is none, or may be a whole day."""
    known = (physical.form.logical, *physical.form.fits)
    first = next(filter(None, known), None)
    return first if first in ("timestamp", "time") else None


def _method(column: dict[str, Any]) -> str | None:
    """The name of a column's method, even if that is wrong; None if it has none."""
    for _, custom in mappings(column.get("customProperties")):
        if custom.get("property") == "deidentify":
            value = custom.get("value")
            return str(value.get("method")) if isinstance(value, dict) else ""
    return None


def _is_meant(custom: Mapping[str, Any], *others: CustomProperty) -> bool:
    """Whether a custom property beside others seems to ask for de-identification."""
    if custom.get("vendor") or custom.get("property") == "deidentify":
        return False
    one = CustomProperty(property=str(custom.get("property")), value=custom.get("value"))
    return meant(one, "a column", others) == "deidentify"


def _is_tagged(column: dict[str, Any]) -> bool:
    """Whether tags, or properties such as pii, say that a column is personal."""
    if any(_is_meant(custom) for _, custom in mappings(column.get("customProperties"))):
        return True
    tags = column.get("tags")
    words = [str(one) for one in tags] if isinstance(tags, list) else []
    return any(read_classification(word) in SENSITIVE for word in words)


def _harmless(column: dict[str, Any], kind: str) -> Kind | None:
    """What a column plainly holds that tells of nobody, if it does."""
    name = str(column["name"])
    if kind in ("integer", "decimal", "double") and recognition.AMOUNTS.names(name):
        return recognition.AMOUNTS
    if kind == "boolean" and recognition.FLAGS.names(name):
        return recognition.FLAGS
    return None


def _vocabulary(column: dict[str, Any], kind: str) -> Kind | None:
    """What a column of texts holds if a public vocabulary has all of its values."""
    values = {str(one.get("value")) for _, one in mappings(column.get("enum"))}
    for _, rule in mappings(column.get("quality")):
        if (rule.get("metric"), rule.get("mustBe")) == ("invalidValues", 0) and (
            rule.get("severity", SEVERITIES[0]) == SEVERITIES[0]
        ):  # a file with another value is in quarantine
            values |= {*map(str, _valid(rule))}
    return recognition.vocabulary_of(str(column["name"]), values) if kind == "string" else None


def _compiled(column: dict[str, Any], kind: str) -> Column | None:
    """A column by which methods can say whether they fit; None if no values are known."""
    if kind not in OPTIONS or kind in JSON:
        return None
    options = column.get("logicalTypeOptions") or {}
    lengths = {
        snake_case(name): options[name]
        for name in ("minLength", "maxLength")
        if isinstance(options.get(name), int)
    }
    pattern = options.get("pattern")
    enum = tuple(str(one.get("value")) for _, one in mappings(column.get("enum")))
    return Column(
        name=str(column["name"]),
        type=cast(Type, kind),
        required=False,
        precision=38 if kind == "decimal" else 0,
        deidentify=Keep(),
        output=str(column["name"]),
        rules=Rules(**lengths, enum=enum or None, pattern=pattern and str(pattern)),
    )
